//! Ed25519 signatures of approvers, and the keys that an operator pinned for them.
//!
//! A decision counts only because the customer's own guard verifies its signature. [`verify`] says
//! what that guard says, as lenient as it is, and is for reading logs. [`verify_for_relay`] is for
//! what is about to be relayed: it also refuses what a guard might let pass but no honest approver
//! sends, so that nothing ambiguous is ever passed on.

mod base64;
mod key;
mod pins;
mod refusal;

pub use key::{Fingerprint, NotAKey, PublicKey};
pub use pins::{Pin, Pins};
pub use refusal::Refusal;

use serde::{Deserialize, Serialize};

use crate::approval::{Document, Resolution};
use crate::json::{Object, Text};
use crate::timestamp::Timestamp;

/// A signature as Lodestar writes it. What stands in it is claimed until it is verified.
///
/// ```
/// use ed25519_dalek::{Signer, SigningKey};
/// use machinaut_chain::approval::{Document, ResolutionKind};
/// use machinaut_chain::signature::{PublicKey, Signature, verify_for_relay};
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
/// // Whoever changes what is claimed does not get it verified.
/// let lifted = Signature { signer_id: "bob@desk".into(), ..signature };
/// assert!(verify_for_relay(&document, &lifted, &key).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Who is said to have signed.
    pub signer_id: Text,
    /// The hash of what was signed, in hexadecimal.
    pub payload_hash: Text,
    /// `ed25519`
    pub algorithm: Text,
    /// The 64 bytes of the signature in base64.
    pub signature: Text,
    /// When; itself not signed.
    pub at: Text,
}

impl Signature {
    /// The signature that a signer made of a document: 64 bytes over
    /// [`Document::signing_message`].
    ///
    /// ```
    /// use ed25519_dalek::{Signer, SigningKey};
    /// use machinaut_chain::approval::{Document, ResolutionKind};
    /// use machinaut_chain::signature::{PublicKey, Signature};
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
    /// assert_eq!(signature.signer_id, "alice@phone");
    /// assert_eq!(signature.payload_hash, document.hash().to_string().as_str());
    /// assert_eq!(signature.at, document.at);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(document: &Document, bytes: &[u8; 64]) -> Self {
        Self {
            signer_id: document.approver_id.clone(),
            payload_hash: document.hash().to_string().into(),
            algorithm: "ed25519".into(),
            signature: base64::encode(bytes).into(),
            at: document.at.clone(),
        }
    }

    pub(crate) fn to_object(&self) -> Object {
        let mut object = Object::new();
        object.insert("signer_id", self.signer_id.clone());
        object.insert("payload_hash", self.payload_hash.clone());
        object.insert("algorithm", self.algorithm.clone());
        object.insert("signature", self.signature.clone());
        object.insert("at", self.at.clone());
        object
    }
}

/// Says what the guard says about a signature, as lenient as the guard.
///
/// ```
/// use ed25519_dalek::{Signer, SigningKey};
/// use machinaut_chain::approval::{Document, ResolutionKind};
/// use machinaut_chain::signature::{Pins, PublicKey, Refusal, Signature, verify};
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
/// let pins = Pins::one("alice@phone", key);
/// assert_eq!(verify(&document, Some(&signature), &pins), Ok(()));
/// assert_eq!(verify(&document, None, &pins), Err(Refusal::Unsigned));
/// let denied = Document { kind: ResolutionKind::Denied, ..document };
/// assert_eq!(verify(&denied, Some(&signature), &pins), Err(Refusal::OtherDocument));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Why the guard refuses it.
pub fn verify(
    document: &Document,
    signature: Option<&Signature>,
    pins: &Pins,
) -> Result<(), Refusal> {
    let signature = signature.ok_or(Refusal::Unsigned)?;
    check_claims(document, signature)?;
    let key = match pins.of(&signature.signer_id) {
        None => {
            return Err(Refusal::NotPinned {
                signer: signature.signer_id.clone(),
            });
        }
        Some(Pin::Unreadable) => return Err(Refusal::UnreadablePin),
        Some(Pin::OtherAlgorithm) => return Err(Refusal::DoesNotVerify),
        Some(Pin::Ed25519(key)) => key,
    };
    let bytes = base64::decode_leniently(&signature.signature);
    let bytes = bytes.try_into().map_err(|_| Refusal::DoesNotVerify)?;
    key.verify(&document.signing_message(), &bytes)
}

