use serde::{Deserialize, Serialize};

use crate::canonical::Hash;
pub use crate::envelope::Header;
use crate::json::Value;
use crate::ship::{self, Record};
pub use crate::ship::{FindingKind, Sensitivity};

/// What became of an event's payload on its way to us.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::sample::Log;
/// use machinaut_chain::session::{Payload, Session};
/// use machinaut_chain::ship::Sensitivity;
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// log.event("agent.note", "0.1.0", Value::from("a note"));
/// let body = log.ship_body(Sensitivity::Internal);
/// let session = Session::from_record_lines(body.split(|byte| *byte == b'\n').skip(1))?;
/// assert_eq!(session.events()[0].payload, Payload::Withheld(Sensitivity::Secret));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// It is here.
    Open(Value),
    /// The event never had one, or it was not looked at.
    Absent,
    /// The sender kept it; its hash is a commitment that can be opened later. The marking says
    /// how sensitive it is, where `secret` often only means that nobody classified it.
    Withheld(Sensitivity),
}

/// One event of a session.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::sample::Log;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// log.event("agent.note", "0.1.0", Value::from("a note"));
/// let lines = log.lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let event = &session.events()[0];
/// assert_eq!((event.seq(), event.event_type(), event.actor()), (0, "agent.note", "agent:a"));
/// assert_eq!(event.timestamp(), "1970-01-01T00:00:00.000Z");
/// assert!(event.verified && event.withheld().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Everything but the payload.
    pub header: Header,
    /// SHA-256 over the canonical envelope without its payload; the payload's hash is in it.
    pub commitment: Hash,
    /// The payload, if it came.
    pub payload: Payload,
    /// What is wrong with the event.
    pub findings: Vec<FindingKind>,
    /// Whether the payload came and its hash was computed and found equal. Never true for an
    /// event with a finding.
    pub verified: bool,
}

impl Event {
    /// The event of a record, its payload read.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::{Event, FindingKind};
    /// use machinaut_chain::ship::{Limits, read_log_line};
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.event("agent.note", "0.1.0", Value::from("a note"));
    /// let line = String::from_utf8(log.lines())?.replace("a note", "a lie");
    /// let event = Event::from_record(read_log_line(line.as_bytes(), &Limits::default())?);
    /// assert_eq!(event.findings, [FindingKind::PayloadHashMismatch]);
    /// assert!(!event.verified);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_record(record: Record<'_>) -> Self {
        let payload = match record.payload {
            ship::Payload::Open(_) => record
                .payload_value()
                .map_or(Payload::Absent, Payload::Open),
            ship::Payload::Absent => Payload::Absent,
            ship::Payload::Withheld(marked) => Payload::Withheld(marked),
        };
        Self {
            payload,
            ..Self::outline(record)
        }
    }

    /// The event of a record without looking at its payload: for those who need only to know that
    /// it is there.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::{Event, Payload};
    /// use machinaut_chain::ship::{Limits, read_log_line};
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.event("agent.note", "0.1.0", Value::from("a note"));
    /// let line = log.lines();
    /// let event = Event::outline(read_log_line(&line, &Limits::default())?);
    /// assert_eq!(event.payload, Payload::Absent);
    /// assert!(event.verified, "the hash was compared all the same");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn outline(record: Record<'_>) -> Self {
        let withheld = record.withheld();
        Self {
            verified: withheld.is_none() && record.findings.is_empty(),
            payload: withheld.map_or(Payload::Absent, Payload::Withheld),
            header: record.header,
            commitment: record.commitment,
            findings: record.findings,
        }
    }

    /// Its place in the project's log.
    pub fn seq(&self) -> u64 {
        self.header.seq
    }

    /// Its id.
    pub fn id(&self) -> &str {
        self.header.id.as_str()
    }

    /// Its type: a claim of whoever wrote it.
    pub fn event_type(&self) -> &str {
        &self.header.event_type
    }

    /// Who is said to have written it.
    pub fn actor(&self) -> &str {
        self.header.actor_id.as_str()
    }

    /// When, as written.
    pub fn timestamp(&self) -> &str {
        self.header.timestamp.as_str()
    }

    /// The payload where it can be read.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.event("agent.note", "0.1.0", Value::from("a note"));
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// assert_eq!(session.events()[0].open(), Some(&Value::from("a note")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(&self) -> Option<&Value> {
        match &self.payload {
            Payload::Open(value) => Some(value),
            Payload::Absent | Payload::Withheld(_) => None,
        }
    }

    /// How sensitive a withheld payload is marked; none when it is not withheld.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::ship::Sensitivity;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.event("agent.note", "0.1.0", Value::from("a note"));
    /// let body = log.ship_body(Sensitivity::Internal);
    /// let session = Session::from_record_lines(body.split(|byte| *byte == b'\n').skip(1))?;
    /// let note = &session.events()[0];
    /// assert_eq!((note.withheld(), note.open()), (Some(Sensitivity::Secret), None));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn withheld(&self) -> Option<Sensitivity> {
        match self.payload {
            Payload::Withheld(marked) => Some(marked),
            Payload::Open(_) | Payload::Absent => None,
        }
    }

    /// Whether the event carries schema version 1, which the firewall, the sentinels and the
    /// guard's own checks write and an agent's `emit` cannot.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.event("firewall.belief.adopted", "1", Value::from("by the firewall"));
    /// log.event("firewall.belief.adopted", "0.1.0", Value::from("pretended by an agent"));
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let [real, pretended] = session.events() else { panic!("two events") };
    /// assert!(real.is_attested() && !pretended.is_attested());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_attested(&self) -> bool {
        self.header.schema_version == "1"
    }

    /// Names the event for a page or a proof.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let id = log.session_started();
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let named = session.events()[0].reference();
    /// assert_eq!(session.event(named.seq, &named.event_id), session.events().first());
    /// assert_eq!((named.event_id, named.payload_hash.len()), (id, 64));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reference(&self) -> EventRef {
        EventRef {
            seq: self.seq(),
            event_id: self.id().to_owned(),
            event_type: self.header.event_type.clone(),
            payload_hash: self.header.payload_hash.clone(),
            timestamp: self.timestamp().to_owned(),
            actor_id: self.actor().to_owned(),
            verified: self.verified,
            withheld: self.withheld(),
            findings: self.findings.clone(),
        }
    }
}

/// Names one event of a session, with what a page says about it at once.
///
/// ```
/// use machinaut_chain::pending::holds_of;
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// // A hold says which event opened it; a page links to that event.
/// let opened_by = &holds_of(&session)[0].event;
/// assert_eq!(opened_by.event_type, "approval.requested");
/// assert!(opened_by.verified && opened_by.findings.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRef {
    /// Its place in the project's log.
    pub seq: u64,
    /// Its id.
    pub event_id: String,
    /// Its type: a claim of whoever wrote it.
    pub event_type: String,
    /// The commitment to its payload, as written: by intent a SHA-256 in hex.
    pub payload_hash: String,
    /// When it was written, as written.
    pub timestamp: String,
    /// Who wrote it.
    pub actor_id: String,
    /// Whether the payload was re-hashed and matched.
    pub verified: bool,
    /// How a withheld payload is marked; none when it is not withheld.
    pub withheld: Option<Sensitivity>,
    /// What is wrong with it.
    pub findings: Vec<FindingKind>,
}
