//! The keys whose signatures the rehearsal accepts: what an operator pins in Lodestar's `authorized_keys`.

use std::path::Path;

use machinaut_chain::signature::{Pin, Pins};

use crate::authorized_keys;

/// Reads the pins: a file with the list as it stands in Lodestar's configuration, or one public key in PEM for one
/// approver, or nothing.
pub fn read_pins(list: Option<&Path>, single: Option<(&Path, &str)>) -> Result<Pins, String> {
    let mut pins = match list {
        None => Pins::default(),
        Some(path) => authorized_keys::parse(&read(path)?).ok_or_else(|| not_a_list(path))?,
    };
    if let Some((path, approver)) = single {
        let pin = Pin::read(&read(path)?);
        if !matches!(pin, Pin::Ed25519(_)) {
            return Err(format!(
                "{} holds no Ed25519 public key in PEM. Copy it from the page Keys, with its BEGIN and END lines.",
                path.display()
            ));
        }
        pins.pin(approver, pin);
    }
    match list {
        Some(path) if pins == Pins::default() => Err(not_a_list(path)),
        _ => Ok(pins),
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {error}.", path.display()))
}

fn not_a_list(path: &Path) -> String {
    format!(
        "{} holds no pinned keys. It must be the list of authorized_keys, as the page Keys shows it: \
         [{{\"actor_id\": \"you@device\", \"public_key\": \"-----BEGIN PUBLIC KEY-----…\"}}].",
        path.display()
    )
}
