//! The conformance data that the real Lodestar made, compiled in by the build script.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses a part of it, and may fail anywhere"
)]

use machinaut_chain::json::{Limits, Value};

/// The files, by their path below the root of the data.
pub const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/lodestar.rs"));

/// The bytes of a file; none where there is no data at all, which is said in one loud line.
pub fn file(name: &str) -> Option<&'static [u8]> {
    if FILES.is_empty() {
        say_skipped();
        return None;
    }
    let found = FILES.iter().find(|(path, _)| *path == name);
    Some(found.unwrap_or_else(|| panic!("the data has no {name}")).1)
}

/// A JSON file.
pub fn json(name: &str) -> Option<Value> {
    let bytes = file(name)?;
    Some(
        Value::parse(bytes, &Limits { nesting: 1024 })
            .unwrap_or_else(|error| panic!("{name}: {error}")),
    )
}

/// All files whose path begins and ends like this.
pub fn files(start: &str, end: &str) -> Vec<(&'static str, &'static [u8])> {
    if FILES.is_empty() {
        say_skipped();
    }
    FILES
        .iter()
        .filter(|(path, _)| path.starts_with(start) && path.ends_with(end))
        .copied()
        .collect()
}

/// The text of a member that has to be there.
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{key} in {value:?}"))
}

fn say_skipped() {
    static SAID: std::sync::Once = std::sync::Once::new();
    SAID.call_once(say);
}

fn say() {
    let line = "SKIPPED: Lodestar's conformance data is not here; \
                MACHINAUT_LODESTAR_DATA names the folder that holds it\n";
    #[cfg(target_arch = "wasm32")]
    wasm_bindgen_test::console_log!("{line}");
    // Past the capture of the test harness, which would hide it.
    #[cfg(not(target_arch = "wasm32"))]
    let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
}
