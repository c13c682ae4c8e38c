//! What stands behind an action: which links the why follows, and what it says of those that are missing.

use super::log::{PUSH, RealLog, absent, found};
use machinaut_chain::why::{
    Body, HesitationKind, Kind, MissingReason, NodeKey, Relation, Weight, why,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn the_why_of_a_decided_action_reaches_from_the_decision_to_the_observations() {
    let Some(log) = RealLog::of("drv-sentinels-armed", "secret") else {
        return;
    };
    let why = log.why_of_decision("d-poison");
    let action = &why.nodes[0].key;
    let decision = why.to(action, Relation::DependsOn).next().unwrap();
    let belief = why.to(&decision.key, Relation::DependsOn).next().unwrap();
    let claim = why.from(&belief.key, Relation::AdoptedAs).next().unwrap();
    let evidence = why.from(&claim.key, Relation::Supports).next().unwrap();
    let observed = why
        .to(&evidence.key, Relation::ExtractedFrom)
        .next()
        .unwrap();
    let Body::Observation(facts) = &observed.body else {
        panic!("{observed:?}")
    };
    assert_eq!(facts.tool.as_deref(), Some("doc.read"));
    assert!(
        why.to(&claim.key, Relation::ExtractedFrom)
            .any(|node| node.key == observed.key)
    );
    assert!(
        why.nodes.iter().all(|node| !node.is_context),
        "what is linked is not context"
    );
    assert!(
        why.nodes
            .iter()
            .flat_map(|node| &node.events)
            .all(|event| event.verified)
    );
    assert!(why.missing.is_empty());
}

#[test]
fn a_hold_that_names_no_decision_shows_what_came_before_as_context_only() {
    let Some(log) = RealLog::of("ex-telenotes-scripted", "secret") else {
        return;
    };
    let why = log.why(PUSH);
    assert_eq!(
        why.sentence.to_text(),
        "claude-code wants to push branch “feature/client-tag”"
    );
    let action = &why.nodes[0].key;
    assert_eq!(why.to(action, Relation::DependsOn).count(), 0);
    let before: Vec<_> = why.to(action, Relation::PrecededBy).collect();
    assert_eq!(
        before
            .iter()
            .filter(|node| node.key.kind == Kind::Decision)
            .count(),
        1
    );
    assert_eq!(
        before
            .iter()
            .filter(|node| node.key.kind == Kind::Belief)
            .count(),
        8
    );
    assert!(before.iter().all(|node| node.is_context));
    let hold = why.hold.as_ref().unwrap();
    assert!(hold.is_open());
    assert_eq!(
        found(&why, HesitationKind::NoDecision).weight,
        Weight::Notice
    );
    let external = found(&why, HesitationKind::ExternalDocument);
    assert_eq!(
        (external.weight, external.is_context),
        (Weight::Warning, true)
    );
    absent(&why, HesitationKind::ForgedResolution);
    absent(&why, HesitationKind::DecisionWithheld);
}

#[test]
fn a_decision_made_after_the_action_is_not_shown_as_what_came_before() {
    let Some(log) = RealLog::of("ex-telenotes-scripted", "secret") else {
        return;
    };
    let why = log.why(PUSH);
    let later = NodeKey::new(Kind::Decision, "25b8b6d7-2298-4ead-87c3-5f0522183db3");
    assert!(why.node(&later).is_none());
}

#[test]
fn at_the_internal_ceiling_the_decision_is_withheld_and_not_absent() {
    let Some(log) = RealLog::of("drv-sentinels-armed", "internal") else {
        return;
    };
    let why = log.why_of_decision("d-poison");
    let missing = why.missing_of(&why.nodes[0].key).next().unwrap();
    assert_eq!(
        (missing.kind, missing.id.as_deref()),
        (Kind::Decision, Some("d-poison"))
    );
    let MissingReason::Withheld { candidates, of, .. } = &missing.reason else {
        panic!("{missing:?}")
    };
    assert_eq!((candidates.len(), *of), (2, 2));
    assert!(
        candidates
            .iter()
            .all(|event| event.event_type == "decision.made")
    );
    assert!(candidates[0].payload_hash.len() == 64);
    assert_eq!(
        found(&why, HesitationKind::DecisionWithheld).weight,
        Weight::Notice
    );
    assert_eq!(
        found(&why, HesitationKind::ChainWithheld).weight,
        Weight::Notice
    );
    absent(&why, HesitationKind::ChainAbsent);
}

#[test]
fn where_evidence_is_withheld_what_nobody_verified_before_the_action_is_still_told() {
    let Some(log) = RealLog::of("ex-telenotes-scripted", "internal") else {
        return;
    };
    let why = log.why(PUSH);
    let before = found(&why, HesitationKind::UnverifiedBelief);
    assert_eq!((before.weight, before.is_context), (Weight::Notice, true));
    absent(&why, HesitationKind::ExternalDocument);
    let decisions = found(&why, HesitationKind::NoDecision);
    assert_eq!(
        decisions.rests_on.len(),
        2,
        "both withheld decisions are named"
    );
}

#[test]
fn a_decision_that_the_log_does_not_have_is_absent_and_not_withheld() {
    let Some(log) = RealLog::of("drv-adapters", "secret") else {
        return;
    };
    let action = r#"{"id":"added-a","decision_id":"ghost","tool":"t","phase":"proposed"}"#;
    let why = log.with("action.proposed", action).why("added-a");
    assert_eq!(why.missing[0].reason, MissingReason::Absent);
    assert_eq!(
        found(&why, HesitationKind::ChainAbsent).weight,
        Weight::Warning
    );
}

#[test]
fn a_belief_that_the_log_does_not_have_is_absent() {
    let Some(log) = RealLog::of("drv-adapters", "secret") else {
        return;
    };
    let why = log.why_of_action_on("ghost");
    let chain = found(&why, HesitationKind::ChainAbsent);
    assert_eq!(chain.subjects, [NodeKey::new(Kind::Decision, "added-d")]);
}

#[test]
fn a_superseded_belief_leads_to_the_one_that_took_its_place() {
    let Some(log) = RealLog::of("drv-firewall-lifecycle", "secret") else {
        return;
    };
    let belief = NodeKey::new(Kind::Belief, "9b87d93d-503e-45c1-9e43-542fbb44eb40");
    let why = log.why_of_action_on(&belief.id);
    let successor = why.to(&belief, Relation::RevisedBy).next().unwrap();
    assert_eq!(successor.key.id, "6c73eda2-283a-4a79-964b-17b52c891c7d");
    assert_eq!(
        found(&why, HesitationKind::ContradictedBelief).weight,
        Weight::Critical
    );
}

#[test]
fn an_action_that_the_log_does_not_describe_has_no_why() {
    let Some(log) = RealLog::of("drv-adapters", "secret") else {
        return;
    };
    assert!(why(&log.session(), "no such action").is_none());
}
