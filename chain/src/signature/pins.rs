//! The keys that an operator pinned: Lodestar's `authorized_keys`.

use super::key::{PublicKey, pem_body};
use crate::json::{Error, Limits, Text, Value};

/// What an operator pinned for one actor.
///
/// ```
/// use machinaut_chain::signature::Pin;
///
/// // An RSA key is a key, but no approver's signature can be verified with it.
/// let rsa = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQ==\n-----END PUBLIC KEY-----\n";
/// assert_eq!(Pin::read(rsa), Pin::OtherAlgorithm);
/// assert_eq!(Pin::read("ssh-ed25519 AAAAC3"), Pin::Unreadable);
/// ```
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
    ///
    /// ```
    /// use machinaut_chain::signature::{Pin, PublicKey};
    ///
    /// let pem = "-----BEGIN PUBLIC KEY-----\n\
    ///            MCowBQYDK2VwAyEAUkx4XupoOlUXGQXiF5a0HiPwqlp393ibOhHA4hYElXs=\n\
    ///            -----END PUBLIC KEY-----\n";
    /// assert_eq!(Pin::read(pem), Pin::Ed25519(pem.parse()?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
///
/// ```
/// use machinaut_chain::signature::{Pin, Pins, PublicKey};
///
/// let key: PublicKey = "-----BEGIN PUBLIC KEY-----\n\
///     MCowBQYDK2VwAyEAUkx4XupoOlUXGQXiF5a0HiPwqlp393ibOhHA4hYElXs=\n\
///     -----END PUBLIC KEY-----\n".parse()?;
/// let mut pins = Pins::one("alice@phone", key);
/// // A second pin for one actor does not count.
/// pins.pin("alice@phone", Pin::Unreadable);
/// assert_eq!(pins.of(&"alice@phone".into()), Some(&Pin::Ed25519(key)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pins {
    pins: Vec<(Text, Pin)>,
}

impl Pins {
    /// Pins a key behind those pinned already.
    ///
    /// ```
    /// use machinaut_chain::signature::{Pin, Pins};
    ///
    /// let mut pins = Pins::default();
    /// pins.pin("bob@desk", Pin::OtherAlgorithm);
    /// assert_eq!(pins.of(&"bob@desk".into()), Some(&Pin::OtherAlgorithm));
    /// ```
    pub fn pin(&mut self, actor_id: impl Into<Text>, pin: Pin) {
        self.pins.push((actor_id.into(), pin));
    }

    /// Pins one key.
    ///
    /// ```
    /// use ed25519_dalek::{Signer, SigningKey};
    /// use machinaut_chain::approval::{Document, ResolutionKind};
    /// use machinaut_chain::signature::{Pins, PublicKey, Signature, verify};
    ///
    /// let secret = SigningKey::from_bytes(&[7; 32]);
    /// let key = PublicKey::from_bytes(secret.verifying_key().as_bytes())?;
    /// let document = Document {
    ///     request_id: "r-1".into(),
    ///     action_id: "a-1".into(),
    ///     kind: ResolutionKind::Granted,
    ///     approver_id: "alice@phone".into(),
    ///     reason: None,
    ///     at: "2026-11-23T04:46:15.531Z".into(),
    /// };
    /// let bytes = secret.sign(&document.signing_message()).to_bytes();
    /// let signature = Signature::of(&document, &bytes);
    /// assert_eq!(verify(&document, Some(&signature), &Pins::one("alice@phone", key)), Ok(()));
    /// assert!(verify(&document, Some(&signature), &Pins::one("bob@desk", key)).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn one(actor_id: impl Into<Text>, key: PublicKey) -> Self {
        Self {
            pins: vec![(actor_id.into(), Pin::Ed25519(key))],
        }
    }

    /// Reads a list as it stands in Lodestar's `authorized_keys`:
    /// `[{"actor_id": …, "public_key": …}]`.
    ///
    /// ```
    /// use machinaut_chain::signature::{Pin, Pins};
    ///
    /// let list = br#"[{"actor_id":"alice@phone","public_key":"lost"},{"actor_id":7}]"#;
    /// let pins = Pins::parse(list)?;
    /// assert_eq!(pins.of(&"alice@phone".into()), Some(&Pin::Unreadable));
    /// assert!(Pins::parse(b"authorized_keys").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    ///
    /// ```
    /// use machinaut_chain::signature::Pins;
    ///
    /// assert_eq!(Pins::default().of(&"alice@phone".into()), None);
    /// ```
    pub fn of(&self, actor_id: &Text) -> Option<&Pin> {
        self.pins
            .iter()
            .find(|(actor, _)| actor == actor_id)
            .map(|(_, pin)| pin)
    }
}
