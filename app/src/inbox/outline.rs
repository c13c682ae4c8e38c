//! The why of an action as an outline: action, decision, beliefs, claims, evidence, observations.
//!
//! The outline is a walk over the graph of [`Why`]. A node is told once, where it is reached first;
//! reached again it is a link to that place. Links that lead nowhere readable are told where they
//! would lead, with the commitments of the events that may be meant.

use std::cell::RefCell;
use std::collections::HashSet;

use leptos::prelude::*;
use machinaut_chain::model::{
    ActionFacts, BeliefFacts, ClaimFacts, DecisionFacts, EvidenceFacts, EvidenceItem,
    EvidenceRelation, FreshnessStatus, ObservationFacts, Quality, RetrievalStatus, SecurityStatus,
    TruthStatus,
};
use machinaut_chain::session::EventRef;
use machinaut_chain::why::{
    Answer, Body, Kind, Missing, MissingReason, Node, NodeKey, Relation, Why,
};

use crate::sessions::{CheckedEvent, event_href, glyph};
use crate::ui::{
    Axes, Axis, Flag, Glyph, Id, Meter, OutlineNode, Said, SaidBlock, Tone, WithheldInline,
};

/// Everything behind an action, as a tree.
#[component]
pub fn WhyOutline(
    /// What stands behind the action.
    why: Why,
    /// Our id of the session, for links to its events.
    session: String,
) -> impl IntoView {
    let walk = Walk {
        why: &why,
        session: &session,
        told: RefCell::default(),
    };
    let root = why.nodes.first().map(|action| walk.node(action, Depth(0)));
    let context = walk.context();
    view! {
        <ol class="outline">{root}</ol>
        {context}
    }
    .into_any()
}

/// The anchor of a node in the outline, for what speaks about it.
pub fn anchor(why: &Why, key: &NodeKey) -> Option<String> {
    why.nodes
        .iter()
        .position(|node| node.key == *key)
        .map(|at| format!("n{at}"))
}

/// How far from the action.
#[derive(Clone, Copy)]
struct Depth(u8);

impl Depth {
    const fn deeper(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The decision and its beliefs stand open; what is behind them is opened by the reader.
    const fn is_open(self) -> bool {
        self.0 < 2
    }
}

struct Walk<'a> {
    why: &'a Why,
    session: &'a str,
    told: RefCell<HashSet<NodeKey>>,
}

/// Whether the raw event was checked, and where.
fn check(node: &Node) -> Option<AnyView> {
    let event = node.events.first()?.clone();
    // What was observed is what the rest stands on: its check is told in words, others by their sign.
    let slim = node.key.kind != Kind::Observation;
    Some(view! { <CheckedEvent event slim/> }.into_any())
}

/// What to look at twice.
fn marks(node: &Node) -> impl IntoView + use<> {
    let disputed = node.is_disputed.then(
        || view! { <Flag tone=Tone::Denied icon="contra" text="described twice, differently"/> },
    );
    view! { {flags(node)}{disputed} }
}

