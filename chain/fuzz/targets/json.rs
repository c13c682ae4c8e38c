//! Any bytes: both readers of JSON agree, and what they write they read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use machinaut_chain::canonical::canonicalize;
use machinaut_chain::json::{Limits, Value};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let straight = canonicalize(bytes, &limits);
    let value = match Value::parse(bytes, &limits) {
        Ok(value) => value,
        Err(error) => {
            assert_eq!(straight, Err(error));
            return;
        }
    };
    let canonical = value.to_canonical();
    assert_eq!(straight.as_ref(), Ok(&canonical));
    assert_eq!(canonicalize(&canonical, &limits).as_ref(), Ok(&canonical));
    let written = value.to_json();
    let again = Value::parse(written.as_bytes(), &limits).expect("what was written is JSON");
    assert_eq!(again.to_json(), written);
    assert_eq!(again.to_canonical(), canonical);
});
