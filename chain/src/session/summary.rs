use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{Event, EventRef, FindingKind, Sensitivity, Session};
use crate::model::{AlertFacts, AlertSeverity, Level, Phase};
use crate::pending::{self, LoggedHold, LoggedOutcome};
use crate::sentence::{self, Sentence};
use crate::sorting;
use crate::why::Kind;

/// How many things of one kind a session has.
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::ship::Sensitivity;
/// use machinaut_chain::why::Kind;
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let hold = Hold::push_to_main(story);
/// let body = hold.log().ship_body(Sensitivity::Internal);
/// let session = Session::from_record_lines(body.split(|byte| *byte == b'\n').skip(1))?;
/// let kinds = session.summary().kinds;
/// let decisions = kinds.iter().find(|of| of.kind == Kind::Decision).ok_or("not counted")?;
/// assert_eq!((decisions.count, decisions.withheld), (0, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindCount {
    /// The kind.
    pub kind: Kind,
    /// How many, as far as they can be told apart.
    pub count: usize,
    /// How many further events of this kind are withheld.
    pub withheld: usize,
}

/// How many actions stand in one phase.
///
/// ```
/// use machinaut_chain::model::Phase;
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::{PhaseCount, Session};
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let waiting = PhaseCount { phase: Phase::PendingApproval, count: 1 };
/// let done = PhaseCount { phase: Phase::Completed, count: 3 };
/// let phases = session.summary().phases;
/// assert!(phases.contains(&waiting) && phases.contains(&done));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseCount {
    /// The phase.
    pub phase: Phase,
    /// How many.
    pub count: usize,
}

/// Somebody who wrote events of the session.
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
/// let actors = session.summary().actors;
/// let names: Vec<&str> = actors.iter().map(|actor| actor.actor_id.as_str()).collect();
/// assert_eq!(names, ["agent:claude-code", "lodestar-sentinel"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorSeen {
    /// Its id.
    pub actor_id: String,
    /// How many events it wrote.
    pub events: usize,
}

/// An alert of the session, and the event it stands in.
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
/// let alerts = session.summary().alerts;
/// assert_eq!(alerts[0].alert.subject_kind.as_deref(), Some("belief"));
/// assert_eq!(alerts[0].event.event_type, "sentinel.alerted");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertSeen {
    /// What it says.
    pub alert: AlertFacts,
    /// Where it stands.
    pub event: EventRef,
}

/// What a list of sessions and the head of a session's page need.
///
/// ```
/// use machinaut_chain::model::Level;
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
/// assert_eq!(summary.events, summary.verified);
/// assert_eq!(summary.agent.as_deref(), Some("agent:claude-code"));
/// assert_eq!(summary.highest_level, Some(Level::L4));
/// assert!(summary.findings.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The session.
    pub session_id: String,
    /// Its project.
    pub project_id: String,
    /// How many events it has.
    pub events: usize,
    /// How many of them are withheld.
    pub withheld: usize,
    /// The highest marking of a withheld event.
    pub withheld_marked: Option<Sensitivity>,
    /// How many events were re-hashed and matched.
    pub verified: usize,
    /// The agent: who proposed most actions, otherwise who wrote most events.
    pub agent: Option<String>,
    /// Everybody who wrote events, the busiest first.
    pub actors: Vec<ActorSeen>,
    /// The timestamp of the first event, as written.
    pub first_at: Option<String>,
    /// The timestamp of the last event, as written.
    pub last_at: Option<String>,
    /// The place of the first event in the project's log.
    pub first_seq: Option<u64>,
    /// The place of the last event in the project's log.
    pub last_seq: Option<u64>,
    /// What it has of each kind of the chain, in the order of the chain.
    pub kinds: Vec<KindCount>,
    /// Where its actions stand.
    pub phases: Vec<PhaseCount>,
    /// The highest level that one of its actions required.
    pub highest_level: Option<Level>,
    /// The most telling action in one sentence: an open hold, else the action of the highest
    /// level, else the last one.
    pub headline: Option<Sentence>,
    /// How many holds it has.
    pub holds: usize,
    /// How many of them the log leaves open.
    pub open_holds: usize,
    /// How many were granted.
    pub granted: usize,
    /// How many were denied.
    pub denied: usize,
    /// How many expired.
    pub expired: usize,
    /// How many answers the guard refused.
    pub refused: usize,
    /// Its alerts, in the order of the log.
    pub alerts: Vec<AlertSeen>,
    /// How many events carry each finding.
    pub findings: BTreeMap<FindingKind, usize>,
}

