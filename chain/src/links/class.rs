//! How sensitive a payload is, by what it says itself.
//!
//! Lodestar lets an action, a claim, a belief or an observation travel by its own marking, and only
//! where the payload has exactly the members that such a thing has: one more or one less, and it
//! counts as secret, as everything of another type does. The same rule is applied here, so that a
//! session that was shipped whole shows at each ceiling what Lodestar would have sent at it.

use crate::json::Value;
use crate::session::{Event, Sensitivity};

/// The class of an event's payload where it is open; none where it is withheld or absent.
pub(super) fn of(event: &Event) -> Option<Sensitivity> {
    let payload = event.open()?;
    let own = match event.event_type() {
        "observation.recorded" => observation(payload),
        "claim.extracted" => claim(payload),
        "belief.adopted" => belief(payload),
        "action.proposed"
        | "action.approved"
        | "action.pending_approval"
        | "action.rejected"
        | "action.executing"
        | "action.completed"
        | "action.failed"
        | "action.halted" => action(payload),
        _ => None,
    };
    Some(own.unwrap_or(Sensitivity::Secret))
}

fn observation(payload: &Value) -> Option<Sensitivity> {
    let members = [
        "context",
        "id",
        "payload",
        "schema",
        "sensitivity",
        "source",
        "trust",
    ];
    let context = ["actor_id", "project_id", "session_id"];
    let source = ["captured_at", "invocation_id", "tool"];
    let exact = has_exactly(payload, &members, &[])
        && has_exactly(payload.get("context")?, &context, &[])
        && has_exactly(payload.get("source")?, &source, &[]);
    exact.then(|| marked(payload))?
}

fn claim(payload: &Value) -> Option<Sensitivity> {
    let members = [
        "authors",
        "created_at",
        "extracted_by",
        "extraction_method",
        "id",
        "scope",
        "sensitivity",
        "source_observation_ids",
        "statement",
        "status",
    ];
    let exact =
        has_exactly(payload, &members, &["structured_predicate"]) && is_scope(payload.get("scope"));
    exact.then(|| marked(payload))?
}

fn belief(payload: &Value) -> Option<Sensitivity> {
    let members = [
        "authority",
        "calibration_class",
        "claim_id",
        "confidence",
        "freshness_status",
        "id",
        "observed_at",
        "retrieval_status",
        "scope",
        "security_status",
        "sensitivity",
        "truth_status",
    ];
    let exact =
        has_exactly(payload, &members, &["last_verified_at"]) && is_scope(payload.get("scope"));
    exact.then(|| marked(payload))?
}

fn action(payload: &Value) -> Option<Sensitivity> {
    let members = [
        "audit",
        "contract",
        "id",
        "inputs",
        "intent",
        "phase",
        "proposed_at",
        "proposed_by",
        "tool",
    ];
    let contract_members = [
        "blast_radius",
        "data_sensitivity",
        "preconditions",
        "required_level",
        "reversibility",
        "scope",
    ];
    let contract = payload.get("contract")?;
    let exact = has_exactly(payload, &members, &["approval", "decision_id"])
        && has_exactly(contract, &contract_members, &[])
        && is_scope(contract.get("scope"))
        && payload
            .get("audit")?
            .as_array()?
            .iter()
            .all(|step| has_exactly(step, &["at", "by_actor_id", "phase"], &["detail"]))
        && payload.get("approval").is_none_or(|approval| {
            has_exactly(approval, &["approved", "approver_id", "at"], &["reason"])
        });
    match contract.get("data_sensitivity")?.as_str()? {
        _ if !exact => None,
        "public" => Some(Sensitivity::Public),
        "private" => Some(Sensitivity::Internal),
        _ => None,
    }
}

fn marked(payload: &Value) -> Option<Sensitivity> {
    payload.get("sensitivity")?.as_str()?.parse().ok()
}

fn is_scope(value: Option<&Value>) -> bool {
    value.is_some_and(|scope| has_exactly(scope, &["identifier", "level"], &[]))
}

fn has_exactly(value: &Value, members: &[&str], optional: &[&str]) -> bool {
    let Some(object) = value.as_object() else {
        return false;
    };
    let known = object.iter().all(|(key, _)| {
        key.as_str()
            .is_some_and(|key| members.contains(&key) || optional.contains(&key))
    });
    known && members.iter().all(|member| object.get(member).is_some())
}
