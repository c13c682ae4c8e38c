//! What speaks for and against a claim.

use std::collections::{HashMap, HashSet};

use crate::model::{EvidenceItem, EvidenceRelation, Quality};
use crate::why::Why;
use crate::why::graph::{Body, Node, NodeKey, Relation};

/// The evidence about one claim, and what it comes to. Many beliefs may rest on it.
#[derive(Default)]
pub(super) struct Backing<'a> {
    /// The sets of evidence, in the order of the walk.
    pub(super) sets: Vec<&'a Node>,
    /// Something speaks against the claim.
    pub(super) is_contradicted: bool,
    /// Something about it was not fresh any more when it was assessed.
    pub(super) is_stale: bool,
    /// An external document speaks for it.
    pub(super) is_external: bool,
    sources: Sources<'a>,
}

/// How many sources speak for a claim, as far as it matters.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Sources<'a> {
    #[default]
    None,
    One(Option<&'a str>),
    /// More than one, or the trust layer saw it with its own adapter and needs no second witness.
    Enough,
}

impl<'a> Backing<'a> {
    /// The backing of everything in the chain that evidence is about: a claim, or a belief whose
    /// claim is missing. Each set of evidence is read once, however many claims it is about.
    pub(super) fn of_claims(
        why: &'a Why,
        nodes: &HashMap<&NodeKey, &'a Node>,
    ) -> HashMap<&'a NodeKey, Self> {
        let mut of_sets: HashMap<&NodeKey, Self> = HashMap::new();
        let mut backing: HashMap<&NodeKey, Self> = HashMap::new();
        let mut seen = HashSet::new();
        for edge in &why.edges {
            let Some(set) = nodes.get(&edge.from) else {
                continue;
            };
            let Body::Evidence(facts) = &set.body else {
                continue;
            };
            let speaks = matches!(
                edge.relation,
                Relation::Supports | Relation::Contradicts | Relation::Contextualises
            );
            if speaks && seen.insert((&edge.from, &edge.to)) {
                let of_set = of_sets
                    .entry(&edge.from)
                    .or_insert_with(|| Self::of_items(&facts.items));
                let of_claim = backing.entry(&edge.to).or_default();
                of_claim.add(of_set);
                of_claim.sets.push(set);
            }
        }
        backing
    }

    fn of_items(items: &'a [EvidenceItem]) -> Self {
        let mut backing = Self::default();
        for item in items {
            let supports = item.relation == Some(EvidenceRelation::Supports);
            let external = item.quality == Some(Quality::ExternalDocument);
            let sources = match &item.quality {
                _ if !supports => Sources::None,
                Some(Quality::DirectObservation) => Sources::Enough,
                // What is of one group is not independent of each other.
                _ => {
                    let group = item.independence_group.as_deref();
                    Sources::One(group.or(item.source_id.as_deref()))
                }
            };
            backing.add(&Self {
                sets: Vec::new(),
                is_contradicted: item.relation == Some(EvidenceRelation::Contradicts),
                is_stale: item.freshness.as_deref().is_some_and(|how| how != "fresh"),
                is_external: supports && external,
                sources,
            });
        }
        backing
    }

    fn add(&mut self, other: &Self) {
        self.is_contradicted |= other.is_contradicted;
        self.is_stale |= other.is_stale;
        self.is_external |= other.is_external;
        self.sources = match (self.sources, other.sources) {
            (Sources::None, only) | (only, Sources::None) => only,
            (ours, theirs) if ours == theirs => ours,
            _ => Sources::Enough,
        };
    }

    /// Whether all that supports the claim comes from one source.
    pub(super) fn has_single_source(&self) -> bool {
        matches!(self.sources, Sources::One(_))
    }
}