/// The hold that the guard keeps, to which a resolution has to belong.
///
/// ```
/// use machinaut_chain::approval::{Resolution, ResolutionKind};
/// use machinaut_chain::signature::{Binding, Pins, Refusal, guard_check};
///
/// let hold = Binding {
///     request_id: "r-1".into(),
///     action_id: "a-1".into(),
///     deadline: Some("2026-11-23T04:46:25Z".parse()?),
/// };
/// let late = Resolution {
///     request_id: "r-1".into(),
///     action_id: "a-1".into(),
///     kind: ResolutionKind::Granted,
///     approver_id: "alice@phone".into(),
///     reason: None,
///     at: "2026-11-23T04:46:26Z".parse()?,
///     signature: None,
/// };
/// assert_eq!(guard_check(&late, &hold, &Pins::default()), Err(Refusal::TooLate));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The request that is open.
    pub request_id: Text,
    /// The action that is held.
    pub action_id: Text,
    /// Until when an answer counts.
    pub deadline: Option<Timestamp>,
}

/// Says what the guard says about a resolution that it fetched: that it belongs to the hold, was
/// made in time, and carries a signature that counts.
///
/// ```
/// use ed25519_dalek::{Signer, SigningKey};
/// use machinaut_chain::approval::{Document, Resolution, ResolutionKind};
/// use machinaut_chain::signature::{Binding, Pins, PublicKey, Refusal, Signature, guard_check};
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
/// let decision = Resolution {
///     request_id: document.request_id,
///     action_id: document.action_id,
///     kind: document.kind,
///     approver_id: document.approver_id,
///     reason: document.reason,
///     at: "2026-11-23T04:46:15.531Z".parse()?,
///     signature: Some(signature),
/// };
/// let hold = Binding { request_id: "r-1".into(), action_id: "a-1".into(), deadline: None };
/// let pins = Pins::one("alice@phone", key);
/// assert_eq!(guard_check(&decision, &hold, &pins), Ok(()));
/// let other = Binding { action_id: "a-2".into(), ..hold };
/// assert_eq!(guard_check(&decision, &other, &pins), Err(Refusal::OtherAction));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Why the guard refuses it.
pub fn guard_check(resolution: &Resolution, hold: &Binding, pins: &Pins) -> Result<(), Refusal> {
    if resolution.request_id != hold.request_id {
        return Err(Refusal::OtherRequest);
    }
    if resolution.action_id != hold.action_id {
        return Err(Refusal::OtherAction);
    }
    let at = resolution.at.instant().ok_or(Refusal::NoInstant)?;
    if hold
        .deadline
        .as_ref()
        .and_then(Timestamp::instant)
        .is_some_and(|deadline| at > deadline)
    {
        return Err(Refusal::TooLate);
    }
    verify(&resolution.document(), resolution.signature.as_ref(), pins)
}

/// Says whether a signature is fit to be relayed: everything that the guard asks for, and besides
/// canonical base64, one time in both places, and a signature that every verifier agrees on.
///
/// ```
/// use ed25519_dalek::{Signer, SigningKey};
/// use machinaut_chain::approval::{Document, ResolutionKind};
/// use machinaut_chain::signature::{Pins, PublicKey, Refusal, Signature, verify, verify_for_relay};
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
/// assert_eq!(verify_for_relay(&document, &signature, &key), Ok(()));
/// // The time of a signature is not signed: the guard lets it differ, a relay does not.
/// let later = Signature { at: "2026-11-23T04:46:16Z".into(), ..signature };
/// assert_eq!(verify(&document, Some(&later), &Pins::one("alice@phone", key)), Ok(()));
/// assert_eq!(verify_for_relay(&document, &later, &key), Err(Refusal::OtherTime));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Why it is not fit.
pub fn verify_for_relay(
    document: &Document,
    signature: &Signature,
    key: &PublicKey,
) -> Result<(), Refusal> {
    check_claims(document, signature)?;
    if signature.at != document.at {
        return Err(Refusal::OtherTime);
    }
    let text = signature
        .signature
        .as_str()
        .ok_or(Refusal::NotCanonicalBase64)?;
    let bytes = base64::decode(text).ok_or(Refusal::NotCanonicalBase64)?;
    key.verify_strictly(&document.signing_message(), &bytes)
}

