//! Public keys of approvers.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use ed25519_dalek::{Signature as Bytes, SigningKey, Verifier as _, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Refusal;
use crate::canonical::Hash;

/// What stands before the 32 bytes of an Ed25519 key in its `SubjectPublicKeyInfo`.
const SPKI: [u8; 12] = [
    0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
];
/// What stands before the 32 bytes of an Ed25519 seed in its PKCS #8.
const PKCS8: [u8; 16] = [
    0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// An approver's Ed25519 public key.
///
/// ```
/// use machinaut_chain::signature::PublicKey;
///
/// let pem = "-----BEGIN PUBLIC KEY-----\n\
///            MCowBQYDK2VwAyEAUkx4XupoOlUXGQXiF5a0HiPwqlp393ibOhHA4hYElXs=\n\
///            -----END PUBLIC KEY-----\n";
/// let key: PublicKey = pem.parse()?;
/// assert_eq!(key.to_pem(), pem);
/// # Ok::<(), machinaut_chain::signature::NotAKey>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A text or bytes that are not a usable Ed25519 public key.
///
/// ```
/// use machinaut_chain::signature::{NotAKey, PublicKey};
///
/// let private = "-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----\n";
/// assert_eq!(private.parse::<PublicKey>(), Err(NotAKey::Private));
/// assert_eq!("ssh-ed25519 AAAAC3".parse::<PublicKey>(), Err(NotAKey::Pem));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAKey {
    /// There is no `-----BEGIN PUBLIC KEY-----` block, or it is not base64.
    #[error("expected one PEM block that begins with -----BEGIN PUBLIC KEY-----")]
    Pem,
    /// It is not the 44 bytes that a public key of Ed25519 has.
    #[error("expected a public key of Ed25519 (SPKI, 44 bytes)")]
    Spki,
    /// It is a private key, which has no business here.
    #[error("this is a private key; only the public half belongs here")]
    Private,
    /// The bytes are no point of the curve, or one of the few for which signatures can be made up.
    #[error("these 32 bytes are not a key that signatures can be verified with")]
    Weak,
}

