//! The whole loop, and what an attacker would try on it, on every database.
#![allow(clippy::large_futures, reason = "a test runs many steps in one future")]

mod attacks;
pub(crate) mod bench;
mod decisions;
mod indexes;
mod joining;
mod transcripts;
mod weighing;
