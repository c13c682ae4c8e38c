//! What is wrong with the beliefs that an action rests on.

use super::log::{RealLog, absent, found};
use machinaut_chain::why::{Body, HesitationKind, Kind, NodeKey, Weight};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_belief_that_was_contradicted_later_makes_hesitate() {
    let Some(log) = RealLog::of("drv-reflection-cascade", "secret") else {
        return;
    };
    let why = log.why_of_first();
    assert_eq!(
        found(&why, HesitationKind::ContradictedBelief).weight,
        Weight::Critical
    );
    let revised = found(&why, HesitationKind::Revised);
    assert_eq!(revised.weight, Weight::Warning);
    assert_eq!(revised.subjects[0].kind, Kind::Decision);
}

#[test]
fn evidence_against_a_belief_makes_hesitate_before_the_belief_itself_falls() {
    let Some(log) = RealLog::of("ex-telenotes-scripted", "secret") else {
        return;
    };
    let why = log.why_of_action_on("9a25f549-515a-4df7-b81f-51a9ecfe929f");
    assert_eq!(
        found(&why, HesitationKind::ContradictedBelief).weight,
        Weight::Warning
    );
}

#[test]
fn a_transition_that_anybody_could_have_written_moves_no_axis() {
    let Some(log) = RealLog::of("drv-adversarial-emit", "secret") else {
        return;
    };
    let belief = "41956215-3470-47ff-83de-17ab8df7e98f";
    let why = log.why_of_action_on(belief);
    let node = why.node(&NodeKey::new(Kind::Belief, belief)).unwrap();
    let Body::Belief(facts) = &node.body else {
        panic!("{node:?}")
    };
    assert_eq!(facts.truth.as_ref().unwrap().as_str(), "supported");
    assert_eq!(facts.transitions.len(), 2);
    assert_eq!(
        found(&why, HesitationKind::ContradictedBelief).weight,
        Weight::Warning
    );
}

#[test]
fn a_belief_out_of_use_makes_hesitate() {
    let Some(log) = RealLog::of("drv-firewall-lifecycle", "secret") else {
        return;
    };
    let why = log.why_of_action_on("cebf2c67-25fd-49e7-a61c-d5859715ac31");
    assert_eq!(
        found(&why, HesitationKind::QuarantinedBelief).weight,
        Weight::Critical
    );
}

#[test]
fn a_belief_that_is_clean_again_does_not_make_hesitate_for_its_quarantine() {
    let Some(log) = RealLog::of("drv-firewall-lifecycle", "secret") else {
        return;
    };
    let why = log.why_of_action_on("0494a06a-d2cb-4ce7-b9b2-5a1c88c83bba");
    absent(&why, HesitationKind::QuarantinedBelief);
    absent(&why, HesitationKind::UnattestedBelief);
    absent(&why, HesitationKind::SingleSource);
}

#[test]
fn a_stale_belief_makes_hesitate() {
    let Some(log) = RealLog::of("drv-firewall-lifecycle", "secret") else {
        return;
    };
    let why = log.why_of_action_on("cd7faf26-7ab9-4103-a1ff-f7ea331aa9f9");
    assert_eq!(
        found(&why, HesitationKind::StaleBelief).weight,
        Weight::Warning
    );
}

#[test]
fn a_belief_that_did_not_come_through_the_firewall_makes_hesitate() {
    let Some(log) = RealLog::of("drv-adversarial-emit", "secret") else {
        return;
    };
    let why = log.why_of_action_on("forged-belief");
    assert_eq!(
        found(&why, HesitationKind::UnattestedBelief).weight,
        Weight::Critical
    );
}

#[test]
fn an_unverified_external_document_behind_a_decision_makes_hesitate() {
    let Some(log) = RealLog::of("drv-sentinels-armed", "secret") else {
        return;
    };
    let why = log.why_of_decision("d-poison");
    let external = found(&why, HesitationKind::ExternalDocument);
    assert_eq!(
        (external.weight, external.is_context),
        (Weight::Warning, false)
    );
    assert!(
        external
            .detail
            .to_text()
            .contains("untrusted/DEVELOPMENT.md")
    );
    absent(&why, HesitationKind::UnverifiedBelief);
}

#[test]
fn an_unverified_belief_without_evidence_makes_hesitate() {
    let Some(log) = RealLog::of("probe-calibration-durable", "secret") else {
        return;
    };
    let why = log.why("action-4");
    assert_eq!(
        found(&why, HesitationKind::UnverifiedBelief).weight,
        Weight::Warning
    );
    let class = found(&why, HesitationKind::MiscalibratedClass);
    assert_eq!(
        class.detail.to_text(),
        "“payments-api-shape” says 92 %, was right 0 % of 6 times"
    );
}

#[test]
fn a_belief_the_agent_is_not_sure_of_makes_hesitate() {
    let Some(log) = RealLog::of("drv-host-offsets-two-days", "secret") else {
        return;
    };
    let why = log.why("a-0-0");
    assert_eq!(
        found(&why, HesitationKind::LowConfidence).weight,
        Weight::Warning
    );
}

#[test]
fn a_belief_with_one_tool_as_its_only_witness_has_a_single_source() {
    let Some(log) = RealLog::of("ex-telenotes-scripted", "secret") else {
        return;
    };
    let why = log.why_of_action_on("b5f45706-a60e-4dfe-a953-a475704f3f44");
    assert_eq!(
        found(&why, HesitationKind::SingleSource).weight,
        Weight::Notice
    );
}
