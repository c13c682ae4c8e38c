use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use self::HesitationKind as H;
use super::Why;
use super::graph::{Body, Kind, Missing, MissingReason, Node, NodeKey, Relation};
use super::index::Index;
use crate::model::{
    AlertSeverity, Axis, BeliefFacts, EvidenceItem, EvidenceRelation, FreshnessStatus, Quality,
    RetrievalStatus, SecurityStatus, TruthStatus,
};
use crate::sentence::{LONGEST_QUOTE, Sentence, excerpt};
use crate::session::{Event, EventRef, FindingKind, Session};

/// How heavy a hesitation weighs.
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

/// The confidence below which a belief is weak: the floor of Lodestar's own sentinel.
pub const CONFIDENCE_FLOOR: f64 = 0.5;

/// Everything that should make an approver hesitate, the heaviest first.
pub(super) fn weigh(why: &Why, session: &Session, index: &Index<'_>) -> Vec<Hesitation> {
    let scale = Scale {
        why,
        session,
        index,
    };
    let mut hesitations = Vec::new();
    hesitations.extend(scale.forged_resolutions());
    hesitations.extend(scale.integrity());
    hesitations.extend(scale.described_twice());
    hesitations.extend(scale.alerts());
    for is_context in [false, true] {
        hesitations.extend(scale.beliefs(is_context));
    }
    hesitations.extend(scale.read_before());
    hesitations.extend(scale.preconditions());
    hesitations.extend(scale.revisions());
    hesitations.extend(scale.decision());
    hesitations.extend(scale.missing());
    hesitations.sort_by_key(|hesitation| (hesitation.weight, hesitation.is_context));
    hesitations
}

struct Scale<'a> {
    why: &'a Why,
    session: &'a Session,
    index: &'a Index<'a>,
}

/// A belief with everything in the chain that speaks about it.
struct Held<'a> {
    node: &'a Node,
    belief: &'a BeliefFacts,
    statement: Option<&'a str>,
    claim: Option<&'a Node>,
    evidence: Vec<(&'a Node, &'a EvidenceItem)>,
}

impl Held<'_> {
    fn supports(&self) -> impl Iterator<Item = &(&Node, &EvidenceItem)> {
        self.evidence
            .iter()
            .filter(|(_, item)| item.relation == Some(EvidenceRelation::Supports))
    }

    fn rests_on_external_document(&self) -> bool {
        self.supports()
            .any(|(_, item)| item.quality == Some(Quality::ExternalDocument))
    }
}

impl<'a> Scale<'a> {
    fn forged_resolutions(&self) -> Option<Hesitation> {
        let hold = self.why.hold.as_ref()?;
        let refused = hold
            .rejected
            .iter()
            .filter(|refused| refused.rejection.by_guard);
        let mut rests_on: Vec<EventRef> = hold
            .forged
            .iter()
            .map(|forged| forged.event.clone())
            .collect();
        rests_on.extend(refused.map(|refused| refused.event.clone()));
        if rests_on.is_empty() {
            return None;
        }
        let headline = if hold.forged.is_empty() {
            "The guard refused an answer to this hold: its signature did not verify."
        } else {
            "Somebody planted an answer to this hold in the log; the guard refused it."
        };
        let named = hold
            .forged
            .iter()
            .filter_map(|forged| forged.resolution.approver_id.as_deref())
            .chain(
                hold.rejected
                    .iter()
                    .filter_map(|r| r.rejection.approver_id.as_deref()),
            )
            .next();
        let mut detail = Sentence::new();
        if let Some(approver) = named {
            detail = detail.ours("It came in the name of").said(approver);
        }
        Some(Hesitation {
            kind: HesitationKind::ForgedResolution,
            weight: Weight::Critical,
            headline: Sentence::new().ours(headline),
            detail,
            subjects: Vec::new(),
            rests_on: in_order(rests_on),
            is_context: false,
        })
    }

    fn integrity(&self) -> Option<Hesitation> {
        let broken = |node: &&Node| node.events.iter().any(|event| !event.findings.is_empty());
        let nodes: Vec<&Node> = self.why.nodes.iter().filter(broken).collect();
        let events = nodes.iter().flat_map(|node| &node.events);
        let events: Vec<EventRef> = events
            .filter(|event| !event.findings.is_empty())
            .cloned()
            .collect();
        let mismatched = events
            .iter()
            .any(|event| event.findings.contains(&FindingKind::PayloadHashMismatch));
        let headline = if mismatched {
            "A record behind it does not match its hash."
        } else {
            "A record behind it is contested: its place or its id is claimed twice."
        };
        Self::over(
            HesitationKind::IntegrityFinding,
            Weight::Critical,
            headline,
            &nodes,
            events,
        )
    }

