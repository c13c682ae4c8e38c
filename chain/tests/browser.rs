//! The conformance tests, run in a browser: what the server claims, the browser computes again.

#![cfg(target_arch = "wasm32")]

mod approvals;
mod canonical;
mod holds;
mod hostile;
mod links;
mod lodestar;
mod policy;
mod sample;
mod sessions;
mod shapes;
mod ship;
#[path = "why/main.rs"]
mod why;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
