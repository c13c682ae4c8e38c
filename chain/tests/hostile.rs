//! Whatever stands in a payload, reading a session ends and says something.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

#[cfg(not(target_arch = "wasm32"))]
mod lodestar;
#[cfg(target_arch = "wasm32")]
use crate::lodestar;

use machinaut_chain::json::{Limits, Object, Value};
use machinaut_chain::session::{Event, Payload, Session};
use machinaut_chain::why::{Why, why};
use machinaut_chain::{calibration, harvest, pending, projection, report};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Everything that follows from a session.
fn read_all(session: &Session) -> usize {
    let mut told = session.summary().events;
    told += pending::holds_of(session).len();
    told += pending::pending_approvals(session).to_json().len();
    told += projection::project(session).to_json().len();
    told += calibration::calibrate(session).to_value().to_json().len();
    told += harvest::candidates(session).to_json().len();
    told += report::report(session).len();
    for action in session.actions() {
        let why: Why = why(session, &action.id).unwrap();
        told += why.nodes.len() + why.sentence.to_text().len();
    }
    told
}

fn odd_values() -> Vec<Value> {
    let texts = [
        "null",
        "true",
        "-0",
        "1e400",
        "\"\"",
        "\"\\ud800\"",
        "\"a\\u0000b\\u202e\"",
        "[]",
        "[[[[{}]]]]",
        "{}",
        "{\"id\":{\"id\":1}}",
        "{\"lodestar.redacted\":true}",
        "{\"__proto__\":{\"id\":\"x\"},\"id\":\"x\"}",
    ];
    let parse = |text: &str| Value::parse(text.as_bytes(), &Limits::default()).unwrap();
    texts.into_iter().map(parse).collect()
}

/// The event with one member of its payload, or the payload itself, replaced.
fn replaced(event: &Event, member: Option<&str>, value: &Value) -> Event {
    let payload = match (member, event.open().and_then(Value::as_object)) {
        (Some(member), Some(payload)) => {
            let mut payload: Object = payload.clone();
            payload.insert(member, value.clone());
            payload.into()
        }
        _ => value.clone(),
    };
    Event {
        payload: Payload::Open(payload),
        ..event.clone()
    }
}

#[test]
fn a_session_with_an_odd_payload_anywhere_is_read_to_its_end() {
    let names = [
        "drv-sentinels-armed",
        "drv-forged-log-and-channel",
        "drv-reflection-cascade",
    ];
    for name in names {
        let Some(body) = lodestar::file(&format!("sessions/{name}/ship-secret.ndjson")) else {
            return;
        };
        let session =
            Session::from_record_lines(body.split(|byte| *byte == b'\n').skip(1)).unwrap();
        let odd = odd_values();
        let mut turn = odd.iter().cycle();
        for round in 0..6 {
            let mut events = Vec::new();
            for (place, event) in session.events().iter().enumerate() {
                let payload = event.open().and_then(Value::as_object);
                let members: Vec<&str> = payload
                    .map(|payload| payload.iter().filter_map(|(key, _)| key.as_str()).collect())
                    .unwrap_or_default();
                let member = members.get((place + round) % members.len().max(1)).copied();
                events.push(replaced(
                    event,
                    member.filter(|_| round > 0),
                    turn.next().unwrap(),
                ));
            }
            assert!(read_all(&Session::from_events(events)) > 0);
        }
    }
}

#[test]
fn every_body_that_is_accepted_although_it_is_odd_can_be_read() {
    for (path, body) in lodestar::files("ship/bad/", ".ndjson") {
        let lines = body.split(|byte| *byte == b'\n').skip(1);
        if let Ok(session) = Session::from_record_lines(lines) {
            assert!(read_all(&session) > 0, "{path}");
        }
    }
}

#[test]
fn a_circle_of_beliefs_and_evidence_is_walked_once() {
    let Some(body) = lodestar::file("sessions/drv-adapters/ship-secret.ndjson") else {
        return;
    };
    let session = Session::from_record_lines(body.split(|byte| *byte == b'\n').skip(1)).unwrap();
    let template = session.events()[0].clone();
    let mut events = Vec::new();
    let mut add = |event_type: &str, payload: &str| {
        let mut event = template.clone();
        event.header.seq = u64::try_from(events.len()).unwrap();
        event.header.id = format!("e{}", events.len()).parse().unwrap();
        event.header.event_type = event_type.to_owned();
        event.payload =
            Payload::Open(Value::parse(payload.as_bytes(), &Limits::default()).unwrap());
        events.push(event);
    };
    add("belief.adopted", r#"{"id":"a","claim_id":"ca"}"#);
    add("belief.adopted", r#"{"id":"b","claim_id":"cb"}"#);
    add(
        "claim.extracted",
        r#"{"id":"ca","source_observation_ids":["a","b"]}"#,
    );
    add(
        "claim.extracted",
        r#"{"id":"cb","source_observation_ids":["cb"]}"#,
    );
    add(
        "evidence.assessed",
        r#"{"id":"ea","claim_id":"ca","items":[{"source_id":"b","relation":"supports"}]}"#,
    );
    add(
        "evidence.assessed",
        r#"{"id":"eb","claim_id":"cb","items":[{"source_id":"a","relation":"supports"}]}"#,
    );
    add(
        "decision.made",
        r#"{"id":"d","belief_dependencies":["a","b","a"]}"#,
    );
    add("action.proposed", r#"{"id":"x","decision_id":"d"}"#);
    add(
        "firewall.belief.transitioned",
        r#"{"belief_id":"a","superseded_by":"b"}"#,
    );
    add(
        "firewall.belief.transitioned",
        r#"{"belief_id":"b","superseded_by":"a"}"#,
    );
    let why = why(&Session::from_events(events), "x").unwrap();
    assert_eq!(why.nodes.len(), 8);
    assert!(!why.is_cut);
}
