use std::collections::HashMap;

use super::{Facets, LONGEST_TEXT, LONGEST_TITLE, Link, class};
use crate::json::Value;
use crate::model::{
    ActionFacts, AlertFacts, BeliefFacts, ClaimFacts, DecisionFacts, LoggedResolution,
    ObservationFacts, OutcomeFacts, Transition, view,
};
use crate::pending::{self, LoggedHold, LoggedOutcome};
use crate::sentence::excerpt;
use crate::session::{Event, Sensitivity, Session};
use crate::sorting;
use crate::why::Kind;

/// How deep inputs are looked into for words.
const DEEPEST: usize = 12;

/// The links of a session as it is known, in the order of the log.
pub(super) fn links(session: &Session) -> Vec<Link> {
    let reading = Reading::of(session);
    let mut links: Vec<Link> = Vec::new();
    links.extend(reading.actions());
    for event in session.events() {
        links.extend(match event.open() {
            Some(payload) => reading.open(event, payload),
            None => withheld(event),
        });
    }
    links.extend(reading.holds(session));
    let told = links.iter().filter(|link| link.kind == Kind::Hold).count();
    links.extend(withheld_holds(session).skip(told));
    // Stable: what rests on one event stays in the order above.
    sorting::sorted(links, |one, other| one.seq.cmp(&other.seq))
}

/// What of a session other links are told with.
struct Reading<'a> {
    /// The events of each action that can be read, and the actions in the order of appearance.
    actions: Vec<(ActionFacts, Vec<&'a Event>)>,
    tools: HashMap<String, String>,
    statements: HashMap<String, String>,
    transitions: HashMap<String, Vec<Transition>>,
    /// Ids and hashes of events that tell more of a claim, a belief or a request, by its id.
    also: HashMap<String, Vec<&'a Event>>,
}

impl<'a> Reading<'a> {
    fn of(session: &'a Session) -> Self {
        let mut order: Vec<String> = Vec::new();
        let mut by_action: HashMap<String, Vec<&Event>> = HashMap::new();
        let mut statements = HashMap::new();
        let mut transitions: HashMap<String, Vec<Transition>> = HashMap::new();
        let mut also: HashMap<String, Vec<&Event>> = HashMap::new();
        for event in session.events() {
            let Some(payload) = event.open() else {
                continue;
            };
            let kind = event.event_type();
            if let Some(id) = is_of_action(kind)
                .then(|| view::text(payload, "id"))
                .flatten()
            {
                let events = by_action.entry(id.clone()).or_default();
                if events.is_empty() {
                    order.push(id);
                }
                events.push(event);
            } else if kind == "claim.extracted" {
                if let Some(claim) = ClaimFacts::read(payload) {
                    let statement = claim.statement.unwrap_or_default();
                    statements.entry(claim.id).or_insert(statement);
                }
            } else if let Some(about) = about(kind) {
                if let Some(id) = view::text(payload, about) {
                    also.entry(id).or_default().push(event);
                }
                if kind.ends_with("belief.transitioned")
                    && let Some((id, moved)) = Transition::read(payload, event.is_attested())
                {
                    transitions.entry(id).or_default().push(moved);
                }
            }
        }
        let actions: Vec<(ActionFacts, Vec<&Event>)> = order
            .into_iter()
            .filter_map(|id| {
                let events = by_action.remove(&id)?;
                let (facts, _) = ActionFacts::of_events(events.iter().copied())?;
                Some((facts, events))
            })
            .collect();
        let tools = actions
            .iter()
            .filter_map(|(facts, _)| Some((facts.id.clone(), facts.tool.clone()?)))
            .collect();
        Self {
            actions,
            tools,
            statements,
            transitions,
            also,
        }
    }

