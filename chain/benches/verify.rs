//! How fast a shipped body is verified, and how fast a session is told once it is read, beside the floors
//! that both stand on: hashing the bytes, and reading them with an ordinary JSON library. The bodies are
//! Lodestar's load data where it is there, else the sample story.

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
use machinaut_chain::projection::project;
use machinaut_chain::sample::{Hold, Story};
use machinaut_chain::session::Session;
use machinaut_chain::ship::{Limits, Payload, Reader, Sensitivity, read_record};
use machinaut_chain::timestamp::Instant;
use machinaut_chain::why::Reasons;

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

/// How many events the long session has at least.
const LONG: usize = 10_000;

type Lines = Vec<Vec<u8>>;

/// The record lines of a session as long as sessions usually are, and of a long one: many sessions, one
/// after another in one log.
static SESSIONS: LazyLock<[(&str, Lines); 2]> = LazyLock::new(|| {
    let records = |body: &Vec<u8>| -> Vec<Vec<u8>> {
        let lines = body.split(|&byte| byte == b'\n').skip(1);
        let lines = lines.filter(|line| !line.is_empty());
        lines.map(<[u8]>::to_vec).collect()
    };
    let usual = records(&BODIES[0]);
    let mut long: Vec<Vec<u8>> = Vec::new();
    for body in BODIES.iter().cycle() {
        if long.len() >= LONG {
            break;
        }
        for record in records(body) {
            long.push(at_place(&record, long.len()));
        }
    }
    [("usual", usual), ("long", long)]
});

/// A record at another place of the log. No hash covers where it stands.
fn at_place(record: &[u8], place: usize) -> Vec<u8> {
    let text = std::str::from_utf8(record).unwrap();
    let header = read_record(record, &Limits::default()).unwrap().header;
    let (id, seq) = (header.id.as_str(), header.seq);
    text.replacen(id, &format!("{id}-{place}"), 1)
        .replacen(&format!("\"seq\":{seq}"), &format!("\"seq\":{place}"), 1)
        .into_bytes()
}

fn lines_of(name: &str) -> &'static Lines {
    let (_, lines) = SESSIONS.iter().find(|(known, _)| *known == name).unwrap();
    lines
}

fn session_of(name: &str) -> Session {
    Session::from_record_lines(lines_of(name).iter().map(Vec::as_slice)).unwrap()
}

/// What the page of a session and of a hold in it need.
fn tell(session: &Session) {
    black_box(session.summary());
    black_box(project(session));
    let action = session.actions().pop().unwrap();
    black_box(Reasons::of(session).why(&action.id).unwrap());
}

#[divan::bench(args = ["usual", "long"])]
fn floor_serde_json_of_a_session(bencher: Bencher<'_, '_>, name: &str) {
    let lines = lines_of(name);
    bencher.counter(bytes(lines)).bench(|| {
        for line in lines {
            black_box(serde_json::from_slice::<serde_json::Value>(line).unwrap());
        }
    });
}

#[divan::bench(args = ["usual", "long"])]
fn tell_a_session_from_its_lines(bencher: Bencher<'_, '_>, name: &str) {
    let lines = lines_of(name);
    bencher
        .counter(bytes(lines))
        .bench(|| tell(&session_of(name)));
}

#[divan::bench(args = ["usual", "long"])]
fn tell_a_session_already_read(bencher: Bencher<'_, '_>, name: &str) {
    let session = session_of(name);
    bencher
        .counter(bytes(lines_of(name)))
        .bench(|| tell(&session));
}
