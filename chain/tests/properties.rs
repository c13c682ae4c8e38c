//! What holds for every text, and not only for those that somebody thought of.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

use machinaut_chain::canonical::{Hash, canonicalize};
use machinaut_chain::json::{Limits, Value};
use machinaut_chain::sample::{Hold, Story};
use machinaut_chain::ship::{Error, Limits as ShipLimits, Reader, Sensitivity, Summary};
use machinaut_chain::timestamp::{Instant, Timestamp};
use proptest::prelude::*;

const LIMITS: Limits = Limits { nesting: 64 };

/// The JSON of a string: raw, escaped and lone surrogates in any mixture.
fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-e]{0,3}".prop_map(String::from),
        2 => any::<char>().prop_map(|char| match char {
            '"' | '\\' => format!("\\{char}"),
            char if char < ' ' => format!("\\u{:04X}", u32::from(char)),
            char => char.to_string(),
        }),
        1 => any::<u16>().prop_map(|unit| format!("\\u{unit:04x}")),
        1 => prop::sample::select(vec!["\\n", "\\/", "\\b", "\\\"", "\\ud83d\\ude00"]).prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<f64>()
            .prop_filter("JSON has only finite numbers", |number| number.is_finite())
            .prop_map(|number| format!("{number:e}")),
        any::<i64>().prop_map(|number| number.to_string()),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?".prop_map(String::from),
    ]
}

fn spaced(parts: &[String], open: &str, close: &str, space: &str) -> String {
    format!(
        "{space}{open}{space}{}{space}{close}{space}",
        parts.join(&format!("{space},{space}"))
    )
}

/// The text of any JSON value.
fn json() -> impl Strategy<Value = String> {
    let space = || prop::sample::select(vec!["", " ", "\n\t", "\r\n"]);
    let scalar = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        number(),
        string(),
    ];
    scalar.prop_recursive(5, 64, 6, move |inner| {
        let member = (string(), inner.clone()).prop_map(|(key, value)| format!("{key}:{value}"));
        prop_oneof![
            (prop::collection::vec(inner, 0..6), space())
                .prop_map(|(items, space)| spaced(&items, "[", "]", space)),
            (prop::collection::vec(member, 0..6), space())
                .prop_map(|(members, space)| spaced(&members, "{", "}", space)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_canonical_stays_as_it_is(json in json()) {
        let canonical = canonicalize(json.as_bytes(), &LIMITS).unwrap();
        prop_assert_eq!(&canonicalize(&canonical, &LIMITS).unwrap(), &canonical);
    }

    #[test]
    fn canonical_bytes_are_the_same_straight_from_the_text_and_by_way_of_a_value(json in json()) {
        let value = Value::parse(json.as_bytes(), &LIMITS).unwrap();
        let straight = String::from_utf8(canonicalize(json.as_bytes(), &LIMITS).unwrap()).unwrap();
        prop_assert_eq!(String::from_utf8(value.to_canonical()).unwrap(), straight);
    }

    #[test]
    fn reading_what_was_written_gives_the_same_bytes(json in json()) {
        let written = Value::parse(json.as_bytes(), &LIMITS).unwrap().to_json();
        let again = Value::parse(written.as_bytes(), &LIMITS).unwrap();
        prop_assert_eq!(again.to_json(), written);
    }

    #[test]
    fn the_order_of_members_does_not_matter(
        members in prop::collection::btree_map("[a-z\\u{e000}\\u{1f600}]{0,3}", json(), 0..8),
        seed in any::<prop::sample::Index>(),
    ) {
        let text = |members: &[(&String, &String)]| {
            let members = members.iter().map(|(key, value)| format!("\"{key}\":{value}"));
            spaced(&members.collect::<Vec<_>>(), "{", "}", "")
        };
        let sorted: Vec<_> = members.iter().collect();
        let mut turned = sorted.clone();
        turned.reverse();
        if !turned.is_empty() {
            let by = seed.index(turned.len());
            turned.rotate_left(by);
        }
        let canonical = |members: &[(&String, &String)]| canonicalize(text(members).as_bytes(), &LIMITS).unwrap();
        prop_assert_eq!(canonical(&turned), canonical(&sorted));
    }

    #[test]
    fn no_bytes_whatever_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let read = Value::parse(&bytes, &LIMITS).map(|value| value.to_canonical());
        prop_assert_eq!(read.ok(), canonicalize(&bytes, &LIMITS).ok());
    }

    #[test]
    fn a_hash_is_read_as_it_is_written(bytes in any::<[u8; 32]>()) {
        let hash = Hash::from_bytes(bytes);
        prop_assert_eq!(hash.to_string().parse::<Hash>().unwrap(), hash);
        prop_assert!(bytes[0] < 160 || hash.to_string().to_uppercase().parse::<Hash>().is_err());
    }

    #[test]
    fn an_instant_is_read_as_it_is_written(millis in -62_167_219_200_000_i64..=253_402_300_799_999) {
        let written = Instant::from_millis(millis).to_timestamp();
        let read: Timestamp = written.as_str().parse().unwrap();
        prop_assert_eq!(read.instant(), Some(Instant::from_millis(millis)));
    }
}

fn body(ceiling: Sensitivity) -> Vec<u8> {
    let story = Story {
        project: "infra-tools".parse().unwrap(),
        session: "session".parse().unwrap(),
        agent: "agent:fixer".parse().unwrap(),
        first_seq: 7,
        request_id: "request".to_owned(),
        action_id: "action".to_owned(),
        held_at: Instant::from_millis(1_795_409_175_531),
        deadline: None,
    };
    Hold::push_to_main(story).log().ship_body(ceiling)
}

/// What a receiver keeps of a body and judges it by.
fn read(body: &[u8]) -> Result<(Vec<Hash>, Summary), Error> {
    let mut commitments = Vec::new();
    let mut reader = Reader::new(ShipLimits::default());
    reader.push(body, &mut |record| commitments.push(record.commitment))?;
    let summary = reader.finish(&mut |record| commitments.push(record.commitment))?;
    Ok((commitments, summary))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_bit_of_a_shipped_body_can_be_flipped_unnoticed(
        ceiling in prop::sample::select(vec![Sensitivity::Internal, Sensitivity::Secret]),
        place in any::<prop::sample::Index>(),
        bit in 0_u32..8,
    ) {
        let body = body(ceiling);
        let (commitments, summary) = read(&body).unwrap();
        let mut flipped = body.clone();
        flipped[place.index(body.len())] ^= 1_u8 << bit;
        if let Ok((other, judged)) = read(&flipped) {
            let noticed = !judged.findings.is_empty()
                || other != commitments
                || judged.manifest != summary.manifest;
            prop_assert!(noticed);
        }
    }
}
