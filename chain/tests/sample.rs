//! What the sample writes is what Lodestar could have written.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

use machinaut_chain::approval::{Resolution, ResolutionKind};
use machinaut_chain::sample::{Hold, Story};
use machinaut_chain::ship::{Limits, Reader, Sensitivity, Summary, read_log_line};
use machinaut_chain::timestamp::Instant;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn story() -> Story {
    Story {
        project: "infra-tools".parse().unwrap(),
        session: "rehearsal-1".parse().unwrap(),
        agent: "agent:fixer".parse().unwrap(),
        first_seq: 40,
        request_id: "request-1".to_owned(),
        action_id: "action-1".to_owned(),
        held_at: Instant::from_millis(1_795_409_175_531),
        deadline: Some(Instant::from_millis(1_795_409_475_531)),
    }
}

fn decision(kind: ResolutionKind) -> Resolution {
    Resolution {
        request_id: "request-1".into(),
        action_id: "action-1".into(),
        kind,
        approver_id: "alice@phone".into(),
        reason: None,
        at: "2026-11-23T04:47:00.000Z".parse().unwrap(),
        signature: None,
    }
}

fn read(body: &[u8]) -> (Summary, Vec<String>) {
    let mut types = Vec::new();
    let mut reader = Reader::new(Limits::default());
    reader
        .push(body, &mut |record| types.push(record.header.event_type))
        .unwrap();
    (reader.finish(&mut |_| {}).unwrap(), types)
}

#[test]
fn the_story_ships_under_every_ceiling_and_verifies() {
    let hold = Hold::push_to_main(story());
    for ceiling in Sensitivity::ALL {
        let (summary, types) = read(&hold.log().ship_body(ceiling));
        assert_eq!(summary.manifest.ceiling, ceiling);
        assert!(summary.findings.is_empty(), "{:?}", summary.findings);
        assert_eq!(types.last().map(String::as_str), Some("approval.requested"));
        let open = summary.received - summary.withheld;
        match ceiling {
            Sensitivity::Public => assert_eq!(open, 0),
            Sensitivity::Secret => assert_eq!(summary.withheld, 0),
            _ => assert!(open > 0 && summary.withheld > 0),
        }
    }
}

#[test]
fn the_same_arguments_make_the_same_bytes() {
    let (one, other) = (Hold::push_to_main(story()), Hold::push_to_main(story()));
    assert_eq!(one.log().lines(), other.log().lines());
    let elsewhere = Story {
        session: "rehearsal-2".parse().unwrap(),
        ..story()
    };
    assert_ne!(
        Hold::push_to_main(elsewhere).log().lines(),
        one.log().lines()
    );
}

#[test]
fn what_follows_a_decision_is_appended_and_changes_nothing_before_it() {
    for (kind, expected) in [
        (
            ResolutionKind::Granted,
            [
                "approval.granted",
                "action.approved",
                "observation.recorded",
            ],
        ),
        (
            ResolutionKind::Denied,
            ["approval.denied", "action.rejected", "guard.session.ended"],
        ),
    ] {
        let mut hold = Hold::push_to_main(story());
        let before = hold.log().lines();
        hold.resolve(&decision(kind), Instant::from_millis(1_795_409_225_000));
        let after = hold.log().lines();
        assert!(after.starts_with(&before));
        let types: Vec<_> = after[before.len()..]
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| {
                read_log_line(line, &Limits::default())
                    .unwrap()
                    .header
                    .event_type
            })
            .collect();
        assert_eq!(types[..3], expected);
        assert_eq!(
            types.last().map(String::as_str),
            Some("guard.session.ended")
        );
        assert!(
            read(&hold.log().ship_body(Sensitivity::Secret))
                .0
                .findings
                .is_empty()
        );
    }
}

#[test]
fn the_announcement_is_what_the_log_says() {
    let hold = Hold::push_to_main(story());
    let body = hold.log().ship_body(Sensitivity::Secret);
    let mut reader = Reader::new(Limits::default());
    let mut requested = None;
    reader
        .push(&body, &mut |record| requested = record.payload_value())
        .unwrap();
    assert_eq!(requested.unwrap().to_json(), hold.request().to_json());
    let announced = machinaut_chain::approval::Request::parse(hold.request().to_json().as_bytes());
    assert_eq!(&announced.unwrap(), hold.request());
}

#[test]
fn a_deadline_that_passes_ends_the_session() {
    let mut hold = Hold::push_to_main(story());
    hold.refuse_signature("alice@phone", Instant::from_millis(1_795_409_200_000));
    hold.expire(Instant::from_millis(1_795_409_475_600));
    let (_, types) = read(&hold.log().ship_body(Sensitivity::Secret));
    let tail: Vec<_> = types
        .iter()
        .rev()
        .take(4)
        .rev()
        .map(String::as_str)
        .collect();
    assert_eq!(
        tail,
        [
            "guard.approval.signature_rejected",
            "approval.expired",
            "action.rejected",
            "guard.session.ended"
        ]
    );
}
