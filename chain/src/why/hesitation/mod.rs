//! What should make an approver hesitate over an action.

mod backing;
mod beliefs;
mod links;
mod signs;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use self::HesitationKind as H;
use self::backing::Backing;
use super::build::Reasons;
use super::graph::{Edge, Node, NodeKey};
use super::{History, Why};
use crate::calibration::Calibration;
use crate::sentence::Sentence;
use crate::session::EventRef;
use crate::sorting;

pub use beliefs::CONFIDENCE_FLOOR;

/// How heavy a hesitation weighs.
///
/// ```
/// use machinaut_chain::why::Weight;
///
/// let mut weights = [Weight::Notice, Weight::Critical, Weight::Warning];
/// weights.sort();
/// // The heaviest comes first.
/// assert_eq!(weights, [Weight::Critical, Weight::Warning, Weight::Notice]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Something was forged, broken or is in plain contradiction.
    Critical,
    /// The reasons are weaker than they look.
    Warning,
    /// Something is not known.
    Notice,
}

/// What kind of thing makes an approver hesitate.
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::why::{HesitationKind, why};
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
/// for kind in [HesitationKind::SentinelAlert, HesitationKind::ExternalDocument] {
///     assert!(why.hesitations.iter().any(|found| found.kind == kind), "{kind:?}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HesitationKind {
    /// A resolution in the log was named as planted by the guard, or came with a bad signature.
    ForgedResolution,
    /// An event's payload does not match its hash, or its place in the log is contested.
    IntegrityFinding,
    /// The log describes the action, or something behind it, in ways that do not agree.
    DescribedTwice,
    /// A sentinel raised an alert over something behind the action.
    SentinelAlert,
    /// A belief behind it is contradicted, or superseded by another.
    ContradictedBelief,
    /// A belief behind it is quarantined or suspect.
    QuarantinedBelief,
    /// A belief's class is more confident than it is right.
    MiscalibratedClass,
    /// A belief behind it rests on an external document only.
    ExternalDocument,
    /// A belief behind it is not verified.
    UnverifiedBelief,
    /// A belief behind it is no longer fresh.
    StaleBelief,
    /// A belief behind it is held with low confidence.
    LowConfidence,
    /// Everything that supports a belief comes from one source.
    SingleSource,
    /// A belief did not come in through the memory firewall.
    UnattestedBelief,
    /// The action names conditions that must still hold when it runs.
    Precondition,
    /// The agent has not used this tool in its other sessions.
    UnlikeItsPast,
    /// A record behind it was revised later.
    Revised,
    /// The log links no decision to the action.
    NoDecision,
    /// The decision is withheld by the sender's ceiling.
    DecisionWithheld,
    /// Other parts of the chain are withheld.
    ChainWithheld,
    /// Parts that the log names are not in it.
    ChainAbsent,
}

/// One thing that should make an approver hesitate, and what it rests on.
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::why::{HesitationKind, Kind, Weight, why};
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
/// let found = why.hesitations.iter().find(|found| found.kind == HesitationKind::ExternalDocument);
/// let found = found.ok_or("nothing to hesitate over")?;
/// assert_eq!(
///     found.headline.to_text(),
///     "It rests on an external document that nobody verified."
/// );
/// assert_eq!((found.weight, found.subjects[0].kind), (Weight::Warning, Kind::Belief));
/// assert!(found.rests_on.iter().any(|event| event.event_type == "belief.adopted"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hesitation {
    /// Which kind.
    pub kind: HesitationKind,
    /// How heavy.
    pub weight: Weight,
    /// What is the matter, in one sentence.
    pub headline: Sentence,
    /// What exactly, in one or two more.
    pub detail: Sentence,
    /// The nodes it is about.
    pub subjects: Vec<NodeKey>,
    /// The events it rests on, in the order of the log.
    pub rests_on: Vec<EventRef>,
    /// Whether it concerns only context: things that came before, which the log does not link.
    pub is_context: bool,
}

/// Everything that should make an approver hesitate, the heaviest first.
pub(super) fn weigh(why: &Why, reasons: &Reasons<'_>, history: &History) -> Vec<Hesitation> {
    let scale = Scale::new(why, reasons, history);
    let mut hesitations = Vec::new();
    hesitations.extend(scale.forged_resolutions());
    hesitations.extend(scale.integrity());
    hesitations.extend(scale.described_twice());
    hesitations.extend(scale.alerts());
    hesitations.extend(scale.beliefs(false));
    hesitations.extend(scale.beliefs(true));
    hesitations.extend(scale.miscalibrated_classes());
    hesitations.extend(scale.read_before());
    hesitations.extend(scale.unlike_its_past());
    hesitations.extend(scale.preconditions());
    hesitations.extend(scale.revisions());
    hesitations.extend(scale.decision());
    hesitations.extend(scale.missing());
    // Stable: of one weight, the order above.
    sorting::sorted(hesitations, |one, other| {
        (one.weight, one.is_context).cmp(&(other.weight, other.is_context))
    })
}

/// What hesitations are weighed from.
struct Scale<'a> {
    why: &'a Why,
    reasons: &'a Reasons<'a>,
    history: &'a History,
    nodes: HashMap<&'a NodeKey, &'a Node>,
    leading_to: HashMap<&'a NodeKey, Vec<&'a Edge>>,
    /// What speaks for and against each claim.
    backing: HashMap<&'a NodeKey, Backing<'a>>,
}

impl<'a> Scale<'a> {
    fn new(why: &'a Why, reasons: &'a Reasons<'a>, history: &'a History) -> Self {
        let nodes: HashMap<_, _> = why.nodes.iter().map(|node| (&node.key, node)).collect();
        let mut leading_to: HashMap<&NodeKey, Vec<&Edge>> = HashMap::new();
        for edge in &why.edges {
            leading_to.entry(&edge.to).or_default().push(edge);
        }
        let backing = Backing::of_claims(why, &nodes);
        Self {
            why,
            reasons,
            history,
            nodes,
            leading_to,
            backing,
        }
    }

    fn node(&self, key: &NodeKey) -> Option<&'a Node> {
        self.nodes.get(key).copied()
    }

    /// The edges that end at a node, in the order of the walk.
    fn leading_to(&self, key: &NodeKey) -> &[&'a Edge] {
        self.leading_to
            .get(key)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// How well this agent's confidence fits: over its other sessions where that is known.
    fn calibration(&self) -> &'a Calibration {
        let known = self.history.calibration.as_ref();
        known.unwrap_or_else(|| self.reasons.calibration())
    }
}

/// A hesitation over nodes, the first of which is named.
fn over(
    kind: HesitationKind,
    weight: Weight,
    headline: &str,
    nodes: &[&Node],
    rests_on: Vec<EventRef>,
) -> Option<Hesitation> {
    let first = nodes.first()?;
    let mut detail = Sentence::new()
        .ours(first.key.kind.as_str())
        .id(first.key.id.clone());
    if nodes.len() > 1 {
        detail = detail.ours(format!("and {} more", nodes.len() - 1));
    }
    Some(Hesitation {
        kind,
        weight,
        headline: Sentence::new().ours(headline),
        detail,
        subjects: nodes.iter().map(|node| node.key.clone()).collect(),
        rests_on: in_order(rests_on),
        is_context: nodes.iter().all(|node| node.is_context),
    })
}

/// Each event once, in the order of the log.
fn in_order(events: Vec<EventRef>) -> Vec<EventRef> {
    let mut events = sorting::sorted(events, |one, other| {
        (one.seq, &one.event_id).cmp(&(other.seq, &other.event_id))
    });
    events.dedup();
    events
}
