//! Signs from elsewhere that an action needs a second look: alerts, and conditions to be checked again.

use super::log::{PUSH, RealLog, found};
use machinaut_chain::why::{HesitationKind, Kind, Weight};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_sentinels_alert_over_something_behind_the_action_is_told() {
    let Some(log) = RealLog::of("drv-sentinels-armed", "secret") else {
        return;
    };
    let why = log.why_of_decision("d-poison");
    assert_eq!(
        found(&why, HesitationKind::SentinelAlert).weight,
        Weight::Warning
    );
    let steers = "A sentinel raised an alert: “external-document-belief-steers-decision”";
    let alert = why
        .hesitations
        .iter()
        .find(|hesitation| hesitation.headline.to_text() == steers);
    assert!(
        alert
            .unwrap()
            .subjects
            .iter()
            .any(|key| key.kind == Kind::Belief)
    );
    let why = log.why_of_tool("net.upload");
    assert_eq!(
        found(&why, HesitationKind::SentinelAlert).weight,
        Weight::Critical
    );
}

#[test]
fn an_alert_that_anybody_could_have_written_is_only_a_notice() {
    let Some(log) = RealLog::of("ex-telenotes-scripted", "secret") else {
        return;
    };
    let alert = format!(
        r#"{{"alert_id":"x","rule":"r","severity":"critical","subject":{{"kind":"action","id":"{PUSH}"}}}}"#
    );
    let why = log.with("sentinel.alerted", &alert).why(PUSH);
    assert_eq!(
        found(&why, HesitationKind::SentinelAlert).weight,
        Weight::Notice
    );
}

#[test]
fn a_precondition_has_to_be_checked_again() {
    let Some(log) = RealLog::of("drv-adapters", "secret") else {
        return;
    };
    let action = r#"{"id":"added-a","tool":"t","phase":"proposed","contract":{"required_level":4,"preconditions":["branch is clean",{"x":1}]}}"#;
    let why = log.with("action.proposed", action).why("added-a");
    let condition = found(&why, HesitationKind::Precondition);
    assert_eq!(condition.detail.to_text(), "“branch is clean” and 1 more");
}