impl PublicKey {
    /// The key with these 32 bytes.
    ///
    /// ```
    /// use ed25519_dalek::SigningKey;
    /// use machinaut_chain::signature::{NotAKey, PublicKey};
    ///
    /// let secret = SigningKey::from_bytes(&[7; 32]);
    /// let key = PublicKey::from_bytes(secret.verifying_key().as_bytes())?;
    /// assert_eq!(key.as_bytes(), secret.verifying_key().as_bytes());
    /// // With this one anybody could make up signatures.
    /// assert_eq!(PublicKey::from_bytes(&[0; 32]), Err(NotAKey::Weak));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Where no honest key has them.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, NotAKey> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| NotAKey::Weak)?;
        if key.is_weak() {
            Err(NotAKey::Weak)
        } else {
            Ok(Self(key))
        }
    }

    /// The key in a `SubjectPublicKeyInfo`, as `WebCrypto` exports it under the name `spki`.
    ///
    /// ```
    /// use machinaut_chain::signature::{NotAKey, PublicKey};
    ///
    /// let key: PublicKey = "-----BEGIN PUBLIC KEY-----\n\
    ///     MCowBQYDK2VwAyEAUkx4XupoOlUXGQXiF5a0HiPwqlp393ibOhHA4hYElXs=\n\
    ///     -----END PUBLIC KEY-----\n".parse()?;
    /// assert_eq!(PublicKey::from_spki(&key.to_spki()), Ok(key));
    /// assert_eq!(PublicKey::from_spki(key.as_bytes()), Err(NotAKey::Spki));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Where it is not the 44 bytes of an Ed25519 key.
    pub fn from_spki(der: &[u8]) -> Result<Self, NotAKey> {
        let bytes = der
            .strip_prefix(&SPKI)
            .and_then(|bytes| bytes.try_into().ok());
        Self::from_bytes(bytes.ok_or(NotAKey::Spki)?)
    }

    /// Its 32 bytes.
    ///
    /// ```
    /// use machinaut_chain::signature::PublicKey;
    ///
    /// let key: PublicKey = "-----BEGIN PUBLIC KEY-----\n\
    ///     MCowBQYDK2VwAyEAUkx4XupoOlUXGQXiF5a0HiPwqlp393ibOhHA4hYElXs=\n\
    ///     -----END PUBLIC KEY-----\n".parse()?;
    /// assert_eq!(PublicKey::from_bytes(key.as_bytes()), Ok(key));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Its `SubjectPublicKeyInfo`: 44 bytes.
    ///
    /// ```
    /// use ed25519_dalek::SigningKey;
    /// use machinaut_chain::signature::PublicKey;
    ///
    /// let secret = SigningKey::from_bytes(&[7; 32]);
    /// let key = PublicKey::from_bytes(secret.verifying_key().as_bytes())?;
    /// let spki = key.to_spki();
    /// assert_eq!((spki.len(), &spki[12..]), (44, &key.as_bytes()[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_spki(&self) -> Vec<u8> {
        [&SPKI[..], self.as_bytes()].concat()
    }

    /// The PEM that is pinned in Lodestar's `authorized_keys`, with a final line feed.
    ///
    /// ```
    /// use ed25519_dalek::SigningKey;
    /// use machinaut_chain::signature::PublicKey;
    ///
    /// let secret = SigningKey::from_bytes(&[7; 32]);
    /// let key = PublicKey::from_bytes(secret.verifying_key().as_bytes())?;
    /// let pem = key.to_pem();
    /// assert!(pem.ends_with("-----END PUBLIC KEY-----\n"));
    /// assert_eq!(pem.parse(), Ok(key));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_pem(&self) -> String {
        let body = STANDARD.encode(self.to_spki());
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    }

    /// What people compare keys by.
    ///
    /// ```
    /// use ed25519_dalek::SigningKey;
    /// use machinaut_chain::signature::PublicKey;
    ///
    /// let key = |seed| {
    ///     let secret = SigningKey::from_bytes(&[seed; 32]);
    ///     PublicKey::from_bytes(secret.verifying_key().as_bytes())
    /// };
    /// assert_eq!(key(1)?.fingerprint(), key(1)?.fingerprint());
    /// assert_ne!(key(1)?.fingerprint(), key(2)?.fingerprint());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(Hash::of(&self.to_spki()))
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), Refusal> {
        self.0
            .verify(message, &Bytes::from_bytes(signature))
            .map_err(|_| Refusal::DoesNotVerify)
    }

    pub(super) fn verify_strictly(
        &self,
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), Refusal> {
        self.0
            .verify_strict(message, &Bytes::from_bytes(signature))
            .map_err(|_| Refusal::DoesNotVerify)
    }

    /// A key that an operator pinned, weak or not: the guard takes it as it is.
    pub(super) fn pinned(der: &[u8]) -> Option<Self> {
        let bytes = der.strip_prefix(&SPKI)?.try_into().ok()?;
        VerifyingKey::from_bytes(bytes).ok().map(Self)
    }

    /// The public half of a private key that an operator pinned by mistake; the guard takes it.
    pub(super) fn of_private(der: &[u8]) -> Option<Self> {
        let seed = der.strip_prefix(&PKCS8)?.try_into().ok()?;
        Some(Self(SigningKey::from_bytes(seed).verifying_key()))
    }
}

/// The DER in the first PEM block with this label.
pub(super) fn pem_body(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, after) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = after.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(body).ok()
}

impl FromStr for PublicKey {
    type Err = NotAKey;

