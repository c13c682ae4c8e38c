//! Reading the public half of an approver's key, as a browser or a key tool hands it over: SPKI,
//! either as PEM or as base64. A private key is turned away by name, so that whoever pasted it
//! knows what nearly happened, and nothing of it is kept, repeated or logged.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use machinaut_chain::signature::{NotAKey, PublicKey};

use crate::{Error, Result};

/// What only the PKCS#8 of an Ed25519 private key has in it: the algorithm, then the seed.
const SEED_FOLLOWS: [u8; 11] = [
    0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
/// No public key is longer than this, in whatever form.
const LONGEST: usize = 1_000;

/// Reads SPKI as PEM or as base64.
///
/// # Errors
/// [`Error::Invalid`], which never repeats what was given.
pub(super) fn read(text: &str) -> Result<PublicKey> {
    let text = text.trim();
    let key = if text.contains("PRIVATE KEY") {
        Err(NotAKey::Private)
    } else if text.len() > LONGEST {
        Err(NotAKey::Spki)
    } else if text.starts_with("-----") {
        text.parse()
    } else {
        let body: String = text.split_ascii_whitespace().collect();
        STANDARD
            .decode(body)
            .map_err(|_| NotAKey::Spki)
            .and_then(|der| from_der(&der))
    };
    key.map_err(refusal)
}

fn from_der(der: &[u8]) -> Result<PublicKey, NotAKey> {
    if der
        .windows(SEED_FOLLOWS.len())
        .any(|part| part == SEED_FOLLOWS)
    {
        return Err(NotAKey::Private);
    }
    PublicKey::from_spki(der)
}

fn refusal(why: NotAKey) -> Error {
    let problem = match why {
        NotAKey::Private => {
            "is a private key. Only the public half belongs here; nothing of what you sent was \
             kept. If it left your machine in any other way, make a new pair"
        }
        NotAKey::Weak => "is one that signatures can be made up for, or none at all",
        _ => "must be an Ed25519 public key: SPKI, as PEM or base64",
    };
    Error::invalid("key", problem)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    /// Of RFC 8410, section 10.
    const PUBLIC: &str = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";
    const PRIVATE: &str = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";

    fn pem(label: &str, body: &str) -> String {
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    }

    #[test]
    fn a_public_key_is_read_as_pem_and_as_base64() {
        let written = pem("PUBLIC KEY", PUBLIC);
        for text in [
            PUBLIC,
            &format!(" {PUBLIC}\n"),
            &written,
            &written.replace('\n', "\r\n"),
        ] {
            assert_eq!(read(text).unwrap().to_pem(), written, "{text:?}");
        }
    }

    #[test]
    fn a_private_key_is_turned_away_by_name_and_never_repeated() {
        let with_public_half = format!("MFECAQEwBQYDK2VwBCIE{}", &PRIVATE[20..]);
        for text in [
            PRIVATE.to_owned(),
            pem("PRIVATE KEY", PRIVATE),
            pem("OPENSSH PRIVATE KEY", "b3BlbnNzaC1rZXktdjEA"),
            pem("ENCRYPTED PRIVATE KEY", PRIVATE),
            format!(
                "{}{}",
                pem("PUBLIC KEY", PUBLIC),
                pem("PRIVATE KEY", PRIVATE)
            ),
            with_public_half,
        ] {
            let said = read(&text).unwrap_err().to_string();
            assert!(said.contains("is a private key"), "{said}");
            assert!(!said.contains(&PRIVATE[20..40]), "{said}");
        }
    }

    #[test]
    fn what_is_no_ed25519_key_is_refused_without_repeating_it() {
        let small_order =
            STANDARD.encode([&STANDARD.decode(PUBLIC).unwrap()[..12], &[0; 32]].concat());
        for text in [
            "",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE",
            &PUBLIC[..40],
            &small_order,
            &URL_SAFE_NO_PAD.encode([0xff; 44]),
            &"A".repeat(LONGEST + 1),
            r#"{"kty":"OKP","crv":"Ed25519","d":"secret-secret-secret"}"#,
        ] {
            let said = read(text).unwrap_err().to_string();
            assert!(said.starts_with("The key "), "{said}");
            assert!(text.is_empty() || !said.contains(text), "{said}");
        }
    }
}
