//! Records that do not add up: bytes behind their hash, one thing described in two ways.

use super::log::{PUSH, RealLog, found};
use machinaut_chain::session::FindingKind;
use machinaut_chain::why::{HesitationKind, Kind, Weight};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_record_that_was_changed_behind_its_hash_makes_hesitate() {
    let Some(log) = RealLog::of("ex-telenotes-scripted", "secret") else {
        return;
    };
    let why = log
        .tampered("feature/client-tag", "feature/harmless-1")
        .why(PUSH);
    let broken = found(&why, HesitationKind::IntegrityFinding);
    assert_eq!(broken.weight, Weight::Critical);
    assert!(broken.rests_on.iter().all(|event| !event.verified));
    assert!(
        broken.rests_on[0]
            .findings
            .contains(&FindingKind::PayloadHashMismatch)
    );
}

#[test]
fn an_action_described_in_two_ways_makes_hesitate_and_the_first_description_stays() {
    let Some(log) = RealLog::of("ex-telenotes-scripted", "secret") else {
        return;
    };
    let harmless = format!(
        r#"{{"id":"{PUSH}","tool":"mcp.devtools.git_status","inputs":{{}},"phase":"pending_approval"}}"#
    );
    let why = log.with("action.pending_approval", &harmless).why(PUSH);
    assert_eq!(
        found(&why, HesitationKind::DescribedTwice).weight,
        Weight::Critical
    );
    assert_eq!(why.action.tool.as_deref(), Some("mcp.devtools.git_push"));
}

#[test]
fn a_claim_that_was_recorded_again_with_other_words_is_disputed() {
    let Some(log) = RealLog::of("drv-adversarial-emit", "secret") else {
        return;
    };
    let why = log.why("not-an-action");
    let twice = found(&why, HesitationKind::DescribedTwice);
    assert_eq!(twice.weight, Weight::Warning);
    assert_eq!(twice.subjects[0].kind, Kind::Claim);
}
