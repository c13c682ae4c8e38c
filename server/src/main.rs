//! The machine room.
fn main() {}
