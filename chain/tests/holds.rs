//! Holds and summaries, as the logs of real sessions tell them.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

#[cfg(not(target_arch = "wasm32"))]
mod lodestar;
#[cfg(target_arch = "wasm32")]
use crate::lodestar;

use machinaut_chain::model::Level;
use machinaut_chain::pending::{LoggedHold, LoggedOutcome, holds_of};
use machinaut_chain::sentence::{action_request, action_sentence};
use machinaut_chain::session::{FindingKind, Sensitivity, Session, Summary};
use machinaut_chain::why::Answer;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn lines(name: &str, ceiling: &str) -> Option<Vec<&'static [u8]>> {
    let body = lodestar::file(&format!("sessions/{name}/ship-{ceiling}.ndjson"))?;
    Some(body.split(|byte| *byte == b'\n').skip(1).collect())
}

fn session(name: &str, ceiling: &str) -> Option<Session> {
    Some(Session::from_record_lines(lines(name, ceiling)?).unwrap())
}

fn outcome(hold: &LoggedHold) -> &'static str {
    match hold.outcome {
        LoggedOutcome::Open => "open",
        LoggedOutcome::Granted { .. } => "granted",
        LoggedOutcome::Denied { .. } => "denied",
        LoggedOutcome::Expired { .. } => "expired",
        LoggedOutcome::Ended { .. } => "ended",
    }
}

fn outcomes(session: &Session) -> Vec<&'static str> {
    holds_of(session).iter().map(outcome).collect()
}

#[test]
fn each_hold_is_told_with_how_it_ended() {
    let Some(session) = session("drv-http-multi-hold", "secret") else {
        return;
    };
    assert_eq!(outcomes(&session), ["granted", "denied", "expired", "open"]);
    let holds = holds_of(&session);
    let LoggedOutcome::Granted { resolution, .. } = &holds[0].outcome else {
        panic!()
    };
    assert_eq!(resolution.approver_id.as_deref(), Some("human:operator"));
    assert_eq!(resolution.signature.as_ref().unwrap().signature.len(), 88);
    assert_eq!(holds[0].action.as_ref().unwrap().level, Some(Level::L4));
    assert_eq!(
        holds[3].reason.as_deref(),
        Some("L4 (external/shared) always requires approval")
    );
    assert!(holds[3].deadline.is_some());
}

#[test]
fn at_the_internal_ceiling_a_hold_is_known_by_its_action_alone() {
    let Some(session) = session("drv-http-multi-hold", "internal") else {
        return;
    };
    assert_eq!(outcomes(&session), ["ended", "ended", "ended", "open"]);
    let holds = holds_of(&session);
    assert!(
        holds
            .iter()
            .all(|hold| hold.request_id.is_none() && hold.deadline.is_none())
    );
    let ended: Vec<bool> = holds
        .iter()
        .filter_map(|hold| match &hold.outcome {
            LoggedOutcome::Ended { verdict, .. } => Some(verdict.as_ref()?.approved),
            _ => None,
        })
        .collect();
    assert_eq!(ended, [true, false, false]);
    assert_eq!(
        holds[3].action.as_ref().unwrap().tool.as_deref(),
        Some("mcp.repo.push")
    );
}

#[test]
fn every_session_has_the_same_holds_at_both_ceilings() {
    for (path, _) in lodestar::files("sessions/", "/ship-secret.ndjson") {
        let name = path.split('/').nth(1).unwrap();
        // The requests of two name actions that the log does not have; the action of one is secret.
        let others = [
            "drv-adversarial-emit",
            "drv-host-offsets-two-days",
            "probe-http-ceiling-withheld",
        ];
        if others.contains(&name) {
            continue;
        }
        let actions = |ceiling| -> Vec<String> {
            let session = session(name, ceiling).unwrap();
            holds_of(&session)
                .into_iter()
                .map(|hold| hold.action_id)
                .collect()
        };
        assert_eq!(actions("secret"), actions("internal"), "{name}");
    }
}

#[test]
fn an_answer_refused_on_the_channel_leaves_a_later_one_standing() {
    let Some(session) = session("drv-forged-log-and-channel", "secret") else {
        return;
    };
    let holds = holds_of(&session);
    assert_eq!(outcomes(&session), ["granted", "expired"]);
    assert_eq!((holds[0].rejected.len(), holds[0].forged.len()), (1, 0));
    assert_eq!((holds[1].rejected.len(), holds[1].forged.len()), (2, 1));
    assert_eq!(holds[1].forged[0].answer, Answer::Granted);
}

#[test]
fn a_denial_that_an_attacker_planted_does_not_deny() {
    let Some(session) = session("probe-runtime-forged-deny", "secret") else {
        return;
    };
    assert_eq!(outcomes(&session), ["granted"]);
}

