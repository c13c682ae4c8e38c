//! Any payloads in a log that holds together: everything that follows from a session can be said
//! about it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use machinaut_chain::calibration::calibrate;
use machinaut_chain::harvest::candidates;
use machinaut_chain::pending::{holds_of, pending_approvals};
use machinaut_chain::projection::project;
use machinaut_chain::report::report;
use machinaut_chain::session::Session;
use machinaut_chain::why::why;
use machinaut_chain_fuzz::log_of;

fuzz_target!(|input: &[u8]| {
    let Some(log) = log_of(input) else { return };
    let lines = log.split(|&byte| byte == b'\n');
    let session = Session::from_log_lines(lines).expect("the log was written by our own hand");
    let _ = session.summary();
    let _ = project(&session).to_json();
    let _ = pending_approvals(&session).to_json();
    let _ = calibrate(&session).to_value().to_json();
    let _ = candidates(&session).to_json();
    let _ = report(&session);
    let _ = holds_of(&session);
    for action in session.actions() {
        if let Some(why) = why(&session, &action.id) {
            for hesitation in &why.hesitations {
                let _ = hesitation.detail.to_text();
            }
        }
    }
});
