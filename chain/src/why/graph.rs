use serde::{Deserialize, Serialize};

use crate::model::{
    ActionFacts, AlertFacts, BeliefFacts, ClaimFacts, DecisionFacts, EvidenceFacts,
    LoggedResolution, ObservationFacts, OutcomeFacts, RejectionFacts, RequestFacts, RevisionFacts,
};
use crate::session::{EventRef, Sensitivity};

/// What a thing in the chain is.
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NodeKey {
    /// What it is.
    pub kind: Kind,
    /// Its id in the log. Untrusted: two kinds may share one.
    pub id: String,
}

impl NodeKey {
    /// A key of this kind and id.
    pub fn new(kind: Kind, id: impl Into<String>) -> Self {
        Self {
            kind,
            id: id.into(),
        }
    }
}

/// What the log says about one node.
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
