//! The public half of an approver's key, as a browser or a key tool hands it over: SPKI, either as
//! PEM or as base64. A private key is turned away by name, so that whoever pasted it knows what
//! nearly happened, and nothing of it is kept, repeated or logged.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::{Error, Result};

const SPKI_BYTES: usize = 44;
/// What an Ed25519 key in SPKI begins with; the 32 bytes of the key follow.
const SPKI_HEAD: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
/// What an Ed25519 private key in PKCS#8 begins with, up to its length and version.
const PKCS8_ALGORITHM: [u8; 7] = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];
/// No public key is longer than this, in whatever form.
const LONGEST: usize = 1_000;

/// An Ed25519 public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey {
    spki: [u8; SPKI_BYTES],
}

impl PublicKey {
    /// Reads SPKI as PEM or as base64.
    ///
    /// # Errors
    /// [`Error::Invalid`], which never repeats what was given.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.contains("PRIVATE KEY") {
            return Err(private());
        }
        if text.len() > LONGEST {
            return Err(not_a_key());
        }
        let body = match text.strip_prefix("-----BEGIN PUBLIC KEY-----") {
            Some(rest) => rest
                .strip_suffix("-----END PUBLIC KEY-----")
                .ok_or_else(not_a_key)?,
            None => text,
        };
        let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let der = STANDARD.decode(body).map_err(|_| not_a_key())?;
        if der.len() > SPKI_BYTES && der.windows(7).any(|part| part == PKCS8_ALGORITHM) {
            return Err(private());
        }
        let spki: [u8; SPKI_BYTES] = der.try_into().map_err(|_| not_a_key())?;
        if !spki.starts_with(&SPKI_HEAD) {
            return Err(not_a_key());
        }
        Ok(Self { spki })
    }

    /// As Lodestar's configuration wants it: PEM in three lines, each with its end.
    pub(super) fn to_pem(&self) -> String {
        let body = STANDARD.encode(self.spki);
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    }

    /// SHA-256 of the SPKI bytes.
    pub(super) fn fingerprint(&self) -> Vec<u8> {
        Sha256::digest(self.spki).to_vec()
    }
}

fn private() -> Error {
    Error::invalid(
        "key",
        "is a private key. Only the public half belongs here; nothing of what you sent was kept. \
         If it left your machine in any other way, make a new pair",
    )
}

fn not_a_key() -> Error {
    Error::invalid(
        "key",
        "must be an Ed25519 public key: SPKI, as PEM or base64",
    )
}
