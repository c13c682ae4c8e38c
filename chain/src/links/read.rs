//! What one event tells, as a link, at one clearance.

use super::relations::Relations;
use super::{Facets, LONGEST_TEXT, Link, class, titled};
use crate::json::Value;
use crate::model::{
    ActionFacts, AlertFacts, BeliefFacts, ClaimFacts, DecisionFacts, LoggedResolution,
    ObservationFacts, OutcomeFacts, is_of_action, view,
};
use crate::pending::{self, LoggedHold, LoggedOutcome};
use crate::session::{Event, Sensitivity, Session};
use crate::why::Kind;

/// How deep inputs are looked into for words.
const DEEPEST: usize = 12;

/// The link that is told at this event; a hold is not. Holds are told by [`holds`].
pub(super) fn link_at(
    relations: &Relations,
    event: &Event,
    place: usize,
    clearance: Sensitivity,
) -> Option<Link> {
    let class = class::of(event);
    let Some(payload) = event.open().filter(|_| class <= Some(clearance)) else {
        return withheld(event, class.or_else(|| event.withheld())?);
    };
    match event.event_type() {
        "observation.recorded" => observation(event, payload),
        "claim.extracted" => claim(relations, event, payload, clearance),
        "belief.adopted" => belief(relations, event, payload, clearance),
        "decision.made" => decision(event, payload),
        "outcome.observed" | "action.outcome" => outcome(relations, event, payload, clearance),
        "sentinel.alerted" => alert(event, payload),
        kind if is_of_action(kind) => action(relations, event, place, payload, clearance),
        _ => None,
    }
}

fn action(
    relations: &Relations,
    event: &Event,
    place: usize,
    payload: &Value,
    clearance: Sensitivity,
) -> Option<Link> {
    let mut facts = ActionFacts::read(payload, event.actor())?;
    let of_action = relations.complete(&mut facts, place, clearance)?;
    let title = facts.intent.clone().or_else(|| facts.tool.clone());
    let mut text = Words::default();
    text.say(facts.tool.as_deref());
    if let Some(inputs) = payload.get("inputs") {
        text.say_value(inputs, DEEPEST);
    }
    text.say(facts.detail.as_deref());
    let verdict = facts.verdict.as_ref();
    text.say(verdict.and_then(|verdict| verdict.reason.as_deref()));
    text.say(verdict.map(|verdict| verdict.approver_id.as_str()));
    text.say(facts.scope.as_ref().map(|scope| scope.identifier.as_str()));
    let mut link = link(Kind::Action, event, titled(title), text);
    link.facets.agent = Some(facts.agent);
    link.facets.tool = facts.tool;
    link.facets.level = facts.level.map(|level| level.as_str().to_owned());
    link.facets.phase = facts.phase.as_ref().map(ToString::to_string);
    link.facets.verdict = verdict.map(|verdict| answered(verdict.approved));
    link.facets.sensitivity = Some(of_action.highest.as_str().to_owned());
    link.names.push(facts.id.clone());
    link.names.extend(facts.decision_id);
    link.names.extend(of_action.names);
    link.id = Some(facts.id);
    Some(link)
}

fn claim(
    relations: &Relations,
    event: &Event,
    payload: &Value,
    clearance: Sensitivity,
) -> Option<Link> {
    let facts = ClaimFacts::read(payload)?;
    let mut text = Words::default();
    text.say(facts.extraction_method.as_deref());
    text.say(facts.extracted_by.as_deref());
    let mut link = link(Kind::Claim, event, titled(facts.statement), text);
    is_also(relations, &mut link, facts.id, clearance);
    link.names.extend(facts.source_observation_ids);
    Some(link)
}

fn belief(
    relations: &Relations,
    event: &Event,
    payload: &Value,
    clearance: Sensitivity,
) -> Option<Link> {
    let facts = BeliefFacts::read(payload)?;
    let claim = facts.claim_id.as_deref();
    let title = match claim.and_then(|id| relations.statement(id, clearance)) {
        Some(statement) => statement.to_owned(),
        None => titled(facts.calibration_class.clone()),
    };
    let mut text = Words::default();
    text.say(facts.calibration_class.as_deref());
    text.say(facts.authority.as_deref());
    let mut link = link(Kind::Belief, event, title, text);
    let (truth, security) = relations.moved(&facts.id, clearance);
    let truth = truth.map(|truth| truth.to_owned().into()).or(facts.truth);
    let security = security.map(|security| security.to_owned().into());
    link.facets.truth = truth.as_ref().map(ToString::to_string);
    link.facets.security = security
        .or(facts.security)
        .as_ref()
        .map(ToString::to_string);
    is_also(relations, &mut link, facts.id, clearance);
    link.names.extend(facts.claim_id);
    Some(link)
}

