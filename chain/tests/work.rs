//! What a log costs grows with the log and not with its square, whatever it is made of.
//!
//! The work is measured in memory asked for: a number that is the same on every machine. What costs
//! time without asking for memory shows in `benches/scaling.rs`.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

use allocation_counter::measure;
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
