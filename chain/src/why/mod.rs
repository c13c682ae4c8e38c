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
    pub fn node(&self, key: &NodeKey) -> Option<&Node> {
        self.nodes.iter().find(|node| node.key == *key)
    }

    /// The nodes that `from` leads to over `relation`, in the order of the log.
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
    pub fn missing_of<'a>(&'a self, from: &'a NodeKey) -> impl Iterator<Item = &'a Missing> {
        self.missing
            .iter()
            .filter(move |missing| missing.from == *from)
    }
}
