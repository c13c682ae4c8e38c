//! How fast a shipped body is verified, beside the floors that it stands on: hashing its bytes, and
//! reading it with an ordinary JSON library. The bodies are Lodestar's load data where it is there,
//! else the sample story.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark may fail anywhere"
)]

use std::io::Read as _;
use std::sync::LazyLock;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use machinaut_chain::canonical::{Hash, canonicalize, hash};
use machinaut_chain::json::{Limits as JsonLimits, Value};
use machinaut_chain::sample::{Hold, Story};
use machinaut_chain::ship::{Limits, Payload, Reader, Sensitivity, read_record};
use machinaut_chain::timestamp::Instant;

#[path = "../tests/lodestar/mod.rs"]
mod lodestar;

static BODIES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let load = lodestar::files("load/", ".ndjson.gz");
    if load.is_empty() {
        return (0..3).map(story).collect();
    }
    let unpack = |(_, packed): (_, &[u8])| {
        let mut body = Vec::new();
        flate2::read::GzDecoder::new(packed)
            .read_to_end(&mut body)
            .unwrap();
        body
    };
    // A few are enough, and short runs are the least disturbed by what else the machine does.
    load.into_iter().take(3).map(unpack).collect()
});

static PAYLOADS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let lines = BODIES
        .iter()
        .flat_map(|body| body.split(|&byte| byte == b'\n').skip(1));
    let payload = |line: &[u8]| match read_record(line, &Limits::default()).ok()?.payload {
        Payload::Open(json) => Some(json.to_owned()),
        Payload::Absent | Payload::Withheld(_) => None,
    };
    lines.filter_map(payload).collect()
});

fn story(number: u64) -> Vec<u8> {
    let story = Story {
        project: "bench".parse().unwrap(),
        session: format!("session-{number}").parse().unwrap(),
        agent: "agent:bench".parse().unwrap(),
        first_seq: number * 1000,
        request_id: "request".to_owned(),
        action_id: "action".to_owned(),
        held_at: Instant::from_millis(1_795_409_175_531),
        deadline: None,
    };
    Hold::push_to_main(story)
        .log()
        .ship_body(Sensitivity::Secret)
}

fn bytes<T: AsRef<[u8]>>(all: &[T]) -> BytesCount {
    BytesCount::new(all.iter().map(|one| one.as_ref().len()).sum::<usize>())
}

fn main() {
    divan::main();
}

#[divan::bench]
fn floor_sha256_of_the_bytes(bencher: Bencher<'_, '_>) {
    bencher.counter(bytes(&BODIES)).bench(|| {
        for body in BODIES.iter() {
            black_box(Hash::of(body));
        }
    });
}

#[divan::bench]
fn floor_serde_json_to_a_value(bencher: Bencher<'_, '_>) {
    bencher.counter(bytes(&BODIES)).bench(|| {
        for line in BODIES
            .iter()
            .flat_map(|body| body.split(|&byte| byte == b'\n'))
        {
            if !line.is_empty() {
                black_box(serde_json::from_slice::<serde_json::Value>(line).unwrap());
            }
        }
    });
}

#[divan::bench]
fn verify_a_shipped_body(bencher: Bencher<'_, '_>) {
    bencher.counter(bytes(&BODIES)).bench(|| {
        for body in BODIES.iter() {
            let mut reader = Reader::new(Limits::default());
            for piece in body.chunks(64 * 1024) {
                reader
                    .push(piece, &mut |record| drop(black_box(record)))
                    .unwrap();
            }
            black_box(reader.finish(&mut |_| {}).unwrap());
        }
    });
}

#[divan::bench]
fn read_payloads_to_values(bencher: Bencher<'_, '_>) {
    bencher.counter(bytes(&PAYLOADS)).bench(|| {
        for payload in PAYLOADS.iter() {
            black_box(Value::parse(payload.as_bytes(), &JsonLimits::default()).unwrap());
        }
    });
}

#[divan::bench]
fn canonicalize_payloads(bencher: Bencher<'_, '_>) {
    bencher.counter(bytes(&PAYLOADS)).bench(|| {
        for payload in PAYLOADS.iter() {
            black_box(canonicalize(payload.as_bytes(), &JsonLimits::default()).unwrap());
        }
    });
}

#[divan::bench]
fn hash_payloads(bencher: Bencher<'_, '_>) {
    bencher.counter(bytes(&PAYLOADS)).bench(|| {
        for payload in PAYLOADS.iter() {
            black_box(hash(payload.as_bytes(), &JsonLimits::default()).unwrap());
        }
    });
}
