//! What Lodestar derives from a session is printed in Lodestar's own bytes.

use super::{chain, event, file, sessions};

const QUESTIONS: [(&str, &str); 4] = [
    ("projection", "projection.json"),
    ("pending", "pending_approvals.json"),
    ("calibration", "calibration.json"),
    ("harvest", "harvest.json"),
];

#[test]
fn every_answer_is_lodestars_to_the_last_byte_so_that_diff_is_silent() {
    let mut different = Vec::new();
    for folder in sessions() {
        for (input, ceiling) in [
            ("ship-secret.ndjson", "secret"),
            ("ship-internal.ndjson", "internal"),
            ("log.ndjson", "secret"),
        ] {
            for (question, answer) in QUESTIONS {
                let input = folder.join(input);
                let ran = chain(&[&question, &input]);
                assert_eq!(
                    (ran.code, ran.err.as_str()),
                    (0, ""),
                    "{question} {input:?}"
                );
                let expected = folder.join("expected").join(ceiling).join(answer);
                if ran.out != std::fs::read(&expected).unwrap() {
                    different.push((question, input));
                }
            }
        }
    }
    assert!(different.is_empty(), "{different:#?}");
}

#[test]
fn a_report_is_markdown_that_ends_with_its_line() {
    for folder in sessions() {
        let ran = chain(&[&"report", &folder.join("ship-internal.ndjson")]);
        assert_eq!(ran.code, 0, "{folder:?}");
        assert!(ran.text().starts_with("# "), "{folder:?}");
        assert!(ran.text().ends_with(".\n"), "{folder:?}");
    }
}

#[test]
fn a_log_of_several_sessions_is_read_one_session_at_a_time() {
    let payload = serde_json::json!({});
    let log = file(
        [
            event("one", 1, "agent.note", &payload),
            "\n".to_owned(),
            event("two", 2, "agent.note", &payload),
            event("one", 3, "agent.note", &payload),
        ]
        .concat(),
    );
    let ran = chain(&[&"projection", &log.path()]);
    assert_eq!(ran.code, 3);
    let sentence = ran.sentence();
    assert!(
        sentence.contains("line 3") && sentence.contains("--session"),
        "{sentence}"
    );

    let ran = chain(&[&"projection", &log.path(), &"--session", &"one"]);
    assert_eq!((ran.code, &ran.json()["event_count"]), (0, &2.into()));
    let ran = chain(&[&"projection", &log.path(), &"--session", &"three\u{1b}"]);
    assert_eq!(ran.code, 1);
    assert!(ran.sentence().contains("⟨U+001B⟩"), "{ran:?}");
}
