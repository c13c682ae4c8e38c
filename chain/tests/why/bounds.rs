//! Every why of every session, and one that was made to be too large.

#[cfg(not(target_arch = "wasm32"))]
use super::lodestar;
use super::log::RealLog;
#[cfg(target_arch = "wasm32")]
use crate::lodestar;
use machinaut_chain::session::Session;
use machinaut_chain::why::{MOST_NODES, Why, why};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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
    let Some(mut log) = RealLog::of("drv-adapters", "secret") else {
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
    assert!(why.nodes.len() <= MOST_NODES);
}
