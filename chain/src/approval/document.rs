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
    /// of an `approval.granted` event, whose kind its type tells. None where one of them is
    /// missing or no string; a `reason` may be absent.
    ///
    /// ```
    /// use machinaut_chain::approval::{Document, ResolutionKind};
    /// use machinaut_chain::json::{Object, Value};
    ///
    /// let mut payload: Object = [
    ///     ("request_id", Value::from("r-1")),
    ///     ("action_id", "a-1".into()),
    ///     ("approver_id", "alice@phone".into()),
    ///     ("at", "2026-03-01T09:01:00Z".into()),
    ///     ("noticed_at", "2026-03-01T09:01:04Z".into()),
    /// ]
    /// .into_iter()
    /// .collect();
    /// let document = Document::from_fields(&payload, ResolutionKind::Granted).unwrap();
    /// assert_eq!((document.request_id.as_str(), document.reason), (Some("r-1"), None));
    ///
    /// payload.insert("reason", Value::Null);
    /// assert_eq!(Document::from_fields(&payload, ResolutionKind::Granted), None);
    /// ```
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
    ///
    /// ```
    /// use machinaut_chain::approval::{Document, ResolutionKind};
    ///
    /// let document = Document {
    ///     request_id: "r-1".into(),
    ///     action_id: "a-1".into(),
    ///     kind: ResolutionKind::Granted,
    ///     approver_id: "alice@phone".into(),
    ///     reason: Some("seen".into()),
    ///     at: "2026-03-01T09:01:00Z".into(),
    /// };
    /// let canonical = String::from_utf8(document.canonical())?;
    /// assert!(canonical.ends_with(r#""kind":"granted","reason":"seen","request_id":"r-1"}"#));
    /// # Ok::<(), std::string::FromUtf8Error>(())
    /// ```
    pub fn canonical(&self) -> Vec<u8> {
        Value::Object(self.to_object()).to_canonical()
    }

    /// The SHA-256 of the canonical bytes: the `payload_hash` of the signature.
    ///
    /// ```
    /// use machinaut_chain::approval::{Document, ResolutionKind};
    /// use machinaut_chain::canonical::Hash;
    ///
    /// let document = Document {
    ///     request_id: "r-1".into(),
    ///     action_id: "a-1".into(),
    ///     kind: ResolutionKind::Granted,
    ///     approver_id: "alice@phone".into(),
    ///     reason: None,
    ///     at: "2026-03-01T09:01:00Z".into(),
    /// };
    /// assert_eq!(document.hash(), Hash::of(&document.canonical()));
    /// let denied = Document { kind: ResolutionKind::Denied, ..document.clone() };
    /// assert_ne!(denied.hash(), document.hash());
    /// ```
    pub fn hash(&self) -> Hash {
        Hash::of(&self.canonical())
    }

    /// The bytes that are signed: the hash as 64 lower-case hexadecimal digits.
    ///
    /// ```
    /// use machinaut_chain::approval::{Document, ResolutionKind};
    ///
    /// let document = Document {
    ///     request_id: "r-1".into(),
    ///     action_id: "a-1".into(),
    ///     kind: ResolutionKind::Granted,
    ///     approver_id: "alice@phone".into(),
    ///     reason: None,
    ///     at: "2026-03-01T09:01:00Z".into(),
    /// };
    /// let hash = document.hash().to_string();
    /// assert_eq!(document.signing_message(), hash.as_bytes(), "the digits, not the 32 bytes");
    /// ```
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
