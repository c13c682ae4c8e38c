//! A session: the events of one run of an agent, in the order of its log.
//!
//! A session is read from the record lines of a shipped body, as they are stored, or from the
//! lines of a raw log. Reading computes what can be computed from the bytes alone: which payloads
//! match their hash, which places in the log are claimed twice. Everything else in this crate is a
//! function of a session.

mod event;
mod gist;
mod summary;

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

pub use event::{Event, EventRef, FindingKind, Header, Payload, Sensitivity};
pub use gist::Gist;
pub use summary::{ActorSeen, AlertSeen, KindCount, PhaseCount, Summary};

use crate::envelope::EventId;
use crate::model::{ActionFacts, is_of_action};
use crate::ship::{self, Limits};
use crate::sorting;

/// The events of one session, with the bytes they were read from where there were any.
///
/// ```
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
/// assert!(session.events().iter().all(|event| event.verified));
/// assert_eq!(session.actions().len(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Session {
    events: Vec<Event>,
    lines: Vec<Range<usize>>,
    text: Vec<u8>,
    /// Where the events are whose place in the log is claimed more than once.
    contested: HashMap<u64, HashMap<String, usize>>,
}

impl Session {
    /// Reads verbatim record lines of a shipped body (`{"v":1,"redacted":…,"envelope":…}`), without
    /// the manifest line. Blank lines are passed over. A withheld event that comes again open is
    /// revealed: it is there once, open.
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
    /// // First withheld, then shipped again under a higher ceiling.
    /// let first = log.ship_body(Sensitivity::Internal);
    /// let again = log.ship_body(Sensitivity::Secret);
    /// let records = |body| <[u8]>::split(body, |byte| *byte == b'\n').skip(1);
    /// let session = Session::from_record_lines(records(&first).chain(records(&again)))?;
    /// let [note] = session.events() else { panic!("it is one event") };
    /// assert_eq!(note.open(), Some(&Value::from("a note")));
    ///
    /// let error = Session::from_record_lines([&b"{}"[..]]).unwrap_err();
    /// assert_eq!(error.line, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// At the first line that is not a record; the error's line counts the lines given, from 1.
    pub fn from_record_lines<'a>(
        lines: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, ship::Error> {
        let limits = Limits::default();
        Self::read(lines, |line| {
            ship::read_record(line, &limits).map(Event::from_record)
        })
    }

    /// Reads the lines of a raw log, each an envelope. Blank lines are passed over.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.session_started();
    /// log.session_ended();
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// assert_eq!(session.events()[1].event_type(), "guard.session.ended");
    ///
    /// let error = Session::from_log_lines([&lines[..], b"no envelope"]).unwrap_err();
    /// assert!(error.line > 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// At the first line that is not an envelope; the error's line counts the lines given, from 1.
    pub fn from_log_lines<'a>(
        lines: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, ship::Error> {
        let limits = Limits::default();
        Self::read(lines, |line| {
            ship::read_log_line(line, &limits).map(Event::from_record)
        })
    }

