//! Any body on the approval channel: what is read is written so that it is read again, and no
//! signature makes the verifier fall over.
#![no_main]

use libfuzzer_sys::fuzz_target;
use machinaut_chain::approval::{Request, Resolution};
use machinaut_chain::signature::{Binding, Pins, PublicKey, guard_check, verify_for_relay};

const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
                   MCowBQYDK2VwAyEAUkx4XupoOlUXGQXiF5a0HiPwqlp393ibOhHA4hYElXs=\n\
                   -----END PUBLIC KEY-----\n";

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = Request::parse(bytes) {
        assert_eq!(
            Request::parse(request.to_json().as_bytes()).as_ref(),
            Ok(&request)
        );
    }
    if let Ok(resolution) = Resolution::parse(bytes) {
        let written = resolution.to_json();
        assert_eq!(
            Resolution::parse(written.as_bytes()).as_ref(),
            Ok(&resolution)
        );
        let key: PublicKey = PEM.parse().expect("a key");
        let hold = Binding {
            request_id: resolution.request_id.clone(),
            action_id: resolution.action_id.clone(),
            deadline: None,
        };
        let pins = Pins::one(resolution.approver_id.clone(), key);
        let counts = guard_check(&resolution, &hold, &pins).is_ok();
        if let Some(signature) = &resolution.signature {
            let fit = verify_for_relay(&resolution.document(), signature, &key).is_ok();
            assert!(counts || !fit, "what we relay has to count");
        }
    }
    let _ = Pins::parse(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(key) = text.parse::<PublicKey>() {
            assert_eq!(key.to_pem().parse(), Ok(key));
        }
    }
});
