//! Canonical bytes and hashes are those of the real Lodestar.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

#[cfg(not(target_arch = "wasm32"))]
mod lodestar;
#[cfg(target_arch = "wasm32")]
use crate::lodestar;

use lodestar::text;
use machinaut_chain::canonical::{canonicalize, hash};
use machinaut_chain::json::{Limits, Value};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const DEEP: Limits = Limits { nesting: 1024 };

#[test]
fn every_vector_has_its_canonical_bytes_and_its_hash() {
    let Some(vectors) = lodestar::json("canonical/vectors.json") else {
        return;
    };
    let vectors = vectors.as_array().unwrap();
    assert_eq!(vectors.len(), 126);
    for vector in vectors {
        let (name, json) = (text(vector, "name"), text(vector, "json").as_bytes());
        let canonical = canonicalize(json, &DEEP).unwrap();
        assert_eq!(
            String::from_utf8(canonical).unwrap(),
            text(vector, "canonical"),
            "{name}"
        );
        assert_eq!(
            hash(json, &DEEP).unwrap().to_string(),
            text(vector, "sha256"),
            "{name}"
        );
    }
}

#[test]
fn a_value_that_was_built_has_the_same_canonical_bytes_as_its_text() {
    let Some(vectors) = lodestar::json("canonical/vectors.json") else {
        return;
    };
    for vector in vectors.as_array().unwrap() {
        let json = text(vector, "json").as_bytes();
        let value = Value::parse(json, &DEEP).unwrap();
        let canonical = String::from_utf8(value.to_canonical()).unwrap();
        assert_eq!(
            canonical,
            text(vector, "canonical"),
            "{}",
            text(vector, "name")
        );
        let again = Value::parse(value.to_json().as_bytes(), &DEEP).unwrap();
        assert_eq!(
            again.to_canonical(),
            value.to_canonical(),
            "{}",
            text(vector, "name")
        );
    }
}
