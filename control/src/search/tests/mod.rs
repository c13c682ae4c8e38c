//! Search, on both engines and every database.
#![allow(clippy::large_futures, reason = "a test runs many steps in one future")]

mod attacks;
mod bench;
mod conformance;
mod documents;
mod freshness;
mod lease;
mod repair;
mod turns;
