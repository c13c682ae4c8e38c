//! What people see.
//!
//! Pages are rendered on the server with real content, so that they read without scripts, and come alive in the
//! browser afterwards. The feature `ssr` is the server's half, `hydrate` the browser's.

#![allow(
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "the component macro wraps what it is given, and properties are always owned"
)]
#![recursion_limit = "256"]

#[cfg(not(erase_components))]
compile_error!(
    "the app is built with `--cfg erase_components`, which .cargo/config.toml sets: is RUSTFLAGS set, and hides it?"
);

mod app;
pub mod auth;
pub mod inbox;
pub mod keys;
pub mod lodestar_config;
pub mod problem;
mod search;
pub mod sessions;
pub mod settings;
pub mod shell;
mod ship_command;
pub mod signer;
mod text_json;
mod trouble;
pub mod ui;
mod viewer;

pub use app::App;
pub use shell::{Assets, live, shell};
pub use ui::clock::ServerNow;
pub use viewer::{Viewer, use_viewer};