    fn actions(&self) -> impl Iterator<Item = Link> + '_ {
        self.actions.iter().filter_map(|(facts, events)| {
            let first = events.first()?;
            let title = facts.intent.clone().or_else(|| facts.tool.clone());
            let mut text = Words::default();
            text.say(facts.tool.as_deref());
            if let Some(inputs) = first.open().and_then(|payload| payload.get("inputs")) {
                text.say_value(inputs, DEEPEST);
            }
            text.say(facts.detail.as_deref());
            let verdict = facts.verdict.as_ref();
            text.say(verdict.and_then(|verdict| verdict.reason.as_deref()));
            text.say(verdict.map(|verdict| verdict.approver_id.as_str()));
            text.say(facts.scope.as_ref().map(|scope| scope.identifier.as_str()));
            let mut link = link(Kind::Action, first, title, text);
            link.id = Some(facts.id.clone());
            link.facets.agent = Some(facts.agent.clone());
            link.facets.tool.clone_from(&facts.tool);
            link.facets.level = facts.level.map(|level| level.as_str().to_owned());
            link.facets.phase = facts.phase.as_ref().map(ToString::to_string);
            link.facets.verdict = verdict.map(|verdict| answered(verdict.approved));
            link.facets.sensitivity = highest(events);
            link.names.push(facts.id.clone());
            link.names.extend(facts.decision_id.clone());
            for event in events.iter().skip(1) {
                name(&mut link.names, event);
            }
            Some(link)
        })
    }

    fn open(&self, event: &'a Event, payload: &Value) -> Option<Link> {
        match event.event_type() {
            "observation.recorded" => observation(event, payload),
            "claim.extracted" => self.claim(event, payload),
            "belief.adopted" => self.belief(event, payload),
            "decision.made" => decision(event, payload),
            "outcome.observed" | "action.outcome" => self.outcome(event, payload),
            "sentinel.alerted" => alert(event, payload),
            _ => None,
        }
    }

    fn claim(&self, event: &Event, payload: &Value) -> Option<Link> {
        let facts = ClaimFacts::read(payload)?;
        let mut text = Words::default();
        text.say(facts.extraction_method.as_deref());
        text.say(facts.extracted_by.as_deref());
        let mut link = link(Kind::Claim, event, facts.statement, text);
        self.also(&mut link, &facts.id);
        link.names.extend(facts.source_observation_ids);
        Some(link)
    }

    fn belief(&self, event: &Event, payload: &Value) -> Option<Link> {
        let mut facts = BeliefFacts::read(payload)?;
        for moved in self.transitions.get(&facts.id).into_iter().flatten() {
            facts.transition(moved.clone());
        }
        let statement = facts
            .claim_id
            .as_ref()
            .and_then(|id| self.statements.get(id));
        let title = statement
            .cloned()
            .or_else(|| facts.calibration_class.clone());
        let mut text = Words::default();
        text.say(facts.calibration_class.as_deref());
        text.say(facts.authority.as_deref());
        let mut link = link(Kind::Belief, event, title, text);
        link.facets.truth = facts.truth.as_ref().map(ToString::to_string);
        link.facets.security = facts.security.as_ref().map(ToString::to_string);
        self.also(&mut link, &facts.id);
        link.names.extend(facts.claim_id);
        Some(link)
    }

    fn outcome(&self, event: &Event, payload: &Value) -> Option<Link> {
        let facts = OutcomeFacts::read(payload)?;
        let tool = self.tools.get(&facts.action_id).cloned();
        let mut text = Words::default();
        text.say(tool.as_deref());
        for effect in &facts.side_effects {
            text.say(Some(effect));
        }
        let result = facts.result.as_ref().map(ToString::to_string);
        let mut link = link(Kind::Outcome, event, result.clone(), text);
        link.id.clone_from(&facts.id);
        link.facets.tool = tool;
        link.facets.verdict = result;
        link.names.extend(facts.id);
        link.names.push(facts.action_id);
        Some(link)
    }

    fn holds(&self, session: &'a Session) -> Vec<Link> {
        let of_session = pending::holds_of(session);
        of_session
            .into_iter()
            .filter_map(|hold| {
                let event = session.event(hold.event.seq, &hold.event.event_id)?;
                Some(self.hold(event, hold))
            })
            .collect()
    }

    fn hold(&self, event: &Event, hold: LoggedHold) -> Link {
        let action = hold.action;
        let title = hold
            .reason
            .clone()
            .or_else(|| action.as_ref().and_then(|action| action.intent.clone()));
        let mut text = Words::default();
        if let Some(action) = &action {
            text.say(action.tool.as_deref());
            text.say(action.intent.as_deref());
            text.say(action.object.as_ref().map(|object| object.value.as_str()));
        }
        let verdict = match &hold.outcome {
            LoggedOutcome::Open => "open".to_owned(),
            LoggedOutcome::Granted { resolution, .. } => {
                say_resolution(&mut text, resolution);
                "granted".to_owned()
            }
            LoggedOutcome::Denied { resolution, .. } => {
                say_resolution(&mut text, resolution);
                "denied".to_owned()
            }
            LoggedOutcome::Expired { .. } => "expired".to_owned(),
            LoggedOutcome::Ended { phase, .. } => phase.to_string(),
        };
        let mut link = link(Kind::Hold, event, title, text);
        if let Some(action) = action {
            link.facets.agent = Some(action.agent.clone());
            link.facets.tool.clone_from(&action.tool);
            link.facets.level = action.level.map(|level| level.as_str().to_owned());
            link.facets.phase = action.phase.as_ref().map(ToString::to_string);
        }
        link.facets.verdict = Some(verdict);
        match hold.request_id {
            Some(request) => self.also(&mut link, &request),
            None => link.id = Some(hold.action_id.clone()),
        }
        link.names.push(hold.action_id);
        link
    }

    /// Gives a link its id, and the names of every event that tells more of it.
    fn also(&self, link: &mut Link, id: &str) {
        link.id = Some(id.to_owned());
        link.names.push(id.to_owned());
        for event in self.also.get(id).into_iter().flatten() {
            name(&mut link.names, event);
        }
    }
}

