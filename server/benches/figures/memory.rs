//! How much memory the server takes: idle, and while large bodies come in.

use std::thread;
use std::time::Duration;

use crate::load::Session;
use crate::process::Process;
use crate::table::{Row, ratio};

const BODIES: u32 = 8;
const BODY_MEBIBYTES: u32 = 64;

pub(crate) fn run() -> Vec<Row> {
    let body_bytes = usize::try_from(BODY_MEBIBYTES * 1024 * 1024).unwrap();
    let bodies: Vec<Vec<u8>> = (0..BODIES)
        .map(|number| Session::grown(number.into(), usize::MAX, body_bytes).body())
        .collect();

    let server = Process::start();
    // Whatever a start leaves to do is done by then.
    thread::sleep(Duration::from_secs(2));
    let idle = server.mebibytes("VmRSS:");
    thread::scope(|shippers| {
        for body in &bodies {
            shippers.spawn(|| server.caller().ship(body));
        }
    });
    let taken_in = server.mebibytes("VmHWM:");
    server.until_found();
    let found = server.mebibytes("VmHWM:");

    let received = BODIES * BODY_MEBIBYTES;
    let row = |what: &str, figure: u32, target| Row {
        what: format!("memory of the server {what}"),
        figure: format!("{figure} MiB"),
        floor: format!("{received} MiB are received"),
        ratio: ratio(figure.into(), received.into()),
        target,
    };
    vec![
        Row {
            floor: String::new(),
            ratio: String::new(),
            ..row("idle", idle, "< 80 MB")
        },
        row(
            &format!(
                "at its highest while {BODIES} bodies of {BODY_MEBIBYTES} MiB come in at once"
            ),
            taken_in,
            "< 400 MB",
        ),
        row(
            "at its highest until all of that is in the search index, too",
            found,
            "",
        ),
    ]
}
