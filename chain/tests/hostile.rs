//! Whatever a stranger sends, reading it ends, within bounds, and says something: bytes that were made
//! to cost, and payloads of any shape in a log that holds together.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

#[cfg(not(target_arch = "wasm32"))]
mod lodestar;
#[cfg(not(target_arch = "wasm32"))]
mod shapes;
#[cfg(target_arch = "wasm32")]
use crate::{lodestar, shapes};

use machinaut_chain::approval::{Request, Resolution, SchemaError};
use machinaut_chain::canonical::{canonicalize, hash};

use machinaut_chain::json::{self, Limits, Object, Value};
use machinaut_chain::policy::{BadPolicy, Policy};
use machinaut_chain::session::{Event, Payload, Session};
use machinaut_chain::ship::{self, ErrorKind, Reader};
use machinaut_chain::signature::Pins;
use machinaut_chain::why::{MOST_NODES, Reasons, Why, why};
use machinaut_chain::{calibration, harvest, pending, projection, report};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The smallest stack that anybody reads with: a page's. A thread of the server has twice as much.
const STACK: usize = 1024 * 1024;

/// Does `work` on a small stack where stacks can be chosen, and on a page's own in a page.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    #[cfg(target_arch = "wasm32")]
    work();
    #[cfg(not(target_arch = "wasm32"))]
    std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap();
    let _ = STACK;
}