    /// A session of events that were read one by one. It has no lines to show.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::{Event, Session};
    /// use machinaut_chain::ship::{Limits, read_log_line};
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let id = log.session_started();
    /// let line = log.lines();
    /// let event = Event::from_record(read_log_line(&line, &Limits::default())?);
    /// let session = Session::from_events(vec![event]);
    /// assert!(session.event(0, &id).is_some());
    /// assert_eq!(session.line(0, &id), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_events(events: Vec<Event>) -> Self {
        let session = Self {
            events,
            ..Self::default()
        };
        session.complete()
    }

    fn read<'a>(
        lines: impl IntoIterator<Item = &'a [u8]>,
        mut event: impl FnMut(&[u8]) -> Result<Event, ship::Error>,
    ) -> Result<Self, ship::Error> {
        let mut session = Self::default();
        for (place, line) in lines.into_iter().enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let event = event(line).map_err(|error| ship::Error {
                line: place + 1,
                ..error
            })?;
            let start = session.text.len();
            session.text.extend_from_slice(line.trim_ascii());
            let span = start..session.text.len();
            session.events.push(event);
            session.lines.push(span);
        }
        Ok(session.complete())
    }

    /// Puts the events in order, where they are: a long session takes much memory, and is there once.
    fn sort(&mut self) {
        if self.events.is_sorted_by_key(Event::seq) {
            return;
        }
        // Stable: events that claim one place stay in the order in which they were given.
        let mut sources = sorting::places(self.events.len(), &mut |left, right| {
            self.events[left].seq().cmp(&self.events[right].seq())
        });
        for start in 0..sources.len() {
            let mut place = start;
            loop {
                let source = std::mem::replace(&mut sources[place], place);
                if source == start {
                    break;
                }
                self.swap(place, source);
                place = source;
            }
        }
    }

    /// Opens withheld events that come again open: only those can that claim the same place.
    fn reveal(&mut self) {
        let mut withheld: HashMap<(String, String), VecDeque<usize>> = HashMap::new();
        let mut kept = 0;
        for place in 0..self.events.len() {
            let event = &self.events[place];
            let is_beside = |other: usize| {
                let other = self.events.get(other).map(Event::seq);
                other == Some(event.seq())
            };
            let is_first = kept == 0 || !is_beside(kept - 1);
            if is_first {
                withheld.clear();
            }
            if !is_first || is_beside(place + 1) {
                let key = (event.id().to_owned(), event.header.payload_hash.clone());
                if event.withheld().is_some() {
                    withheld.entry(key).or_default().push_back(kept);
                } else if let Some(known) = withheld.get_mut(&key).and_then(VecDeque::pop_front) {
                    self.swap(known, place);
                    continue;
                }
            }
            self.swap(kept, place);
            kept += 1;
        }
        self.events.truncate(kept);
        self.lines.truncate(kept);
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.events.swap(one, other);
        // A session of events that were read one by one has no lines.
        if !self.lines.is_empty() {
            self.lines.swap(one, other);
        }
    }

    fn complete(mut self) -> Self {
        self.sort();
        self.reveal();
        let places = self
            .events
            .iter()
            .map(|event| (event.seq(), &event.header.id));
        let repeated = ship::repeated(places);
        let mut kinds: HashMap<(u64, EventId), Vec<FindingKind>> = HashMap::new();
        for finding in repeated {
            let key = (finding.seq, finding.event_id);
            let found = kinds.entry(key).or_default();
            if !found.contains(&finding.kind) {
                found.push(finding.kind);
            }
        }
        if kinds.is_empty() {
            return self;
        }
        for (place, event) in self.events.iter_mut().enumerate() {
            let key = (event.seq(), event.header.id.clone());
            let Some(found) = kinds.get(&key) else {
                continue;
            };
            let all = FindingKind::ALL.into_iter();
            let stands = |kind: &FindingKind| event.findings.contains(kind) || found.contains(kind);
            event.findings = all.filter(stands).collect();
            event.verified = false;
            if found.contains(&FindingKind::SequenceCollision) {
                let here = self.contested.entry(key.0).or_default();
                here.entry(key.1.to_string()).or_insert(place);
            }
        }
        self
    }

    /// The events in the order of the log.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.session_started();
    /// log.session_ended();
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let places: Vec<u64> = session.events().iter().map(|event| event.seq()).collect();
    /// assert_eq!(places, [0, 1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The events in the order of the log, without the session.
    pub(crate) fn into_events(self) -> Vec<Event> {
        self.events
    }

    /// The event at this place with this id.
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
    /// assert!(session.event(0, &id).is_some());
    /// // Both have to fit: an id alone may be claimed twice.
    /// assert!(session.event(1, &id).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn event(&self, seq: u64, id: &str) -> Option<&Event> {
        self.events.get(self.find(seq, id)?)
    }

    /// The bytes that the event was read from: a record line or an envelope, as it came.
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
    /// assert_eq!(session.line(0, &id), Some(log.lines().trim_ascii()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn line(&self, seq: u64, id: &str) -> Option<&[u8]> {
        let line = self
            .text
            .get(self.lines.get(self.find(seq, id)?)?.clone())?;
        (!line.is_empty()).then_some(line)
    }

    fn find(&self, seq: u64, id: &str) -> Option<usize> {
        let place = self.events.partition_point(|event| event.seq() < seq);
        let first = self.events.get(place)?;
        if first.seq() == seq && first.id() == id {
            return Some(place);
        }
        self.contested.get(&seq)?.get(id).copied()
    }

    /// Every action of the session that has a readable event, in the order of first appearance,
    /// as its events describe it (see [`ActionFacts::of_events`]).
    ///
    /// ```
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
    /// let actions = session.actions();
    /// let tools: Vec<_> = actions.iter().filter_map(|action| action.tool.as_deref()).collect();
    /// assert_eq!(tools, ["git.status", "shell.test", "doc.read", "mcp.git.push"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn actions(&self) -> Vec<ActionFacts> {
        let mut order: Vec<&str> = Vec::new();
        let mut by_id: HashMap<&str, Vec<&Event>> = HashMap::new();
        for event in &self.events {
            if is_of_action(event.event_type())
                && let Some(id) = event.open().and_then(|payload| payload.get("id")?.as_str())
            {
                let events = by_id.entry(id).or_default();
                if events.is_empty() {
                    order.push(id);
                }
                events.push(event);
            }
        }
        order
            .into_iter()
            .filter_map(|id| ActionFacts::of_events(by_id.remove(id)?))
            .map(|(facts, _)| facts)
            .collect()
    }

    /// What a list of sessions and the head of a session's page need.
    ///
    /// ```
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
    /// let summary = session.summary();
    /// let headline = summary.headline.ok_or("nothing to tell")?;
    /// assert_eq!(headline.to_text(), "claude-code wants to push branch “main”");
    /// assert_eq!((summary.holds, summary.open_holds), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn summary(&self) -> Summary {
        Summary::of(self)
    }
}
