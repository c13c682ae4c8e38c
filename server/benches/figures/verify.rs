//! How fast a shipped body is verified, on one core.

use std::hint::black_box;

use machinaut_chain::canonical::Hash;
use machinaut_chain::ship::{Limits, Reader};

use crate::load::Session;
use crate::table::{Row, best_of, lines, rate, ratio};

const SESSIONS: u64 = 40;

/// How fast bodies are read on one core, in megabytes a second.
pub(crate) struct Rates {
    /// Verified: parsed, brought into canonical form, hashed.
    pub(crate) verified: f64,
    /// Only hashed, as they are.
    pub(crate) hashed: f64,
    /// Only parsed, each line to a `serde_json::Value`.
    pub(crate) parsed: f64,
}

impl Rates {
    pub(crate) fn of(bodies: &[Vec<u8>]) -> Self {
        let read = |each: fn(&[u8])| {
            let took = best_of(5, || bodies.iter().for_each(|body| each(body)));
            rate(bytes(bodies), took)
        };
        Self {
            verified: read(verify),
            hashed: read(|body| {
                black_box(Hash::of(body));
            }),
            parsed: read(|body| {
                for line in lines(body) {
                    black_box(serde_json::from_slice::<serde_json::Value>(line).unwrap());
                }
            }),
        }
    }
}

/// Verifies a body as it arrives, piece by piece, and does nothing else with it.
fn verify(body: &[u8]) {
    let mut reader = Reader::new(Limits::default());
    for piece in body.chunks(64 * 1024) {
        reader
            .push(piece, &mut |record| drop(black_box(record)))
            .unwrap();
    }
    black_box(reader.finish(&mut |_| {}).unwrap());
}

pub(crate) fn bytes(bodies: &[Vec<u8>]) -> usize {
    bodies.iter().map(Vec::len).sum()
}

pub(crate) fn run() -> Vec<Row> {
    let bodies: Vec<Vec<u8>> = (0..SESSIONS)
        .map(|number| Session::usual(number).body())
        .collect();
    let rates = Rates::of(&bodies);
    let row = |floor: f64, what: &str| Row {
        what: "verify a shipped body, one core".to_owned(),
        figure: format!("{:.0} MB/s", rates.verified),
        floor: format!("{floor:.0} MB/s, {what}"),
        ratio: ratio(rates.verified, floor),
        target: "≥ 150 MB/s",
    };
    vec![
        row(rates.hashed, "SHA-256 of the bytes"),
        row(rates.parsed, "serde_json of each line"),
    ]
}
