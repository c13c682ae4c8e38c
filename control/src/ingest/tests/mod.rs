//! Ships, as honest senders and others send them, on every database.

mod bench;
mod lodestar;
mod reading;
mod reship;