fn is_of_action(event_type: &str) -> bool {
    event_type.starts_with("action.") && event_type != "action.outcome"
}

/// The member that names what an event tells more of.
fn about(event_type: &str) -> Option<&'static str> {
    match event_type {
        "evidence.assessed" | "firewall.claim.accepted" => Some("claim_id"),
        "firewall.belief.adopted" | "firewall.belief.transitioned" | "belief.transitioned" => {
            Some("belief_id")
        }
        "approval.granted"
        | "approval.denied"
        | "approval.expired"
        | "guard.approval.signature_rejected"
        | "guard.approval.announce_withheld" => Some("request_id"),
        _ => None,
    }
}

fn observation(event: &Event, payload: &Value) -> Option<Link> {
    let facts = ObservationFacts::read(payload)?;
    let title = facts.tool.clone().or_else(|| facts.schema.clone());
    let mut text = Words::default();
    if let Some(observed) = payload.get("payload") {
        text.say_value(observed, DEEPEST);
    }
    text.say(facts.schema.as_deref());
    let mut link = link(Kind::Observation, event, title, text);
    link.id = Some(facts.id.clone());
    link.facets.tool = facts.tool;
    link.names.push(facts.id);
    link.names.extend(facts.invocation_id);
    Some(link)
}

fn decision(event: &Event, payload: &Value) -> Option<Link> {
    let facts = DecisionFacts::read(payload)?;
    let mut text = Words::default();
    text.say(facts.chosen.as_deref());
    text.say(facts.rationale.as_deref());
    for option in &facts.options {
        text.say(option.label.as_deref());
        text.say(option.description.as_deref());
    }
    let mut link = link(Kind::Decision, event, facts.question, text);
    link.id = Some(facts.id.clone());
    if let Some(maker) = facts.made_by {
        link.facets.agent = Some(maker);
    }
    link.names.push(facts.id);
    Some(link)
}

fn alert(event: &Event, payload: &Value) -> Option<Link> {
    let facts = AlertFacts::read(payload, event.is_attested())?;
    let mut text = Words::default();
    text.say(facts.rule.as_deref());
    text.say(facts.sentinel.as_deref());
    text.say(facts.subject_kind.as_deref());
    let mut link = link(Kind::Alert, event, facts.message, text);
    link.id = Some(facts.alert_id.clone());
    link.facets.severity = facts.severity.map(|severity| severity.to_string());
    link.names.push(facts.alert_id);
    link.names.extend(facts.subject_id);
    Some(link)
}

