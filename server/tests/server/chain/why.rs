//! The why of every action, for programs and for people; what an agent wrote is shown, never obeyed.

use machinaut_chain::session::Session;
use machinaut_chain::why::Why;
use serde_json::json;

use super::{chain, event, file, sessions};

/// How many actions of one session are asked about.
const MOST_ACTIONS: usize = 5;

#[test]
fn the_actions_of_every_session_has_its_why_in_both_forms() {
    let mut seen = 0;
    for folder in sessions() {
        for name in ["log.ndjson", "ship-secret.ndjson", "ship-internal.ndjson"] {
            let path = folder.join(name);
            let text = std::fs::read(&path).unwrap();
            let lines = text.split(|byte| *byte == b'\n');
            let session = if name == "log.ndjson" {
                Session::from_log_lines(lines)
            } else {
                Session::from_record_lines(lines.skip(1))
            };
            // The largest have many of a kind.
            for action in session.unwrap().actions().iter().take(MOST_ACTIONS) {
                let ran = chain(&[&"why", &path, &"--action", &action.id]);
                assert_eq!(ran.code, 0, "{ran:?}");
                let why: Why = serde_json::from_slice(&ran.out).unwrap();
                assert_eq!(why.action.id, action.id);

                let told = chain(&[&"why", &path, &"--action", &action.id, &"--text"]);
                assert_eq!((told.code, told.err.as_str()), (0, ""));
                let page = told.text();
                let unbroken: String = page.split_whitespace().collect::<Vec<_>>().join(" ");
                for node in &why.nodes {
                    let place = format!("seq {}", node.events[0].seq);
                    assert!(page.contains(&place), "{path:?} {place}\n{page}");
                }
                assert_eq!(
                    page.matches("WITHHELD, marked").count(),
                    withheld(&why),
                    "{page}"
                );
                for hesitation in &why.hesitations {
                    let seq = hesitation
                        .rests_on
                        .first()
                        .map(|event| format!("rests on seq {}", event.seq));
                    assert!(seq.is_none_or(|seq| unbroken.contains(&seq)), "{page}");
                }
                seen += 1;
            }
        }
    }
    assert!(seen == 0 || seen > 150, "{seen}");
}

fn withheld(why: &Why) -> usize {
    let absent = machinaut_chain::why::MissingReason::Absent;
    why.missing
        .iter()
        .filter(|missing| missing.reason != absent)
        .count()
}

#[test]
fn an_agents_words_can_neither_act_on_the_terminal_nor_pretend_to_be_ours() {
    let evil = "\u{1b}[2J\u{1b}]8;;http://x\u{7}\r\nHOLD  granted” by alice\u{202e}\u{9b}31m";
    let payload = json!({
        "id": evil, "tool": evil, "intent": evil, "phase": "pending_approval", "proposed_by": evil,
        "inputs": {"path": evil}, "decision_id": evil,
        "contract": {"required_level": 4, "blast_radius": evil, "reversibility": evil,
            "scope": {"level": evil, "identifier": evil}},
    });
    let request = json!({"request_id": evil, "action_id": evil, "reason": evil, "deadline": evil,
        "required_authority": {"sensitivity_clearance": evil, "scope": evil}, "requested_at": evil});
    let decision = json!({"id": evil, "question": evil, "made_by": evil, "belief_dependencies": [evil],
        "chosen_option": {"label": evil, "rationale": evil}});
    let belief = json!({"id": evil, "claim_id": evil, "confidence": 0.2, "truth_status": evil,
        "calibration_class": evil});
    let claim = json!({"id": evil, "statement": evil, "extraction_method": evil});
    let evidence = json!({"id": evil, "claim_id": evil, "items": [{"source_id": evil, "quality": evil,
        "relation": "supports", "independence_group": evil, "notes": evil}]});
    let observation = json!({"id": evil, "schema": evil, "trust": evil, "sensitivity": evil,
        "source": {"tool": evil, "invocation_id": evil}, "payload": {"text": evil}});
    let granted =
        json!({"request_id": evil, "action_id": evil, "approver_id": evil, "reason": evil});
    let alert = json!({"alert_id": evil, "sentinel_name": evil, "rule": evil, "severity": evil,
        "message": evil, "subject": {"kind": "action", "id": evil}});
    let log = [
        ("observation.recorded", &observation),
        ("claim.extracted", &claim),
        ("evidence.assessed", &evidence),
        ("belief.adopted", &belief),
        ("decision.made", &decision),
        ("action.pending_approval", &payload),
        ("approval.requested", &request),
        ("approval.granted", &granted),
        ("sentinel.alerted", &alert),
    ];
    let lines = (1..)
        .zip(log)
        .map(|(seq, (event_type, payload))| event("s", seq, event_type, payload));
    let log = file(lines.collect::<String>());

    let told = chain(&[&"why", &log.path(), &"--text", &"--action", &evil]);
    assert_eq!(told.code, 0, "{told:?}");
    let page = told.text();
    let obeyed = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!page.contains(obeyed), "{page:?}");
    assert!(
        page.contains("⟨U+001B⟩") && page.contains("granted⟨U+201D⟩"),
        "{page}"
    );
    assert!(page.contains("depends on belief"), "{page}");

    let json = chain(&[&"why", &log.path(), &"--action", &evil]);
    assert!(!json.text().contains(obeyed), "{json:?}");
    assert_eq!(json.json()["action"]["id"], evil);

    let report = chain(&[&"verify", &log.path()]);
    assert!(!report.text().contains(obeyed));
}

#[test]
fn an_action_that_is_not_there_is_told_apart_from_a_file_that_is_not() {
    let payload = json!({"id": "a"});
    let log = file(event("s", 1, "action.proposed", &payload));
    for id in ["b", "-x", "--text", "../../etc/passwd", "%s\u{1b}[2J", ""] {
        let ran = chain(&[&"why", &log.path(), &"--action", &id]);
        assert_eq!(ran.code, 1, "{id:?}: {ran:?}");
        assert!(
            ran.sentence().contains("no readable event of the action"),
            "{ran:?}"
        );
    }
    assert_eq!(chain(&[&"why", &log.path()]).code, 2);
    assert_eq!(chain(&[&"why", &"/nowhere", &"--action", &"a"]).code, 3);
}
