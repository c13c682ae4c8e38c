use std::collections::HashSet;

use crate::approval::{Request, RequiredAuthority};
use crate::collation;
use crate::json::{Object, Value};
use crate::session::Session;
use crate::sorting;

/// The holds that no event of the log resolves, equal to Lodestar's `pendingApprovals`.
///
/// It has no clock: a hold whose deadline is long past, or whose guard is gone, is pending for
/// ever. It believes every refusal, whoever wrote it. See [`super::holds_of`] for what we show.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::pending::pending_approvals;
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
/// let pending = pending_approvals(&session);
/// let [hold] = pending.as_array().unwrap_or_default() else { return Err("not one hold".into()) };
/// assert_eq!(hold.get("request_id").and_then(Value::as_str), Some("r-1"));
/// assert_eq!(hold.get("status").and_then(Value::as_str), Some("pending"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pending_approvals(session: &Session) -> Value {
    let events = || {
        session
            .events()
            .iter()
            .filter_map(|event| Some((event, event.open()?)))
    };
    let mut planted = HashSet::new();
    let mut disowned = HashSet::new();
    for (event, payload) in events() {
        if event.event_type() != "guard.approval.signature_rejected" {
            continue;
        }
        if let Some(id) = payload.get("rejected_event_id").and_then(Value::as_str) {
            planted.insert(id);
        } else if payload.get("source").is_none() {
            // Older guards named neither: every answer to the request is in doubt.
            disowned.extend(payload.get("request_id").and_then(Value::as_str));
        }
    }
    let mut resolved = HashSet::new();
    for (event, payload) in events() {
        let Some(request) = payload.get("request_id").and_then(Value::as_str) else {
            continue;
        };
        let counts = match event.event_type() {
            "approval.expired" => true,
            "approval.granted" | "approval.denied" => {
                !planted.contains(event.id()) && !disowned.contains(request)
            }
            _ => false,
        };
        if counts {
            resolved.insert(request);
        }
    }
    let pending: Vec<(String, Value)> = events()
        .filter(|(event, _)| event.event_type() == "approval.requested")
        .filter_map(|(event, payload)| {
            let request = Request::from_value(payload).ok()?;
            if resolved.contains(request.request_id.as_str()) {
                return None;
            }
            let mut hold = Object::new();
            hold.insert("project_id", event.header.project_id.as_str());
            hold.insert("session_id", event.header.session_id.as_str());
            hold.insert("request_id", request.request_id.as_str());
            hold.insert("action_id", request.action_id.as_str());
            hold.insert("reason", request.reason);
            hold.insert("required_authority", authority(&request.required_authority));
            hold.insert("requested_at", request.requested_at.as_str());
            hold.insert("status", "pending");
            if let Some(deadline) = &request.deadline {
                hold.insert("deadline", deadline.as_str());
            }
            Some((request.requested_at.as_str().to_owned(), hold.into()))
        })
        .collect();
    // Stable: holds asked for at one time stay in the order of the log.
    let pending = sorting::sorted(pending, |(a, _), (b, _)| collation::compare(a, b));
    Value::Array(pending.into_iter().map(|(_, hold)| hold).collect())
}

fn authority(required: &RequiredAuthority) -> Object {
    let mut authority = Object::new();
    if let Some(trust) = required.min_trust_baseline {
        authority.insert("min_trust_baseline", trust);
    }
    if let Some(clearance) = required.sensitivity_clearance {
        authority.insert("sensitivity_clearance", clearance.as_str());
    }
    if let Some(scope) = &required.scope {
        authority.insert("scope", scope.clone());
    }
    authority
}
