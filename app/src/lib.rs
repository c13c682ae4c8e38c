//! What people see.
//!
//! Pages are rendered on the server with real content, so that they read without scripts, and come alive in the
//! browser afterwards. The feature `ssr` is the server's half, `hydrate` the browser's.

#![allow(
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "the component macro wraps what it is given, and properties are always owned"
)]

pub mod ui;
