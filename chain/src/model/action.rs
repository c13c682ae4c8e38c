use serde::{Deserialize, Serialize};

use super::view;
use super::words::words;
use crate::json::Value;
use crate::sentence::NOUNS;
use crate::session::Event;

words! {
    /// How far the effects of an action reach (`contract.blast_radius`).
    BlastRadius {
        /// Nothing outside the agent itself.
        Own = "self",
        /// The running session.
        Session = "session",
        /// The project.
        Project = "project",
        /// Systems and people outside.
        External = "external",
    }
}

words! {
    /// Whether an action can be taken back (`contract.reversibility`).
    Reversibility {
        /// It can be undone.
        Reversible = "reversible",
        /// It can be made good by another action.
        Compensable = "compensable",
        /// It cannot be undone.
        Irreversible = "irreversible",
    }
}

words! {
    /// Whose data an action touches (`contract.data_sensitivity`).
    DataSensitivity {
        /// Anybody's.
        Public = "public",
        /// The project's own.
        Private = "private",
        /// Secrets.
        Secret = "secret",
    }
}

words! {
    /// Where an action is in its life (`phase`).
    Phase {
        /// The agent asked for it.
        Proposed = "proposed",
        /// A policy or a human is looking at it.
        Arbitrating = "arbitrating",
        /// It is held until somebody decides.
        PendingApproval = "pending_approval",
        /// It may run.
        Approved = "approved",
        /// It may not run.
        Rejected = "rejected",
        /// It is running.
        Executing = "executing",
        /// It ran.
        Completed = "completed",
        /// It ran and failed.
        Failed = "failed",
        /// It was stopped.
        Halted = "halted",
    }
}

/// The trust ladder: how much an action may touch before somebody must be asked
/// (`contract.required_level`).
///
/// ```
/// use machinaut_chain::model::Level;
///
/// assert!(Level::L2 < Level::L4, "the ladder is ordered");
/// assert_eq!(format!("{}: {}", Level::L4.as_str(), Level::L4.meaning()), "L4: external, shared");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// Observe.
    L0,
    /// Suggest.
    L1,
    /// Produce an isolated artifact.
    L2,
    /// Change something local that can be undone.
    L3,
    /// Reach something external or shared: always held.
    L4,
    /// Prohibited.
    L5,
}

impl Level {
    /// The level of a contract's `required_level`, a whole number from 0 to 5.
    ///
    /// ```
    /// use machinaut_chain::model::Level;
    ///
    /// assert_eq!(Level::from_number(3.0), Some(Level::L3));
    /// assert_eq!(Level::from_number(3.5), None);
    /// assert_eq!(Level::from_number(6.0), None);
    /// ```
    pub fn from_number(number: f64) -> Option<Self> {
        const LEVELS: [Level; 6] = [
            Level::L0,
            Level::L1,
            Level::L2,
            Level::L3,
            Level::L4,
            Level::L5,
        ];
        (0u32..)
            .zip(LEVELS)
            .find(|(n, _)| f64::from(*n).to_bits() == number.to_bits())
            .map(|(_, level)| level)
    }

    /// What the level means, in the words of the field.
    ///
    /// ```
    /// use machinaut_chain::model::Level;
    ///
    /// assert_eq!(Level::L5.meaning(), "prohibited");
    /// ```
    pub fn meaning(self) -> &'static str {
        match self {
            Self::L0 => "observe",
            Self::L1 => "suggest",
            Self::L2 => "isolated artifact",
            Self::L3 => "local, reversible",
            Self::L4 => "external, shared",
            Self::L5 => "prohibited",
        }
    }

    /// `L0` to `L5`.
    ///
    /// ```
    /// use machinaut_chain::model::Level;
    ///
    /// assert_eq!(Level::from_number(0.0).map(Level::as_str), Some("L0"));
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::L0 => "L0",
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3 => "L3",
            Self::L4 => "L4",
            Self::L5 => "L5",
        }
    }
}

/// The input that names what an action is done to, as the agent gave it (of `inputs`).
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::ActionFacts;
///
/// let payload = br#"{"id":"a-1","inputs":{"path":"/etc/hosts","mode":"r"}}"#;
/// let payload = Value::parse(payload, &Default::default())?;
/// let object = ActionFacts::read(&payload, "agent:a").unwrap().object.unwrap();
/// assert_eq!((object.key.as_str(), object.value.as_str()), ("path", "/etc/hosts"));
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidObject {
    /// The name of the input; empty when `value` is all inputs as JSON.
    pub key: String,
    /// Its text. Untrusted.
    pub value: String,
}

