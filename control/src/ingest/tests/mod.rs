//! Ships, as honest senders and others send them, on every database.
#![allow(clippy::large_futures, reason = "a test runs many steps in one future")]

mod attacks;
mod bench;
mod crash;
mod indexes;
mod lodestar;
mod outline;
mod reading;
mod reship;

pub(crate) use bench::lodestar as lodestar_data;
