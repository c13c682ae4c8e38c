//! The chain behind an action as a tree, each link with what it says. A thing is told once, where
//! it is reached first; links that lead nowhere readable stand where they would lead.

use std::collections::{HashMap, HashSet};
use std::io;

use machinaut_chain::model::{
    ActionFacts, AlertFacts, BeliefFacts, DecisionFacts, EvidenceFacts, EvidenceRelation,
    FreshnessStatus, ObservationFacts, OutcomeFacts, Quality, RetrievalStatus, RevisionFacts,
    SecurityStatus, TruthStatus,
};
use machinaut_chain::sentence::excerpt;
use machinaut_chain::why::{
    Body, Edge, Kind, Missing, MissingReason, Node, NodeKey, Relation, Why,
};

use super::hidden::{name, quoted};
use super::why_text::{answered, cut, place, word};
use super::wrap::Paper;

/// How deep the tree goes before the rest of it is told on a line of its own.
const DEEPEST: usize = 16;

/// How much of what a tool returned is quoted, in characters. The JSON has more of it.
const LONGEST_OUTPUT: usize = 300;

pub(super) fn write(why: &Why, paper: &mut Paper<'_>) -> io::Result<()> {
    let Some(action) = why.nodes.first() else {
        return Ok(());
    };
    paper.heading("WHY")?;
    let mut tree = Tree::of(why, paper);
    tree.root(action)?;
    let before: Vec<&Node> = tree
        .leading_from(&action.key)
        .filter(|edge| edge.relation == Relation::PrecededBy)
        .filter_map(|edge| tree.nodes.get(&edge.to).copied())
        .collect();
    let unread = why
        .missing_of(&action.key)
        .filter(|missing| missing.relation == Relation::PrecededBy);
    let unread: Vec<&Missing> = unread.collect();
    if !before.is_empty() || !unread.is_empty() {
        tree.paper.heading(
            "BEFORE IT  recorded by the same agent; order only, the log does not link it to the action",
        )?;
        for node in before {
            if !tree.told.contains(&node.key) {
                tree.root(node)?;
            }
        }
        for missing in unread {
            tree.paper.paragraph("  ", "    ", &unreadable(missing))?;
        }
    }
    let rest =
        |tree: &Tree<'_, '_, '_>| why.nodes.iter().find(|node| !tree.told.contains(&node.key));
    if rest(&tree).is_some() {
        tree.paper.heading("FURTHER BACK")?;
        while let Some(node) = rest(&tree) {
            tree.root(node)?;
        }
    }
    Ok(())
}

struct Tree<'a, 'p, 'o> {
    paper: &'p mut Paper<'o>,
    nodes: HashMap<&'a NodeKey, &'a Node>,
    from: HashMap<&'a NodeKey, Vec<&'a Edge>>,
    to: HashMap<&'a NodeKey, Vec<&'a Edge>>,
    missing: HashMap<&'a NodeKey, Vec<&'a Missing>>,
    told: HashSet<&'a NodeKey>,
    /// Whether nothing of the session is withheld.
    is_whole: bool,
}

