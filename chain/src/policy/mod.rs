//! Policy documents: which actions may run, which must not, and which wait for a human.
//!
//! A policy is an ordered list of rules. The first rule that matches an action decides; an action
//! that none matches is denied. Under the rules lies the floor of the trust ladder, which no rule
//! can lift: L5 is always denied and L4 is never allowed without an approval. Here a policy is
//! read as strictly as Lodestar reads it, hashed, and asked what it says about an action, so that
//! people can see which rule holds it. It is the guard that enforces it.

mod document;
mod evaluate;
mod read;

pub use document::{
    Approval, BadPolicy, Effect, Match, Policy, PolicySignature, ResourceScope, Rule, ScopeLevel,
};
pub use evaluate::{Evaluation, Source, Verdict};
