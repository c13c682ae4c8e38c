//! What a log costs grows with the log and not with its square, whatever it is made of.
//!
//! The work is measured in memory asked for: a number that is the same on every machine. What costs
//! time without asking for memory shows in `benches/scaling.rs`.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

use allocation_counter::measure;
use machinaut_chain::canonical;
use machinaut_chain::json::{Limits, Value};
use machinaut_chain::links::Teller;
use machinaut_chain::session::Session;
use machinaut_chain::why::Reasons;

mod shapes;

/// How many bytes were asked for while `work` was done.
fn asked<T>(work: impl FnOnce() -> T) -> u64 {
    measure(|| drop(work())).bytes_total
}

const EVENTS: usize = 600;

/// Four times the log may cost a little more than four times as much: vectors grow by doubling, and
/// what is repeated at all may come to a few times the log.
const AT_MOST: u64 = 6;

#[test]
fn whatever_follows_from_a_log_costs_in_proportion_to_the_log() {
    let mut found = Vec::new();
    for (shape, make) in shapes::SHAPES {
        let (small, large) = (make(EVENTS), make(4 * EVENTS));
        for (reader, read) in shapes::READERS {
            let cost = asked(|| read(&small)).max(64 * 1024);
            let fourfold = asked(|| read(&large));
            if fourfold > AT_MOST * cost {
                found.push(format!(
                    "{shape}, {reader}: {cost} B, fourfold {fourfold} B"
                ));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_reasons_of_all_actions_share_one_reading_of_the_session() {
    let (_, honest) = shapes::SHAPES[0];
    let all = |session: &Session| {
        let reasons = Reasons::of(session);
        let actions = session.actions();
        let whys = actions.iter().map(|action| reasons.why(&action.id));
        whys.map(|why| why.unwrap().nodes.len()).sum::<usize>()
    };
    let (small, large) = (honest(900), honest(3_600));
    assert!(asked(|| all(&large)) < 5 * asked(|| all(&small)));
}

/// The most memory that was held at once while `work` was done.
fn held<T>(work: impl FnOnce() -> T) -> u64 {
    measure(|| drop(work())).bytes_max
}

#[test]
fn to_put_events_in_order_takes_little_beside_them() {
    let (_, honest) = shapes::SHAPES[0];
    let events = honest(3_000).events().to_vec();
    let mut mixed = events.clone();
    mixed.reverse();
    let own = u64::try_from(size_of_val(events.as_slice())).unwrap();
    for given in [events, mixed] {
        let beside = held(|| Session::from_events(given));
        assert!(beside < own / 2, "{beside} B beside {own} B");
    }
}

#[test]
fn links_are_told_in_less_memory_than_their_session_takes() {
    let (_, honest) = shapes::SHAPES[0];
    let session = honest(3_000);
    let whole = held(|| session.clone());
    let told = held(|| {
        let mut teller = Teller::default();
        for event in session.events() {
            teller.learn(event);
        }
        for event in session.events() {
            drop(teller.tell(event));
        }
        teller.finish()
    });
    assert!(2 * told < whole, "{told} B, and {whole} B for the session");
}

/// Texts that take the most memory for their length, each of a mebibyte.
fn dense() -> Vec<(&'static str, String)> {
    let fill = |unit: &str, open: &str, close: &str| {
        let units = vec![unit; (1 << 20) / (unit.len() + 1)];
        format!("{open}{}{close}", units.join(","))
    };
    let keys: Vec<String> = (0..120_000).rev().map(|n| format!("\"{n:x}\":0")).collect();
    vec![
        ("numbers", fill("0", "[", "]")),
        ("empty texts", fill(r#""""#, "[", "]")),
        ("short texts", fill(r#""x""#, "[", "]")),
        ("empty arrays", fill("[]", "[", "]")),
        ("empty objects", fill("{}", "[", "]")),
        ("objects of one member", fill(r#"{"":0}"#, "[", "]")),
        (
            "objects whose keys are not sorted",
            fill(r#"{"b":0,"a":0}"#, "[", "]"),
        ),
        (
            "keys that are not sorted",
            format!("{{{}}}", keys.join(",")),
        ),
        ("one text", format!("\"{}\"", "x".repeat(1 << 20))),
    ]
}

#[test]
fn a_value_takes_at_most_thirty_two_times_its_text() {
    for (name, text) in dense() {
        let value = held(|| Value::parse(text.as_bytes(), &Limits::default()).unwrap());
        let times = value / u64::try_from(text.len()).unwrap();
        assert!(times <= 32, "{name}: {times} times");
    }
}

#[test]
fn to_verify_a_line_takes_at_most_twenty_times_the_line() {
    for (name, text) in dense() {
        let verified = held(|| canonical::hash(text.as_bytes(), &Limits::default()).unwrap());
        let times = verified / u64::try_from(text.len()).unwrap();
        assert!(times <= 20, "{name}: {times} times");
    }
}