    fn described_twice(&self) -> Option<Hesitation> {
        let nodes: Vec<&Node> = self
            .why
            .nodes
            .iter()
            .filter(|node| node.is_disputed)
            .collect();
        let (headline, weight) = if nodes.iter().any(|node| node.key.kind == Kind::Action) {
            (
                "The log describes this action in two ways that do not agree.",
                Weight::Critical,
            )
        } else {
            (
                "The log describes something behind it in two ways that do not agree.",
                Weight::Warning,
            )
        };
        let events = nodes.iter().flat_map(|node| node.events.clone()).collect();
        Self::over(
            HesitationKind::DescribedTwice,
            weight,
            headline,
            &nodes,
            events,
        )
    }

    fn alerts(&self) -> Vec<Hesitation> {
        let mut alerts = Vec::new();
        for node in &self.why.nodes {
            let Body::Alert(alert) = &node.body else {
                continue;
            };
            let over = self.why.edges.iter().filter(|edge| edge.to == node.key);
            let subjects: Vec<NodeKey> = over.map(|edge| edge.from.clone()).collect();
            let weight = match (&alert.severity, alert.by_sentinel) {
                (_, false) => Weight::Notice,
                (Some(AlertSeverity::Critical), true) => Weight::Critical,
                (_, true) => Weight::Warning,
            };
            let mut headline = if alert.by_sentinel {
                Sentence::new().ours("A sentinel raised an alert:")
            } else {
                Sentence::new().ours("An event that anybody could have written claims an alert:")
            };
            if let Some(rule) = alert.rule.as_deref().or(alert.sentinel.as_deref()) {
                headline = headline.said(rule);
            }
            let mut detail = Sentence::new();
            if let Some(message) = &alert.message {
                detail = detail.said(excerpt(message, LONGEST_MESSAGE));
            }
            alerts.push(Hesitation {
                kind: HesitationKind::SentinelAlert,
                weight,
                headline,
                detail,
                subjects,
                rests_on: node.events.clone(),
                is_context: node.is_context,
            });
        }
        alerts
    }

    /// What is the matter with the beliefs that the decision rests on.
    fn beliefs(&self, is_context: bool) -> Vec<Hesitation> {
        let held: Vec<Held<'a>> = self
            .relied_upon()
            .into_iter()
            .filter(|held| held.node.is_context == is_context)
            .collect();
        let one = |kind, weight, headline: &str, test: &dyn Fn(&Held<'_>) -> bool| {
            let about: Vec<&Held<'_>> = held.iter().filter(|held| test(held)).collect();
            Self::about_beliefs(kind, weight, headline, &about)
        };
        let attests = self.firewall_is_readable();
        let mut found: Vec<Hesitation> = [
            one(
                H::ContradictedBelief,
                Weight::Critical,
                "A belief it rests on no longer holds: it is contradicted or superseded.",
                &no_longer_holds,
            ),
            one(
                H::ContradictedBelief,
                Weight::Warning,
                "Evidence speaks against a belief it rests on.",
                &|held| !no_longer_holds(held) && is_spoken_against(held),
            ),
            one(
                H::QuarantinedBelief,
                Weight::Critical,
                "A belief it rests on is quarantined, suspect or blocked.",
                &is_out_of_use,
            ),
            one(
                H::UnattestedBelief,
                Weight::Critical,
                "A belief it rests on did not come in through the memory firewall.",
                &|held| {
                    attests
                        && !held
                            .belief
                            .adoption
                            .as_ref()
                            .is_some_and(|adoption| adoption.by_firewall)
                },
            ),
            one(
                H::ExternalDocument,
                Weight::Warning,
                "It rests on an external document that nobody verified.",
                &|held| held.rests_on_external_document() && is_unverified(held),
            ),
            one(
                H::ExternalDocument,
                Weight::Warning,
                "It rests on an external document.",
                &|held| held.rests_on_external_document() && !is_unverified(held),
            ),
            one(
                H::UnverifiedBelief,
                Weight::Warning,
                "It rests on a belief that nobody verified.",
                &|held| is_unverified(held) && !held.rests_on_external_document(),
            ),
            one(
                H::StaleBelief,
                Weight::Warning,
                "It rests on a belief that is no longer fresh.",
                &is_stale,
            ),
            one(
                H::LowConfidence,
                Weight::Warning,
                "It rests on a belief that the agent itself is not sure of.",
                &|held| {
                    held.belief
                        .confidence
                        .is_some_and(|confidence| confidence < CONFIDENCE_FLOOR)
                },
            ),
            one(
                H::SingleSource,
                Weight::Notice,
                "A belief it rests on has a single source.",
                &|held| !held.rests_on_external_document() && has_single_source(held),
            ),
        ]
        .into_iter()
        .flatten()
        .collect();
        if is_context {
            for hesitation in &mut found {
                hesitation.is_context = true;
            }
        }
        found
    }