#[test]
fn an_announcement_that_was_withheld_is_told() {
    let Some(session) = session("probe-http-ceiling-withheld", "secret") else {
        return;
    };
    assert!(holds_of(&session)[0].announce_withheld);
}

#[test]
fn a_request_that_is_repeated_is_one_hold() {
    let Some(session) = session("drv-adversarial-emit", "secret") else {
        return;
    };
    let holds = holds_of(&session);
    let dup = |hold: &&LoggedHold| hold.request_id.as_deref() == Some("dup");
    assert_eq!(holds.iter().filter(dup).count(), 1);
    assert!(
        holds
            .iter()
            .all(|hold| hold.request_id.as_deref() != Some(""))
    );
}

#[test]
fn a_later_ship_with_a_higher_ceiling_reveals_what_was_withheld() {
    let (Some(internal), Some(secret)) = (
        lines("drv-http-multi-hold", "internal"),
        lines("drv-http-multi-hold", "secret"),
    ) else {
        return;
    };
    let is_withheld = |line: &&[u8]| line.starts_with(br#"{"v":1,"redacted":true"#);
    let withheld: Vec<&[u8]> = internal.into_iter().filter(is_withheld).collect();
    assert!(!withheld.is_empty());
    let revealed = Session::from_record_lines(withheld.into_iter().chain(secret.clone())).unwrap();
    let open = Session::from_record_lines(secret).unwrap();
    assert_eq!(revealed.events(), open.events());
}

#[test]
fn a_summary_tells_what_a_list_of_sessions_shows() {
    let Some(session) = session("drv-http-multi-hold", "secret") else {
        return;
    };
    let summary = session.summary();
    assert_eq!(summary.session_id, "sess-dev-multi-hold");
    assert_eq!(summary.agent.as_deref(), Some("agent:multi"));
    assert_eq!(
        (summary.events, summary.withheld, summary.verified),
        (73, 0, 73)
    );
    assert_eq!((summary.holds, summary.open_holds), (4, 1));
    assert_eq!(
        (summary.granted, summary.denied, summary.expired),
        (1, 1, 1)
    );
    assert_eq!(summary.highest_level, Some(Level::L5));
    assert_eq!(
        summary.headline.unwrap().to_text(),
        "multi wants to push branch “b4”"
    );
    assert_eq!((summary.first_seq, summary.last_seq), (Some(0), Some(182)));
}

#[test]
fn a_summary_at_a_low_ceiling_counts_what_is_withheld() {
    let Some(session) = session("drv-http-multi-hold", "internal") else {
        return;
    };
    let summary = session.summary();
    assert_eq!(summary.withheld_marked, Some(Sensitivity::Secret));
    assert_eq!(summary.verified + summary.withheld, summary.events);
    assert!(summary.withheld > 0);
    assert_eq!(summary.open_holds, 1);
}

#[test]
fn a_summary_counts_findings_and_alerts() {
    let Some(tampered) = session("drv-adversarial-emit", "secret") else {
        return;
    };
    assert_eq!(
        tampered
            .summary()
            .findings
            .get(&FindingKind::PayloadHashMismatch),
        Some(&1)
    );
    let alerted = session("drv-sentinels-armed", "secret").unwrap().summary();
    assert_eq!(alerted.alerts.len(), 3);
    assert_eq!(alerted.loudest_alert().unwrap().as_str(), "critical");
}

#[test]
fn a_summary_survives_its_journey_to_a_browser() {
    let Some(session) = session("drv-sentinels-armed", "internal") else {
        return;
    };
    let summary = session.summary();
    let json = serde_json::to_string(&summary).unwrap();
    assert_eq!(serde_json::from_str::<Summary>(&json).unwrap(), summary);
}

#[test]
fn two_events_at_one_place_are_both_contested() {
    let Some(body) = lodestar::file("ship/bad/real-duplicate-seq.ndjson") else {
        return;
    };
    let session = Session::from_record_lines(body.split(|byte| *byte == b'\n').skip(1)).unwrap();
    let contested = session
        .events()
        .iter()
        .filter(|event| !event.findings.is_empty());
    let contested: Vec<_> = contested.collect();
    assert!(contested.len() >= 2);
    assert!(contested.iter().all(|event| !event.verified));
    assert_eq!(contested[0].seq(), contested[1].seq());
}

#[test]
fn actions_are_told_in_one_sentence() {
    let Some(session) = session("ex-telenotes-scripted", "internal") else {
        return;
    };
    let actions = session.actions();
    let said = |place: usize| action_sentence(&actions[place]).to_text();
    assert!(said(1).starts_with("claude-code wants to read file “"));
    assert_eq!(
        said(6),
        "claude-code wants to use the tool “mcp.devtools.shell_test”"
    );
    assert_eq!(
        said(7),
        "claude-code wants to commit “feat(note): add clientTag field”"
    );
    assert_eq!(
        action_request(&actions[8]).to_text(),
        "Let claude-code push branch “feature/client-tag”"
    );
}
