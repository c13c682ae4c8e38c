//! Verifying says of every body what the receiver says, and of every finding where it stands.

use serde_json::{Value, json};

use super::{chain, data, event, file, lodestar, sessions};

#[test]
fn every_bad_body_gets_the_answer_of_its_index() {
    let Some(index) = data("ship/bad/index.json") else {
        return;
    };
    let index = index.as_array().unwrap();
    assert_eq!(index.len(), 108);
    for case in index {
        let name = case["file"].as_str().unwrap();
        let path = lodestar().unwrap().join("ship/bad").join(name);
        let ran = chain(&[&"verify", &"--json", &path]);
        let answer = case["answer"].as_str().unwrap();
        match answer {
            "accept" => assert_eq!(ran.code, 0, "{name}: {ran:?}"),
            "accept_flagged" => {
                assert_eq!(ran.code, 1, "{name}: {ran:?}");
                let finding = case["finding"].as_str().unwrap();
                let found = lines(ran.text()).any(|line| line["kind"] == finding);
                assert!(found, "{name}: {ran:?}");
            }
            "reject" => {
                assert_eq!(ran.code, 3, "{name}: {ran:?}");
                let sentence = ran.sentence();
                assert!(
                    sentence.starts_with(path.to_str().unwrap()),
                    "{name}: {sentence}"
                );
                let says_where = sentence.contains(", line ") || sentence.contains("is empty");
                assert!(says_where, "{name}: {sentence}");
            }
            other => panic!("{name}: {other}"),
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap())
}

#[test]
fn every_session_verifies_but_the_one_that_an_agent_abused() {
    for folder in sessions() {
        for name in ["log.ndjson", "ship-secret.ndjson", "ship-internal.ndjson"] {
            let ran = chain(&[&"verify", &"--json", &folder.join(name)]);
            // At the lower ceiling what it abused is withheld, and a commitment cannot be checked.
            let is_abused =
                folder.ends_with("drv-adversarial-emit") && name != "ship-internal.ndjson";
            assert_eq!(ran.code, u8::from(is_abused), "{folder:?} {name}: {ran:?}");
            let last = lines(ran.text()).last().unwrap();
            let summary = &last["summary"];
            let count = |what: &str| summary[what].as_u64().unwrap();
            if !is_abused {
                assert_eq!(count("findings"), 0, "{summary}");
                assert_eq!(
                    count("events"),
                    count("verified") + count("withheld"),
                    "{summary}"
                );
            }
            let may_withhold = name == "ship-internal.ndjson";
            assert!(
                may_withhold || count("withheld") == 0,
                "{folder:?} {summary}"
            );
        }
    }
}

#[test]
fn both_of_two_events_that_claim_one_place_are_listed_with_their_lines() {
    let note = |text: &str| json!({ "text": text });
    let first = event("s", 7, "agent.note", &note("first"));
    let second = first.replace("event-s-7", "another");
    let log = file([first, event("s", 8, "agent.note", &note("between")), second].concat());
    let ran = chain(&[&"verify", &log.path(), &"--json"]);
    assert_eq!(ran.code, 1);
    let found: Vec<Value> = lines(ran.text()).collect();
    let finding = |line: u64, id: &str| json!({"line": line, "seq": 7, "event_id": id, "kind": "sequence_collision"});
    assert_eq!(found[..2], [finding(1, "event-s-7"), finding(3, "another")]);
    assert_eq!(found[2]["summary"]["verified"], 1);

    let told = chain(&[&"verify", &log.path()]);
    assert_eq!(told.code, 1);
    let text = told.text();
    assert!(
        text.starts_with("line 1, seq 7, event event-s-7: sequence_collision\n"),
        "{text}"
    );
    assert!(
        text.ends_with("3 events: 1 verified, 2 findings.\n"),
        "{text}"
    );
}

#[test]
fn a_changed_payload_is_found_in_a_log_and_in_a_body() {
    let Some(data) = lodestar() else { return };
    for name in ["log.ndjson", "ship-secret.ndjson"] {
        let path = data.join("sessions/ex-telenotes-week1").join(name);
        let text = std::fs::read_to_string(path).unwrap();
        let changed = text.replacen("\"payload\":{\"", "\"payload\":{\"x", 1);
        assert_ne!(changed, text);
        let ran = chain(&[&"verify", &file(changed).path()]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.text().contains("payload_hash_mismatch"), "{ran:?}");
    }
}

#[test]
fn what_cannot_be_read_is_one_sentence_with_its_place() {
    let cases: [(&[u8], &str); 6] = [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"{\"seq\":1,]}", "line 1, column 10: the line is not JSON"),
        (b"\n[1]\n", "line 2, column 1: this is neither an event"),
        (
            b"{\"v\":1,\"redacted\":false,\"envelope\":{}}",
            "line 1, column 1: this is a record",
        ),
        (b"{\"seq\":1}", "line 1, column 9: `id` has to be"),
    ];
    for (content, expected) in cases {
        let file = file(content);
        let ran = chain(&[&"verify", &file.path()]);
        assert_eq!(ran.code, 3, "{ran:?}");
        let sentence = ran.sentence();
        let name = file.path().to_str().unwrap();
        assert!(
            sentence.starts_with(name) && sentence.contains(expected),
            "{expected}: {sentence}"
        );
    }
    for path in ["/nowhere/log.ndjson", "/"] {
        let ran = chain(&[&"verify", &path]);
        assert_eq!(ran.code, 3);
        assert!(ran.sentence().contains("cannot be read"), "{ran:?}");
    }
    assert_eq!(chain(&[&"verify"]).code, 2);
    assert_eq!(chain(&[&"prove", &"-"]).code, 2);
}

#[test]
fn a_line_without_end_is_refused_before_it_fills_the_memory() {
    let long = format!("{{\"seq\":\"{}\"}}", "x".repeat(17 * 1024 * 1024));
    let ran = chain(&[&"verify", &file(long).path()]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.sentence().contains("line 1: the line is longer than"),
        "{}",
        ran.err
    );
}