impl Walk<'_> {
    /// One node with everything behind it; only a link when it was told before.
    fn node(&self, node: &Node, depth: Depth) -> AnyView {
        let kind = glyph(node.key.kind);
        let id = anchor(self.why, &node.key);
        if !self.told.borrow_mut().insert(node.key.clone()) {
            let href = id.map(|id| format!("#{id}"));
            return view! {
                <li>
                    <a class="node" data-kind=kind href=href rel="external">
                        <Glyph kind/>
                        <span class="node-main">
                            <span class="node-title">{node.key.kind.as_str()}" told above"</span>
                            <span class="node-meta"><Id value=node.key.id.clone() label="id"/></span>
                        </span>
                    </a>
                </li>
            }
            .into_any();
        }
        let title = self.title(node);
        let behind = self.behind(node, depth);
        if behind.is_empty() {
            let meta = self.meta(node);
            view! { <OutlineNode kind id=id.unwrap_or_default() title meta/> }.into_any()
        } else if node.key.kind == Kind::Action && depth.0 == 0 {
            let meta = self.meta(node);
            view! {
                <li id=id>
                    <div class="node" data-kind=kind>
                        <Glyph kind/>
                        <span class="node-main">
                            <span class="node-title">{title}</span>
                            <span class="node-meta">{meta}</span>
                        </span>
                    </div>
                    <ol>{behind}</ol>
                </li>
            }
            .into_any()
        } else {
            // What opens and closes is pressed as a whole, so that the link stands beneath it.
            let meta = view! { {marks(node)}{check(node)} }.into_any();
            let record = self
                .record(node)
                .map(|link| view! { <li><div class="node"><span class="node-main">{link}</span></div></li> });
            view! {
                <OutlineNode kind id=id.unwrap_or_default() title meta open=depth.is_open()>
                    {record}
                    {behind}
                </OutlineNode>
            }
            .into_any()
        }
    }

    /// A belief is told by what its claim states.
    fn title(&self, node: &Node) -> AnyView {
        let statement = match node.key.kind {
            Kind::Belief => self
                .why
                .from(&node.key, Relation::AdoptedAs)
                .find_map(|claim| match &claim.body {
                    Body::Claim(claim) => claim.statement.clone(),
                    _ => None,
                }),
            _ => None,
        };
        match statement {
            Some(text) => view! { "It believes: "<Said text long=true/> }.into_any(),
            None => title(node),
        }
    }

    fn meta(&self, node: &Node) -> AnyView {
        view! { {marks(node)}{self.record(node)}{check(node)} }.into_any()
    }

    /// The link to the raw event.
    fn record(&self, node: &Node) -> Option<AnyView> {
        let event = node.events.first()?;
        let href = event_href(self.session, event);
        Some(view! { <a href=href>{format!("seq {}", event.seq)}</a> }.into_any())
    }

    /// The list items behind a node: its own words first, then where they come from.
    fn behind(&self, node: &Node, depth: Depth) -> Vec<AnyView> {
        let mut behind = Vec::new();
        let deeper = depth.deeper();
        let follow = |behind: &mut Vec<AnyView>, nodes: Vec<&Node>| {
            behind.extend(nodes.into_iter().map(|node| self.node(node, deeper)));
        };
        let key = &node.key;
        match &node.body {
            Body::Action(action) => {
                behind.extend(inputs(action));
                follow(&mut behind, self.why.to(key, Relation::DependsOn).collect());
                follow(&mut behind, self.why.to(key, Relation::AlertedBy).collect());
                follow(
                    &mut behind,
                    self.why.to(key, Relation::ApprovedBy).collect(),
                );
                follow(
                    &mut behind,
                    self.why.to(key, Relation::ResultedIn).collect(),
                );
            }
            Body::Decision(decision) => {
                behind.extend(reasons(decision));
                follow(&mut behind, self.why.to(key, Relation::DependsOn).collect());
                follow(&mut behind, self.why.to(key, Relation::AlertedBy).collect());
            }
            Body::Belief(belief) => {
                behind.push(axes(belief));
                for claim in self.why.from(key, Relation::AdoptedAs) {
                    behind.extend(self.claim(claim, deeper));
                }
                follow(&mut behind, self.why.to(key, Relation::AlertedBy).collect());
            }
            Body::Claim(_) => behind.extend(self.behind_claim(key, deeper)),
            Body::Evidence(evidence) => {
                behind.extend(evidence.items.iter().map(|item| self.item(item)));
            }
            Body::Observation(observation) => behind.push(self.observed(node, observation)),
            Body::Outcome(_) => follow(
                &mut behind,
                self.why.to(key, Relation::ResultedIn).collect(),
            ),
            Body::Alert(_)
            | Body::Revision(_)
            | Body::Hold(_)
            | Body::Resolution(_)
            | Body::Rejection(_) => {}
        }
        follow(&mut behind, self.why.to(key, Relation::RevisedBy).collect());
        behind.extend(
            self.why
                .missing_of(key)
                .map(|missing| self.missing(missing)),
        );
        behind
    }

    /// A claim stands beside what speaks for it, not above it: one level less to open.
    fn claim(&self, claim: &Node, depth: Depth) -> Vec<AnyView> {
        if self.told.borrow().contains(&claim.key) {
            return vec![self.node(claim, depth)];
        }
        self.told.borrow_mut().insert(claim.key.clone());
        let id = anchor(self.why, &claim.key).unwrap_or_default();
        let mut items = vec![
            view! { <OutlineNode kind="claim" id title="Its claim".into_any() meta=self.meta(claim)/> }
                .into_any(),
        ];
        items.extend(self.behind_claim(&claim.key, depth));
        items.extend(
            self.why
                .missing_of(&claim.key)
                .map(|missing| self.missing(missing)),
        );
        items
    }

    fn behind_claim(&self, claim: &NodeKey, depth: Depth) -> Vec<AnyView> {
        let speaks = [
            Relation::Contradicts,
            Relation::Supports,
            Relation::Contextualises,
        ];
        let mut items = Vec::new();
        for evidence in speaks
            .iter()
            .flat_map(|relation| self.why.from(claim, *relation))
        {
            if !self.told.borrow().contains(&evidence.key) {
                items.push(self.node(evidence, depth));
            }
        }
        items.extend(
            self.why
                .to(claim, Relation::ExtractedFrom)
                .map(|observation| self.node(observation, depth)),
        );
        items
    }

    /// One piece of evidence: what it says, where it comes from, and whether it stands alone.
    fn item(&self, item: &EvidenceItem) -> AnyView {
        let (word, tone) = match &item.relation {
            Some(EvidenceRelation::Supports) => ("supports", None),
            Some(EvidenceRelation::Contradicts) => ("contradicts", Some(Tone::Denied)),
            Some(EvidenceRelation::Contextualises) => ("puts it in context", None),
            Some(EvidenceRelation::Other(_)) | None => ("says something else about it", None),
        };
        let title = match tone {
            Some(tone) => view! { <Flag tone icon="contra" text=word/> }.into_any(),
            None => view! { <span>{word}</span> }.into_any(),
        };
        let source = item
            .source_id
            .as_ref()
            .and_then(|id| self.why.nodes.iter().find(|node| node.key.id == *id))
            .and_then(|node| Some((node.key.kind.as_str(), anchor(self.why, &node.key)?)));
        let from = source.map(|(kind, anchor)| {
            view! { ", from "<a href=format!("#{anchor}") rel="external">{kind}</a> }
        });
        let quality = item.quality.as_ref().map(|quality| {
            let tone = (*quality == Quality::ExternalDocument).then_some(Tone::Hold);
            match tone {
                Some(tone) => view! { <Flag tone icon="doc" text="external document"/> }.into_any(),
                None => {
                    view! { <span>"quality "<strong>{shown_word(quality.as_str())}</strong></span> }
                        .into_any()
                }
            }
        });
        let group = item
            .independence_group
            .clone()
            .map(|group| view! { <span>"group "<Said text=group/></span> });
        let freshness = item
            .freshness
            .clone()
            .map(|freshness| view! { <span>{shown_word(&freshness)}</span> });
        view! {
            <li>
                <div class="node" data-kind="evidence">
                    <Glyph kind="evidence"/>
                    <span class="node-main">
                        <span class="node-title">{title}{from}</span>
                        <span class="node-meta">{quality}{group}{freshness}</span>
                    </span>
                </div>
            </li>
        }
        .into_any()
    }

    /// What was observed, quoted, with the way to its envelope.
    fn observed(&self, node: &Node, observation: &ObservationFacts) -> AnyView {
        let cut = observation.excerpt_is_cut.then_some(", the beginning");
        let caption = format!("tool output, untrusted{}", cut.unwrap_or_default());
        let href = node
            .events
            .first()
            .map(|event| event_href(self.session, event));
        view! {
            <li class="node-raw">
                <SaidBlock caption text=observation.excerpt.clone()>
                    <a href=href>"Open the envelope"</a>
                </SaidBlock>
            </li>
        }
        .into_any()
    }

    /// A link that leads nowhere we can read.
    fn missing(&self, missing: &Missing) -> AnyView {
        let kind = glyph(missing.kind);
        let what = missing.kind.as_str();
        let (title, meta) = match &missing.reason {
            MissingReason::Withheld {
                marked,
                candidates,
                of,
            } => {
                let title = match of {
                    1 => format!("Its {what} is withheld"),
                    _ => format!("Its {what} is one of {of} that are withheld"),
                };
                let commitments = candidates
                    .iter()
                    .map(|event| {
                        view! {
                            <a href=event_href(self.session, event)>{format!("seq {}", event.seq)}</a>
                            <WithheldInline text=commitment(event)/>
                        }
                    })
                    .collect_view();
                (
                    title,
                    view! { {commitments}<span>"marked "{marked.as_str()}</span> }.into_any(),
                )
            }
            MissingReason::Absent => (
                format!("Its {what} is not in the log"),
                view! { <span>"the log names it and does not have it"</span> }.into_any(),
            ),
        };
        let named = missing
            .id
            .clone()
            .map(|id| view! { <Id value=id label="id"/> });
        view! {
            <li>
                <div class="node" data-kind=kind>
                    <Glyph kind/>
                    <span class="node-main">
                        <span class="node-title">{title}</span>
                        <span class="node-meta">{meta}{named}</span>
                    </span>
                </div>
            </li>
        }
        .into_any()
    }

    /// What the same agent recorded before: order, not a reason.
    fn context(&self) -> Option<AnyView> {
        let before: Vec<_> = self
            .why
            .nodes
            .iter()
            .filter(|node| {
                node.is_context && matches!(node.key.kind, Kind::Decision | Kind::Belief)
            })
            .filter(|node| !self.told.borrow().contains(&node.key))
            .collect();
        if before.is_empty() {
            return None;
        }
        let nodes: Vec<_> = before
            .into_iter()
            .map(|node| self.node(node, Depth(2)))
            .collect();
        Some(
            view! {
                <div class="section-head context-head">
                    <h3>"What it recorded before"</h3>
                    <p>"order only: the log does not link it to this action"</p>
                </div>
                <ol class="outline">{nodes}</ol>
            }
            .into_any(),
        )
    }
}

