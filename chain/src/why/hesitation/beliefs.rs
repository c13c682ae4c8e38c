//! What is the matter with the beliefs that an action rests on.

use std::collections::{HashMap, HashSet};

use super::backing::Backing;
use super::{H, Hesitation, HesitationKind, Scale, Weight, in_order};
use crate::json::Value;
use crate::model::{
    Axis, BeliefFacts, FreshnessStatus, RetrievalStatus, SecurityStatus, TruthStatus,
};
use crate::sentence::{LONGEST_QUOTE, Sentence, excerpt};
use crate::why::graph::{Body, Edge, Kind, Node, Relation};

/// The confidence below which a belief is weak: the floor of Lodestar's own sentinel.
pub const CONFIDENCE_FLOOR: f64 = 0.5;

/// A belief with everything in the chain that speaks about it.
struct Held<'a> {
    node: &'a Node,
    belief: &'a BeliefFacts,
    statement: Option<&'a str>,
    claim: Option<&'a Node>,
    backing: Option<&'a Backing<'a>>,
}

impl Held<'_> {
    fn rests_on_external_document(&self) -> bool {
        self.backing.is_some_and(|backing| backing.is_external)
    }
}

impl Scale<'_> {
    /// What is the matter with the beliefs that the decision rests on.
    pub(super) fn beliefs(&self, is_context: bool) -> Vec<Hesitation> {
        let held: Vec<Held<'_>> = self
            .relied_upon()
            .into_iter()
            .filter(|held| held.node.is_context == is_context)
            .collect();
        let one = |kind, weight, headline: &str, test: &dyn Fn(&Held<'_>) -> bool| {
            let about: Vec<&Held<'_>> = held.iter().filter(|held| test(held)).collect();
            Self::about_beliefs(kind, weight, headline, &about)
        };
        let attests = self.reasons.firewall_is_readable();
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
    fn relied_upon(&self) -> Vec<Held<'_>> {
        let named = |node: &&Node| self.is_reached_over(node, &[Relation::DependsOn]);
        self.why
            .nodes
            .iter()
            .filter(named)
            .filter_map(|node| self.held(node))
            .collect()
    }

    fn is_reached_over(&self, node: &Node, relations: &[Relation]) -> bool {
        node.key.kind == Kind::Belief
            && self
                .leading_to(&node.key)
                .iter()
                .any(|edge| relations.contains(&edge.relation))
    }

    fn held<'s>(&'s self, node: &'s Node) -> Option<Held<'s>> {
        let Body::Belief(belief) = &node.body else {
            return None;
        };
        let adopted = |edge: &&&Edge| edge.relation == Relation::AdoptedAs;
        let claim = self.leading_to(&node.key).iter().find(adopted);
        let claim = claim.and_then(|edge| self.node(&edge.from));
        let statement = claim.and_then(|claim| match &claim.body {
            Body::Claim(facts) => facts.statement.as_deref(),
            _ => None,
        });
        // Where the claim is missing, its evidence hangs on the belief.
        let anchor = claim.map_or(&node.key, |claim| &claim.key);
        Some(Held {
            node,
            belief,
            statement,
            claim,
            backing: self.backing.get(anchor),
        })
    }

    /// What came in unverified before an action whose reasons cannot be followed: a place where an
    /// instruction may have been planted.
    pub(super) fn read_before(&self) -> Vec<Hesitation> {
        let before = |node: &&Node| {
            self.is_reached_over(node, &[Relation::PrecededBy])
                && !self.is_reached_over(node, &[Relation::DependsOn])
        };
        let nodes = self.why.nodes.iter().filter(before);
        let unverified = nodes
            .filter_map(|node| self.held(node))
            .filter(is_unverified);
        let (external, other): (Vec<_>, Vec<_>) =
            unverified.partition(Held::rests_on_external_document);
        let found = [
            (
                H::ExternalDocument,
                "Before it, the agent took in content from outside that nobody verified.",
                external,
            ),
            (
                H::UnverifiedBelief,
                "Before it, the agent adopted a belief that nobody verified.",
                other,
            ),
        ];
        found
            .into_iter()
            .filter_map(|(kind, headline, about)| {
                let about: Vec<&Held<'_>> = about.iter().collect();
                let found = Self::about_beliefs(kind, Weight::Notice, headline, &about)?;
                Some(Hesitation {
                    is_context: true,
                    ..found
                })
            })
            .collect()
    }

    /// Classes of the beliefs behind it in which the agent is surer than it is right.
    pub(super) fn miscalibrated_classes(&self) -> Vec<Hesitation> {
        let before = [Relation::DependsOn, Relation::PrecededBy];
        let mut by_class: HashMap<&str, Vec<Held<'_>>> = HashMap::new();
        for node in self
            .why
            .nodes
            .iter()
            .filter(|node| self.is_reached_over(node, &before))
        {
            if let Some(held) = self.held(node)
                && let Some(class) = held.belief.calibration_class.as_deref()
            {
                by_class.entry(class).or_default().push(held);
            }
        }
        if by_class.is_empty() {
            return Vec::new();
        }
        let calibration = self.calibration();
        let overconfident = calibration
            .classes
            .iter()
            .filter(|class| class.flag_reason.is_some() && class.metrics.overconfident);
        let mut found = Vec::new();
        for class in overconfident {
            let about = by_class.get(class.calibration_class.as_str());
            let about = about.map(Vec::as_slice).unwrap_or_default();
            let about: Vec<&Held<'_>> = about.iter().collect();
            let headline = "Its confidence in a belief like this is too high.";
            let hesitation =
                Self::about_beliefs(H::MiscalibratedClass, Weight::Warning, headline, &about);
            let figures = format!(
                "says {} %, was right {} % of {} times",
                percent(class.metrics.mean_confidence),
                percent(class.metrics.empirical_accuracy),
                class.metrics.n
            );
            found.extend(hesitation.map(|hesitation| {
                Hesitation {
                    detail: Sentence::new()
                        .said(excerpt(&class.calibration_class, LONGEST_QUOTE))
                        .ours(figures),
                    is_context: about.iter().all(|held| held.node.is_context),
                    ..hesitation
                }
            }));
        }
        found
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
        // Many beliefs may share a claim: what it rests on is named once.
        let mut seen = HashSet::new();
        let mut rests_on = Vec::new();
        let mut name = |node: &Node| {
            let is_new = seen.insert(node.key.clone());
            if is_new {
                rests_on.extend(node.events.iter().cloned());
            }
            is_new
        };
        for held in about {
            name(held.node);
            if held.claim.is_none_or(&mut name) {
                let sets = held.backing.iter().flat_map(|backing| &backing.sets);
                for set in sets {
                    name(set);
                }
            }
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
}

/// A fraction as a whole number of hundredths.
fn percent(fraction: f64) -> String {
    Value::Number((fraction * 100.0).round()).to_json()
}

fn no_longer_holds(held: &Held<'_>) -> bool {
    matches!(
        held.belief.truth,
        Some(TruthStatus::Contradicted | TruthStatus::Superseded)
    )
}

/// Whether evidence, or a transition that anybody could have written, speaks against a belief.
fn is_spoken_against(held: &Held<'_>) -> bool {
    held.backing.is_some_and(|backing| backing.is_contradicted)
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
        || matches!(
            held.belief.retrieval,
            Some(RetrievalStatus::Blocked | RetrievalStatus::Hidden)
        )
}

fn is_unverified(held: &Held<'_>) -> bool {
    held.belief.truth == Some(TruthStatus::Unverified)
}

fn is_stale(held: &Held<'_>) -> bool {
    held.belief
        .freshness
        .as_ref()
        .is_some_and(|status| *status != FreshnessStatus::Fresh)
        || held.backing.is_some_and(|backing| backing.is_stale)
}

fn has_single_source(held: &Held<'_>) -> bool {
    held.backing.is_some_and(Backing::has_single_source)
}
