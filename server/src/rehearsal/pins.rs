//! The keys whose signatures the rehearsal accepts: what an operator pins in Lodestar's `authorized_keys`.

use std::path::Path;

use machinaut_chain::signature::{Pin, Pins};

/// Reads the pins: a file with the list as it stands in Lodestar's configuration, or one public key in PEM for one
/// approver, or nothing.
pub fn read_pins(list: Option<&Path>, single: Option<(&Path, &str)>) -> Result<Pins, String> {
    let mut pins = match list {
        None => Pins::default(),
        Some(path) => {
            let text = read(path)?;
            Pins::parse(authorized_keys(&text).as_bytes()).map_err(|_| not_a_list(path))?
        }
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

/// The list itself, where the text is the snippet of the page Keys: `"authorized_keys": [ … ]`.
fn authorized_keys(text: &str) -> &str {
    match (text.find('['), text.rfind(']')) {
        (Some(first), Some(last)) if first < last => &text[first..=last],
        _ => text,
    }
}

fn not_a_list(path: &Path) -> String {
    format!(
        "{} holds no pinned keys. It must be the list of authorized_keys, as the page Keys shows it: \
         [{{\"actor_id\": \"you@device\", \"public_key\": \"-----BEGIN PUBLIC KEY-----…\"}}].",
        path.display()
    )
}
