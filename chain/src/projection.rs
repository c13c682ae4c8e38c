//! The chain of a session as Lodestar projects it: `toWireProjection(projectChain(events))`.
//!
//! Everything of one kind stands in one list, in the order of the log: observations, claims,
//! evidence, beliefs, decisions, actions with their outcomes, transitions of the memory firewall.
//! Payloads that do not have the shape of their kind are left out; withheld ones leave a mark where
//! Lodestar leaves one. This is the machine form, equal to the original's; people read
//! [`crate::why`] and [`crate::session::Summary`].

use std::collections::HashMap;

use crate::collation;
use crate::json::{Object, Value};
use crate::session::{Event, Payload, Session};
use crate::sorting;

/// The projection of a session, as Lodestar writes it.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::projection::project;
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let projection = project(&session);
/// let actions = projection.get("actions").and_then(Value::as_array).unwrap_or_default();
/// let held = actions.last().ok_or("no action")?;
/// assert_eq!(held.at(&["action", "tool"]).and_then(Value::as_str), Some("mcp.git.push"));
/// assert_eq!(held.get("terminal_phase").and_then(Value::as_str), Some("pending_approval"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn project(session: &Session) -> Value {
    let mut chain = Chain::default();
    for event in session.events() {
        chain.add(event);
    }
    let first = session.events().first();
    let mut projection = Object::new();
    let id = |id: Option<&str>| Value::from(id.unwrap_or_default());
    projection.insert(
        "session_id",
        id(first.map(|event| event.header.session_id.as_str())),
    );
    projection.insert(
        "project_id",
        id(first.map(|event| event.header.project_id.as_str())),
    );
    projection.insert("event_count", count(session.events().len()));
    projection.insert("observations", chain.observations);
    projection.insert("claims", chain.claims);
    projection.insert("evidence_sets", chain.evidence_sets);
    projection.insert("beliefs", chain.beliefs);
    projection.insert("decisions", chain.decisions);
    projection.insert("actions", chain.actions.finish());
    projection.insert("transitions", chain.transitions);
    projection.insert("cognitive_summaries", chain.cognitive_summaries);
    if let (Some(first), Some(last)) = (first, session.events().last()) {
        projection.insert("first_event_at", first.timestamp());
        projection.insert("last_event_at", last.timestamp());
    }
    projection.insert("actor_ids", chain.actor_ids);
    projection.into()
}

/// A count as a JSON number. A session has far fewer than 2^32 events.
fn count(count: usize) -> Value {
    Value::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[derive(Default)]
struct Chain {
    observations: Vec<Value>,
    claims: Vec<Value>,
    evidence_sets: Vec<Value>,
    beliefs: Vec<Value>,
    decisions: Vec<Value>,
    actions: Actions,
    transitions: Vec<Value>,
    cognitive_summaries: Vec<Value>,
    actor_ids: Vec<Value>,
    known_actors: std::collections::HashSet<String>,
}

impl Chain {
    fn add(&mut self, event: &Event) {
        if self.known_actors.insert(event.actor().to_owned()) {
            self.actor_ids.push(event.actor().into());
        }
        let marker;
        let payload = match &event.payload {
            Payload::Open(payload) => payload,
            Payload::Withheld(_) => {
                marker = Value::from(
                    [("lodestar.redacted", true)]
                        .into_iter()
                        .collect::<Object>(),
                );
                &marker
            }
            Payload::Absent => return,
        };
        let list = match event.event_type() {
            "observation.recorded" if has(payload, OBSERVATION) => &mut self.observations,
            "claim.extracted" if has(payload, CLAIM) => &mut self.claims,
            "evidence.assessed" if has(payload, EVIDENCE) => &mut self.evidence_sets,
            "belief.adopted" if has(payload, BELIEF) => &mut self.beliefs,
            "decision.made" => return self.decisions.extend(decision(payload)),
            "cognitive.ingested" => return self.cognitive_summaries.extend(ingestion(payload)),
            "outcome.observed" | "action.outcome" => return self.actions.add_outcome(payload),
            other if other.starts_with("action.") => return self.actions.add(payload),
            other if other.starts_with("firewall.") => {
                return self.transitions.push(transition(other, payload));
            }
            _ => return,
        };
        list.push(payload.clone());
    }
}

/// What a member has to be for a payload to count as one of its kind.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Number,
    List,
    Object,
}

