//! Any policy: what is hashed of it is the same when it is read again, and it has an answer for any
//! action.
#![no_main]

use libfuzzer_sys::fuzz_target;
use machinaut_chain::json::{Limits, Value};
use machinaut_chain::model::ActionFacts;
use machinaut_chain::policy::{Policy, Verdict};

fn action_named(id: &str) -> Value {
    Value::Object([("id", id)].into_iter().collect())
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(policy) = Policy::parse(bytes) else {
        return;
    };
    let value = Value::parse(bytes, &Limits::default()).expect("it was read before");
    let again = Policy::parse(&value.to_canonical()).expect("members in another order");
    assert_eq!(again.hash, policy.hash);
    let _ = policy.is_as_signed();
    for level in 0..=5 {
        // The rules' own patterns are tools that fit them.
        let tools = policy
            .rules
            .iter()
            .filter_map(|rule| rule.matches.tool.clone());
        for tool in tools.take(8).chain([String::new()]) {
            let mut action = ActionFacts::read(&action_named("a"), "agent").expect("an action");
            action.tool = Some(tool);
            action.level = machinaut_chain::model::Level::from_number(f64::from(level));
            let verdict = policy.evaluate(&action).verdict;
            assert!(level != 5 || verdict == Verdict::Deny, "L5 never runs");
            assert!(level != 4 || verdict != Verdict::Allow, "L4 is always held");
        }
    }
});
