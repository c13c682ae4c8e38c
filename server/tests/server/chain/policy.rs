//! A policy is validated, hashed, and asked about an action of a log.

use serde_json::{Value, json};

use super::{Ran, chain, event, file};

fn policy(policy: &Value) -> Ran {
    chain(&[&"policy", &file(policy.to_string()).path()])
}

fn rules(rules: &Value) -> Value {
    json!({"id": "p", "version": "1", "rules": rules})
}

#[test]
fn a_draft_is_valid_and_hashed_over_what_would_be_signed() {
    let rule = json!({"match": {"tool": "git.*"}, "effect": "allow", "reason": "r"});
    let ran = policy(&rules(&json!([rule])));
    let answer = ran.json();
    assert_eq!(
        (ran.code, &answer["valid"], &answer["signed"]),
        (0, &json!(true), &json!("draft"))
    );
    let mut noisy = rules(&json!([rule]));
    noisy["note"] = json!("what no schema knows is not hashed");
    assert_eq!(policy(&noisy).json()["hash"], answer["hash"]);

    let mut signed = noisy.clone();
    signed["signed_by"] = json!("operator");
    signed["signature"] = json!({"signer_id": "operator", "payload_hash": answer["hash"],
        "algorithm": "ed25519", "signature": "AA==", "at": "2026-11-23T05:13:53Z"});
    let ran = policy(&signed);
    assert_eq!((ran.code, &ran.json()["signed"]), (0, &json!("as_signed")));
    signed["rules"][0]["effect"] = json!("deny");
    let ran = policy(&signed);
    assert_eq!(
        (ran.code, &ran.json()["signed"]),
        (1, &json!("changed_after_signing"))
    );
}

#[test]
fn what_is_no_policy_is_refused_with_its_place() {
    let ran = policy(&rules(
        &json!([{"match": {}, "effect": "maybe", "reason": "r"}]),
    ));
    assert_eq!((ran.code, &ran.json()["valid"]), (1, &json!(false)));
    assert!(ran.text().contains("rules[0].effect"), "{ran:?}");
    let ran = chain(&[&"policy", &file("{\n?").path()]);
    assert_eq!(ran.code, 3);
    assert!(ran.sentence().contains("line 2, column 1"), "{ran:?}");
}

#[test]
fn an_action_is_held_by_a_rule_or_by_the_floor_under_all_rules() {
    let action = |id: &str, level: u32| json!({"id": id, "tool": "git.push", "contract": {"required_level": level}});
    let log = file(
        [
            event("s", 1, "action.proposed", &action("low", 2)),
            event("s", 2, "action.proposed", &action("high", 4)),
            event("s", 3, "action.proposed", &action("never", 5)),
        ]
        .concat(),
    );
    let ask = |effect: &str, id: &str| {
        let rule = json!({"match": {"tool": "git.*"}, "effect": effect, "reason": "git asks"});
        let policy = file(rules(&json!([rule])).to_string());
        let ran = chain(&[
            &"policy",
            &policy.path(),
            &"--log",
            &log.path(),
            &"--action",
            &id,
        ]);
        (ran.code, ran)
    };
    for (effect, id, verdict, decided_by) in [
        ("allow", "low", "allow", "rule"),
        ("allow", "high", "hold", "floor"),
        ("require_approval", "low", "hold", "rule"),
        ("deny", "high", "deny", "rule"),
        ("allow", "never", "deny", "floor"),
    ] {
        let (code, ran) = ask(effect, id);
        let evaluation = ran.json()["evaluation"].clone();
        assert_eq!(code, 0);
        assert_eq!(evaluation["verdict"], verdict, "{effect} {id}: {ran:?}");
        assert_eq!(
            evaluation["decided_by"], decided_by,
            "{effect} {id}: {ran:?}"
        );
        assert_eq!(
            evaluation["rule"] == json!(0),
            decided_by == "rule",
            "{ran:?}"
        );
    }
    let (code, ran) = ask("allow", "absent");
    assert_eq!(code, 1);
    assert!(
        ran.sentence()
            .contains("no readable event of the action absent"),
        "{ran:?}"
    );
    let alone = file(rules(&json!([])).to_string());
    assert_eq!(
        chain(&[&"policy", &alone.path(), &"--action", &"low"]).code,
        2
    );
    assert_eq!(
        chain(&[&"policy", &"-", &"--action", &"low", &"--log", &"-"]).code,
        2
    );
}