type Members = &'static [(&'static str, Shape)];

const OBSERVATION: Members = &[
    ("id", Shape::Text),
    ("schema", Shape::Text),
    ("source", Shape::Object),
    ("context", Shape::Object),
    ("trust", Shape::Text),
    ("sensitivity", Shape::Text),
];
const CLAIM: Members = &[
    ("id", Shape::Text),
    ("statement", Shape::Text),
    ("source_observation_ids", Shape::List),
    ("status", Shape::Text),
];
const EVIDENCE: Members = &[
    ("id", Shape::Text),
    ("claim_id", Shape::Text),
    ("items", Shape::List),
];
const BELIEF: Members = &[
    ("id", Shape::Text),
    ("claim_id", Shape::Text),
    ("confidence", Shape::Number),
    ("truth_status", Shape::Text),
];
const ACTION: Members = &[
    ("id", Shape::Text),
    ("tool", Shape::Text),
    ("phase", Shape::Text),
    ("contract", Shape::Object),
];
const OUTCOME: Members = &[
    ("id", Shape::Text),
    ("action_id", Shape::Text),
    ("result", Shape::Text),
];

fn has(payload: &Value, members: Members) -> bool {
    members.iter().all(|(name, shape)| {
        payload.get(name).is_some_and(|value| match shape {
            Shape::Text => value.as_text().is_some(),
            Shape::Number => value.as_f64().is_some(),
            Shape::List => value.as_array().is_some(),
            Shape::Object => value.as_object().is_some(),
        })
    })
}

/// The members of `from` with these names that are strings, under their own names.
fn copy_texts(from: &Value, names: &[&str], to: &mut Object) {
    for name in names {
        if let Some(text) = from.get(name).filter(|value| value.as_text().is_some()) {
            to.insert(*name, text.clone());
        }
    }
}

/// The first member that is a string, under another name.
fn copy_first(from: &Value, names: &[&str], name: &str, to: &mut Object) {
    let texts = names.iter().filter_map(|known| from.get(known));
    if let Some(text) = texts.into_iter().find(|value| value.as_text().is_some()) {
        to.insert(name, text.clone());
    }
}

fn copy_text_list(from: &Value, name: &str, to: &mut Object) {
    if let Some(items) = from.get(name).and_then(Value::as_array) {
        let texts: Vec<Value> = items
            .iter()
            .filter(|item| item.as_text().is_some())
            .cloned()
            .collect();
        to.insert(name, texts);
    }
}

fn decision(payload: &Value) -> Option<Value> {
    if payload.as_object().is_none() && payload.as_array().is_none() {
        return None;
    }
    let mut decision = Object::new();
    decision.insert("raw", payload.clone());
    copy_texts(payload, &["id"], &mut decision);
    copy_first(payload, &["question", "intent"], "question", &mut decision);
    copy_texts(payload, &["selected_option_id"], &mut decision);
    if let Some(chosen) = payload.get("chosen_option") {
        decision.insert("chosen_option", chosen.clone());
    }
    copy_texts(payload, &["rationale_id"], &mut decision);
    copy_text_list(payload, "belief_dependencies", &mut decision);
    copy_text_list(payload, "policy_dependencies", &mut decision);
    copy_first(
        payload,
        &["made_by", "decided_by"],
        "made_by",
        &mut decision,
    );
    copy_first(
        payload,
        &["made_at", "decided_at"],
        "made_at",
        &mut decision,
    );
    Some(decision.into())
}