impl Summary {
    /// The summary of a session.
    ///
    /// ```
    /// use machinaut_chain::session::{Session, Summary};
    ///
    /// let summary = Summary::of(&Session::default());
    /// assert_eq!((summary.events, summary.headline), (0, None));
    /// ```
    pub fn of(session: &Session) -> Self {
        let mut counts = Counts::default();
        for event in session.events() {
            counts.add(event);
        }
        counts.summary(session, &pending::holds_of(session))
    }

    /// The loudest severity among its alerts.
    ///
    /// ```
    /// use machinaut_chain::model::AlertSeverity;
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
    /// assert_eq!(session.summary().loudest_alert(), Some(&AlertSeverity::Warning));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn loudest_alert(&self) -> Option<&AlertSeverity> {
        self.alerts
            .iter()
            .filter_map(|seen| seen.alert.severity.as_ref())
            .max()
    }
}

/// What is counted of events one by one, in any order.
#[derive(Debug, Default)]
pub(super) struct Counts {
    events: usize,
    withheld: usize,
    withheld_marked: Option<Sensitivity>,
    verified: usize,
    actors: HashMap<String, usize>,
    first: Option<Ends>,
    last: Option<Ends>,
    kinds: [(usize, usize); KINDS.len()],
    findings: BTreeMap<FindingKind, usize>,
}

/// What is told of the first and the last event.
#[derive(Debug)]
struct Ends {
    seq: u64,
    at: String,
    session_id: String,
    project_id: String,
}

impl Ends {
    fn of(event: &Event) -> Self {
        Self {
            seq: event.seq(),
            at: event.timestamp().to_owned(),
            session_id: event.header.session_id.to_string(),
            project_id: event.header.project_id.to_string(),
        }
    }
}

/// The event types behind each kind, in the order of the chain.
const KINDS: [(Kind, &[&str]); 10] = [
    (Kind::Observation, &["observation.recorded"]),
    (Kind::Claim, &["claim.extracted"]),
    (Kind::Evidence, &["evidence.assessed"]),
    (Kind::Belief, &["belief.adopted"]),
    (Kind::Decision, &["decision.made"]),
    (Kind::Action, &["action.proposed"]),
    (Kind::Outcome, &["outcome.observed", "action.outcome"]),
    (Kind::Revision, &["revision.recorded"]),
    (Kind::Alert, &["sentinel.alerted"]),
    (Kind::Hold, &["approval.requested"]),
];

impl Counts {
    pub(super) fn add(&mut self, event: &Event) {
        self.events += 1;
        self.verified += usize::from(event.verified);
        if let Some(marked) = event.withheld() {
            self.withheld += 1;
            self.withheld_marked = self.withheld_marked.max(Some(marked));
        }
        match self.actors.get_mut(event.actor()) {
            Some(count) => *count += 1,
            None => {
                self.actors.insert(event.actor().to_owned(), 1);
            }
        }
        if self
            .first
            .as_ref()
            .is_none_or(|first| event.seq() < first.seq)
        {
            self.first = Some(Ends::of(event));
        }
        if let Some(last) = self.last.as_mut().filter(|last| event.seq() >= last.seq) {
            last.seq = event.seq();
            event.timestamp().clone_into(&mut last.at);
        } else if self.last.is_none() {
            self.last = Some(Ends::of(event));
        }
        let kind = KINDS
            .iter()
            .position(|(_, types)| types.contains(&event.event_type()));
        if let Some((open, withheld)) = kind.and_then(|kind| self.kinds.get_mut(kind)) {
            *if event.withheld().is_some() {
                withheld
            } else {
                open
            } += 1;
        }
        for finding in &event.findings {
            *self.findings.entry(*finding).or_default() += 1;
        }
    }