fn title(node: &Node) -> AnyView {
    match &node.body {
        Body::Action(action) => action_title(action),
        Body::Decision(decision) => match decision
            .chosen
            .clone()
            .or_else(|| decision.question.clone())
        {
            Some(chosen) => view! { "It decided: "<Said text=chosen long=true/> }.into_any(),
            None => "It decided, and recorded no words for it".into_any(),
        },
        Body::Belief(_) => "It believes something whose claim is not here".into_any(),
        Body::Claim(ClaimFacts {
            statement: Some(statement),
            ..
        }) => view! { <Said text=statement.clone() long=true/> }.into_any(),
        Body::Claim(_) => "A claim without a statement".into_any(),
        Body::Evidence(EvidenceFacts { items, .. }) => match items.len() {
            1 => "Evidence, 1 piece".into_any(),
            many => format!("Evidence, {many} pieces").into_any(),
        },
        Body::Observation(observation) => match observation.tool.clone() {
            Some(tool) => view! { "Observed what "<Said text=tool/>" returned" }.into_any(),
            None => "Observed".into_any(),
        },
        Body::Outcome(outcome) => match &outcome.result {
            Some(result) => format!("Outcome: {}", shown_word(result.as_str())).into_any(),
            None => "Outcome".into_any(),
        },
        Body::Revision(_) => "Revised later".into_any(),
        Body::Alert(alert) => match alert.message.clone() {
            Some(message) => {
                view! { "A sentinel alerted: "<Said text=message long=true/> }.into_any()
            }
            None => "A sentinel alerted".into_any(),
        },
        Body::Hold(hold) => match hold.reason.clone() {
            Some(reason) => view! { "Held: "<Said text=reason/> }.into_any(),
            None => "Held".into_any(),
        },
        Body::Resolution(body) => match (body.answer, body.is_forged) {
            (_, true) => "A planted answer: the guard named it as forged".into_any(),
            (Answer::Granted, _) => "The log says: granted".into_any(),
            (Answer::Denied, _) => "The log says: denied".into_any(),
            (Answer::Expired, _) => "The log says: expired".into_any(),
        },
        Body::Rejection(_) => "The guard refused an answer".into_any(),
    }
}