fn transition(event_type: &str, payload: &Value) -> Value {
    let kind = match (payload.get("kind").and_then(Value::as_text), event_type) {
        (Some(kind), _) => Value::String(kind.clone()),
        (None, "firewall.claim.accepted") => "claim.accepted".into(),
        (None, "firewall.belief.adopted") => "belief.adopted".into(),
        (None, "firewall.belief.transitioned") => "belief.transitioned".into(),
        (None, _) => "unknown".into(),
    };
    let mut transition = Object::new();
    transition.insert("kind", kind);
    transition.insert("raw", payload.clone());
    let names = [
        "claim_id",
        "belief_id",
        "evidence_id",
        "axis",
        "from_value",
        "to_value",
        "by_authority",
        "by_actor_id",
        "at",
    ];
    copy_texts(payload, &names, &mut transition);
    transition.into()
}

fn ingestion(payload: &Value) -> Option<Value> {
    payload.as_object()?;
    let mut ingestion = Object::new();
    copy_texts(payload, &["observation_id"], &mut ingestion);
    for name in ["claim_count", "belief_count"] {
        if let Some(number) = payload.get(name).filter(|value| value.as_f64().is_some()) {
            ingestion.insert(name, number.clone());
        }
    }
    copy_text_list(payload, "world_model_keys", &mut ingestion);
    Some(ingestion.into())
}

/// Actions by id, each with its last state and its last outcome.
#[derive(Default)]
struct Actions {
    places: HashMap<String, usize>,
    known: Vec<Known>,
}

/// What is known of one action; the members of its entry come in the order they became known.
#[derive(Default)]
struct Known {
    action: Option<Value>,
    outcome: Option<Value>,
    outcome_came_first: bool,
}

impl Actions {
    fn entry(&mut self, id: &Value) -> Option<&mut Known> {
        // The JSON of an id tells apart what its text for people may not.
        let place = *self.places.entry(id.to_json()).or_insert(self.known.len());
        if place == self.known.len() {
            self.known.push(Known::default());
        }
        self.known.get_mut(place)
    }

    fn add(&mut self, payload: &Value) {
        if has(payload, ACTION)
            && let Some(entry) = payload.get("id").and_then(|id| self.entry(id))
        {
            entry.action = Some(payload.clone());
        }
    }

    fn add_outcome(&mut self, payload: &Value) {
        if has(payload, OUTCOME)
            && let Some(entry) = payload.get("action_id").and_then(|id| self.entry(id))
        {
            entry.outcome_came_first |= entry.action.is_none();
            entry.outcome = Some(payload.clone());
        }
    }

    fn finish(self) -> Vec<Value> {
        let actions: Vec<(String, Value)> = self
            .known
            .into_iter()
            .map(|known| {
                let of_action = |name| known.action.as_ref().and_then(|action| action.get(name));
                let proposed_at = of_action("proposed_at").and_then(Value::as_text);
                let proposed_at = proposed_at.map(|text| text.to_display().into_owned());
                let proposed_at = proposed_at.unwrap_or_default();
                let phase = of_action("phase")
                    .cloned()
                    .unwrap_or_else(|| "completed".into());
                let action = known.action.map(|action| ("action", action));
                let outcome = known.outcome.map(|outcome| ("outcome", outcome));
                let (first, last) = if known.outcome_came_first {
                    (outcome, action)
                } else {
                    (action, outcome)
                };
                let phase = Some(("terminal_phase", phase));
                let entry: Object = [first, phase, last].into_iter().flatten().collect();
                (proposed_at, entry.into())
            })
            .collect();
        // Stable: actions proposed at one time stay in the order of the log.
        let actions = sorting::sorted(actions, |(a, _), (b, _)| collation::compare(a, b));
        actions.into_iter().map(|(_, action)| action).collect()
    }
}
