//! Why a signature does not count.

use serde::{Deserialize, Serialize};

use crate::json::Text;

/// Why a signature does not count.
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
/// let refused = verify(&document, Some(&signature), &Pins::default());
/// assert_eq!(refused, Err(Refusal::NotPinned { signer: "alice@phone".into() }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    /// There is none.
    #[error("the decision is not signed")]
    Unsigned,
    /// It names another algorithm.
    #[error("the signature's algorithm is not ed25519")]
    OtherAlgorithm {
        /// What it names.
        named: Text,
    },
    /// Its hash is that of another document.
    #[error("the signature is for another document: it was tampered with, or is stale")]
    OtherDocument,
    /// It names another signer than the document.
    #[error("the signature names another signer than the decision does")]
    OtherSigner {
        /// By the signature.
        signer: Text,
        /// By the document.
        declared: Text,
    },
    /// No key is pinned for the signer.
    #[error("no key is pinned for this signer")]
    NotPinned {
        /// The signer.
        signer: Text,
    },
    /// What is pinned for the signer is not a key.
    #[error("what is pinned for this signer is not a key")]
    UnreadablePin,
    /// It was not made with this key over this document.
    #[error("the signature was not made with this key over this document")]
    DoesNotVerify,
    /// The decision is about another request.
    #[error("the decision is about another request")]
    OtherRequest,
    /// The decision is about another action.
    #[error("the decision is about another action")]
    OtherAction,
    /// The decision was made after the deadline.
    #[error("the decision was made after the deadline")]
    TooLate,
    /// The decision's time names no instant.
    #[error("the decision's time names no instant")]
    NoInstant,
    /// Its time differs from the document's. Only refused for relaying.
    #[error("the signature's time differs from the decision's")]
    OtherTime,
    /// Its bytes are written in an unusual way. Only refused for relaying.
    #[error("the signature is not written as 64 bytes in standard base64")]
    NotCanonicalBase64,
}

impl Refusal {
    /// What the guard's own log says about a signature, word for word. Of decisions on another
    /// hold, or made too late, its log says nothing; for those this is our own sentence.
    ///
    /// ```
    /// use machinaut_chain::signature::Refusal;
    ///
    /// let refusal = Refusal::NotPinned { signer: "mallory".into() };
    /// assert_eq!(
    ///     refusal.as_the_guard_says(&"a-1".into()),
    ///     "approval resolution for action 'a-1' signer 'mallory' \
    ///      is not in the operator-pinned key set"
    /// );
    /// assert_eq!(refusal.to_string(), "no key is pinned for this signer");
    /// ```
    pub fn as_the_guard_says(&self, action_id: &Text) -> String {
        let action_id = action_id.to_display();
        let what = match self {
            Self::Unsigned => {
                "is unsigned; it must carry an Ed25519 signature (set allow_unsigned: true only \
                 for a trusted in-process / development path)"
                    .to_owned()
            }
            Self::OtherAlgorithm { named } => {
                format!("signature algorithm '{named}' is not ed25519")
            }
            Self::OtherDocument => "signature payload_hash does not match the canonical document \
                                    — it was tampered with or the signature is stale"
                .to_owned(),
            Self::OtherSigner { signer, declared } => {
                format!(
                    "signature signer_id '{signer}' does not match the declared signer '{declared}'"
                )
            }
            Self::NotPinned { signer } => {
                format!("signer '{signer}' is not in the operator-pinned key set")
            }
            Self::UnreadablePin => "signature could not be verified: Error: error:0900006e:PEM \
                                    routines:OPENSSL_internal:NO_START_LINE"
                .to_owned(),
            Self::OtherRequest | Self::OtherAction | Self::TooLate | Self::NoInstant => {
                return self.to_string();
            }
            Self::DoesNotVerify | Self::OtherTime | Self::NotCanonicalBase64 => {
                "failed Ed25519 signature verification".to_owned()
            }
        };
        format!("approval resolution for action '{action_id}' {what}")
    }
}