fn outcome(
    relations: &Relations,
    event: &Event,
    payload: &Value,
    clearance: Sensitivity,
) -> Option<Link> {
    let facts = OutcomeFacts::read(payload)?;
    let tool = relations.tool(&facts.action_id, clearance);
    let mut text = Words::default();
    text.say(tool);
    for effect in &facts.side_effects {
        text.say(Some(effect));
    }
    let result = facts.result.as_ref().map(ToString::to_string);
    let mut link = link(Kind::Outcome, event, titled(result.clone()), text);
    link.id.clone_from(&facts.id);
    link.facets.tool = tool.map(str::to_owned);
    link.facets.verdict = result;
    link.names.extend(facts.id);
    link.names.push(facts.action_id);
    Some(link)
}

/// The holds that these events tell of, those that nothing is told of but that they were requested
/// included. The events are as they are seen at the clearance.
pub(super) fn holds(relations: &Relations, seen: &Session, clearance: Sensitivity) -> Vec<Link> {
    let mut links: Vec<Link> = pending::holds_of(seen)
        .into_iter()
        .filter_map(|hold| {
            let event = seen.event(hold.event.seq, &hold.event.event_id)?;
            Some(told_hold(relations, event, hold, clearance))
        })
        .collect();
    // Some of the withheld requests are of holds that show by their action; which, nobody can tell.
    let requests = seen.events().iter().filter_map(|event| {
        let marked = event.withheld()?;
        let is_request = event.event_type() == "approval.requested";
        is_request.then(|| bare(Kind::Hold, event, marked))
    });
    let told = links.len();
    links.extend(requests.skip(told));
    links
}

fn told_hold(
    relations: &Relations,
    event: &Event,
    hold: LoggedHold,
    clearance: Sensitivity,
) -> Link {
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
    let mut link = link(Kind::Hold, event, titled(title), text);
    if let Some(action) = action {
        link.facets.agent = Some(action.agent.clone());
        link.facets.tool.clone_from(&action.tool);
        link.facets.level = action.level.map(|level| level.as_str().to_owned());
        link.facets.phase = action.phase.as_ref().map(ToString::to_string);
    }
    link.facets.verdict = Some(verdict);
    match hold.request_id {
        Some(request) => is_also(relations, &mut link, request, clearance),
        None => link.id = Some(hold.action_id.clone()),
    }
    link.names.push(hold.action_id);
    link
}

/// Gives a link its id, and the names of every event that tells more of it.
fn is_also(relations: &Relations, link: &mut Link, id: String, clearance: Sensitivity) {
    link.names.push(id.clone());
    relations.also(&id, clearance, &mut link.names);
    link.id = Some(id);
}

fn observation(event: &Event, payload: &Value) -> Option<Link> {
    let facts = ObservationFacts::read(payload)?;
    let title = titled(facts.tool.clone().or_else(|| facts.schema.clone()));
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
    let mut link = link(Kind::Decision, event, titled(facts.question), text);
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
    let mut link = link(Kind::Alert, event, titled(facts.message), text);
    link.id = Some(facts.alert_id.clone());
    link.facets.severity = facts.severity.map(|severity| severity.to_string());
    link.names.push(facts.alert_id);
    link.names.extend(facts.subject_id);
    Some(link)
}

/// A thing whose payload is withheld: that there is one is never withheld.
fn withheld(event: &Event, marked: Sensitivity) -> Option<Link> {
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
    Some(bare(kind, event, marked))
}

/// A link without a word of the payload.
fn bare(kind: Kind, event: &Event, marked: Sensitivity) -> Link {
    let mut link = link(kind, event, String::new(), Words::default());
    link.withheld = Some(marked);
    link.facets.sensitivity = Some(marked.as_str().to_owned());
    link
}

fn link(kind: Kind, event: &Event, title: String, text: Words) -> Link {
    Link {
        kind,
        id: None,
        seq: event.seq(),
        event_id: event.id().to_owned(),
        at: event.header.timestamp.instant(),
        withheld: None,
        title,
        text: text.0,
        names: vec![
            event.id().to_owned(),
            event.header.payload_hash.clone(),
            event.commitment.to_string(),
        ],
        facets: Facets {
            agent: Some(event.actor().to_owned()),
            sensitivity: class::of(event).map(|class| class.as_str().to_owned()),
            ..Facets::default()
        },
        from: Sensitivity::Secret,
        until: Sensitivity::Secret,
    }
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