    /// The beliefs that a decision rests on: linked to the action's own decision, or to the one
    /// before it.
    fn relied_upon(&self) -> Vec<Held<'a>> {
        let named =
            self.why.edges.iter().filter(|edge| {
                edge.relation == Relation::DependsOn && edge.to.kind == Kind::Belief
            });
        named
            .filter_map(|edge| self.held(self.why.node(&edge.to)?))
            .collect()
    }

    fn held(&self, node: &'a Node) -> Option<Held<'a>> {
        let Body::Belief(belief) = &node.body else {
            return None;
        };
        let claim = self.why.from(&node.key, Relation::AdoptedAs).next();
        let statement = claim.and_then(|claim| match &claim.body {
            Body::Claim(facts) => facts.statement.as_deref(),
            _ => None,
        });
        // Where the claim is missing, its evidence hangs on the belief.
        let anchor = claim.map_or(&node.key, |claim| &claim.key);
        let mut evidence = Vec::new();
        let mut seen = HashSet::new();
        for edge in self.why.edges.iter().filter(|edge| edge.to == *anchor) {
            if edge.from.kind != Kind::Evidence || !seen.insert(&edge.from) {
                continue;
            }
            if let Some(set) = self.why.node(&edge.from)
                && let Body::Evidence(facts) = &set.body
            {
                evidence.extend(facts.items.iter().map(|item| (set, item)));
            }
        }
        Some(Held {
            node,
            belief,
            statement,
            claim,
            evidence,
        })
    }

    /// Whether the firewall's own adoptions can be read, so that one that is missing means something.
    fn firewall_is_readable(&self) -> bool {
        let adoptions = || {
            self.session
                .events()
                .iter()
                .filter(|event| event.event_type() == "firewall.belief.adopted")
        };
        adoptions().any(|event| event.is_attested() && event.open().is_some())
            && adoptions().all(|event| event.withheld().is_none())
    }

    /// External documents that came in before an action that names no reasons: a place where an
    /// instruction may have been planted.
    fn read_before(&self) -> Option<Hesitation> {
        let root = &self.why.nodes.first()?.key;
        let relied: HashSet<&NodeKey> = self
            .relied_upon()
            .into_iter()
            .map(|held| &held.node.key)
            .collect();
        let read: Vec<Held<'a>> = self
            .why
            .to(root, Relation::PrecededBy)
            .filter(|node| !relied.contains(&node.key))
            .filter_map(|node| self.held(node))
            .filter(Held::rests_on_external_document)
            .collect();
        let about: Vec<&Held<'_>> = read.iter().collect();
        let headline = "Before it, the agent took in content from outside that nobody verified.";
        let found = Self::about_beliefs(
            HesitationKind::ExternalDocument,
            Weight::Notice,
            headline,
            &about,
        )?;
        Some(Hesitation {
            is_context: true,
            ..found
        })
    }

    fn preconditions(&self) -> Option<Hesitation> {
        let first = self.why.action.preconditions.first()?;
        let count = self.why.action.preconditions.len();
        let mut detail = Sentence::new().said(excerpt(first, LONGEST_QUOTE));
        if count > 1 {
            detail = detail.ours(format!("and {} more", count - 1));
        }
        let node = self.why.nodes.first()?;
        Some(Hesitation {
            kind: HesitationKind::Precondition,
            weight: Weight::Notice,
            headline: Sentence::new().ours("It is only right while a condition holds, which must be checked again when it runs."),
            detail,
            subjects: vec![node.key.clone()],
            rests_on: node.events.clone(),
            is_context: false,
        })
    }

    fn revisions(&self) -> Option<Hesitation> {
        let revised: Vec<&Node> = self
            .why
            .edges
            .iter()
            .filter(|edge| edge.relation == Relation::RevisedBy && edge.to.kind == Kind::Revision)
            .filter_map(|edge| self.why.node(&edge.from))
            .collect();
        let events = self
            .why
            .nodes
            .iter()
            .filter(|node| node.key.kind == Kind::Revision);
        let events = events.flat_map(|node| node.events.clone()).collect();
        let headline = "Something behind it was revised after it was recorded.";
        Self::over(
            HesitationKind::Revised,
            Weight::Warning,
            headline,
            &revised,
            events,
        )
    }

    fn decision(&self) -> Option<Hesitation> {
        let root = self.why.nodes.first()?;
        let withheld = self.index.withheld(Kind::Decision);
        let count = withheld.len();
        let events = withheld
            .iter()
            .filter_map(|place| self.index.events.get(*place));
        let events: Vec<EventRef> = events.map(Event::reference).collect();
        let missing = self.why.missing_of(&root.key).find(|missing| {
            missing.kind == Kind::Decision && missing.relation == Relation::DependsOn
        });
        let (kind, weight, headline, detail) = match (&self.why.action.decision_id, missing) {
            (Some(_), None) => return None,
            (Some(id), Some(missing)) if missing.reason == MissingReason::Absent => (
                HesitationKind::ChainAbsent,
                Weight::Warning,
                "It names a decision that the log does not have.",
                Sentence::new().id(id.clone()),
            ),
            (Some(id), Some(_)) => (
                HesitationKind::DecisionWithheld,
                Weight::Notice,
                "The decision behind it was recorded, but not shipped.",
                Sentence::new()
                    .ours("Ship the session again with a higher ceiling to read decision")
                    .id(id.clone()),
            ),
            (None, _) => {
                let detail = match count {
                    0 => Sentence::new().ours("The agent recorded no reason that is linked to it."),
                    1 => Sentence::new().ours("A decision of this session is withheld; it may be the reason."),
                    _ => Sentence::new().ours(format!(
                        "{count} decisions of this session are withheld; one of them may be the reason."
                    )),
                };
                let headline = "The log names no decision behind it.";
                (HesitationKind::NoDecision, Weight::Notice, headline, detail)
            }
        };
        Some(Hesitation {
            kind,
            weight,
            headline: Sentence::new().ours(headline),
            detail,
            subjects: vec![root.key.clone()],
            rests_on: if events.is_empty() {
                root.events.clone()
            } else {
                events
            },
            is_context: false,
        })
    }

    /// Links other than the decision itself that lead nowhere we can read.
    fn missing(&self) -> Vec<Hesitation> {
        let other = || {
            self.why
                .missing
                .iter()
                .filter(|missing| missing.kind != Kind::Decision)
        };
        let mut found = Vec::new();
        let absent: Vec<&Missing> = other()
            .filter(|missing| missing.reason == MissingReason::Absent && missing.id.is_some())
            .collect();
        if let Some(first) = absent.first() {
            let what = counted(absent.len(), first.kind.as_str());
            found.push(self.of_missing(
                HesitationKind::ChainAbsent,
                Weight::Warning,
                format!("The chain names {what} that the log does not have."),
                &absent,
                Vec::new(),
            ));
        }
        let withheld: Vec<&Missing> = other()
            .filter(|missing| missing.reason != MissingReason::Absent)
            .collect();
        if !withheld.is_empty() {
            let mut kinds: Vec<&str> = withheld
                .iter()
                .map(|missing| missing.kind.as_str())
                .collect();
            kinds.sort_unstable();
            kinds.dedup();
            let events = withheld.iter().flat_map(|missing| match &missing.reason {
                MissingReason::Withheld { candidates, .. } => candidates.clone(),
                MissingReason::Absent => Vec::new(),
            });
            found.push(self.of_missing(
                HesitationKind::ChainWithheld,
                Weight::Notice,
                format!("Parts of the chain were not shipped: {}.", kinds.join(", ")),
                &withheld,
                events.collect(),
            ));
        }
        found
    }

    fn of_missing(
        &self,
        kind: HesitationKind,
        weight: Weight,
        headline: String,
        missing: &[&Missing],
        events: Vec<EventRef>,
    ) -> Hesitation {
        let mut subjects: Vec<NodeKey> =
            missing.iter().map(|missing| missing.from.clone()).collect();
        subjects.sort();
        subjects.dedup();
        let nodes: Vec<&Node> = subjects
            .iter()
            .filter_map(|key| self.why.node(key))
            .collect();
        let is_context = nodes.iter().all(|node| node.is_context);
        let events = if events.is_empty() {
            nodes.iter().flat_map(|node| node.events.clone()).collect()
        } else {
            events
        };
        let detail = match kind {
            HesitationKind::ChainWithheld => {
                Sentence::new().ours("Their commitments are kept. Ship the session again with a higher ceiling to read them.")
            }
            _ => missing.iter().filter_map(|missing| missing.id.clone()).take(1).fold(
                Sentence::new(),
                Sentence::id,
            ),
        };
        Hesitation {
            kind,
            weight,
            headline: Sentence::new().ours(headline),
            detail,
            subjects,
            rests_on: in_order(events),
            is_context,
        }
    }

    fn about_beliefs(
        kind: HesitationKind,
        weight: Weight,
        headline: &str,
        about: &[&Held<'_>],
    ) -> Option<Hesitation> {
        let first = about.first()?;
        let mut detail = Sentence::new();
        detail = match first.statement {
            Some(statement) => detail.said(excerpt(statement, LONGEST_QUOTE)),
            None => detail.ours("belief").id(first.node.key.id.clone()),
        };
        if about.len() > 1 {
            detail = detail.ours(format!("and {} more", about.len() - 1));
        }
        let mut rests_on = Vec::new();
        for held in about {
            rests_on.extend(held.node.events.clone());
            rests_on.extend(
                held.claim
                    .into_iter()
                    .flat_map(|claim| claim.events.clone()),
            );
            rests_on.extend(held.evidence.iter().flat_map(|(set, _)| set.events.clone()));
        }
        Some(Hesitation {
            kind,
            weight,
            headline: Sentence::new().ours(headline),
            detail,
            subjects: about.iter().map(|held| held.node.key.clone()).collect(),
            rests_on: in_order(rests_on),
            is_context: false,
        })
    }

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
}

/// The longest message of an alert that is quoted, in characters.
const LONGEST_MESSAGE: usize = 400;

fn counted(count: usize, kind: &str) -> String {
    match count {
        1 => format!("a link to {kind}"),
        _ => format!("{count} links, such as to {kind}"),
    }
}

/// Each event once, in the order of the log.
fn in_order(mut events: Vec<EventRef>) -> Vec<EventRef> {
    events.sort_by(|a, b| (a.seq, &a.event_id).cmp(&(b.seq, &b.event_id)));
    events.dedup();
    events
}

fn no_longer_holds(held: &Held<'_>) -> bool {
    matches!(
        held.belief.truth,
        Some(TruthStatus::Contradicted | TruthStatus::Superseded)
    )
}

/// Whether evidence, or a transition that anybody could have written, speaks against a belief.
fn is_spoken_against(held: &Held<'_>) -> bool {
    held.evidence
        .iter()
        .any(|(_, item)| item.relation == Some(EvidenceRelation::Contradicts))
        || held.belief.transitions.iter().any(|step| {
            !step.by_firewall
                && step.axis == Some(Axis::Truth)
                && matches!(step.to.as_deref(), Some("contradicted" | "superseded"))
        })
}

fn is_out_of_use(held: &Held<'_>) -> bool {
    held.belief
        .security
        .as_ref()
        .is_some_and(|status| *status != SecurityStatus::Clean)
        || held.belief.retrieval == Some(RetrievalStatus::Blocked)
}

fn is_unverified(held: &Held<'_>) -> bool {
    held.belief.truth == Some(TruthStatus::Unverified)
}

fn is_stale(held: &Held<'_>) -> bool {
    held.belief
        .freshness
        .as_ref()
        .is_some_and(|status| *status != FreshnessStatus::Fresh)
        || held.evidence.iter().any(|(_, item)| {
            item.freshness
                .as_deref()
                .is_some_and(|freshness| freshness != "fresh")
        })
}

/// Whether all that supports a belief comes from one group. What the trust layer saw with its own
/// adapter needs no second witness.
fn has_single_source(held: &Held<'_>) -> bool {
    let mut groups = HashSet::new();
    let mut witnessed = false;
    for (_, item) in held.supports() {
        groups.insert(
            item.independence_group
                .as_deref()
                .or(item.source_id.as_deref()),
        );
        witnessed |= item.quality == Some(Quality::DirectObservation);
    }
    groups.len() == 1 && !witnessed
}
