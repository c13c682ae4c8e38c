//! Each typed edge of a why, on a real session that has it.

#[cfg(not(target_arch = "wasm32"))]
use super::lodestar;
use super::log::RealLog;
#[cfg(target_arch = "wasm32")]
use crate::lodestar;
use machinaut_chain::model::EvidenceRelation;
use machinaut_chain::session::Session;
use machinaut_chain::why::{Body, Kind, NodeKey, Reasons, Relation};
use std::collections::HashSet;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const EVERY: [Relation; 11] = [
    Relation::Supports,
    Relation::Contradicts,
    Relation::Contextualises,
    Relation::ExtractedFrom,
    Relation::AdoptedAs,
    Relation::DependsOn,
    Relation::ResultedIn,
    Relation::RevisedBy,
    Relation::AlertedBy,
    Relation::ApprovedBy,
    Relation::PrecededBy,
];

#[test]
fn evidence_stands_on_its_side_of_the_claim() {
    let Some(log) = RealLog::of("ex-telenotes-scripted", "secret") else {
        return;
    };
    let belief = NodeKey::new(Kind::Belief, "9a25f549-515a-4df7-b81f-51a9ecfe929f");
    let why = log.why_of_action_on(&belief.id);
    let claim = why.from(&belief, Relation::AdoptedAs).next().unwrap();
    let against = why.from(&claim.key, Relation::Contradicts).next().unwrap();
    let Body::Evidence(evidence) = &against.body else {
        panic!("{against:?}")
    };
    assert!(
        evidence
            .items
            .iter()
            .any(|item| item.relation == Some(EvidenceRelation::Contradicts))
    );
}

#[test]
fn evidence_that_only_puts_a_claim_in_context_stands_on_neither_side() {
    let Some(log) = RealLog::of("drv-adapters", "secret") else {
        return;
    };
    let why = log
        .with("claim.extracted", r#"{"id":"added-c","statement":"it rains"}"#)
        .with(
            "evidence.assessed",
            r#"{"id":"added-e","claim_id":"added-c","items":[{"source_id":"o","relation":"contextualizes"}]}"#,
        )
        .with("belief.adopted", r#"{"id":"added-b","claim_id":"added-c"}"#)
        .why_of_action_on("added-b");
    let claim = NodeKey::new(Kind::Claim, "added-c");
    let context = why.from(&claim, Relation::Contextualises).next().unwrap();
    assert_eq!(context.key, NodeKey::new(Kind::Evidence, "added-e"));
    assert_eq!(why.from(&claim, Relation::Supports).count(), 0);
    assert_eq!(why.from(&claim, Relation::Contradicts).count(), 0);
}

#[test]
fn an_action_leads_to_what_its_tool_returned() {
    let Some(log) = RealLog::of("drv-forged-log-and-channel", "secret") else {
        return;
    };
    let why = log.why_of_tool("mcp.repo2.push");
    let returned = why
        .to(&why.nodes[0].key, Relation::ResultedIn)
        .next()
        .unwrap();
    let Body::Observation(observation) = &returned.body else {
        panic!("{returned:?}")
    };
    assert_eq!(observation.tool.as_deref(), Some("mcp.repo2.push"));
}

#[test]
fn an_action_leads_to_its_hold_and_the_hold_to_its_answer_and_to_the_one_that_was_refused() {
    let Some(log) = RealLog::of("drv-forged-log-and-channel", "secret") else {
        return;
    };
    let why = log.why_of_tool("mcp.repo2.push");
    let hold = why
        .to(&why.nodes[0].key, Relation::ApprovedBy)
        .next()
        .unwrap();
    assert_eq!(hold.key.kind, Kind::Hold);
    let answer = why.to(&hold.key, Relation::ApprovedBy).next().unwrap();
    assert_eq!(answer.key.kind, Kind::Resolution);
    let refused = why.to(&hold.key, Relation::AlertedBy).next().unwrap();
    assert_eq!(refused.key.kind, Kind::Rejection);
}

#[test]
fn an_alert_hangs_on_what_it_is_about() {
    let Some(log) = RealLog::of("drv-sentinels-armed", "secret") else {
        return;
    };
    let why = log.why_of_decision("d-poison");
    let alerts = why.nodes.iter().filter(|node| node.key.kind == Kind::Alert);
    for alert in alerts.clone() {
        assert!(why.from(&alert.key, Relation::AlertedBy).next().is_some());
    }
    assert!(alerts.count() > 0);
}

#[test]
fn every_relation_but_context_is_found_in_real_sessions() {
    let mut found = HashSet::new();
    for (_, body) in lodestar::files("sessions/", "/ship-secret.ndjson") {
        let lines = body.split(|byte| *byte == b'\n').skip(1);
        let session = Session::from_record_lines(lines).unwrap();
        let reasons = Reasons::of(&session);
        for action in session.actions() {
            let why = reasons.why(&action.id).unwrap();
            found.extend(why.edges.iter().map(|edge| edge.relation));
        }
    }
    if found.is_empty() {
        return;
    }
    let missing: Vec<_> = EVERY
        .iter()
        .filter(|relation| !found.contains(relation))
        .collect();
    assert_eq!(missing, [&Relation::Contextualises]);
}
