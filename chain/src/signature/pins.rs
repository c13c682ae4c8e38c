//! The keys that an operator pinned: Lodestar's `authorized_keys`.

use super::key::{PublicKey, pem_body};
use crate::json::{Error, Limits, Text, Value};

/// What an operator pinned for one actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pin {
    /// A key of Ed25519.
    Ed25519(PublicKey),
    /// A key of another kind, which verifies nothing.
    OtherAlgorithm,
    /// A text that no key can be read from, which verifies nothing either.
    Unreadable,
}

impl Pin {
    /// What the guard makes of a pinned text: a PEM block of either half of a key.
    pub fn read(text: &str) -> Self {
        if let Some(der) = pem_body(text, "PUBLIC KEY") {
            return PublicKey::pinned(&der).map_or(Self::OtherAlgorithm, Self::Ed25519);
        }
        if let Some(der) = pem_body(text, "PRIVATE KEY") {
            return PublicKey::of_private(&der).map_or(Self::OtherAlgorithm, Self::Ed25519);
        }
        Self::Unreadable
    }
}

/// The keys that an operator pinned. Where an actor is pinned twice the first pin counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pins {
    pins: Vec<(Text, Pin)>,
}

impl Pins {
    /// Pins a key behind those pinned already.
    pub fn pin(&mut self, actor_id: impl Into<Text>, pin: Pin) {
        self.pins.push((actor_id.into(), pin));
    }

    /// Pins one key.
    pub fn one(actor_id: impl Into<Text>, key: PublicKey) -> Self {
        Self {
            pins: vec![(actor_id.into(), Pin::Ed25519(key))],
        }
    }

    /// Reads a list as it stands in Lodestar's `authorized_keys`:
    /// `[{"actor_id": …, "public_key": …}]`.
    ///
    /// # Errors
    /// Where the bytes are not JSON. Entries that are no pins are left out.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let list = Value::parse(bytes, &Limits::default())?;
        let pins = list
            .as_array()
            .unwrap_or_default()
            .iter()
            .filter_map(|entry| {
                let actor = entry.get("actor_id")?.as_text()?.clone();
                Some((
                    actor,
                    Pin::read(&entry.get("public_key")?.as_text()?.to_display()),
                ))
            });
        Ok(Self {
            pins: pins.collect(),
        })
    }

    /// What is pinned for this actor.
    pub fn of(&self, actor_id: &Text) -> Option<&Pin> {
        self.pins
            .iter()
            .find(|(actor, _)| actor == actor_id)
            .map(|(_, pin)| pin)
    }
}
