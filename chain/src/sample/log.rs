//! Writes the events of one session and ships them.

use super::object;
use crate::canonical::Hash;
use crate::envelope::{ActorId, ProjectId, SessionId};
use crate::json::{Text, Value, write_quoted};
use crate::ship::Sensitivity;
use crate::timestamp::Instant;

/// The log of one session, as Lodestar would write it.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::sample::Log;
/// use machinaut_chain::ship::{Limits, Reader, Sensitivity};
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 7, Instant::from_millis(0));
/// log.event("agent.note", "0.1.0", Value::from("a note"));
/// let mut reader = Reader::new(Limits::default());
/// let body = log.ship_body(Sensitivity::Internal);
/// reader.push(&body, &mut |record| assert_eq!(record.header.seq, 7))?;
/// assert_eq!(reader.finish(&mut |_| {})?.withheld, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Log {
    project: ProjectId,
    session: SessionId,
    agent: ActorId,
    now: Instant,
    first_seq: u64,
    ids: u64,
    events: Vec<Event>,
}

#[derive(Debug, Clone)]
struct Event {
    id: String,
    /// The envelope up to its hash, and from its versions on.
    before: Vec<u8>,
    after: Vec<u8>,
    payload: Value,
    sensitivity: Sensitivity,
}

impl Log {
    /// A log without events, whose first one will stand at `first_seq` of the project.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.session_started();
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// assert_eq!(session.events()[0].header.project_id, *log.project());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(
        project: ProjectId,
        session: SessionId,
        agent: ActorId,
        first_seq: u64,
        began: Instant,
    ) -> Self {
        Self {
            project,
            session,
            agent,
            now: began,
            first_seq,
            ids: 0,
            events: Vec::new(),
        }
    }

    /// The project.
    pub fn project(&self) -> &ProjectId {
        &self.project
    }

    /// The session.
    pub fn session(&self) -> &SessionId {
        &self.session
    }

    /// The agent, who is said to have written what nobody else is.
    pub fn agent(&self) -> &ActorId {
        &self.agent
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The log's clock.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Moves the log's clock forward by so many milliseconds.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.wait(1_500);
    /// assert_eq!(log.now(), Instant::from_millis(1_500));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait(&mut self, millis: u32) {
        self.now = Instant::from_millis(self.now.millis() + i64::from(millis));
    }

    /// Moves the log's clock forward to `instant`, if that is not over yet.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.wait_until(Instant::from_millis(1_500));
    /// log.wait_until(Instant::from_millis(900));
    /// assert_eq!(log.now(), Instant::from_millis(1_500));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_until(&mut self, instant: Instant) {
        self.now = self.now.max(instant);
    }

    /// A new id: a UUID of version 8, made from the session and a count.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let mut again = log.clone();
    /// let id = log.new_id();
    /// assert_eq!((id.len(), &id[14..15]), (36, "8"));
    /// assert_eq!(again.new_id(), id);
    /// assert_ne!(log.new_id(), id);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new_id(&mut self) -> String {
        let name = format!("{}\0{}\0{}", self.project, self.session, self.ids);
        self.ids += 1;
        let hex = Hash::of(name.as_bytes()).to_string();
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        format!(
            "{}-{}-8{}-a{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }

    /// Writes an event in the agent's name and answers its id.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let id = log.event("agent.note", "0.1.0", Value::from("a note"));
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let note = session.event(0, &id).ok_or("no such event")?;
    /// assert_eq!((note.actor(), note.verified), ("agent:a", true));
    /// // Writing takes a millisecond of the log's own time.
    /// assert_eq!(log.now(), Instant::from_millis(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn event(&mut self, event_type: &str, schema_version: &str, payload: Value) -> String {
        let agent = self.agent.clone();
        self.event_by(&agent, event_type, schema_version, &[], payload)
    }

    /// Writes an event in somebody's name that says what it follows from.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let sentinel = "lodestar-sentinel".parse()?;
    /// let cause = log.event("agent.note", "0.1.0", Value::from("a note"));
    /// log.event_by(&sentinel, "sentinel.alerted", "1", &[&cause], Value::from("look"));
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let alert = &session.events()[1];
    /// assert_eq!(alert.actor(), "lodestar-sentinel");
    /// assert_eq!(alert.header.causal_parent_ids[0].as_str(), cause);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn event_by(
        &mut self,
        actor: &ActorId,
        event_type: &str,
        schema_version: &str,
        parents: &[&str],
        payload: Value,
    ) -> String {
        let id = self.new_id();
        let clock = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        let mut before = Vec::new();
        let mut text = |key: &str, value: &str| {
            before.extend_from_slice(if key == "id" { b"{" } else { b"," });
            write_quoted(&key.into(), &mut before);
            before.push(b':');
            write_quoted(&value.into(), &mut before);
        };
        text("id", &id);
        text("type", event_type);
        text("schema_version", schema_version);
        text("project_id", self.project.as_str());
        text("session_id", self.session.as_str());
        text("actor_id", actor.as_str());
        text("timestamp", self.now.to_timestamp().as_str());
        let seq = self.first_seq + clock;
        let parents = Value::from(parents.to_vec()).to_json();
        let hash = Hash::of(&payload.to_canonical());
        before.extend(
            format!(
                ",\"seq\":{seq},\"logical_clock\":{clock},\"causal_parent_ids\":{parents},\
                 \"payload_hash\":\"{hash}\",\"payload\":"
            )
            .bytes(),
        );
        let versions = object! { "schema_registry_version": "0.1.0" };
        let after = format!(",\"versions\":{}}}", versions.to_json()).into_bytes();
        let sensitivity = sensitivity(event_type, &payload);
        self.events.push(Event {
            id: id.clone(),
            before,
            after,
            payload,
            sensitivity,
        });
        self.wait(1);
        id
    }

    /// The log as Lodestar keeps it: an envelope to a line.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::ship::{Limits, read_log_line};
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.session_started();
    /// let lines = log.lines();
    /// let record = read_log_line(&lines, &Limits::default())?;
    /// assert_eq!(record.header.event_type, "guard.session.started");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lines(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for event in &self.events {
            event.write(false, &mut out);
            out.push(b'\n');
        }
        out
    }

    /// The body that `lodestar ship` posts under this ceiling.
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
    /// // What nobody classified is secret, so a lower ceiling withholds it.
    /// for (ceiling, open) in [(Sensitivity::Internal, false), (Sensitivity::Secret, true)] {
    ///     let body = log.ship_body(ceiling);
    ///     let session = Session::from_record_lines(body.split(|byte| *byte == b'\n').skip(1))?;
    ///     assert_eq!(session.events()[0].open().is_some(), open);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ship_body(&self, ceiling: Sensitivity) -> Vec<u8> {
        let withheld = self
            .events
            .iter()
            .filter(|event| event.sensitivity > ceiling)
            .count();
        let manifest = object! {
            "kind": "lodestar.session_ship",
            "version": 1,
            "project_id": self.project.as_str(),
            "session_id": self.session.as_str(),
            "event_count": count(self.events.len()),
            "ceiling": ceiling.as_str(),
            "redacted_count": count(withheld),
        };
        let mut out = manifest.to_json().into_bytes();
        out.push(b'\n');
        for event in &self.events {
            let withheld = event.sensitivity > ceiling;
            let start = if withheld {
                let sensitivity = event.sensitivity;
                format!(
                    "{{\"v\":1,\"redacted\":true,\"payload_sensitivity\":\"{sensitivity}\",\
                     \"envelope\":"
                )
            } else {
                "{\"v\":1,\"redacted\":false,\"envelope\":".to_owned()
            };
            out.extend(start.bytes());
            event.write(withheld, &mut out);
            out.extend_from_slice(b"}\n");
        }
        out
    }

    /// Writes the event with which the guard opens a session and answers its id.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.session_started();
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let payload = session.events()[0].open();
    /// let mode = payload.and_then(|payload| payload.get("mode")?.as_str());
    /// assert_eq!(mode, Some("mcp-proxy"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn session_started(&mut self) -> String {
        let payload = object! {
            "project_id": self.project.as_str(),
            "session_id": self.session.as_str(),
            "actor_id": self.agent.as_str(),
            "mode": "mcp-proxy",
            "started_at": self.at(),
        };
        self.event("guard.session.started", "0.1.0", payload)
    }

    /// Writes the event with which the guard closes a session and answers its id.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let started = log.session_started();
    /// let ended = log.session_ended();
    /// assert_ne!(started, ended);
    /// assert_eq!((log.len(), log.last_event_id()), (2, ended));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn session_ended(&mut self) -> String {
        let payload = object! { "ended_at": self.at() };
        self.event("guard.session.ended", "0.1.0", payload)
    }

    /// The id of the event that was written last; empty where there is none.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// assert_eq!(log.last_event_id(), "");
    /// let started = log.session_started();
    /// assert_eq!(log.last_event_id(), started);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn last_event_id(&self) -> String {
        self.events
            .last()
            .map(|event| event.id.clone())
            .unwrap_or_default()
    }

    /// The log's clock as text.
    pub(super) fn at(&self) -> Text {
        self.now.to_timestamp().as_str().into()
    }
}

impl Event {
    fn write(&self, withheld: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.before);
        if withheld {
            out.extend_from_slice(b"{\"lodestar.redacted\":true}");
        } else {
            out.extend(self.payload.to_json().bytes());
        }
        out.extend_from_slice(&self.after);
    }
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

/// What Lodestar makes of a payload: it classifies actions, observations, claims and beliefs, and
/// takes everything else for secret.
fn sensitivity(event_type: &str, payload: &Value) -> Sensitivity {
    let named = match event_type {
        "observation.recorded" | "claim.extracted" | "belief.adopted" => payload.get("sensitivity"),
        _ if event_type.starts_with("action.") => payload.at(&["contract", "data_sensitivity"]),
        _ => None,
    };
    match named.and_then(Value::as_str) {
        Some("private") => Sensitivity::Internal,
        Some(named) => named.parse().unwrap_or(Sensitivity::Secret),
        None => Sensitivity::Secret,
    }
}
