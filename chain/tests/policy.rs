//! Policies are read as strictly as the contract says, and say what the real guard did.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

#[cfg(not(target_arch = "wasm32"))]
mod lodestar;
#[cfg(target_arch = "wasm32")]
use crate::lodestar;

use machinaut_chain::json::{Limits, Value};
use machinaut_chain::model::ActionFacts;
use machinaut_chain::policy::{BadPolicy, Evaluation, Policy, Source, Verdict};
use machinaut_chain::session::{Sensitivity, Session};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn policy(rules: &str) -> Policy {
    parse(rules).unwrap()
}

fn parse(rules: &str) -> Result<Policy, BadPolicy> {
    Policy::parse(format!(r#"{{"id":"p","version":"1","rules":[{rules}]}}"#).as_bytes())
}

fn action(level: u32, tool: &str) -> ActionFacts {
    let payload = format!(
        r#"{{"id":"a","tool":"{tool}","contract":{{"required_level":{level},"blast_radius":"project",
           "reversibility":"compensable","data_sensitivity":"private",
           "scope":{{"level":"project","identifier":"x"}}}}}}"#
    );
    let payload = Value::parse(payload.as_bytes(), &Limits::default()).unwrap();
    ActionFacts::read(&payload, "agent").unwrap()
}

fn says(policy: &Policy, level: u32, tool: &str) -> (Verdict, Source) {
    let Evaluation {
        verdict,
        source,
        required_authority,
        ..
    } = policy.evaluate(&action(level, tool));
    assert_eq!(required_authority.is_some(), verdict == Verdict::Hold);
    (verdict, source)
}

const CEILING_3: &str =
    r#"{"match":{"required_level_lte":3},"effect":"allow","reason":"up to L3"}"#;

#[test]
fn a_ceiling_says_of_every_real_action_what_the_real_guard_did() {
    let policy = policy(CEILING_3);
    let mut seen = 0;
    for (path, body) in lodestar::files("sessions/", "/ship-secret.ndjson") {
        let session =
            Session::from_record_lines(body.split(|byte| *byte == b'\n').skip(1)).unwrap();
        for event in session.events() {
            let verdict = match event.event_type() {
                "action.approved" => Verdict::Allow,
                "action.pending_approval" => Verdict::Hold,
                "action.rejected" => Verdict::Deny,
                _ => continue,
            };
            let audit = event
                .open()
                .and_then(|payload| payload.get("audit")?.as_array())
                .unwrap();
            let decided = audit
                .last()
                .and_then(|step| step.get("by_actor_id")?.as_str())
                .unwrap();
            let ceilings = ["policy:ceiling-3", "policy:auto-approve-up-to-3"];
            if !ceilings.contains(&decided) {
                continue;
            }
            seen += 1;
            let facts = ActionFacts::read(event.open().unwrap(), event.actor()).unwrap();
            assert_eq!(
                policy.evaluate(&facts).verdict,
                verdict,
                "{path} seq {}",
                event.seq()
            );
        }
    }
    assert!(seen == 0 || seen > 90, "{seen}");
}

