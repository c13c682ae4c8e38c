//! What stands behind an action, and what should make an approver hesitate, on real sessions.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

mod answers;
mod beliefs;
mod bounds;
mod chain;
mod integrity;
#[cfg(not(target_arch = "wasm32"))]
#[path = "../lodestar/mod.rs"]
mod lodestar;
mod log;
mod past;
mod relations;
mod signs;
