use serde::{Deserialize, Serialize};

use crate::model::{
    ActionFacts, AlertFacts, BeliefFacts, ClaimFacts, DecisionFacts, EvidenceFacts,
    LoggedResolution, ObservationFacts, OutcomeFacts, RejectionFacts, RequestFacts, RevisionFacts,
};
use crate::session::{EventRef, Sensitivity};

/// What a thing in the chain is.
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::why::{Kind, why};
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let why = why(&session, "a-1").ok_or("no such action")?;
/// for kind in [Kind::Decision, Kind::Belief, Kind::Claim, Kind::Evidence, Kind::Observation] {
///     assert!(why.nodes.iter().any(|node| node.key.kind == kind), "{kind:?}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What a tool returned.
    Observation,
    /// A statement extracted from observations.
    Claim,
    /// What speaks for and against a claim.
    Evidence,
    /// A claim that was adopted as true.
    Belief,
    /// A choice.
    Decision,
    /// Something an agent does or wants to do.
    Action,
    /// What an action led to.
    Outcome,
    /// A note that an earlier record no longer stands.
    Revision,
    /// An alert of a sentinel.
    Alert,
    /// A hold: the guard asked for an approval.
    Hold,
    /// An answer to a hold.
    Resolution,
    /// An answer that the guard refused.
    Rejection,
}

impl Kind {
    /// The word for it, as the wire has it.
    ///
    /// ```
    /// use machinaut_chain::why::Kind;
    ///
    /// assert_eq!(Kind::Observation.as_str(), "observation");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observation => "observation",
            Self::Claim => "claim",
            Self::Evidence => "evidence",
            Self::Belief => "belief",
            Self::Decision => "decision",
            Self::Action => "action",
            Self::Outcome => "outcome",
            Self::Revision => "revision",
            Self::Alert => "alert",
            Self::Hold => "hold",
            Self::Resolution => "resolution",
            Self::Rejection => "rejection",
        }
    }
}

/// How one thing in the chain stands to another. An edge reads «from *relation* to».
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::why::{Kind, Relation, why};
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let why = why(&session, "a-1").ok_or("no such action")?;
/// // What the log links is told apart from what only came before.
/// let (linked, before): (Vec<_>, Vec<_>) =
///     why.edges.iter().partition(|edge| edge.relation != Relation::PrecededBy);
/// assert!(linked.iter().any(|edge| edge.to.kind == Kind::Decision));
/// assert!(before.iter().all(|edge| edge.to.kind != Kind::Action));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Evidence speaks for a claim.
    Supports,
    /// Evidence speaks against a claim.
    Contradicts,
    /// Evidence puts a claim in context.
    Contextualises,
    /// A claim or evidence was drawn from an observation, or evidence from another belief.
    ExtractedFrom,
    /// A claim was adopted as a belief.
    AdoptedAs,
    /// An action carries out a decision; a decision rests on a belief.
    DependsOn,
    /// An action led to an outcome or an observation; an outcome shows in an observation.
    ResultedIn,
    /// A later record says that this one no longer stands.
    RevisedBy,
    /// A sentinel raised an alert over it.
    AlertedBy,
    /// An action was held, and answered, by this.
    ApprovedBy,
    /// Order only: the same agent recorded it before, and the log links the two in no way.
    PrecededBy,
}

impl Relation {
    /// The words for it between its two ends.
    ///
    /// ```
    /// use machinaut_chain::why::Relation;
    ///
    /// assert_eq!(Relation::ExtractedFrom.as_words(), "extracted from");
    /// ```
    pub fn as_words(self) -> &'static str {
        match self {
            Self::Supports => "supports",
            Self::Contradicts => "contradicts",
            Self::Contextualises => "contextualises",
            Self::ExtractedFrom => "extracted from",
            Self::AdoptedAs => "adopted as",
            Self::DependsOn => "depends on",
            Self::ResultedIn => "resulted in",
            Self::RevisedBy => "revised by",
            Self::AlertedBy => "alerted by",
            Self::ApprovedBy => "approved by",
            Self::PrecededBy => "preceded by",
        }
    }
}

/// Names a node within one [`Why`](super::Why): its kind and id.
///
/// ```
/// use machinaut_chain::why::{Kind, NodeKey};
///
/// // Ids are the agent's words: only with its kind one names a node.
/// assert_ne!(NodeKey::new(Kind::Claim, "x"), NodeKey::new(Kind::Belief, "x"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NodeKey {
    /// What it is.
    pub kind: Kind,
    /// Its id in the log. Untrusted: two kinds may share one.
    pub id: String,
}

impl NodeKey {
    /// A key of this kind and id.
    ///
    /// ```
    /// use machinaut_chain::why::{Kind, NodeKey};
    ///
    /// let key = NodeKey::new(Kind::Decision, "d-1");
    /// assert_eq!((key.kind, key.id.as_str()), (Kind::Decision, "d-1"));
    /// ```
    pub fn new(kind: Kind, id: impl Into<String>) -> Self {
        Self {
            kind,
            id: id.into(),
        }
    }
}

/// What the log says about one node.
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::why::{Body, why};
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let why = why(&session, "a-1").ok_or("no such action")?;
/// let Body::Action(action) = &why.nodes[0].body else { panic!("the action comes first") };
/// assert_eq!(action.intent.as_deref(), Some("push 3 commits to origin/main"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// See [`ObservationFacts`].
    Observation(ObservationFacts),
    /// See [`ClaimFacts`].
    Claim(ClaimFacts),
    /// See [`EvidenceFacts`].
    Evidence(EvidenceFacts),
    /// See [`BeliefFacts`].
    Belief(BeliefFacts),
    /// See [`DecisionFacts`].
    Decision(DecisionFacts),
    /// See [`ActionFacts`].
    Action(ActionFacts),
    /// See [`OutcomeFacts`].
    Outcome(OutcomeFacts),
    /// See [`RevisionFacts`].
    Revision(RevisionFacts),
    /// See [`AlertFacts`].
    Alert(AlertFacts),
    /// See [`RequestFacts`].
    Hold(RequestFacts),
    /// The guard's log says that the hold was answered.
    Resolution(ResolutionBody),
    /// See [`RejectionFacts`].
    Rejection(RejectionFacts),
}