/// What hangs on a node.
enum Branch<'a> {
    Known(String, &'a Node),
    Unread(&'a Missing),
}

impl<'a, 'p, 'o> Tree<'a, 'p, 'o> {
    fn of(why: &'a Why, paper: &'p mut Paper<'o>) -> Self {
        let mut tree = Self {
            paper,
            nodes: why.nodes.iter().map(|node| (&node.key, node)).collect(),
            from: HashMap::new(),
            to: HashMap::new(),
            missing: HashMap::new(),
            told: HashSet::new(),
            is_whole: why.withheld_events == 0,
        };
        for edge in &why.edges {
            tree.from.entry(&edge.from).or_default().push(edge);
            tree.to.entry(&edge.to).or_default().push(edge);
        }
        for missing in &why.missing {
            tree.missing.entry(&missing.from).or_default().push(missing);
        }
        tree
    }

    fn leading_from(&self, key: &NodeKey) -> impl Iterator<Item = &'a Edge> + use<'a> {
        self.from.get(key).cloned().unwrap_or_default().into_iter()
    }

    fn root(&mut self, node: &'a Node) -> io::Result<()> {
        self.node(node, "", "  ", "  ", 0)
    }

    /// A node and all that hangs on it. `first` leads its first line, `rest` all below it.
    fn node(
        &mut self,
        node: &'a Node,
        relation: &str,
        first: &str,
        rest: &str,
        depth: usize,
    ) -> io::Result<()> {
        if !self.told.insert(&node.key) {
            let text = format!("{relation}{}, told above", again(node));
            return self.paper.paragraph(first, rest, &text);
        }
        let title = format!("{relation}{}", title(node));
        let branches = self.branches(&node.key);
        let hangs = if branches.is_empty() { "  " } else { "│ " };
        let below = format!("{rest}{hangs}");
        self.paper
            .paragraph(first, &below, &format!("{title} ({})", check(node)))?;
        if node.is_disputed {
            self.paper
                .paragraph(&below, &below, "DESCRIBED TWICE, in ways that do not agree")?;
        }
        for fact in facts(node, self.is_whole) {
            self.paper.paragraph(&below, &format!("{below}  "), &fact)?;
        }
        let last = branches.len();
        for (at, branch) in branches.into_iter().enumerate() {
            let (fork, along) = if at + 1 == last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            let (first, rest) = (format!("{rest}{fork}"), format!("{rest}{along}"));
            match branch {
                Branch::Unread(missing) => {
                    let link = words(missing.relation, missing.kind);
                    let text = format!("{link} {}", unreadable(missing));
                    self.paper.paragraph(&first, &rest, &text)?;
                }
                Branch::Known(relation, node) if depth >= DEEPEST => {
                    let text = format!("{relation}{}, told further back", again(node));
                    self.paper.paragraph(&first, &rest, &text)?;
                }
                Branch::Known(relation, node) => {
                    self.node(node, &relation, &first, &rest, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    /// What hangs on a node, each thing once with all that links it, in the order of the walk.
    fn branches(&self, key: &NodeKey) -> Vec<Branch<'a>> {
        let mut order: Vec<&'a NodeKey> = Vec::new();
        let mut links: HashMap<&'a NodeKey, Vec<&'static str>> = HashMap::new();
        let mut hang = |other: &'a NodeKey, word| {
            let links = links.entry(other).or_default();
            if links.is_empty() {
                order.push(other);
            }
            if !links.contains(&word) {
                links.push(word);
            }
        };
        for edge in self.to.get(key).into_iter().flatten() {
            if let Some(word) = words_backwards(edge.relation) {
                hang(&edge.from, word);
            }
        }
        for edge in self.from.get(key).into_iter().flatten() {
            let is_told_elsewhere =
                edge.relation == Relation::PrecededBy || words_backwards(edge.relation).is_some();
            if !is_told_elsewhere {
                hang(&edge.to, words(edge.relation, edge.to.kind));
            }
        }
        let known = order.into_iter().filter_map(|other| {
            let links = links.get(other)?.join(", ");
            Some(Branch::Known(format!("{links} "), self.nodes.get(other)?))
        });
        let unread = self.missing.get(key).into_iter().flatten();
        let unread = unread.filter(|missing| missing.relation != Relation::PrecededBy);
        known
            .chain(unread.map(|missing| Branch::Unread(missing)))
            .collect()
    }
}

/// What an edge says, read from its start to its end.
fn words(relation: Relation, to: Kind) -> &'static str {
    match (relation, to) {
        (Relation::ApprovedBy, Kind::Hold) => "held by",
        (Relation::ApprovedBy, _) => "answered by",
        (Relation::AlertedBy, Kind::Rejection) => "an answer refused by",
        // Of a missing link only its end is known to be away.
        (Relation::AdoptedAs, Kind::Claim) => "adopted from",
        (Relation::Supports, Kind::Evidence) => "supported by",
        _ => relation.as_words(),
    }
}

/// What an edge says, read from its end to its start, where that is the way of the tree.
const fn words_backwards(relation: Relation) -> Option<&'static str> {
    match relation {
        Relation::AdoptedAs => Some("adopted from"),
        Relation::Supports => Some("supported by"),
        Relation::Contradicts => Some("CONTRADICTED by"),
        Relation::Contextualises => Some("put in context by"),
        _ => None,
    }
}

fn unreadable(missing: &Missing) -> String {
    let kind = missing.kind.as_str();
    let named = missing
        .id
        .as_deref()
        .map(|id| format!(" {}", name(id)))
        .unwrap_or_default();
    match &missing.reason {
        MissingReason::Absent => format!("{kind}{named}: NOT IN THE LOG"),
        MissingReason::Withheld {
            marked,
            candidates,
            of,
        } => {
            let places: Vec<String> = candidates
                .iter()
                .map(|event| format!("seq\u{a0}{}", event.seq))
                .collect();
            let which = match of {
                1 => "it is".to_owned(),
                many => format!("one of {many}, such as"),
            };
            format!(
                "{kind}{named}: WITHHELD, marked {marked}; {which} {}",
                places.join(", ")
            )
        }
    }
}

fn check(node: &Node) -> String {
    match node.events.as_slice() {
        [] => "no event".to_owned(),
        [only] => place(only),
        [first, others @ ..] => {
            let more = others.len();
            match others.iter().find(|event| !event.verified) {
                Some(broken) => format!("{}; and {more} more, {}", place(first), place(broken)),
                None => format!("{}; and {more} more", place(first)),
            }
        }
    }
}

/// A thing that is told elsewhere.
fn again(node: &Node) -> String {
    let kind = node.key.kind.as_str();
    match node.events.first() {
        Some(event) => format!("{kind} of seq\u{a0}{}", event.seq),
        None => format!("{kind} {}", name(&node.key.id)),
    }
}

/// What a thing is, in one line.
fn title(node: &Node) -> String {
    let kind = node.key.kind.as_str();
    let said = |words: &Option<String>| words.as_deref().map(cut);
    let title = match &node.body {
        Body::Action(ActionFacts { tool, .. }) => tool.as_deref().map(name),
        Body::Claim(claim) => said(&claim.statement),
        Body::Decision(decision) => said(&decision.chosen).or_else(|| said(&decision.question)),
        Body::Belief(belief) => belief
            .confidence
            .map(|share| format!("held with confidence {share}")),
        Body::Observation(observation) => observation.tool.as_deref().map(name),
        Body::Outcome(OutcomeFacts { result, .. }) => {
            result.as_ref().map(|word| name(word.as_str()))
        }
        Body::Alert(AlertFacts { message, .. }) => said(message),
        Body::Hold(hold) => said(&hold.reason),
        Body::Resolution(body) => Some(word(body.answer).to_owned()),
        Body::Rejection(rejection) => said(&rejection.reason),
        Body::Evidence(_) | Body::Revision(_) => None,
    };
    title.map_or_else(
        || format!("{kind} {}", name(&node.key.id)),
        |title| format!("{kind} {title}"),
    )
}

/// What else is worth a line.
fn facts(node: &Node, is_whole: bool) -> Vec<String> {
    match &node.body {
        Body::Action(action) => vec![format!("id {}", name(&action.id))],
        Body::Decision(decision) => of_decision(decision),
        Body::Belief(belief) => of_belief(belief, is_whole),
        Body::Claim(claim) => {
            let by = claim.extraction_method.as_deref();
            by.map(|method| format!("extracted by {}", name(method)))
                .into_iter()
                .collect()
        }
        Body::Evidence(evidence) => of_evidence(evidence),
        Body::Observation(observation) => of_observation(observation),
        Body::Outcome(outcome) => outcome
            .side_effects
            .iter()
            .map(|effect| format!("side effect {}", cut(effect)))
            .collect(),
        Body::Revision(revision) => of_revision(revision),
        Body::Alert(alert) => vec![of_alert(alert)],
        Body::Hold(_) => Vec::new(),
        Body::Resolution(body) => {
            let forged = if body.is_forged {
                "FORGED, the guard says so: "
            } else {
                ""
            };
            let event = node.events.first();
            let answer = event.map(|event| answered(&body.resolution, event));
            answer
                .map(|answer| format!("{forged}{answer}"))
                .into_iter()
                .collect()
        }
        Body::Rejection(rejection) => {
            let of = rejection.approver_id.as_deref();
            of.map(|id| format!("in the name of {}", name(id)))
                .into_iter()
                .collect()
        }
    }
}

fn of_decision(decision: &DecisionFacts) -> Vec<String> {
    let mut facts = Vec::new();
    if decision.chosen.is_some() {
        facts.extend(
            decision
                .question
                .as_deref()
                .map(|asked| format!("asked {}", cut(asked))),
        );
    }
    facts.extend(
        decision
            .rationale
            .as_deref()
            .map(|why| format!("because {}", cut(why))),
    );
    let by = decision
        .made_by
        .as_deref()
        .map(|by| format!("made by {}", name(by)));
    let options = match decision.options.len() {
        0 | 1 => "no alternative recorded".to_owned(),
        many => format!("{many} options recorded"),
    };
    facts.push(by.map_or_else(|| options.clone(), |by| format!("{by}, {options}")));
    facts
}

fn of_belief(belief: &BeliefFacts, is_whole: bool) -> Vec<String> {
    let stand = |axis: &str, word: Option<&str>| match word {
        Some(word) => format!("{axis} {}", name(word)),
        None => format!("{axis} not stated"),
    };
    let axes = [
        stand("truth", belief.truth.as_ref().map(TruthStatus::as_str)),
        stand(
            "security",
            belief.security.as_ref().map(SecurityStatus::as_str),
        ),
        stand(
            "freshness",
            belief.freshness.as_ref().map(FreshnessStatus::as_str),
        ),
        stand(
            "retrieval",
            belief.retrieval.as_ref().map(RetrievalStatus::as_str),
        ),
    ];
    let mut facts = vec![axes.join(", ")];
    let adopted = match &belief.adoption {
        Some(adoption) if adoption.by_firewall => "let in by the memory firewall",
        _ if is_whole => "NOT let in by the memory firewall",
        _ => "no event that can be read says that the memory firewall let it in",
    };
    let class = belief
        .calibration_class
        .as_deref()
        .map(|class| format!("; class {}", name(class)));
    facts.push(format!("{adopted}{}", class.unwrap_or_default()));
    facts
}

fn of_evidence(evidence: &EvidenceFacts) -> Vec<String> {
    let items = evidence.items.iter().map(|item| {
        let said =
            |word: Option<&str>, prefix: &str| word.map(|word| format!("{prefix}{}", name(word)));
        let relation = item.relation.as_ref().map(EvidenceRelation::as_str);
        let parts = [
            said(relation, ""),
            said(item.quality.as_ref().map(Quality::as_str), ""),
            said(item.independence_group.as_deref(), "group "),
            said(item.freshness.as_deref(), ""),
            item.notes.as_deref().map(cut),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    });
    items.collect()
}

fn of_observation(observation: &ObservationFacts) -> Vec<String> {
    let mut facts = Vec::new();
    let trust = observation
        .trust
        .as_deref()
        .map(|word| format!("trust {}", name(word)));
    let sensitivity = observation.sensitivity.as_deref();
    let sensitivity = sensitivity.map(|word| format!("sensitivity {}", name(word)));
    let marks: Vec<String> = [trust, sensitivity].into_iter().flatten().collect();
    if !marks.is_empty() {
        facts.push(marks.join(", "));
    }
    if !observation.excerpt.is_empty() {
        let output = quoted(&excerpt(&observation.excerpt, LONGEST_OUTPUT));
        facts.push(format!("returned {output}"));
    }
    facts
}

fn of_revision(revision: &RevisionFacts) -> Vec<String> {
    let changes = revision.changes.iter().map(|change| {
        let value =
            |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".to_owned(), cut);
        format!(
            "{} from {} to {}",
            name(&change.field),
            value(&change.old),
            value(&change.new)
        )
    });
    changes.collect()
}

fn of_alert(alert: &AlertFacts) -> String {
    let severity = alert
        .severity
        .as_ref()
        .map_or("no severity", |word| word.as_str());
    let by = match (&alert.sentinel, alert.by_sentinel) {
        (Some(sentinel), true) => format!("by the sentinel {}", name(sentinel)),
        (None, true) => "by a sentinel".to_owned(),
        (_, false) => "NOT written by a sentinel: anybody could have".to_owned(),
    };
    let rule = alert
        .rule
        .as_deref()
        .map(|rule| format!(", rule {}", name(rule)));
    format!("{}, {by}{}", name(severity), rule.unwrap_or_default())
}
