//! Policy documents: which actions may run, which must not, and which wait for a human.
//!
//! A policy is an ordered list of rules. The first rule that matches an action decides; an action
//! that none matches is denied. Under the rules lies the floor of the trust ladder, which no rule
//! can lift: L5 is always denied and L4 is never allowed without an approval. Here a policy is
//! read as strictly as Lodestar reads it, hashed, and asked what it says about an action, so that
//! people can see which rule holds it. It is the guard that enforces it.
//!
//! ```
//! use machinaut_chain::json::Value;
//! use machinaut_chain::model::ActionFacts;
//! use machinaut_chain::policy::{Policy, Source, Verdict};
//!
//! let policy = Policy::parse(
//!     br#"{"id":"p","version":"1","rules":[
//!         {"match":{"tool":"git.*"},"effect":"allow","reason":"git is fine here"}]}"#,
//! )?;
//! let push = br#"{"id":"a-1","tool":"git.push","contract":{"required_level":4}}"#;
//! let push = ActionFacts::read(&Value::parse(push, &Default::default())?, "agent:a").unwrap();
//! let evaluation = policy.evaluate(&push);
//! assert_eq!((evaluation.verdict, evaluation.source), (Verdict::Hold, Source::Floor));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod document;
mod evaluate;
mod read;

pub use document::{
    Approval, BadPolicy, Effect, Match, Policy, PolicySignature, ResourceScope, Rule, ScopeLevel,
};
pub use evaluate::{Evaluation, Source, Verdict};