fn action_title(action: &ActionFacts) -> AnyView {
    let tool = match action.tool.clone() {
        Some(tool) => view! { <Said text=tool/> }.into_any(),
        None => "An action that its log does not describe".into_any(),
    };
    let intent = action
        .intent
        .clone()
        .filter(|intent| !is_said_by_every_proxy(intent))
        .map(|intent| view! { " for: "<Said text=intent/> });
    view! { {tool}{intent} }.into_any()
}

/// Lodestar's proxy gives every call this intent; it tells nothing.
fn is_said_by_every_proxy(intent: &str) -> bool {
    intent.starts_with("forward MCP tool call ") && intent.ends_with(" via proxy")
}

fn inputs(action: &ActionFacts) -> Option<AnyView> {
    let inputs = action.inputs.clone()?;
    Some(
        view! {
            <li class="node-raw">
                <SaidBlock caption="inputs, as the agent gives them" text=pretty(&inputs)/>
            </li>
        }
        .into_any(),
    )
}

fn reasons(decision: &DecisionFacts) -> Vec<AnyView> {
    let claimed = decision
        .made_by
        .as_deref()
        .map_or("claimed by the agent".to_owned(), |by| {
            format!(
                "claimed by {}",
                shown_word(by.strip_prefix("agent:").unwrap_or(by))
            )
        });
    let mut items = Vec::new();
    if let Some(rationale) = decision.rationale.clone() {
        items.push(
            view! {
                <li class="node-raw">
                    <SaidBlock caption=claimed text=rationale><span>"rationale"</span></SaidBlock>
                </li>
            }
            .into_any(),
        );
    }
    let others: Vec<_> = decision
        .options
        .iter()
        .filter_map(|option| option.label.clone().or_else(|| option.description.clone()))
        .filter(|label| Some(label) != decision.chosen.as_ref())
        .collect();
    if !others.is_empty() {
        let others = others
            .into_iter()
            .map(|label| view! { " "<Said text=label/> })
            .collect_view();
        items.push(
            view! { <li class="node-raw"><p class="muted">"It also weighed"{others}</p></li> }
                .into_any(),
        );
    }
    items
}