/// What an action applies to, as its contract tells (`contract.scope`).
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::ActionFacts;
///
/// let payload = br#"{"id":"a-1","contract":{"scope":{"level":"project","identifier":"docs"}}}"#;
/// let payload = Value::parse(payload, &Default::default())?;
/// let scope = ActionFacts::read(&payload, "agent:a").unwrap().scope.unwrap();
/// assert_eq!((scope.level.as_str(), scope.identifier.as_str()), ("project", "docs"));
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionScope {
    /// How far it reaches (`project`, `session` …).
    pub level: String,
    /// Which one.
    pub identifier: String,
}

/// Who let an action run or stopped it, as the action itself tells (`approval`).
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::ActionFacts;
///
/// let payload = br#"{"id":"a-1","approval":{"approver_id":"alice@phone","approved":false}}"#;
/// let payload = Value::parse(payload, &Default::default())?;
/// let verdict = ActionFacts::read(&payload, "agent:a").unwrap().verdict.unwrap();
/// assert_eq!((verdict.approver_id.as_str(), verdict.approved), ("alice@phone", false));
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionVerdict {
    /// A human, a policy or `system`.
    pub approver_id: String,
    /// Whether it may run.
    pub approved: bool,
    /// Why.
    pub reason: Option<String>,
    /// When, as written.
    pub at: Option<String>,
}

/// One action, as its latest event describes it.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::{ActionFacts, BlastRadius, Level, Phase};
///
/// let payload = br#"{"id":"a-1","tool":"git.push","phase":"pending_approval",
///     "contract":{"required_level":4,"blast_radius":"external"},
///     "audit":[{"phase":"proposed"},{"phase":"pending_approval","detail":"L4 is always held"}]}"#;
/// let action = ActionFacts::read(&Value::parse(payload, &Default::default())?, "agent:a").unwrap();
/// assert_eq!((action.level, action.phase), (Some(Level::L4), Some(Phase::PendingApproval)));
/// assert_eq!(action.blast_radius, Some(BlastRadius::External));
/// assert_eq!(action.detail.as_deref(), Some("L4 is always held"));
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionFacts {
    /// Lodestar's id of the action.
    pub id: String,
    /// Who proposed it.
    pub agent: String,
    /// The tool it calls.
    pub tool: Option<String>,
    /// What the agent says it is for.
    pub intent: Option<String>,
    /// All inputs, as compact JSON.
    pub inputs: Option<String>,
    /// The input that names its target.
    pub object: Option<SaidObject>,
    /// The ladder level that it requires.
    pub level: Option<Level>,
    /// How far it reaches.
    pub blast_radius: Option<BlastRadius>,
    /// Whether it can be taken back.
    pub reversibility: Option<Reversibility>,
    /// Whose data it touches.
    pub data_sensitivity: Option<DataSensitivity>,
    /// What it applies to.
    pub scope: Option<ActionScope>,
    /// What must still be true when it runs, each as text or compact JSON.
    pub preconditions: Vec<String>,
    /// The decision it carries out, when the agent recorded one.
    pub decision_id: Option<String>,
    /// Where it stands.
    pub phase: Option<Phase>,
    /// When it was proposed, as written.
    pub proposed_at: Option<String>,
    /// Who let it run or stopped it.
    pub verdict: Option<ActionVerdict>,
    /// Why it was held or stopped: the detail of the last step of its audit that has one.
    pub detail: Option<String>,
}

