//! What other sessions of the agent say about this action.

use super::log::{PUSH, RealLog, absent, found};
use machinaut_chain::why::{HesitationKind, History, Weight, why_in_history};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn an_overconfident_class_makes_hesitate() {
    let Some(log) = RealLog::of("drv-calibration-recorded", "secret") else {
        return;
    };
    let why = log.why_of_decision("cal-0-0");
    let class = found(&why, HesitationKind::MiscalibratedClass);
    assert_eq!(class.weight, Weight::Warning);
    assert_eq!(
        class.detail.to_text(),
        "“fs.read@1::file:f0.txt” says 95 %, was right 29 % of 7 times"
    );
}

#[test]
fn an_action_unlike_the_agents_past_makes_hesitate_only_where_the_past_is_known() {
    let Some(log) = RealLog::of("ex-telenotes-scripted", "secret") else {
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