fn flags(node: &Node) -> AnyView {
    match &node.body {
        Body::Belief(belief) => {
            let meter = belief.confidence.map(|share| {
                view! { <Meter share tone=Tone::Neutral/><span>"confidence"</span> }
            });
            let flags = belief_flags(belief)
                .into_iter()
                .map(|(tone, icon, text)| view! { <Flag tone icon text/> })
                .collect_view();
            view! { {meter}{flags} }.into_any()
        }
        Body::Decision(decision) => {
            let options = match decision.options.len() {
                0 | 1 => "no alternative recorded".to_owned(),
                many => format!("{many} options recorded"),
            };
            let beliefs = match decision.belief_dependencies.len() {
                0 => "rests on no recorded belief".to_owned(),
                1 => "rests on 1 belief".to_owned(),
                many => format!("rests on {many} beliefs"),
            };
            view! { <span>{options}</span><span>{beliefs}</span> }.into_any()
        }
        Body::Claim(ClaimFacts {
            extraction_method: Some(method),
            ..
        }) => view! { <span>"extracted by "{shown_word(method)}</span> }.into_any(),
        Body::Resolution(body) => {
            let signed = if body.resolution.signature.is_some() {
                "signed"
            } else {
                "unsigned"
            };
            view! { <span>{signed}</span> }.into_any()
        }
        _ => ().into_any(),
    }
}

