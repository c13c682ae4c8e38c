//! What a Lodestar log says, and what follows from it.
//!
//! Lodestar writes an agent's session as a log of hash-committed events, ships copies of it, and
//! asks people for signed decisions. This crate reads all of that exactly as Lodestar does: its
//! JSON is JavaScript's, its hashes are over canonical bytes, its signatures are Ed25519. Everything
//! here is a function of its arguments: no I/O, no clock, no randomness. It runs on a server and,
//! compiled to WebAssembly, in the browser of the person who has to decide.

mod allowance;
pub mod approval;
pub mod calibration;
pub mod canonical;
pub mod collation;
pub mod envelope;
pub mod harvest;
pub mod json;
pub mod links;
pub mod model;
pub mod pending;
pub mod policy;
pub mod projection;
pub mod report;
pub mod sample;
pub mod sentence;
pub mod session;
pub mod ship;
pub mod signature;
mod sorting;
pub mod timestamp;
pub mod why;
