//! Everything behind one action, and what should make an approver hesitate.
//!
//! An agent wants to do something; a human must say yes or no. The why collects, from the log of
//! the session, the closed set of things that stand behind the action: the decision it carries
//! out, the beliefs that decision rests on, each belief's claim, the evidence for and against the
//! claim, the observations the evidence was drawn from; besides them alerts, revisions, holds and
//! their answers, and what the action led to. Links that cannot be followed are named: withheld
//! by the sender's ceiling, or absent from the log.
//!
//! Many guards log actions that name no decision. Then the why shows, marked as context, what the
//! same agent recorded before ([`Relation::PrecededBy`]): the latest decision and the beliefs
//! adopted since. That is order, not a reason, and it is never mixed with recorded links.

mod build;
mod graph;
mod hesitation;
mod index;
mod read;

use serde::{Deserialize, Serialize};

pub use build::{MOST_NODES, Reasons, why, why_in_history};
pub use graph::{
    Answer, Body, Edge, Kind, MOST_CANDIDATES, Missing, MissingReason, Node, NodeKey, Relation,
    ResolutionBody,
};
pub use hesitation::{CONFIDENCE_FLOOR, Hesitation, HesitationKind, Weight};

use crate::calibration::Calibration;
use crate::model::ActionFacts;
use crate::pending::LoggedHold;
use crate::sentence::Sentence;

/// What is known of the agent from its other sessions, for whoever has them.
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::why::{HesitationKind, History, Reasons};
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let reasons = Reasons::of(&session);
/// let unlike = |sessions_with_tool| {
///     let history = History { calibration: None, sessions: 12, sessions_with_tool };
///     let why = reasons.why_in_history("a-1", &history)?;
///     Some(why.hesitations.iter().any(|found| found.kind == HesitationKind::UnlikeItsPast))
/// };
/// assert_eq!((unlike(0), unlike(3)), (Some(true), Some(false)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct History {
    /// How well its confidence fits what happened. Where this is none, the session alone is
    /// measured, which rarely has samples enough.
    pub calibration: Option<Calibration>,
    /// How many other sessions of the agent are known.
    pub sessions: usize,
    /// In how many of them it used the tool of the action.
    pub sessions_with_tool: usize,
}

/// Everything behind one action. Made by [`why`] and [`Reasons::why`].
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
/// assert_eq!(why.nodes[0].key.id, "a-1");
/// assert!(why.hold.as_ref().is_some_and(|hold| hold.is_open()));
/// assert!(why.missing.is_empty() && !why.is_cut);
/// assert!(why.hesitations.is_sorted_by_key(|found| found.weight));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// The action in one sentence.
    pub sentence: Sentence,
    /// The action itself.
    pub action: ActionFacts,
    /// Its hold as logged, the latest one where it was held more than once.
    pub hold: Option<LoggedHold>,
    /// Everything reached, the action first, then in the order of the walk.
    pub nodes: Vec<Node>,
    /// How they stand to each other.
    pub edges: Vec<Edge>,
    /// Links that lead nowhere we can read.
    pub missing: Vec<Missing>,
    /// What should make an approver hesitate, the heaviest first.
    pub hesitations: Vec<Hesitation>,
    /// How many events the session has.
    pub session_events: usize,
    /// How many of them are withheld.
    pub withheld_events: usize,
    /// Whether the chain was longer than [`MOST_NODES`] and is cut.
    pub is_cut: bool,
}

impl Why {
    /// The node of this name.
    ///
    /// ```
    /// use machinaut_chain::sample::Hold;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::why::{Kind, NodeKey, why};
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
    /// assert!(why.node(&NodeKey::new(Kind::Action, "a-1")).is_some());
    /// // The same id of another kind is another node.
    /// assert!(why.node(&NodeKey::new(Kind::Belief, "a-1")).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn node(&self, key: &NodeKey) -> Option<&Node> {
        self.nodes.iter().find(|node| node.key == *key)
    }

    /// The nodes that `from` leads to over `relation`, in the order of the log.
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
    /// let decision = why.to(&action, Relation::DependsOn).next().ok_or("no decision")?;
    /// assert_eq!(decision.key.kind, Kind::Decision);
    /// assert_eq!(why.to(&decision.key, Relation::DependsOn).count(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to<'a>(
        &'a self,
        from: &'a NodeKey,
        relation: Relation,
    ) -> impl Iterator<Item = &'a Node> {
        self.edges
            .iter()
            .filter(move |edge| edge.relation == relation && edge.from == *from)
            .filter_map(|edge| self.node(&edge.to))
    }

    /// The nodes that lead to `to` over `relation`, in the order of the log.
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
    /// let beliefs = why.nodes.iter().filter(|node| node.key.kind == Kind::Belief);
    /// for belief in beliefs.filter(|belief| !belief.is_context) {
    ///     let claim = why.from(&belief.key, Relation::AdoptedAs).next().ok_or("no claim")?;
    ///     assert_eq!(why.from(&claim.key, Relation::Supports).count(), 1);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from<'a>(
        &'a self,
        to: &'a NodeKey,
        relation: Relation,
    ) -> impl Iterator<Item = &'a Node> {
        self.edges
            .iter()
            .filter(move |edge| edge.relation == relation && edge.to == *to)
            .filter_map(|edge| self.node(&edge.from))
    }

    /// The missing links of one node.
    ///
    /// ```
    /// use machinaut_chain::sample::Hold;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::ship::Sensitivity;
    /// use machinaut_chain::why::{Kind, NodeKey, why};
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
    /// let action = NodeKey::new(Kind::Action, "a-1");
    /// assert!(why.missing_of(&action).any(|missing| missing.kind == Kind::Decision));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn missing_of<'a>(&'a self, from: &'a NodeKey) -> impl Iterator<Item = &'a Missing> {
        self.missing
            .iter()
            .filter(move |missing| missing.from == *from)
    }
}
