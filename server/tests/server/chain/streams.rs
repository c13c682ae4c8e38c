//! The real binary, between pipes.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::json;

use super::{event, sessions};

/// The binary in a place without settings.
fn machinaut() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_machinaut"));
    command
        .current_dir(std::env::temp_dir())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn standard_input_is_read_as_a_file_is() {
    for folder in sessions().into_iter().take(3) {
        for (input, ceiling) in [
            ("log.ndjson", "secret"),
            ("ship-internal.ndjson", "internal"),
        ] {
            let mut child = machinaut()
                .args(["chain", "projection", "-"])
                .spawn()
                .unwrap();
            let text = std::fs::read(folder.join(input)).unwrap();
            child.stdin.take().unwrap().write_all(&text).unwrap();
            let ran = child.wait_with_output().unwrap();
            assert_eq!(ran.status.code(), Some(0), "{ran:?}");
            let expected = folder
                .join("expected")
                .join(ceiling)
                .join("projection.json");
            assert!(
                ran.stdout == std::fs::read(expected).unwrap(),
                "{folder:?} {input}"
            );
        }
    }
}

#[test]
fn a_fault_in_standard_input_is_named_with_its_line() {
    let mut child = machinaut().args(["chain", "verify", "-"]).spawn().unwrap();
    let log = event("s", 1, "agent.note", &json!({})) + "\n{\"seq\":2,\n";
    child
        .stdin
        .take()
        .unwrap()
        .write_all(log.as_bytes())
        .unwrap();
    let ran = child.wait_with_output().unwrap();
    assert_eq!(ran.status.code(), Some(3));
    let err = String::from_utf8(ran.stderr).unwrap();
    let expected = "machinaut: standard input, line 3, column 10: the line is not JSON: ";
    assert!(
        err.starts_with(expected) && err.lines().count() == 1,
        "{err}"
    );
}

#[test]
fn a_reader_that_goes_away_ends_it_without_noise_and_without_changing_what_was_found() {
    let first = event("s", 7, "agent.note", &json!({"text": "x".repeat(200_000)}));
    for (question, log, code) in [
        ("projection", first.clone(), 0),
        (
            "verify",
            first.clone() + &first.replace("event-s-7", "other"),
            1,
        ),
    ] {
        let mut child = machinaut().args(["chain", question, "-"]).spawn().unwrap();
        // Nobody reads any more before there is anything to read.
        drop(child.stdout.take());
        child
            .stdin
            .take()
            .unwrap()
            .write_all(log.as_bytes())
            .unwrap();
        let ran = child.wait_with_output().unwrap();
        assert_eq!(ran.status.code(), Some(code), "{question}: {ran:?}");
        assert_eq!(String::from_utf8(ran.stderr).unwrap(), "", "{question}");
    }
}
