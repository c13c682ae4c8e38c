//! What stands behind an action, and what should make an approver hesitate, on real sessions.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

#[cfg(not(target_arch = "wasm32"))]
mod lodestar;
#[cfg(target_arch = "wasm32")]
use crate::lodestar;

use machinaut_chain::canonical::Hash;
use machinaut_chain::json::{Limits, Object, Value};
use machinaut_chain::session::{FindingKind, Session};
use machinaut_chain::why::{
    Body, Hesitation, HesitationKind, History, Kind, MissingReason, NodeKey, Relation, Weight, Why,
    why, why_in_history,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The record lines of a real session, to which a test may add what it needs.
struct Log {
    lines: Vec<Vec<u8>>,
}

impl Log {
    fn of(name: &str, ceiling: &str) -> Option<Self> {
        let body = lodestar::file(&format!("sessions/{name}/ship-{ceiling}.ndjson"))?;
        let lines = body
            .split(|byte| *byte == b'\n')
            .skip(1)
            .map(<[u8]>::to_vec)
            .collect();
        Some(Self { lines })
    }

    /// Adds an honest event after the others.
    fn with(mut self, event_type: &str, payload: &str) -> Self {
        let last = self.lines.iter().rfind(|line| !line.is_empty()).unwrap();
        let record = Value::parse(last, &Limits::default()).unwrap();
        let payload = Value::parse(payload.as_bytes(), &Limits::default()).unwrap();
        let hash = Hash::of(&payload.to_canonical()).to_string();
        let mut envelope: Object = record.get("envelope").unwrap().as_object().unwrap().clone();
        let seq = envelope.get("seq").and_then(Value::as_f64).unwrap();
        envelope.insert("id", format!("added-{seq}"));
        envelope.insert("seq", seq + 1.0);
        envelope.insert("type", event_type);
        envelope.insert("payload", payload);
        envelope.insert("payload_hash", hash);
        let mut record = Object::new();
        record.insert("v", 1u32);
        record.insert("redacted", false);
        record.insert("envelope", envelope);
        self.lines
            .push(Value::Object(record).to_json().into_bytes());
        self
    }

    /// Adds a decision that rests on a belief, and an action that carries it out.
    fn with_action_on(self, belief: &str) -> Self {
        self.with(
            "decision.made",
            &format!(r#"{{"id":"added-d","belief_dependencies":["{belief}"]}}"#),
        )
        .with(
            "action.proposed",
            r#"{"id":"added-a","decision_id":"added-d","tool":"t","phase":"proposed"}"#,
        )
    }

    /// Changes bytes behind the back of the hashes.
    fn tampered(mut self, from: &str, to: &str) -> Self {
        for line in &mut self.lines {
            let text = String::from_utf8(line.clone()).unwrap();
            *line = text.replace(from, to).into_bytes();
        }
        self
    }

    fn session(&self) -> Session {
        Session::from_record_lines(self.lines.iter().map(Vec::as_slice)).unwrap()
    }

    fn why(&self, action: &str) -> Why {
        why(&self.session(), action).unwrap()
    }
}

fn found(why: &Why, kind: HesitationKind) -> &Hesitation {
    let found = why
        .hesitations
        .iter()
        .find(|hesitation| hesitation.kind == kind);
    let hesitation = found.unwrap_or_else(|| panic!("{kind:?} is not in {:#?}", why.hesitations));
    assert!(!hesitation.headline.0.is_empty());
    assert!(!hesitation.rests_on.is_empty(), "{kind:?} rests on nothing");
    hesitation
}

fn absent(why: &Why, kind: HesitationKind) {
    assert!(
        why.hesitations
            .iter()
            .all(|hesitation| hesitation.kind != kind),
        "{kind:?} is there"
    );
}

const PUSH: &str = "af987b09-aad6-4153-a004-975f45250671";

#[test]
fn the_why_of_a_decided_action_reaches_from_the_decision_to_the_observations() {
    let Some(log) = Log::of("drv-sentinels-armed", "secret") else {
        return;
    };
    let session = log.session();
    let edit = session
        .actions()
        .into_iter()
        .find(|a| a.decision_id.as_deref() == Some("d-poison"));
    let why = why(&session, &edit.unwrap().id).unwrap();
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
    let Some(log) = Log::of("ex-telenotes-scripted", "secret") else {
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
    let Some(log) = Log::of("ex-telenotes-scripted", "secret") else {
        return;
    };
    let why = log.why(PUSH);
    let later = NodeKey::new(Kind::Decision, "25b8b6d7-2298-4ead-87c3-5f0522183db3");
    assert!(why.node(&later).is_none());
}

#[test]
fn at_the_internal_ceiling_the_decision_is_withheld_and_not_absent() {
    let Some(log) = Log::of("drv-sentinels-armed", "internal") else {
        return;
    };
    let session = log.session();
    let edit = session
        .actions()
        .into_iter()
        .find(|a| a.decision_id.as_deref() == Some("d-poison"));
    let why = why(&session, &edit.unwrap().id).unwrap();
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
    let Some(log) = Log::of("ex-telenotes-scripted", "internal") else {
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
    let Some(log) = Log::of("drv-adapters", "secret") else {
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
    let Some(log) = Log::of("drv-adapters", "secret") else {
        return;
    };
    let why = log.with_action_on("ghost").why("added-a");
    let chain = found(&why, HesitationKind::ChainAbsent);
    assert_eq!(chain.subjects, [NodeKey::new(Kind::Decision, "added-d")]);
}

#[test]
fn an_answer_planted_in_the_log_is_named_as_forged_and_does_not_answer_the_hold() {
    let Some(log) = Log::of("drv-forged-log-still-open", "secret") else {
        return;
    };
    let session = log.session();
    let why = why(&session, &session.actions()[0].id).unwrap();
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
    let Some(log) = Log::of("probe-forged-http-tampered", "secret") else {
        return;
    };
    let session = log.session();
    let why = why(&session, &session.actions()[0].id).unwrap();
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
    let Some(log) = Log::of("probe-http-grant", "secret") else {
        return;
    };
    let hold = |log: &Log| {
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

#[test]
fn a_record_that_was_changed_behind_its_hash_makes_hesitate() {
    let Some(log) = Log::of("ex-telenotes-scripted", "secret") else {
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
    let Some(log) = Log::of("ex-telenotes-scripted", "secret") else {
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
    let Some(log) = Log::of("drv-adversarial-emit", "secret") else {
        return;
    };
    let why = log.why("not-an-action");
    let twice = found(&why, HesitationKind::DescribedTwice);
    assert_eq!(twice.weight, Weight::Warning);
    assert_eq!(twice.subjects[0].kind, Kind::Claim);
}

#[test]
fn a_sentinels_alert_over_something_behind_the_action_is_told() {
    let Some(log) = Log::of("drv-sentinels-armed", "secret") else {
        return;
    };
    let session = log.session();
    let edit = session
        .actions()
        .into_iter()
        .find(|a| a.decision_id.as_deref() == Some("d-poison"));
    let why = why(&session, &edit.unwrap().id).unwrap();
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
    let critical = session
        .actions()
        .into_iter()
        .find(|a| a.tool.as_deref() == Some("net.upload"));
    let why = machinaut_chain::why::why(&session, &critical.unwrap().id).unwrap();
    assert_eq!(
        found(&why, HesitationKind::SentinelAlert).weight,
        Weight::Critical
    );
}

#[test]
fn an_alert_that_anybody_could_have_written_is_only_a_notice() {
    let Some(log) = Log::of("ex-telenotes-scripted", "secret") else {
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
fn a_belief_that_was_contradicted_later_makes_hesitate() {
    let Some(log) = Log::of("drv-reflection-cascade", "secret") else {
        return;
    };
    let session = log.session();
    let why = why(&session, &session.actions()[0].id).unwrap();
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
    let Some(log) = Log::of("ex-telenotes-scripted", "secret") else {
        return;
    };
    let why = log
        .with_action_on("9a25f549-515a-4df7-b81f-51a9ecfe929f")
        .why("added-a");
    assert_eq!(
        found(&why, HesitationKind::ContradictedBelief).weight,
        Weight::Warning
    );
}

#[test]
fn a_transition_that_anybody_could_have_written_moves_no_axis() {
    let Some(log) = Log::of("drv-adversarial-emit", "secret") else {
        return;
    };
    let belief = "41956215-3470-47ff-83de-17ab8df7e98f";
    let why = log.with_action_on(belief).why("added-a");
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
    let Some(log) = Log::of("drv-firewall-lifecycle", "secret") else {
        return;
    };
    let why = log
        .with_action_on("cebf2c67-25fd-49e7-a61c-d5859715ac31")
        .why("added-a");
    assert_eq!(
        found(&why, HesitationKind::QuarantinedBelief).weight,
        Weight::Critical
    );
}

#[test]
fn a_belief_that_is_clean_again_does_not_make_hesitate_for_its_quarantine() {
    let Some(log) = Log::of("drv-firewall-lifecycle", "secret") else {
        return;
    };
    let why = log
        .with_action_on("0494a06a-d2cb-4ce7-b9b2-5a1c88c83bba")
        .why("added-a");
    absent(&why, HesitationKind::QuarantinedBelief);
    absent(&why, HesitationKind::UnattestedBelief);
    absent(&why, HesitationKind::SingleSource);
}

#[test]
fn a_stale_belief_makes_hesitate() {
    let Some(log) = Log::of("drv-firewall-lifecycle", "secret") else {
        return;
    };
    let why = log
        .with_action_on("cd7faf26-7ab9-4103-a1ff-f7ea331aa9f9")
        .why("added-a");
    assert_eq!(
        found(&why, HesitationKind::StaleBelief).weight,
        Weight::Warning
    );
}

#[test]
fn a_superseded_belief_leads_to_the_one_that_took_its_place() {
    let Some(log) = Log::of("drv-firewall-lifecycle", "secret") else {
        return;
    };
    let belief = NodeKey::new(Kind::Belief, "9b87d93d-503e-45c1-9e43-542fbb44eb40");
    let why = log.with_action_on(&belief.id).why("added-a");
    let successor = why.to(&belief, Relation::RevisedBy).next().unwrap();
    assert_eq!(successor.key.id, "6c73eda2-283a-4a79-964b-17b52c891c7d");
    assert_eq!(
        found(&why, HesitationKind::ContradictedBelief).weight,
        Weight::Critical
    );
}

#[test]
fn a_belief_that_did_not_come_through_the_firewall_makes_hesitate() {
    let Some(log) = Log::of("drv-adversarial-emit", "secret") else {
        return;
    };
    let why = log.with_action_on("forged-belief").why("added-a");
    assert_eq!(
        found(&why, HesitationKind::UnattestedBelief).weight,
        Weight::Critical
    );
}

#[test]
fn an_unverified_external_document_behind_a_decision_makes_hesitate() {
    let Some(log) = Log::of("drv-sentinels-armed", "secret") else {
        return;
    };
    let session = log.session();
    let edit = session
        .actions()
        .into_iter()
        .find(|a| a.decision_id.as_deref() == Some("d-poison"));
    let why = why(&session, &edit.unwrap().id).unwrap();
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
    let Some(log) = Log::of("probe-calibration-durable", "secret") else {
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
    let Some(log) = Log::of("drv-host-offsets-two-days", "secret") else {
        return;
    };
    let why = log.why("a-0-0");
    assert_eq!(
        found(&why, HesitationKind::LowConfidence).weight,
        Weight::Warning
    );
}

#[test]
fn an_overconfident_class_makes_hesitate() {
    let Some(log) = Log::of("drv-calibration-recorded", "secret") else {
        return;
    };
    let session = log.session();
    let build = session
        .actions()
        .into_iter()
        .find(|a| a.decision_id.as_deref() == Some("cal-0-0"));
    let why = why(&session, &build.unwrap().id).unwrap();
    let class = found(&why, HesitationKind::MiscalibratedClass);
    assert_eq!(class.weight, Weight::Warning);
    assert_eq!(
        class.detail.to_text(),
        "“fs.read@1::file:f0.txt” says 95 %, was right 29 % of 7 times"
    );
}

#[test]
fn a_belief_with_one_tool_as_its_only_witness_has_a_single_source() {
    let Some(log) = Log::of("ex-telenotes-scripted", "secret") else {
        return;
    };
    let why = log
        .with_action_on("b5f45706-a60e-4dfe-a953-a475704f3f44")
        .why("added-a");
    assert_eq!(
        found(&why, HesitationKind::SingleSource).weight,
        Weight::Notice
    );
}

#[test]
fn a_precondition_has_to_be_checked_again() {
    let Some(log) = Log::of("drv-adapters", "secret") else {
        return;
    };
    let action = r#"{"id":"added-a","tool":"t","phase":"proposed","contract":{"required_level":4,"preconditions":["branch is clean",{"x":1}]}}"#;
    let why = log.with("action.proposed", action).why("added-a");
    let condition = found(&why, HesitationKind::Precondition);
    assert_eq!(condition.detail.to_text(), "“branch is clean” and 1 more");
}

#[test]
fn an_action_unlike_the_agents_past_makes_hesitate_only_where_the_past_is_known() {
    let Some(log) = Log::of("ex-telenotes-scripted", "secret") else {
        return;
    };
    absent(&log.why(PUSH), HesitationKind::UnlikeItsPast);
    let history = |sessions, sessions_with_tool| History {
        calibration: None,
        sessions,
        sessions_with_tool,
    };
    let session = log.session();
    let first = why_in_history(&session, PUSH, &history(23, 0)).unwrap();
    let detail = found(&first, HesitationKind::UnlikeItsPast)
        .detail
        .to_text();
    assert_eq!(
        detail,
        "First “mcp.devtools.git_push” of this agent in 23 other sessions"
    );
    absent(
        &why_in_history(&session, PUSH, &history(23, 1)).unwrap(),
        HesitationKind::UnlikeItsPast,
    );
}

#[test]
fn an_action_that_the_log_does_not_describe_has_no_why() {
    let Some(log) = Log::of("drv-adapters", "secret") else {
        return;
    };
    assert!(why(&log.session(), "no such action").is_none());
}

#[test]
fn every_action_of_every_session_has_a_why_that_survives_its_journey_to_a_browser() {
    for ceiling in ["secret", "internal", "public"] {
        let end = format!("/ship-{ceiling}.ndjson");
        for (path, body) in lodestar::files("sessions/", &end) {
            let session =
                Session::from_record_lines(body.split(|byte| *byte == b'\n').skip(1)).unwrap();
            for action in session.actions() {
                let why = why(&session, &action.id).unwrap();
                let json = serde_json::to_string(&why).unwrap();
                assert_eq!(serde_json::from_str::<Why>(&json).unwrap(), why, "{path}");
                for edge in &why.edges {
                    assert!(why.node(&edge.from).is_some() && why.node(&edge.to).is_some());
                }
            }
        }
    }
}

#[test]
fn a_chain_of_a_hostile_size_is_cut_and_says_so() {
    let Some(mut log) = Log::of("drv-adapters", "secret") else {
        return;
    };
    let names: Vec<String> = (0..3000).map(|n| format!("\"b{n}\"")).collect();
    for n in 0..3000 {
        log = log.with(
            "belief.adopted",
            &format!(r#"{{"id":"b{n}","claim_id":"c{n}"}}"#),
        );
    }
    let decision = format!(
        r#"{{"id":"added-d","belief_dependencies":[{}]}}"#,
        names.join(",")
    );
    let why = log
        .with("decision.made", &decision)
        .with(
            "action.proposed",
            r#"{"id":"added-a","decision_id":"added-d","phase":"proposed"}"#,
        )
        .why("added-a");
    assert!(why.is_cut);
    assert!(why.nodes.len() <= machinaut_chain::why::MOST_NODES);
}