/// A thing whose payload is withheld: that there is one is never withheld.
fn withheld(event: &Event) -> Option<Link> {
    event.withheld()?;
    let kind = match event.event_type() {
        "observation.recorded" => Kind::Observation,
        "claim.extracted" => Kind::Claim,
        "belief.adopted" => Kind::Belief,
        "decision.made" => Kind::Decision,
        // The other events of the action tell no more.
        "action.proposed" => Kind::Action,
        "outcome.observed" | "action.outcome" => Kind::Outcome,
        "sentinel.alerted" => Kind::Alert,
        _ => return None,
    };
    Some(link(kind, event, None, Words::default()))
}

/// Withheld requests. Some of them are of holds that show by their action; which, nobody can tell.
fn withheld_holds(session: &Session) -> impl Iterator<Item = Link> + '_ {
    session
        .events()
        .iter()
        .filter(|event| event.event_type() == "approval.requested" && event.withheld().is_some())
        .map(|event| link(Kind::Hold, event, None, Words::default()))
}

fn link(kind: Kind, event: &Event, title: Option<String>, text: Words) -> Link {
    let mut names = Vec::new();
    name(&mut names, event);
    let sensitivity = class::of(event).or_else(|| event.withheld());
    Link {
        kind,
        id: None,
        seq: event.seq(),
        event_id: event.id().to_owned(),
        at: event.header.timestamp.instant(),
        withheld: event.withheld(),
        title: excerpt(title.unwrap_or_default().trim(), LONGEST_TITLE),
        text: text.0,
        names,
        facets: Facets {
            agent: Some(event.actor().to_owned()),
            sensitivity: sensitivity.map(|class| class.as_str().to_owned()),
            ..Facets::default()
        },
        from: Sensitivity::Secret,
        until: Sensitivity::Secret,
    }
}

fn name(names: &mut Vec<String>, event: &Event) {
    names.push(event.id().to_owned());
    names.push(event.header.payload_hash.clone());
    names.push(String::from_utf8_lossy(&event.commitment.to_hex()).into_owned());
}

fn highest(events: &[&Event]) -> Option<String> {
    let classes = events.iter().filter_map(|event| class::of(event));
    classes.max().map(|class| class.as_str().to_owned())
}

fn answered(approved: bool) -> String {
    if approved { "approved" } else { "rejected" }.to_owned()
}

fn say_resolution(text: &mut Words, resolution: &LoggedResolution) {
    text.say(resolution.approver_id.as_deref());
    text.say(resolution.reason.as_deref());
}

/// Words of a payload, one piece a line, up to [`LONGEST_TEXT`].
#[derive(Default)]
struct Words(String);

impl Words {
    fn room(&self) -> usize {
        LONGEST_TEXT.saturating_sub(self.0.len())
    }

    fn say(&mut self, words: Option<&str>) {
        let Some(words) = words.map(str::trim).filter(|words| !words.is_empty()) else {
            return;
        };
        if self.room() == 0 {
            return;
        }
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        let room = self.room();
        self.0.extend(words.chars().take(room));
    }

    /// What a value says: its texts and numbers, each with the name that it has.
    fn say_value(&mut self, value: &Value, deeper: usize) {
        if deeper == 0 || self.room() == 0 {
            return;
        }
        match value {
            Value::Object(object) => {
                for (key, value) in object.iter() {
                    match value {
                        Value::Object(_) | Value::Array(_) => {
                            self.say(Some(&key.to_display()));
                            self.say_value(value, deeper - 1);
                        }
                        _ => self.say(Some(&format!(
                            "{}: {}",
                            key.to_display(),
                            view::shown(value)
                        ))),
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.say_value(item, deeper - 1);
                }
            }
            _ => self.say(Some(&view::shown(value))),
        }
    }
}
