//! Resolutions and signatures are judged as the real guard judged them, word for word.

use std::ffi::OsStr;

use serde_json::{Value, json};

use super::{Ran, chain, data, file};

fn check(pins: &Value, resolution: &str, more: &[&str]) -> Ran {
    let (pins, resolution) = (file(pins.to_string()), file(resolution));
    let (pins, resolution) = (pins.path(), resolution.path());
    let mut arguments: Vec<&dyn AsRef<OsStr>> =
        vec![&"check-resolution", &"--pins", &pins, &resolution];
    for argument in more {
        arguments.push(argument);
    }
    chain(&arguments)
}

/// Holds the one line and the exit code together.
fn answer(ran: &Ran) -> Value {
    assert_eq!(ran.err, "");
    assert_eq!(ran.text().lines().count(), 1, "{ran:?}");
    let answer = ran.json();
    assert_eq!(answer["ok"].as_bool(), Some(ran.code == 0), "{ran:?}");
    assert!(
        ran.code <= 1 && answer.get("error").is_some() == (ran.code == 1),
        "{ran:?}"
    );
    answer
}

/// A case of the vectors as the text of a resolution. One holds a lone surrogate and comes as text.
fn resolution(case: &Value) -> String {
    let signature = case
        .get("signature")
        .filter(|signature| !signature.is_null());
    let document = match case.get("doc_json") {
        Some(text) => text.as_str().unwrap().to_owned(),
        None => case["doc"].to_string(),
    };
    match signature {
        Some(signature) => {
            let open = document.trim_end().strip_suffix('}').unwrap();
            format!("{open},\"signature\":{signature}}}")
        }
        None => document,
    }
}

#[test]
fn every_signature_gets_the_answer_of_the_guard_word_for_word() {
    let Some(vectors) = data("approvals/vectors.json") else {
        return;
    };
    let cases = vectors["verify"].as_array().unwrap();
    assert_eq!(cases.len(), 72);
    let mut by_schema = 0;
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let pins = match &case["authorized_keys"] {
            list @ Value::Array(_) => list,
            _ => &vectors["pinned"],
        };
        let answer = answer(&check(pins, &resolution(case), &[]));
        if case["schema_ok"] == false {
            // No channel lets it come as far as its signature.
            assert_eq!(answer["ok"], false, "{name}");
            by_schema += 1;
        } else if name == "accept-unsigned-allow-unsigned-true" {
            // It is accepted inside the guard's own process, never over a channel.
            let error = answer["error"].as_str().unwrap();
            assert!(error.contains("is unsigned"), "{error}");
        } else {
            let mut expected = case["expected"].clone();
            expected.as_object_mut().unwrap().remove("error_name");
            assert_eq!(answer, expected, "{name}");
        }
    }
    println!("{by_schema} of them are refused by their schema already");
    assert!(by_schema < 12, "{by_schema}");
}

#[test]
fn the_schema_is_as_strict_as_the_guards() {
    let Some(vectors) = data("approvals/vectors.json") else {
        return;
    };
    let cases = vectors["schema"].as_array().unwrap();
    assert_eq!(cases.len(), 64);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let answer = answer(&check(
            &vectors["pinned"],
            &case["document"].to_string(),
            &[],
        ));
        let error = answer["error"].as_str().unwrap_or_default();
        let by_schema = error.contains(" has to be ") || error.contains(" has a key ");
        assert_eq!(by_schema, case["ok"] == false, "{name}: {answer}");
    }
}

#[test]
fn an_answer_to_another_hold_or_made_too_late_is_refused() {
    let Some(vectors) = data("approvals/vectors.json") else {
        return;
    };
    let case = &vectors["verify"][0];
    let text = resolution(case);
    let id = |key: &str| case["doc"][key].as_str().unwrap();
    let ask = |more: &[&str]| answer(&check(&vectors["pinned"], &text, more));
    let right = [
        "--request-id",
        id("request_id"),
        "--action-id",
        id("action_id"),
    ];
    assert_eq!(ask(&right), json!({"ok": true}));
    assert_eq!(
        ask(&["--deadline", "2026-11-23T04:46:15.531Z"]),
        json!({"ok": true})
    );
    for (more, expected) in [
        (["--request-id", "other"], "another request"),
        (["--action-id", "other"], "another action"),
        (
            ["--deadline", "2026-11-23T04:46:15.530Z"],
            "after the deadline",
        ),
    ] {
        let error = ask(&more)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(
        check(&vectors["pinned"], &text, &["--deadline", "soon"]).code,
        2
    );
}

#[test]
fn what_is_no_resolution_or_no_list_of_keys_is_told_apart_from_a_refusal() {
    let pins = json!([]);
    let unreadable = check(&pins, "{\"request_id\":\n ?}", &[]);
    assert_eq!(unreadable.code, 3);
    assert!(
        unreadable.sentence().contains("line 2, column 2"),
        "{unreadable:?}"
    );
    let listless = check(&json!({"keys": []}), "{}", &[]);
    assert_eq!(listless.code, 3);
    assert!(
        listless.sentence().contains("authorized_keys"),
        "{listless:?}"
    );
    assert_eq!(chain(&[&"check-resolution", &"--pins", &"-", &"-"]).code, 2);

    let large = format!("{}{}", resolution_unsigned(), " ".repeat(64 * 1024));
    let refused = answer(&check(
        &json!({"approvals": {"authorized_keys": []}}),
        &large,
        &[],
    ));
    assert!(
        refused["error"].as_str().unwrap().contains("64 KiB"),
        "{refused}"
    );
}

fn resolution_unsigned() -> Value {
    json!({"request_id": "r", "action_id": "a", "kind": "granted", "approver_id": "x",
        "at": "2026-11-23T04:46:15Z"})
}

#[test]
fn a_hostile_id_in_an_error_is_escaped() {
    let mut resolution = resolution_unsigned();
    resolution["action_id"] = json!("a\u{202e}\u{9b}b");
    let ran = check(&json!([]), &resolution.to_string(), &[]);
    assert!(ran.text().contains("a\\u202e\\u009bb"), "{ran:?}");
    answer(&ran);
}

#[test]
fn every_vector_has_its_canonical_bytes_and_its_hash() {
    let Some(vectors) = data("canonical/vectors.json") else {
        return;
    };
    let vectors = vectors.as_array().unwrap();
    assert_eq!(vectors.len(), 126);
    for vector in vectors {
        let name = vector["name"].as_str().unwrap();
        let file = file(vector["json"].as_str().unwrap());
        let ran = chain(&[&"canonical", &file.path()]);
        assert_eq!(ran.code, 0, "{name}: {ran:?}");
        assert_eq!(ran.text(), vector["canonical"].as_str().unwrap(), "{name}");
        let ran = chain(&[&"canonical", &"--hash", &file.path()]);
        assert_eq!(
            ran.text().trim_end(),
            vector["sha256"].as_str().unwrap(),
            "{name}"
        );
    }
    let ran = chain(&[&"canonical", &file("[1,\n2").path()]);
    assert_eq!(ran.code, 3);
    assert!(ran.sentence().contains("line 2, column 2"), "{ran:?}");
}
