//! Any payloads in a log that holds together: everything that follows from a session can be said
//! about it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use machinaut_chain::calibration::calibrate;
use machinaut_chain::harvest::candidates;
use machinaut_chain::links::links_of;
use machinaut_chain::pending::{holds_of, pending_approvals};
use machinaut_chain::projection::project;
use machinaut_chain::report::report;
use machinaut_chain::session::Session;
use machinaut_chain::why::{MOST_NODES, Reasons};
use machinaut_chain_fuzz::events_of;

/// How many actions are asked for their why: the first few are as telling as all.
const WHYS: usize = 4;

fuzz_target!(|input: &[u8]| {
    let session = Session::from_events(events_of(input));
    let summary = session.summary();
    assert_eq!(summary.events, session.events().len());
    assert_eq!(summary.holds, holds_of(&session).len());
    let _ = project(&session);
    let _ = pending_approvals(&session);
    let _ = calibrate(&session);
    let _ = candidates(&session);
    let _ = report(&session);
    let reasons = Reasons::of(&session);
    for action in session.actions().iter().take(WHYS) {
        let why = reasons.why(&action.id).expect("an action has a why");
        assert!(why.nodes.len() <= MOST_NODES);
        assert!(why.nodes.iter().all(|node| !node.events.is_empty()));
        for hesitation in &why.hesitations {
            assert!(!hesitation.headline.to_text().is_empty());
            let _ = hesitation.detail.to_text();
        }
    }
    let _ = links_of(&session);
});
