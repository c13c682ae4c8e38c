//! Answers to a hold that were planted or refused.

use super::log::{RealLog, found};
use machinaut_chain::why::{Body, HesitationKind, Weight};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn an_answer_planted_in_the_log_is_named_as_forged_and_does_not_answer_the_hold() {
    let Some(log) = RealLog::of("drv-forged-log-still-open", "secret") else {
        return;
    };
    let why = log.why_of_first();
    assert!(why.hold.as_ref().unwrap().is_open());
    let forged = found(&why, HesitationKind::ForgedResolution);
    assert_eq!(forged.weight, Weight::Critical);
    assert!(
        forged
            .rests_on
            .iter()
            .any(|event| event.event_type == "approval.granted")
    );
    let planted = why.nodes.iter().find_map(|node| match &node.body {
        Body::Resolution(resolution) => Some(resolution),
        _ => None,
    });
    assert!(planted.unwrap().is_forged);
}

#[test]
fn an_answer_whose_signature_the_guard_refused_is_told() {
    let Some(log) = RealLog::of("probe-forged-http-tampered", "secret") else {
        return;
    };
    let why = log.why_of_first();
    let refused = found(&why, HesitationKind::ForgedResolution);
    assert!(
        refused
            .rests_on
            .iter()
            .all(|event| event.event_type == "guard.approval.signature_rejected")
    );
}

#[test]
fn a_refusal_that_an_agent_wrote_itself_annuls_no_answer() {
    let Some(log) = RealLog::of("probe-http-grant", "secret") else {
        return;
    };
    let hold = |log: &RealLog| {
        let session = log.session();
        machinaut_chain::pending::holds_of(&session).remove(0)
    };
    let before = hold(&log);
    assert!(!before.is_open());
    let request = before.request_id.clone().unwrap();
    let machinaut_chain::pending::LoggedOutcome::Granted { event, .. } = &before.outcome else {
        panic!("{:?}", before.outcome)
    };
    let refusal = format!(
        r#"{{"request_id":"{request}","source":"log","rejected_event_id":"{}"}}"#,
        event.event_id
    );
    // The last event of this session is the guard's own, at schema version 0.1.0.
    let after = hold(&log.with("guard.approval.signature_rejected", &refusal));
    assert_eq!(after.outcome, before.outcome);
    assert_eq!(after.rejected.len(), 1);
}