/// An answer in the log, and what the guard said about that very event.
///
/// ```
/// use machinaut_chain::approval::{Resolution, ResolutionKind};
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::why::{Answer, Body, why};
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let mut hold = Hold::push_to_main(story);
/// let decision = Resolution {
///     request_id: "r-1".into(),
///     action_id: "a-1".into(),
///     kind: ResolutionKind::Granted,
///     approver_id: "alice@phone".into(),
///     reason: None,
///     at: "2026-11-23T04:46:20Z".parse()?,
///     signature: None,
/// };
/// hold.resolve(&decision, hold.log().now());
/// let lines = hold.log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let why = why(&session, "a-1").ok_or("no such action")?;
/// let answer = why.nodes.iter().find_map(|node| match &node.body {
///     Body::Resolution(answer) => Some(answer),
///     _ => None,
/// });
/// let answer = answer.ok_or("not answered")?;
/// assert_eq!((answer.answer, answer.is_forged), (Answer::Granted, false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolutionBody {
    /// Which answer.
    pub answer: Answer,
    /// The answer as logged.
    pub resolution: LoggedResolution,
    /// Whether the guard named this event as planted: then it counts for nothing.
    pub is_forged: bool,
}

/// How a hold was answered.
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::why::{Answer, Body, why};
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let mut hold = Hold::push_to_main(story);
/// hold.expire(hold.log().now());
/// let lines = hold.log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let why = why(&session, "a-1").ok_or("no such action")?;
/// let expired =
///     |body: &Body| matches!(body, Body::Resolution(it) if it.answer == Answer::Expired);
/// assert!(why.nodes.iter().any(|node| expired(&node.body)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The action may run.
    Granted,
    /// It may not.
    Denied,
    /// Nobody answered in time.
    Expired,
}

/// One thing in the chain.
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::why::why;
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let why = why(&session, "a-1").ok_or("no such action")?;
/// let action = &why.nodes[0];
/// // Two events tell of it, and they agree.
/// assert_eq!(action.events[0].event_type, "action.proposed");
/// assert_eq!(action.events[1].event_type, "action.pending_approval");
/// assert!(!action.is_disputed && !action.is_context);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Its name within this why.
    pub key: NodeKey,
    /// What the log says about it.
    pub body: Body,
    /// The events it was read from, in the order of the log. The first one speaks.
    pub events: Vec<EventRef>,
    /// Whether it is reached only over [`Relation::PrecededBy`]: context, not a recorded reason.
    pub is_context: bool,
    /// Whether the log describes it more than once, in ways that do not agree.
    pub is_disputed: bool,
}

/// A typed link between two nodes.
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::why::{Kind, NodeKey, Relation, why};
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let why = why(&session, "a-1").ok_or("no such action")?;
/// let action = NodeKey::new(Kind::Action, "a-1");
/// let edge = why.edges.iter().find(|edge| edge.from == action && edge.to.kind == Kind::Decision);
/// assert_eq!(edge.map(|edge| edge.relation), Some(Relation::DependsOn));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Edge {
    /// Where it starts.
    pub from: NodeKey,
    /// What it says.
    pub relation: Relation,
    /// Where it ends.
    pub to: NodeKey,
}

/// A link that leads nowhere we can read.
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::ship::Sensitivity;
/// use machinaut_chain::why::{Kind, Relation, why};
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
/// let why = why(&session, "a-1").ok_or("no such action")?;
/// let decision = why.missing.iter().find(|missing| missing.kind == Kind::Decision);
/// let decision = decision.ok_or("nothing is missing")?;
/// assert_eq!((decision.from.id.as_str(), decision.relation), ("a-1", Relation::DependsOn));
/// assert!(decision.id.is_some(), "the action names it, only its event is withheld");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Missing {
    /// The node that names it, or that would.
    pub from: NodeKey,
    /// What the link would say.
    pub relation: Relation,
    /// What it would lead to.
    pub kind: Kind,
    /// The id that the log names; none where not even the link is readable.
    pub id: Option<String>,
    /// Why it cannot be read.
    pub reason: MissingReason,
}

/// Why a link leads nowhere.
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::ship::Sensitivity;
/// use machinaut_chain::why::{Kind, MissingReason, why};
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
/// let why = why(&session, "a-1").ok_or("no such action")?;
/// let decision = why.missing.iter().find(|missing| missing.kind == Kind::Decision);
/// match &decision.ok_or("nothing is missing")?.reason {
///     MissingReason::Withheld { marked, candidates, of } => {
///         assert_eq!((*marked, *of), (Sensitivity::Secret, 1));
///         assert_eq!(candidates[0].event_type, "decision.made");
///     }
///     MissingReason::Absent => panic!("it was shipped as a commitment"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingReason {
    /// Events of its kind were shipped as commitments only. Ship again with a higher ceiling.
    Withheld {
        /// The sensitivity that the highest of them is marked with.
        marked: Sensitivity,
        /// The withheld events that may be it, at most [`MOST_CANDIDATES`], the nearest first.
        candidates: Vec<EventRef>,
        /// How many there are in all.
        of: usize,
    },
    /// The log has no such event.
    Absent,
}

/// How many withheld events a missing link names at most.
pub const MOST_CANDIDATES: usize = 4;