    /// The summary. Of `session` only the events that tell of actions, holds and alerts are read.
    pub(super) fn summary(self, session: &Session, holds: &[LoggedHold]) -> Summary {
        let actions = session.actions();
        let ended = |test: fn(&LoggedOutcome) -> bool| {
            holds.iter().filter(|hold| test(&hold.outcome)).count()
        };
        let mut phases: BTreeMap<Phase, usize> = BTreeMap::new();
        for phase in actions.iter().filter_map(|action| action.phase.clone()) {
            *phases.entry(phase).or_default() += 1;
        }
        let held = holds
            .iter()
            .find(|hold| hold.is_open())
            .and_then(|hold| hold.action.as_deref());
        let telling = held.or_else(|| {
            actions
                .iter()
                .max_by_key(|action| (action.level, action.phase == Some(Phase::PendingApproval)))
        });
        let actors = busiest(self.actors);
        let mut proposers: BTreeMap<&str, usize> = BTreeMap::new();
        for action in &actions {
            *proposers.entry(&action.agent).or_default() += 1;
        }
        let agent = proposers
            .into_iter()
            .max_by_key(|(_, count)| *count)
            .map(|(agent, _)| agent.to_owned())
            .or_else(|| actors.first().map(|actor| actor.actor_id.clone()));
        let kinds = KINDS.iter().zip(self.kinds);
        Summary {
            session_id: ends(self.first.as_ref(), |first| first.session_id.clone()),
            project_id: ends(self.first.as_ref(), |first| first.project_id.clone()),
            events: self.events,
            withheld: self.withheld,
            withheld_marked: self.withheld_marked,
            verified: self.verified,
            agent,
            actors,
            first_at: self.first.as_ref().map(|first| first.at.clone()),
            last_at: self.last.as_ref().map(|last| last.at.clone()),
            first_seq: self.first.as_ref().map(|first| first.seq),
            last_seq: self.last.as_ref().map(|last| last.seq),
            kinds: kinds
                .map(|((kind, _), (open, withheld))| KindCount {
                    kind: *kind,
                    count: if *kind == Kind::Action {
                        actions.len()
                    } else {
                        open
                    },
                    withheld,
                })
                .collect(),
            phases: phases
                .into_iter()
                .map(|(phase, count)| PhaseCount { phase, count })
                .collect(),
            highest_level: actions.iter().filter_map(|action| action.level).max(),
            headline: telling.map(sentence::action_sentence),
            holds: holds.len(),
            open_holds: holds.iter().filter(|hold| hold.is_open()).count(),
            granted: ended(|outcome| matches!(outcome, LoggedOutcome::Granted { .. })),
            denied: ended(|outcome| matches!(outcome, LoggedOutcome::Denied { .. })),
            expired: ended(|outcome| matches!(outcome, LoggedOutcome::Expired { .. })),
            refused: holds.iter().map(|hold| hold.rejected.len()).sum(),
            alerts: alerts(session.events()),
            findings: self.findings,
        }
    }
}

fn ends(end: Option<&Ends>, text: impl Fn(&Ends) -> String) -> String {
    end.map(text).unwrap_or_default()
}

fn busiest(seen: HashMap<String, usize>) -> Vec<ActorSeen> {
    let actors: Vec<ActorSeen> = seen
        .into_iter()
        .map(|(actor_id, events)| ActorSeen { actor_id, events })
        .collect();
    sorting::sorted(actors, |one, other| {
        let by_events = other.events.cmp(&one.events);
        by_events.then_with(|| one.actor_id.cmp(&other.actor_id))
    })
}

fn alerts(events: &[Event]) -> Vec<AlertSeen> {
    events
        .iter()
        .filter(|event| event.event_type() == "sentinel.alerted")
        .filter_map(|event| {
            let alert = AlertFacts::read(event.open()?, event.is_attested())?;
            Some(AlertSeen {
                alert,
                event: event.reference(),
            })
        })
        .collect()
}