    /// Reads one PEM block; white space around it and inside its base64 is ignored.
    fn from_str(text: &str) -> Result<Self, NotAKey> {
        if text.contains("PRIVATE KEY-----") {
            return Err(NotAKey::Private);
        }
        let text = text.trim();
        if !text.starts_with("-----BEGIN PUBLIC KEY-----")
            || !text.ends_with("-----END PUBLIC KEY-----")
            || text.matches("-----BEGIN ").count() > 1
        {
            return Err(NotAKey::Pem);
        }
        Self::from_spki(&pem_body(text, "PUBLIC KEY").ok_or(NotAKey::Pem)?)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicKey({})", self.fingerprint())
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_pem())
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// What people compare keys by: `SHA256:` and the hash of the key's SPKI in base64, as SSH writes
/// it.
///
/// ```
/// use machinaut_chain::signature::PublicKey;
///
/// let key: PublicKey = "-----BEGIN PUBLIC KEY-----\n\
///     MCowBQYDK2VwAyEAUkx4XupoOlUXGQXiF5a0HiPwqlp393ibOhHA4hYElXs=\n\
///     -----END PUBLIC KEY-----\n".parse()?;
/// let shown = key.fingerprint().to_string();
/// assert!(shown.starts_with("SHA256:"));
/// assert_eq!(shown.len(), 50);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(Hash);

impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SHA256:{}", STANDARD_NO_PAD.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
                       MCowBQYDK2VwAyEAUkx4XupoOlUXGQXiF5a0HiPwqlp393ibOhHA4hYElXs=\n\
                       -----END PUBLIC KEY-----\n";

    #[test]
    fn white_space_around_and_inside_a_pem_does_not_matter() {
        let key: PublicKey = PEM.parse().unwrap();
        for pem in [
            PEM.replace('\n', "\r\n"),
            PEM.trim().to_owned(),
            format!("\n  {PEM}\n"),
        ] {
            assert_eq!(pem.parse(), Ok(key), "{pem:?}");
        }
        assert_eq!(PublicKey::from_spki(&key.to_spki()), Ok(key));
        assert_eq!(key.to_spki().len(), 44);
    }

    #[test]
    fn a_private_key_is_told_apart_and_refused() {
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----\n";
        assert_eq!(pem.parse::<PublicKey>(), Err(NotAKey::Private));
        assert_eq!(
            format!("{PEM}{pem}").parse::<PublicKey>(),
            Err(NotAKey::Private)
        );
    }

    #[test]
    fn what_is_not_one_public_key_of_ed25519_is_refused() {
        let ssh =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFJMeF7qaDpVFxkF4heWtB4j8Kpad/d4mzoRwOIWBJV7";
        assert_eq!(ssh.parse::<PublicKey>(), Err(NotAKey::Pem));
        assert_eq!(
            format!("{PEM}{PEM}").parse::<PublicKey>(),
            Err(NotAKey::Pem)
        );
        assert_eq!(
            PEM.replace("MCow", "MC?w").parse::<PublicKey>(),
            Err(NotAKey::Pem)
        );
        assert_eq!(
            PEM.replace("MCow", "MFow").parse::<PublicKey>(),
            Err(NotAKey::Spki)
        );
        assert_eq!(PublicKey::from_spki(&[0; 44]), Err(NotAKey::Spki));
        assert_eq!(PublicKey::from_spki(&SPKI), Err(NotAKey::Spki));
    }

    #[test]
    fn a_key_for_which_signatures_can_be_made_up_is_refused() {
        // The neutral element, and the point of order two.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut of_order_two = [0xFF; 32];
        (of_order_two[0], of_order_two[31]) = (0xEC, 0x7F);
        for bytes in [neutral, of_order_two, [0; 32]] {
            assert_eq!(PublicKey::from_bytes(&bytes), Err(NotAKey::Weak));
        }
    }

    #[test]
    fn a_fingerprint_is_written_as_ssh_writes_one() {
        let key: PublicKey = PEM.parse().unwrap();
        let shown = key.fingerprint().to_string();
        assert!(
            shown.starts_with("SHA256:") && shown.len() == 50 && !shown.ends_with('='),
            "{shown}"
        );
    }
}
