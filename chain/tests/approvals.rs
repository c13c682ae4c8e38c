//! Resolutions are read and signatures judged as the real guard does it.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

#[cfg(not(target_arch = "wasm32"))]
mod lodestar;
#[cfg(target_arch = "wasm32")]
use crate::lodestar;

use lodestar::text;
use machinaut_chain::approval::{Document, Resolution, ResolutionKind};
use machinaut_chain::json::{Limits, Text, Value};
use machinaut_chain::signature::{
    Binding, Pin, Pins, Refusal, Signature, guard_check, verify, verify_for_relay,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn pins(list: &Value) -> Pins {
    Pins::parse(list.to_json().as_bytes()).unwrap()
}

fn document(case: &Value) -> Document {
    let parsed;
    let document = match case.get("doc_json") {
        Some(json) => {
            parsed = Value::parse(json.as_str().unwrap().as_bytes(), &Limits::default()).unwrap();
            &parsed
        }
        None => case.get("doc").unwrap(),
    };
    let kind = if text(document, "kind") == "granted" {
        ResolutionKind::Granted
    } else {
        ResolutionKind::Denied
    };
    Document::from_fields(document.as_object().unwrap(), kind).unwrap()
}

fn signature(case: &Value) -> Option<Signature> {
    let signature = case
        .get("signature")
        .filter(|signature| !signature.is_null())?;
    let text = |key: &str| -> Text { signature.get(key).unwrap().as_text().unwrap().clone() };
    Some(Signature {
        signer_id: text("signer_id"),
        payload_hash: text("payload_hash"),
        algorithm: text("algorithm"),
        signature: text("signature"),
        at: text("at"),
    })
}

#[test]
fn every_signature_gets_the_answer_of_the_guard_word_for_word() {
    let Some(vectors) = lodestar::json("approvals/vectors.json") else {
        return;
    };
    let cases = vectors.get("verify").and_then(Value::as_array).unwrap();
    assert_eq!(cases.len(), 72);
    for case in cases {
        let name = text(case, "name");
        let document = document(case);
        assert_eq!(
            String::from_utf8(document.canonical()).unwrap(),
            text(case, "canonical"),
            "{name}"
        );
        assert_eq!(
            document.hash().to_string(),
            text(case, "canonical_hash"),
            "{name}"
        );
        let signature = signature(case);
        let list = case.get("authorized_keys").unwrap();
        let pins = pins(if list.is_null() || list.as_str().is_some() {
            vectors.get("pinned").unwrap()
        } else {
            list
        });
        let allow_unsigned = case.get("allow_unsigned").and_then(Value::as_bool) == Some(true);
        let answer = match signature {
            None if allow_unsigned => Ok(()),
            _ => verify(&document, signature.as_ref(), &pins),
        };
        let expected = case.get("expected").unwrap();
        match answer {
            Ok(()) => assert_eq!(
                expected.get("ok").and_then(Value::as_bool),
                Some(true),
                "{name}"
            ),
            Err(refusal) => {
                assert_eq!(
                    expected.get("ok").and_then(Value::as_bool),
                    Some(false),
                    "{name}: {refusal}"
                );
                assert_eq!(
                    refusal.as_the_guard_says(&document.action_id),
                    text(expected, "error"),
                    "{name}"
                );
            }
        }
    }
}

/// Of what the guard accepts, all but this is fit to be relayed.
const NOT_RELAYED: [&str; 8] = [
    "accept-signature-at-differs",
    "b64-unpadded",
    "b64-urlsafe-alphabet",
    "b64-leading-trailing-whitespace",
    "b64-inner-newline",
    "b64-trailing-garbage-after-padding",
    "b64-inner-junk-char",
    "accept-unsigned-allow-unsigned-true",
];

#[test]
fn relaying_refuses_all_that_the_guard_refuses_and_what_no_approver_sends() {
    let Some(vectors) = lodestar::json("approvals/vectors.json") else {
        return;
    };
    for case in vectors.get("verify").and_then(Value::as_array).unwrap() {
        let name = text(case, "name");
        let document = document(case);
        let list = case.get("authorized_keys").unwrap();
        let pins = pins(if list.as_str().is_some() {
            vectors.get("pinned").unwrap()
        } else {
            list
        });
        let fit = match (signature(case), pins.of(&document.approver_id)) {
            (Some(signature), Some(Pin::Ed25519(key))) => {
                verify_for_relay(&document, &signature, key).is_ok()
            }
            _ => false,
        };
        let accepted = case.at(&["expected", "ok"]).and_then(Value::as_bool) == Some(true);
        assert_eq!(fit, accepted && !NOT_RELAYED.contains(&name), "{name}");
    }
}

#[test]
fn the_schema_of_a_resolution_is_as_strict_as_the_guards() {
    let Some(vectors) = lodestar::json("approvals/vectors.json") else {
        return;
    };
    let cases = vectors.get("schema").and_then(Value::as_array).unwrap();
    assert_eq!(cases.len(), 64);
    for case in cases {
        let name = text(case, "name");
        let document = case.get("document").unwrap();
        let read = Resolution::parse(document.to_json().as_bytes());
        let expected = case.get("ok").and_then(Value::as_bool) == Some(true);
        assert_eq!(read.is_ok(), expected, "{name}: {read:?}");
        if let (Ok(resolution), Some(parsed)) = (read, case.get("parsed")) {
            let written =
                Value::parse(resolution.to_json().as_bytes(), &Limits::default()).unwrap();
            assert_eq!(written.to_canonical(), parsed.to_canonical(), "{name}");
        }
    }
}

#[test]
fn the_guard_takes_a_resolution_only_for_its_own_hold_and_in_time() {
    let Some(vectors) = lodestar::json("approvals/vectors.json") else {
        return;
    };
    let case = &vectors.get("verify").and_then(Value::as_array).unwrap()[0];
    let (document, signature) = (document(case), signature(case));
    let pins = pins(vectors.get("pinned").unwrap());
    let resolution = Resolution {
        request_id: document.request_id.clone(),
        action_id: document.action_id.clone(),
        kind: document.kind,
        approver_id: document.approver_id.clone(),
        reason: document.reason.clone(),
        at: document.at.as_str().unwrap().parse().unwrap(),
        signature,
    };
    let hold = Binding {
        request_id: document.request_id.clone(),
        action_id: document.action_id.clone(),
        deadline: Some("2026-11-23T10:16:15.531+05:30".parse().unwrap()),
    };
    assert_eq!(guard_check(&resolution, &hold, &pins), Ok(()));
    let elsewhere = Binding {
        request_id: "another".into(),
        ..hold.clone()
    };
    assert_eq!(
        guard_check(&resolution, &elsewhere, &pins),
        Err(Refusal::OtherRequest)
    );
    let another = Binding {
        action_id: "another".into(),
        ..hold.clone()
    };
    assert_eq!(
        guard_check(&resolution, &another, &pins),
        Err(Refusal::OtherAction)
    );
    let over = Binding {
        deadline: Some("2026-11-23T04:46:15.530Z".parse().unwrap()),
        ..hold.clone()
    };
    assert_eq!(
        guard_check(&resolution, &over, &pins),
        Err(Refusal::TooLate)
    );
    let unsigned = Resolution {
        signature: None,
        ..resolution
    };
    assert_eq!(guard_check(&unsigned, &hold, &pins), Err(Refusal::Unsigned));
}