#[test]
fn no_rule_lifts_the_floor_and_a_rule_may_raise_it() {
    let allow_all = policy(r#"{"match":{},"effect":"allow","reason":"all"}"#);
    assert_eq!(says(&allow_all, 3, "t"), (Verdict::Allow, Source::Rule(0)));
    assert_eq!(says(&allow_all, 4, "t"), (Verdict::Hold, Source::Floor));
    assert_eq!(says(&allow_all, 5, "t"), (Verdict::Deny, Source::Floor));
    let deny = policy(r#"{"match":{"tool":"t"},"effect":"deny","reason":"no"}"#);
    assert_eq!(says(&deny, 4, "t"), (Verdict::Deny, Source::Rule(0)));
    assert_eq!(says(&deny, 4, "u"), (Verdict::Hold, Source::Floor));
}

#[test]
fn the_first_rule_that_matches_decides_and_silence_is_denial() {
    let rules = [
        r#"{"match":{"tool":"git.*"},"effect":"require_approval","reason":"git asks",
            "approval":{"required_authority":{"sensitivity_clearance":"secret"}}}"#,
        r#"{"match":{"tool":"*"},"effect":"allow","reason":"the rest"}"#,
    ];
    let asks = policy(&rules.join(","));
    assert_eq!(says(&asks, 1, "git.push"), (Verdict::Hold, Source::Rule(0)));
    assert_eq!(says(&asks, 1, "fs.read"), (Verdict::Allow, Source::Rule(1)));
    let held = asks.evaluate(&action(4, "git.push"));
    assert_eq!(held.reason, "git asks");
    let authority = held.required_authority.unwrap();
    assert_eq!(
        authority.sensitivity_clearance.map(Sensitivity::as_str),
        Some("secret")
    );
    assert_eq!(says(&policy(""), 0, "t"), (Verdict::Deny, Source::Default));
}

#[test]
fn every_part_of_a_match_has_to_hold() {
    for (part, holds) in [
        (r#""max_blast_radius":"external""#, true),
        (r#""max_blast_radius":"project""#, true),
        (r#""max_blast_radius":"session""#, false),
        (r#""reversibility":["reversible","compensable"]"#, true),
        (r#""reversibility":["irreversible"]"#, false),
        (r#""data_sensitivity":"private""#, true),
        (r#""data_sensitivity":"public""#, false),
        (r#""scope":{"level":"project","identifier":"x"}"#, true),
        (r#""scope":{"level":"repo","identifier":"x"}"#, false),
        (r#""required_level_lte":2"#, true),
        (r#""required_level_lte":1"#, false),
        (r#""tool":"t","required_level_lte":1"#, false),
    ] {
        let policy = policy(&format!(
            r#"{{"match":{{{part}}},"effect":"allow","reason":"r"}}"#
        ));
        let expected = if holds { Verdict::Allow } else { Verdict::Deny };
        assert_eq!(policy.evaluate(&action(2, "t")).verdict, expected, "{part}");
    }
}

#[test]
fn what_is_not_a_policy_is_refused_with_its_place() {
    let place = |rules: &str| parse(rules).unwrap_err().to_string();
    assert_eq!(
        place(r#"{"match":{},"effect":"maybe","reason":"r"}"#),
        "rules[0].effect: expected allow, deny or require_approval"
    );
    assert_eq!(
        place(r#"{"match":{"tool":""},"effect":"allow","reason":"r"}"#),
        "rules[0].match.tool: expected a string that is not empty"
    );
    assert_eq!(
        place(r#"{"match":{},"effect":"allow","reason":""}"#),
        "rules[0].reason: expected a string that is not empty"
    );
    assert_eq!(
        place(r#"{"match":{},"effect":"allow","reason":"r","approval":{}}"#),
        "rules[0].approval: only a rule whose effect is `require_approval` has one"
    );
    for bad in [
        r#"{"match":{"reversibility":[]},"effect":"allow","reason":"r"}"#,
        r#"{"match":{"max_blast_radius":"galaxy"},"effect":"allow","reason":"r"}"#,
        r#"{"match":{"required_level_lte":6},"effect":"allow","reason":"r"}"#,
        r#"{"match":{"scope":{"level":"planet","identifier":"x"}},"effect":"allow","reason":"r"}"#,
        r#"{"match":{},"effect":"require_approval","reason":"r","approval":{"quorum":0}}"#,
        r#"{"match":{},"effect":"require_approval","reason":"r","approval":{"required_authority":{"min_trust_baseline":2}}}"#,
        r#"{"effect":"allow","reason":"r"}"#,
    ] {
        assert!(parse(bad).is_err(), "{bad}");
    }
    assert!(Policy::parse(br#"{"id":"p","version":"1"}"#).is_err());
    assert!(Policy::parse(br#"{"id":"p","version":"1","rules":[],"signed_by":"x"}"#).is_err());
}

#[test]
fn a_signature_is_over_the_id_the_version_and_the_rules_alone() {
    let draft = policy(CEILING_3);
    assert!(!draft.is_as_signed(), "a draft has no signature");
    let signed = |rules: &str| {
        let json = format!(
            r#"{{"rules":[{rules}],"version":"1","id":"p","unknown":1,"signed_by":"op","signature":{{
               "signer_id":"op","payload_hash":"{}","algorithm":"ed25519","signature":"AA==",
               "at":"2026-11-23T05:13:53Z"}}}}"#,
            draft.hash
        );
        Policy::parse(json.as_bytes()).unwrap()
    };
    assert!(signed(CEILING_3).is_as_signed());
    let widened = CEILING_3.replace("\"effect\":\"allow\"", "\"effect\":\"deny\"");
    assert!(!signed(&widened).is_as_signed());
    let noise = CEILING_3.replace("\"match\":{", "\"note\":\"x\",\"match\":{\"unknown\":1,");
    assert!(
        signed(&noise).is_as_signed(),
        "what no schema knows is not signed"
    );
}