impl ActionFacts {
    /// Reads all events of one action, in the order of the log, and tells whether they disagree.
    ///
    /// What the action is (its tool, inputs, contract, proposer) is taken from the first event, so
    /// that nothing written later can rewrite it; where it stands is taken from the last one.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::model::{ActionFacts, Phase};
    /// use machinaut_chain::sample::{Contract, Log};
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let inputs = Value::Null;
    /// let mut action = log.propose("a-1", None, "look", "fs.list", inputs, Contract::OBSERVE);
    /// log.complete(&mut action);
    /// let planted = br#"{"id":"a-1","tool":"fs.delete","phase":"completed"}"#;
    /// log.event("action.completed", "0.1.0", Value::parse(planted, &Default::default())?);
    ///
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let (facts, disputed) = ActionFacts::of_events(session.events()).unwrap();
    /// assert_eq!((facts.tool.as_deref(), facts.phase), (Some("fs.list"), Some(Phase::Completed)));
    /// assert!(disputed, "the last event tells of another action");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_events<'a>(events: impl IntoIterator<Item = &'a Event>) -> Option<(Self, bool)> {
        let mut all = events
            .into_iter()
            .filter_map(|event| Self::read(event.open()?, event.actor()));
        let mut facts = all.next()?;
        let mut disputed = false;
        for later in all {
            disputed |= !facts.agrees_with(&later);
            facts.decision_id = facts.decision_id.or(later.decision_id);
            facts.phase = later.phase.or(facts.phase);
            facts.verdict = later.verdict.or(facts.verdict);
            facts.detail = later.detail.or(facts.detail);
        }
        Some((facts, disputed))
    }

    /// Whether two descriptions are of the same action, wherever each stands.
    fn agrees_with(&self, other: &Self) -> bool {
        let decision = match (&self.decision_id, &other.decision_id) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        };
        decision
            && self.agent == other.agent
            && self.tool == other.tool
            && self.intent == other.intent
            && self.inputs == other.inputs
            && self.level == other.level
            && self.blast_radius == other.blast_radius
            && self.reversibility == other.reversibility
            && self.data_sensitivity == other.data_sensitivity
            && self.scope == other.scope
            && self.preconditions == other.preconditions
    }

    /// Reads the payload of an `action.*` event. `actor` stands in where no proposer is named. None
    /// where it has no `id`.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::model::ActionFacts;
    ///
    /// let read = |payload: &[u8]| -> Result<_, machinaut_chain::json::Error> {
    ///     Ok(ActionFacts::read(&Value::parse(payload, &Default::default())?, "agent:a"))
    /// };
    /// assert_eq!(read(br#"{"id":"a-1"}"#)?.unwrap().agent, "agent:a");
    /// assert_eq!(read(br#"{"id":"a-1","proposed_by":"agent:b"}"#)?.unwrap().agent, "agent:b");
    /// assert_eq!(read(br#"{"tool":"fs.list"}"#)?, None, "without an id it is no action");
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    pub fn read(payload: &Value, actor: &str) -> Option<Self> {
        let id = view::text(payload, "id")?;
        let contract = view::field(payload, "contract");
        let word = |key: &str| contract.and_then(|contract| view::text(contract, key));
        let inputs = view::field(payload, "inputs");
        Some(Self {
            id,
            agent: view::text(payload, "proposed_by").unwrap_or_else(|| actor.to_owned()),
            tool: view::text(payload, "tool"),
            intent: view::text(payload, "intent"),
            inputs: inputs.map(view::json),
            object: inputs.and_then(object),
            level: contract
                .and_then(|contract| view::number(contract, "required_level"))
                .and_then(Level::from_number),
            blast_radius: word("blast_radius").map(Into::into),
            reversibility: word("reversibility").map(Into::into),
            data_sensitivity: word("data_sensitivity").map(Into::into),
            scope: contract
                .and_then(|contract| view::field(contract, "scope"))
                .and_then(|scope| {
                    Some(ActionScope {
                        level: view::text(scope, "level")?,
                        identifier: view::text(scope, "identifier")?,
                    })
                }),
            preconditions: contract
                .map(|contract| {
                    view::list(contract, "preconditions")
                        .iter()
                        .map(view::shown)
                        .collect()
                })
                .unwrap_or_default(),
            decision_id: view::text(payload, "decision_id"),
            phase: view::text(payload, "phase").map(Into::into),
            proposed_at: view::text(payload, "proposed_at"),
            verdict: view::field(payload, "approval").and_then(verdict),
            detail: view::list(payload, "audit")
                .iter()
                .rev()
                .find_map(|step| view::text(step, "detail")),
        })
    }
}

fn verdict(approval: &Value) -> Option<ActionVerdict> {
    Some(ActionVerdict {
        approver_id: view::text(approval, "approver_id")?,
        approved: view::flag(approval, "approved")?,
        reason: view::text(approval, "reason"),
        at: view::text(approval, "at"),
    })
}

fn object(inputs: &Value) -> Option<SaidObject> {
    for (key, _) in NOUNS {
        if let Some(value) = view::field(inputs, key).and_then(target) {
            return Some(SaidObject {
                key: (*key).to_owned(),
                value,
            });
        }
    }
    let is_empty = match inputs {
        Value::Object(object) => object.is_empty(),
        Value::Null => true,
        _ => false,
    };
    (!is_empty).then(|| SaidObject {
        key: String::new(),
        value: view::json(inputs),
    })
}

/// A target is a non-empty text, or a list of texts such as a command line.
fn target(value: &Value) -> Option<String> {
    match value {
        Value::String(_) => Some(view::shown(value)).filter(|text| !text.is_empty()),
        Value::Array(words) if !words.is_empty() => {
            let words: Option<Vec<String>> = words
                .iter()
                .map(|word| matches!(word, Value::String(_)).then(|| view::shown(word)))
                .collect();
            words.map(|words| words.join(" "))
        }
        _ => None,
    }
}