/// The order is the guard's, so that the first refusal is the one it names.
fn check_claims(document: &Document, signature: &Signature) -> Result<(), Refusal> {
    if signature.algorithm != "ed25519" {
        return Err(Refusal::OtherAlgorithm {
            named: signature.algorithm.clone(),
        });
    }
    if signature.payload_hash != document.hash().to_string().as_str() {
        return Err(Refusal::OtherDocument);
    }
    if signature.signer_id != document.approver_id {
        return Err(Refusal::OtherSigner {
            signer: signature.signer_id.clone(),
            declared: document.approver_id.clone(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;
    use crate::approval::ResolutionKind;

    fn approver(seed: u8) -> (SigningKey, PublicKey) {
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let public = PublicKey::from_bytes(secret.verifying_key().as_bytes()).unwrap();
        (secret, public)
    }

    fn document() -> Document {
        Document {
            request_id: "request".into(),
            action_id: "action".into(),
            kind: ResolutionKind::Denied,
            approver_id: "alice@phone".into(),
            reason: Some("not today".into()),
            at: "2026-11-23T04:46:15.531Z".into(),
        }
    }

    fn signed(document: &Document, secret: &SigningKey) -> Signature {
        Signature::of(
            document,
            &secret.sign(&document.signing_message()).to_bytes(),
        )
    }

    #[test]
    fn a_decision_that_its_approver_signed_is_fit_to_be_relayed_and_counts() {
        let (secret, public) = approver(1);
        let signature = signed(&document(), &secret);
        assert_eq!(verify_for_relay(&document(), &signature, &public), Ok(()));
        let pins = Pins::one("alice@phone", public);
        assert_eq!(verify(&document(), Some(&signature), &pins), Ok(()));
    }

    #[test]
    fn a_signature_is_for_every_field_of_its_decision() {
        let (secret, public) = approver(1);
        let signature = signed(&document(), &secret);
        let altered = [
            Document {
                request_id: "other".into(),
                ..document()
            },
            Document {
                action_id: "other".into(),
                ..document()
            },
            Document {
                kind: ResolutionKind::Granted,
                ..document()
            },
            Document {
                approver_id: "bob@phone".into(),
                ..document()
            },
            Document {
                reason: None,
                ..document()
            },
            Document {
                reason: Some("not today ".into()),
                ..document()
            },
            Document {
                at: "2026-11-23T04:46:15.531+00:00".into(),
                ..document()
            },
        ];
        for document in altered {
            let refused = verify_for_relay(&document, &signature, &public);
            assert_eq!(refused, Err(Refusal::OtherDocument), "{document:?}");
            // With the hash made to fit, the bytes still do not.
            let rehashed = Signature {
                payload_hash: document.hash().to_string().into(),
                signer_id: document.approver_id.clone(),
                at: document.at.clone(),
                ..signature.clone()
            };
            let refused = verify_for_relay(&document, &rehashed, &public);
            assert_eq!(refused, Err(Refusal::DoesNotVerify), "{document:?}");
        }
    }

    #[test]
    fn a_signature_by_another_key_or_in_anothers_name_does_not_count() {
        let (secret, public) = approver(1);
        let (_, other) = approver(2);
        let signature = signed(&document(), &secret);
        let refused = verify_for_relay(&document(), &signature, &other);
        assert_eq!(refused, Err(Refusal::DoesNotVerify));
        let lifted = Signature {
            signer_id: "bob@phone".into(),
            ..signature
        };
        let refused = verify_for_relay(&document(), &lifted, &public);
        assert!(matches!(refused, Err(Refusal::OtherSigner { .. })));
    }

    #[test]
    fn base64_that_only_a_lenient_reader_takes_is_not_relayed() {
        let (secret, public) = approver(1);
        let signature = signed(&document(), &secret);
        let text = signature.signature.to_display().into_owned();
        let written = [
            text.trim_end_matches('=').to_owned(),
            format!("{text}\n"),
            format!("!{text}"),
        ];
        for written in written {
            let odd = Signature {
                signature: written.into(),
                ..signature.clone()
            };
            let refused = verify_for_relay(&document(), &odd, &public);
            assert_eq!(refused, Err(Refusal::NotCanonicalBase64));
            let pins = Pins::one("alice@phone", public);
            assert_eq!(verify(&document(), Some(&odd), &pins), Ok(()));
        }
        let later = Signature {
            at: "2026-11-23T04:46:16Z".into(),
            ..signature
        };
        let refused = verify_for_relay(&document(), &later, &public);
        assert_eq!(refused, Err(Refusal::OtherTime));
    }
}
