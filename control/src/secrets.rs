//! Secrets that are shown once: 256 random bits, written in hex. Only their SHA-256 is kept, which
//! is enough to recognise them and, for as many bits, as good as any slow hash.

use std::fmt::Write as _;

use secrecy::SecretString;
use sha2::{Digest, Sha256};

use crate::random::Random;

/// A fresh secret.
pub(crate) fn fresh(random: &dyn Random) -> SecretString {
    SecretString::from(random_hex::<32>(random))
}

/// As many random bytes in lower-case hex.
pub(crate) fn random_hex<const BYTES: usize>(random: &dyn Random) -> String {
    let mut bytes = [0; BYTES];
    random.fill(&mut bytes);
    bytes
        .iter()
        .fold(String::with_capacity(2 * BYTES), |mut text, byte| {
            // Writing into a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// What is kept of a secret.
pub(crate) fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}
