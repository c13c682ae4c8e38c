//! What an approver signs.

use serde::{Deserialize, Serialize};

use super::ResolutionKind;
use crate::canonical::Hash;
use crate::json::{Object, Text, Value};

/// The document that an approver signs: a decision on one request, and nothing else. The project
/// and the session are not in it.
///
/// ```
/// use machinaut_chain::approval::{Document, ResolutionKind};
///
/// let document = Document {
///     request_id: "r".into(),
///     action_id: "a".into(),
///     kind: ResolutionKind::Denied,
///     approver_id: "alice@phone".into(),
///     reason: None,
///     at: "2026-11-23T04:46:15.531Z".into(),
/// };
/// assert_eq!(
///     document.canonical(),
///     br#"{"action_id":"a","approver_id":"alice@phone","at":"2026-11-23T04:46:15.531Z","kind":"denied","request_id":"r"}"#,
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The request that is decided.
    pub request_id: Text,
    /// The action that is held.
    pub action_id: Text,
    /// The decision.
    pub kind: ResolutionKind,
    /// Who decides.
    pub approver_id: Text,
    /// Why, if the approver says so. Absent is absent, never null.
    pub reason: Option<Text>,
    /// When, as text: it is signed as it is written.
    pub at: Text,
}

impl Document {
    /// Reads the fields that are signed from an object that may hold others, such as the payload
    /// of an `approval.granted` event, whose kind its type tells.
    pub fn from_fields(object: &Object, kind: ResolutionKind) -> Option<Self> {
        let text = |key| object.get(key).and_then(Value::as_text).cloned();
        let reason = match object.get("reason") {
            None => None,
            Some(value) => Some(value.as_text()?.clone()),
        };
        Some(Self {
            request_id: text("request_id")?,
            action_id: text("action_id")?,
            kind,
            approver_id: text("approver_id")?,
            reason,
            at: text("at")?,
        })
    }

    /// The canonical bytes.
    pub fn canonical(&self) -> Vec<u8> {
        Value::Object(self.to_object()).to_canonical()
    }

    /// The SHA-256 of the canonical bytes: the `payload_hash` of the signature.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.canonical())
    }

    /// The bytes that are signed: the hash as 64 lower-case hexadecimal digits.
    pub fn signing_message(&self) -> [u8; 64] {
        self.hash().to_hex()
    }

    pub(super) fn to_object(&self) -> Object {
        let mut object = Object::new();
        object.insert("request_id", self.request_id.clone());
        object.insert("action_id", self.action_id.clone());
        object.insert("kind", self.kind.as_str());
        object.insert("approver_id", self.approver_id.clone());
        if let Some(reason) = &self.reason {
            object.insert("reason", reason.clone());
        }
        object.insert("at", self.at.clone());
        object
    }
}