/// Documents that were made to cost, each under the name of what it does with a number.
fn costly_documents(many: usize) -> Vec<(&'static str, Vec<u8>)> {
    let list = |items: &mut dyn Iterator<Item = String>| items.collect::<Vec<_>>().join(",");
    let object = |items: &mut dyn Iterator<Item = String>| format!("{{{}}}", list(items));
    let documents = [
        ("many arrays in each other", "[".repeat(many)),
        ("many objects in each other", r#"{"a":"#.repeat(many)),
        ("a number of many digits", "7".repeat(2 * many)),
        (
            "a fraction of many digits",
            format!("0.{}", "3".repeat(2 * many)),
        ),
        (
            "an exponent of many digits",
            format!("1e{}", "9".repeat(many)),
        ),
        (
            "many halves of surrogate pairs",
            format!("\"{}\"", r"\ud800".repeat(many)),
        ),
        ("many escapes", format!("\"{}\"", r"\u0000".repeat(many))),
        (
            "a text of many characters",
            format!("\"{}\"", "x".repeat(2 * many)),
        ),
        (
            "many items",
            format!("[{}]", list(&mut (0..many).map(|_| "0".to_owned()))),
        ),
        (
            "many empty objects",
            format!("[{}]", list(&mut (0..many).map(|_| "{}".to_owned()))),
        ),
        (
            "many keys",
            object(&mut (0..many).map(|n| format!("\"k{n}\":0"))),
        ),
        (
            "many times one key",
            object(&mut (0..many).map(|_| r#""k":0"#.to_owned())),
        ),
        (
            "many indexes backwards",
            object(&mut (0..many).rev().map(|n| format!("\"{n}\":0"))),
        ),
        ("keys that differ at their end", {
            let alike = "k".repeat(1000);
            object(&mut (0..2000).rev().map(|n| format!("\"{alike}{n}\":0")))
        }),
        ("keys that are escaped throughout", {
            let alike = r"\u006b".repeat(200);
            object(&mut (0..2000).rev().map(|n| format!("\"{alike}{n}\":0")))
        }),
        (
            "an id of many characters",
            format!(
                r#"{{"request_id":"{0}","actor_id":"{0}","id":"{0}"}}"#,
                "i".repeat(many)
            ),
        ),
        ("a value and much space", format!("{}0", " ".repeat(many))),
        ("many lines", format!("{}x", "\n".repeat(many))),
    ];
    documents
        .into_iter()
        .map(|(name, text)| (name, text.into_bytes()))
        .collect()
}

/// Where a reader of one document says that it is not JSON.
fn place(error: &json::Error) -> (usize, usize) {
    (error.line, error.column)
}

/// Every reader of one document, and where it says that the document is not JSON; none where it
/// takes the document or misses something else in it.
fn refusals(bytes: &[u8]) -> Vec<(&'static str, Option<(usize, usize)>)> {
    let limits = Limits::default();
    let of_schema = |error: SchemaError| match error {
        SchemaError::Json(error) => Some(place(&error)),
        _ => None,
    };
    let of_policy = |error: BadPolicy| match error {
        BadPolicy::Json(error) => Some(place(&error)),
        _ => None,
    };
    vec![
        (
            "value",
            Value::parse(bytes, &limits).as_ref().err().map(place),
        ),
        (
            "canonical",
            canonicalize(bytes, &limits).as_ref().err().map(place),
        ),
        ("hash", hash(bytes, &limits).as_ref().err().map(place)),
        ("pins", Pins::parse(bytes).as_ref().err().map(place)),
        ("request", Request::parse(bytes).err().and_then(of_schema)),
        (
            "resolution",
            Resolution::parse(bytes).err().and_then(of_schema),
        ),
        ("policy", Policy::parse(bytes).err().and_then(of_policy)),
    ]
}

#[test]
fn every_reader_of_a_document_bears_what_was_made_to_cost_on_a_small_stack() {
    on_a_small_stack(|| {
        for (name, bytes) in costly_documents(30_000) {
            let refusals = refusals(&bytes);
            let (_, first) = refusals[0];
            for (reader, refusal) in refusals {
                assert_eq!(refusal, first, "{name}: {reader}");
            }
            let refused = name.ends_with("in each other") || name == "many lines";
            assert_eq!(first.is_some(), refused, "{name}");
        }
    });
}

#[test]
fn both_readers_of_json_bear_a_million_items_and_a_million_keys() {
    let limits = Limits::default();
    let items = format!("[{}0]", "0,".repeat(999_999));
    let keys: Vec<String> = (0..1_000_000).map(|n| format!("\"k{n}\":0")).collect();
    for json in [items, format!("{{{}}}", keys.join(","))] {
        let value = Value::parse(json.as_bytes(), &limits).unwrap();
        assert!(value.to_canonical() == canonicalize(json.as_bytes(), &limits).unwrap());
    }
}

#[test]
fn every_reader_of_a_line_bears_what_was_made_to_cost_on_a_small_stack() {
    on_a_small_stack(|| {
        let limits = ship::Limits::default();
        for (name, bytes) in costly_documents(30_000) {
            let document = String::from_utf8(bytes).unwrap();
            // Where lines end, a document of many lines is many lines.
            let document = document.replace('\n', " ");
            let record = line(&[("payload", &document)]);
            let envelope = record
                .strip_prefix(r#"{"v":1,"redacted":false,"envelope":"#)
                .unwrap();
            let envelope = envelope.strip_suffix('}').unwrap();
            let is_json = Value::parse(document.as_bytes(), &Limits::default()).is_ok();
            let kept = ship::read_record(record.as_bytes(), &limits);
            assert_eq!(kept.is_ok(), is_json, "{name}");
            assert_eq!(
                ship::read_log_line(envelope.as_bytes(), &limits).is_ok(),
                is_json,
                "{name}"
            );
            let mut reader = Reader::new(limits);
            let mut seen = 0;
            let body = format!("{MANIFEST}\n{record}\n");
            let pushed = body.as_bytes().chunks(64 * 1024).try_for_each(|piece| {
                reader.push(piece, &mut |record| {
                    seen += 1;
                    assert_eq!(record.payload_value().is_some(), is_json);
                })
            });
            assert_eq!((pushed.is_ok(), seen == 1), (is_json, is_json), "{name}");
            // The document in the place of every other field: refused, with its place.
            for field in [
                "id",
                "seq",
                "type",
                "timestamp",
                "causal_parent_ids",
                "versions",
                "signature",
            ] {
                if let Err(error) =
                    ship::read_record(line(&[(field, &document)]).as_bytes(), &limits)
                {
                    assert!(error.column > 1, "{name} as {field}: {error}");
                }
            }
        }
    });
}

const MANIFEST: &str = r#"{"kind":"lodestar.session_ship","version":1,"project_id":"p","session_id":"s","event_count":1,"ceiling":"secret","redacted_count":0}"#;

/// A record line whose envelope has these members replaced or added, each written as JSON.
fn line(replaced: &[(&str, &str)]) -> String {
    let members = [
        ("id", r#""e""#),
        ("seq", "7"),
        ("type", r#""agent.note""#),
        ("schema_version", r#""0.1.0""#),
        ("project_id", r#""p""#),
        ("session_id", r#""s""#),
        ("actor_id", r#""a""#),
        ("timestamp", r#""2026-11-23T04:46:15Z""#),
        ("logical_clock", "0"),
        ("causal_parent_ids", "[]"),
        (
            "payload_hash",
            r#""74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b""#,
        ),
        ("payload", "null"),
        ("versions", "{}"),
    ];
    let known = |name: &str| members.iter().any(|(known, _)| *known == name);
    let written = members.iter().map(|(name, json)| {
        let other = replaced.iter().find(|(other, _)| other == name);
        format!("\"{name}\":{}", other.map_or(*json, |(_, json)| *json))
    });
    let added = replaced.iter().filter(|(name, _)| !known(name));
    let added = added.map(|(name, json)| format!("\"{name}\":{json}"));
    let envelope: Vec<String> = written.chain(added).collect();
    format!(
        r#"{{"v":1,"redacted":false,"envelope":{{{}}}}}"#,
        envelope.join(",")
    )
}

#[test]
fn a_value_at_the_deepest_nesting_is_used_and_dropped_on_a_small_stack() {
    on_a_small_stack(|| {
        let deepest = Limits {
            nesting: Limits::DEEPEST,
        };
        for (open, close) in [("[", "]"), (r#"{"b":"#, "}")] {
            let text = format!(
                "{}0{}",
                open.repeat(Limits::DEEPEST),
                close.repeat(Limits::DEEPEST)
            );
            let value = Value::parse(text.as_bytes(), &deepest).unwrap();
            let again = value.clone();
            assert!(value == again && format!("{value:?}") == text);
            drop(value);
            assert_eq!(again.to_json(), text);
            assert_eq!(again.to_canonical(), text.as_bytes());
            assert_eq!(
                canonicalize(text.as_bytes(), &deepest).unwrap(),
                text.as_bytes()
            );
            let one_more = format!("{open}{text}{close}");
            assert!(
                Value::parse(
                    one_more.as_bytes(),
                    &Limits {
                        nesting: usize::MAX
                    }
                )
                .is_err()
            );
        }
    });
}

#[test]
fn a_line_of_sixteen_mebibytes_is_read_and_one_byte_more_is_refused_where_it_begins() {
    let limits = ship::Limits::default();
    let empty = line(&[("payload", r#""""#)]).len();
    for (length, fits) in [(limits.line_bytes, true), (limits.line_bytes + 1, false)] {
        let payload = format!("\"{}\"", "x".repeat(length - empty));
        let body = format!("{MANIFEST}\n{}\n", line(&[("payload", &payload)]));
        let mut reader = Reader::new(limits);
        let read = body
            .as_bytes()
            .chunks(64 * 1024)
            .try_for_each(|piece| reader.push(piece, &mut |record| assert_eq!(record.line, 2)));
        match read {
            Ok(()) => assert!(fits && reader.finish(&mut |_| {}).is_ok()),
            Err(error) => {
                let limit = limits.line_bytes;
                assert!(!fits);
                assert_eq!((error.line, error.column), (2, limit + 1));
                assert_eq!(error.kind, ErrorKind::LineTooLong { limit });
            }
        }
    }
}

#[test]
fn a_refused_line_is_refused_at_the_value_that_is_wrong() {
    for (name, json, marked) in [
        ("id", "7", "7,\"seq\""),
        ("id", r#""a\u0000""#, r#""a\u0000""#),
        ("seq", "-1", "-1"),
        ("seq", "1.0", "1.0"),
        ("timestamp", r#""yesterday""#, r#""yesterday""#),
        ("causal_parent_ids", r#"["x",7]"#, r#"["x",7]"#),
        ("versions", r#"{"é":1,"model":7}"#, "7}"),
        ("versions", "[]", "[],\"payload_hash\""),
        ("signature", r#"{"algorithm":"rsa"}"#, r#""rsa""#),
        ("signature", "{}", "}}}"),
        ("payload", "[1,}", "}"),
        ("x", r#"{"a":1,"a":2}"#, r#""a":2"#),
    ] {
        let line = line(&[(name, json)]);
        let error = ship::read_record(line.as_bytes(), &ship::Limits::default()).unwrap_err();
        let marked = match name {
            "versions" if json == "[]" => "[]}",
            _ => marked,
        };
        let found = line
            .find(marked)
            .unwrap_or_else(|| panic!("{marked} in {line}"));
        let column = line[..found].chars().count() + 1;
        assert_eq!((error.line, error.column), (1, column), "{name}: {error}");
    }
}

#[test]
fn every_body_that_is_refused_is_refused_at_a_line_and_a_column_it_has() {
    for (path, body) in lodestar::files("ship/bad/", ".ndjson") {
        let mut reader = Reader::new(ship::Limits::default());
        let pushed = reader.push(body, &mut |_| {});
        let Err(error) = pushed.and_then(|()| reader.finish(&mut |_| {}).map(drop)) else {
            continue;
        };
        let lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').collect();
        let line = lines.get(error.line.wrapping_sub(1)).copied();
        let chars = String::from_utf8_lossy(line.unwrap_or_else(|| panic!("{path}: {error}")))
            .chars()
            .count();
        assert!(
            (1..=chars + 1).contains(&error.column),
            "{path}: {error} of {chars}"
        );
    }
}

#[test]
fn ten_thousand_beliefs_in_a_circle_are_walked_once_and_cut() {
    let (_, circle) = shapes::SHAPES
        .iter()
        .find(|(name, _)| name.contains("circle"))
        .unwrap();
    let session = circle(40_000);
    let why = Reasons::of(&session).why("x").unwrap();
    assert!(why.is_cut && why.nodes.len() <= MOST_NODES);
    assert!(read_all(&session) > 0);
}

/// Everything that follows from a session.
fn read_all(session: &Session) -> usize {
    let mut told = session.summary().events;
    told += pending::holds_of(session).len();
    told += pending::pending_approvals(session).to_json().len();
    told += projection::project(session).to_json().len();
    told += calibration::calibrate(session).to_value().to_json().len();
    told += harvest::candidates(session).to_json().len();
    told += report::report(session).len();
    let reasons = Reasons::of(session);
    for action in session.actions() {
        let why: Why = reasons.why(&action.id).unwrap();
        told += why.nodes.len() + why.sentence.to_text().len();
    }
    told
}

fn odd_values() -> Vec<Value> {
    let texts = [
        "null",
        "true",
        "-0",
        "1e400",
        "\"\"",
        "\"\\ud800\"",
        "\"a\\u0000b\\u202e\"",
        "[]",
        "[[[[{}]]]]",
        "{}",
        "{\"id\":{\"id\":1}}",
        "{\"lodestar.redacted\":true}",
        "{\"__proto__\":{\"id\":\"x\"},\"id\":\"x\"}",
    ];
    let parse = |text: &str| Value::parse(text.as_bytes(), &Limits::default()).unwrap();
    texts.into_iter().map(parse).collect()
}

/// The event with one member of its payload, or the payload itself, replaced.
fn replaced(event: &Event, member: Option<&str>, value: &Value) -> Event {
    let payload = match (member, event.open().and_then(Value::as_object)) {
        (Some(member), Some(payload)) => {
            let mut payload: Object = payload.clone();
            payload.insert(member, value.clone());
            payload.into()
        }
        _ => value.clone(),
    };
    Event {
        payload: Payload::Open(payload),
        ..event.clone()
    }
}

#[test]
fn a_session_with_an_odd_payload_anywhere_is_read_to_its_end() {
    let names = [
        "drv-sentinels-armed",
        "drv-forged-log-and-channel",
        "drv-reflection-cascade",
    ];
    for name in names {
        let Some(body) = lodestar::file(&format!("sessions/{name}/ship-secret.ndjson")) else {
            return;
        };
        let session =
            Session::from_record_lines(body.split(|byte| *byte == b'\n').skip(1)).unwrap();
        let odd = odd_values();
        let mut turn = odd.iter().cycle();
        for round in 0..6 {
            let mut events = Vec::new();
            for (place, event) in session.events().iter().enumerate() {
                let payload = event.open().and_then(Value::as_object);
                let members: Vec<&str> = payload
                    .map(|payload| payload.iter().filter_map(|(key, _)| key.as_str()).collect())
                    .unwrap_or_default();
                let member = members.get((place + round) % members.len().max(1)).copied();
                events.push(replaced(
                    event,
                    member.filter(|_| round > 0),
                    turn.next().unwrap(),
                ));
            }
            assert!(read_all(&Session::from_events(events)) > 0);
        }
    }
}

#[test]
fn every_body_that_is_accepted_although_it_is_odd_can_be_read() {
    for (path, body) in lodestar::files("ship/bad/", ".ndjson") {
        let lines = body.split(|byte| *byte == b'\n').skip(1);
        if let Ok(session) = Session::from_record_lines(lines) {
            assert!(read_all(&session) > 0, "{path}");
        }
    }
}

#[test]
fn a_circle_of_beliefs_and_evidence_is_walked_once() {
    let Some(body) = lodestar::file("sessions/drv-adapters/ship-secret.ndjson") else {
        return;
    };
    let session = Session::from_record_lines(body.split(|byte| *byte == b'\n').skip(1)).unwrap();
    let template = session.events()[0].clone();
    let mut events = Vec::new();
    let mut add = |event_type: &str, payload: &str| {
        let mut event = template.clone();
        event.header.seq = u64::try_from(events.len()).unwrap();
        event.header.id = format!("e{}", events.len()).parse().unwrap();
        event.header.event_type = event_type.to_owned();
        event.payload =
            Payload::Open(Value::parse(payload.as_bytes(), &Limits::default()).unwrap());
        events.push(event);
    };
    add("belief.adopted", r#"{"id":"a","claim_id":"ca"}"#);
    add("belief.adopted", r#"{"id":"b","claim_id":"cb"}"#);
    add(
        "claim.extracted",
        r#"{"id":"ca","source_observation_ids":["a","b"]}"#,
    );
    add(
        "claim.extracted",
        r#"{"id":"cb","source_observation_ids":["cb"]}"#,
    );
    add(
        "evidence.assessed",
        r#"{"id":"ea","claim_id":"ca","items":[{"source_id":"b","relation":"supports"}]}"#,
    );
    add(
        "evidence.assessed",
        r#"{"id":"eb","claim_id":"cb","items":[{"source_id":"a","relation":"supports"}]}"#,
    );
    add(
        "decision.made",
        r#"{"id":"d","belief_dependencies":["a","b","a"]}"#,
    );
    add("action.proposed", r#"{"id":"x","decision_id":"d"}"#);
    add(
        "firewall.belief.transitioned",
        r#"{"belief_id":"a","superseded_by":"b"}"#,
    );
    add(
        "firewall.belief.transitioned",
        r#"{"belief_id":"b","superseded_by":"a"}"#,
    );
    let why = why(&Session::from_events(events), "x").unwrap();
    assert_eq!(why.nodes.len(), 8);
    assert!(!why.is_cut);
}
