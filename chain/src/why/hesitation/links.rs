//! Links of the chain that lead nowhere we can read, or to something that was taken back.

use super::{H, Hesitation, HesitationKind, Scale, Weight, in_order, over};
use crate::sentence::Sentence;
use crate::session::{Event, EventRef};
use crate::sorting;
use crate::why::graph::{Kind, Missing, MissingReason, Node, NodeKey, Relation};

impl Scale<'_> {
    pub(super) fn revisions(&self) -> Option<Hesitation> {
        let revised: Vec<&Node> = self
            .why
            .edges
            .iter()
            .filter(|edge| edge.relation == Relation::RevisedBy && edge.to.kind == Kind::Revision)
            .filter_map(|edge| self.node(&edge.from))
            .collect();
        let events = self
            .why
            .nodes
            .iter()
            .filter(|node| node.key.kind == Kind::Revision);
        let events = events.flat_map(|node| node.events.clone()).collect();
        let headline = "Something behind it was revised after it was recorded.";
        over(H::Revised, Weight::Warning, headline, &revised, events)
    }

    pub(super) fn decision(&self) -> Option<Hesitation> {
        let root = self.why.nodes.first()?;
        let withheld = self.reasons.index().withheld(Kind::Decision);
        let count = withheld.len();
        let events = withheld
            .iter()
            .filter_map(|place| self.reasons.index().events.get(*place));
        let events: Vec<EventRef> = events.map(Event::reference).collect();
        let missing = self.why.missing_of(&root.key).find(|missing| {
            missing.kind == Kind::Decision && missing.relation == Relation::DependsOn
        });
        let (kind, weight, headline, detail) = match (&self.why.action.decision_id, missing) {
            (Some(_), None) => return None,
            (Some(id), Some(missing)) if missing.reason == MissingReason::Absent => (
                H::ChainAbsent,
                Weight::Warning,
                "It names a decision that the log does not have.",
                Sentence::new().id(id.clone()),
            ),
            (Some(id), Some(_)) => (
                H::DecisionWithheld,
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
                (H::NoDecision, Weight::Notice, headline, detail)
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
    pub(super) fn missing(&self) -> Vec<Hesitation> {
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
                H::ChainAbsent,
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
            let kinds = withheld.iter().map(|missing| missing.kind.as_str());
            let mut kinds = sorting::sorted(kinds.collect(), |one: &&str, other| one.cmp(other));
            kinds.dedup();
            let events = withheld.iter().flat_map(|missing| match &missing.reason {
                MissingReason::Withheld { candidates, .. } => candidates.clone(),
                MissingReason::Absent => Vec::new(),
            });
            found.push(self.of_missing(
                H::ChainWithheld,
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
        let subjects = missing.iter().map(|missing| missing.from.clone());
        let mut subjects = sorting::sorted(subjects.collect(), NodeKey::cmp);
        subjects.dedup();
        let nodes: Vec<&Node> = subjects.iter().filter_map(|key| self.node(key)).collect();
        let is_context = nodes.iter().all(|node| node.is_context);
        let events = if events.is_empty() {
            nodes.iter().flat_map(|node| node.events.clone()).collect()
        } else {
            events
        };
        let detail = match kind {
            H::ChainWithheld => {
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
}

fn counted(count: usize, kind: &str) -> String {
    match count {
        1 => format!("a link to {kind}"),
        _ => format!("{count} links, such as to {kind}"),
    }
}