fn belief_flags(belief: &BeliefFacts) -> Vec<(Tone, &'static str, String)> {
    let mut flags = Vec::new();
    match &belief.truth {
        Some(TruthStatus::Supported) => {}
        Some(TruthStatus::Contradicted) => {
            flags.push((Tone::Denied, "contra", "contradicted".to_owned()));
        }
        Some(other) => flags.push((Tone::Hold, "warn", shown_word(other.as_str()))),
        None => flags.push((Tone::Hold, "warn", "truth not stated".to_owned())),
    }
    match &belief.security {
        Some(SecurityStatus::Clean) | None => {}
        Some(other) => flags.push((Tone::Denied, "critical", shown_word(other.as_str()))),
    }
    if let Some(freshness) = belief
        .freshness
        .as_ref()
        .filter(|freshness| **freshness != FreshnessStatus::Fresh)
    {
        flags.push((Tone::Hold, "clock", shown_word(freshness.as_str())));
    }
    flags
}

fn axes(belief: &BeliefFacts) -> AnyView {
    let stand = |name, value: Option<&str>, good: &[&str], bad: &[&str]| Axis {
        name,
        value: value.map_or_else(|| "not stated".to_owned(), shown_word),
        tone: match value {
            Some(value) if bad.contains(&value) => Some(Tone::Denied),
            Some(value) if good.contains(&value) => None,
            _ => Some(Tone::Hold),
        },
    };
    let all = vec![
        stand(
            "truth",
            belief.truth.as_ref().map(TruthStatus::as_str),
            &["supported"],
            &["contradicted"],
        ),
        stand(
            "retrieval",
            belief.retrieval.as_ref().map(RetrievalStatus::as_str),
            &["normal", "restricted"],
            &["blocked"],
        ),
        stand(
            "security",
            belief.security.as_ref().map(SecurityStatus::as_str),
            &["clean"],
            &["suspicious", "quarantined"],
        ),
        stand(
            "freshness",
            belief.freshness.as_ref().map(FreshnessStatus::as_str),
            &["fresh"],
            &[],
        ),
    ];
    view! { <li class="node-axes"><Axes axes=all/></li> }.into_any()
}

/// The commitment of a withheld event, in a few letters.
fn commitment(event: &EventRef) -> String {
    format!(
        "withheld, commitment {}…",
        event.payload_hash.chars().take(8).collect::<String>()
    )
}

/// A word of a vocabulary as it may stand among ours: letters, digits, `_` and `-`, and not long.
/// Anything else is an agent's invention and is only named as such.
pub fn shown_word(word: &str) -> String {
    let is_word = !word.is_empty()
        && word.len() <= 40
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if is_word {
        word.replace('_', " ")
    } else {
        "an unknown word".to_owned()
    }
}

/// JSON text with its lines broken for reading; as it came where it is not JSON.
pub fn pretty(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| json.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_an_agent_invented_does_not_stand_among_ours() {
        assert_eq!(shown_word("external_document"), "external document");
        assert_eq!(shown_word("verified by the guard"), "an unknown word");
        assert_eq!(shown_word("\u{202e}"), "an unknown word");
    }

    #[test]
    fn inputs_are_broken_into_lines_and_never_lost() {
        assert_eq!(pretty(r#"{"a":1}"#), "{\n  \"a\": 1\n}");
        assert_eq!(pretty("not json"), "not json");
    }
}
