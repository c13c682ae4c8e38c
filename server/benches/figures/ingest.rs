//! How fast sessions are taken in durably, the first time and again.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::load::Session;
use crate::process::Process;
use crate::table::{Row, cores, folder, rate, ratio, timed, times};
use crate::verify::{Rates, bytes};

const SESSIONS: u64 = 600;
const SHIPPERS: usize = 4;

/// Hands each body to one of the shippers, all at once, and waits for all.
fn by_all(
    bodies: &[Vec<u8>],
    each: impl Fn(&mut dyn Iterator<Item = (usize, &Vec<u8>)>) + Sync,
) -> Duration {
    let each = &each;
    let all = || {
        thread::scope(|shippers| {
            for shipper in 0..SHIPPERS {
                let mut own = bodies.iter().enumerate().skip(shipper).step_by(SHIPPERS);
                shippers.spawn(move || each(&mut own));
            }
        });
    };
    timed(all).1
}

/// The least that being durable takes: each body is a file, and on the disk.
fn written(bodies: &[Vec<u8>], folder: &Path) -> Duration {
    by_all(bodies, |own| {
        for (place, body) in own {
            let mut file = File::create(folder.join(place.to_string())).unwrap();
            file.write_all(body).unwrap();
            file.sync_all().unwrap();
        }
    })
}

fn shipped(server: &Process, bodies: &[Vec<u8>]) -> Duration {
    by_all(bodies, |own| {
        let mut caller = server.caller();
        for (_, body) in own {
            caller.ship(body);
        }
    })
}

pub(crate) fn run() -> Vec<Row> {
    let sessions: Vec<Session> = (0..SESSIONS).map(Session::usual).collect();
    let events: usize = sessions.iter().map(Session::events).sum();
    let bodies: Vec<Vec<u8>> = sessions.iter().map(Session::body).collect();
    let size = bytes(&bodies);
    let floors = Rates::of(&bodies[..40]);

    let files = folder();
    let written = written(&bodies, files.path());
    let server = Process::start();
    let (first, found) = timed(|| {
        let first = shipped(&server, &bodies);
        server.until_found();
        first
    });
    let again = shipped(&server, &bodies);

    let figure = |took: Duration| {
        let a_second = f64::from(u32::try_from(events).unwrap()) / took.as_secs_f64();
        format!("{:.0} MB/s, {a_second:.0} events/s", rate(size, took))
    };
    let row = |floor: f64, what: &str, target| Row {
        what: format!("ingest, durable, {SHIPPERS} shippers over HTTP, {SESSIONS} sessions"),
        figure: figure(first),
        floor: format!("{floor:.0} MB/s, {what}"),
        ratio: ratio(rate(size, first), floor),
        target,
    };
    vec![
        row(
            floors.verified * cores(),
            "verifying on all cores",
            "≥ 0.6 ×",
        ),
        row(floors.hashed * cores(), "SHA-256 on all cores", ""),
        row(floors.parsed * cores(), "serde_json on all cores", ""),
        row(
            rate(size, written),
            "a file for each body, with fsync, four at once",
            "",
        ),
        Row {
            what: "the same, until all of it is found by search".to_owned(),
            figure: figure(found),
            floor: format!("{:.0} MB/s, until all of it is durable", rate(size, first)),
            ratio: times(first, found),
            target: "",
        },
        Row {
            what: "ship all of it again, unchanged".to_owned(),
            figure: figure(again),
            floor: format!("{:.0} MB/s, the first ship", rate(size, first)),
            ratio: times(first, again),
            target: "≥ 5 ×",
        },
    ]
}
