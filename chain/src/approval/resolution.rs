//! The answer to a request: Lodestar's `ApprovalResolution`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::schema::{Expected, SchemaError, non_empty, object, optional, text, timestamp};
use super::{Document, MAX_RESOLUTION_BYTES};
use crate::json::{Limits, Object, Text, Value};
use crate::signature::Signature;
use crate::timestamp::Timestamp;

/// What was decided.
///
/// ```
/// use machinaut_chain::approval::ResolutionKind;
///
/// assert_eq!("granted".parse(), Ok(ResolutionKind::Granted));
/// // No other word is a decision, however close.
/// assert!("Granted".parse::<ResolutionKind>().is_err());
/// assert!("expired".parse::<ResolutionKind>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResolutionKind {
    /// The action may go ahead.
    Granted,
    /// The action may not.
    Denied,
}

impl ResolutionKind {
    /// Lodestar's word for it.
    ///
    /// ```
    /// use machinaut_chain::approval::ResolutionKind;
    ///
    /// let event_type = format!("approval.{}", ResolutionKind::Denied.as_str());
    /// assert_eq!(event_type, "approval.denied");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Denied => "denied",
        }
    }
}

impl fmt::Display for ResolutionKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A text that names no decision.
///
/// ```
/// use machinaut_chain::approval::ResolutionKind;
///
/// let refused = "maybe".parse::<ResolutionKind>().unwrap_err();
/// assert_eq!(refused.to_string(), "a decision is granted or denied");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a decision is granted or denied")]
pub struct UnknownKind;

impl FromStr for ResolutionKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        match text {
            "granted" => Ok(Self::Granted),
            "denied" => Ok(Self::Denied),
            _ => Err(UnknownKind),
        }
    }
}

/// The answer to a request, as the guard fetches it: Lodestar's `ApprovalResolution`.
///
/// ```
/// use machinaut_chain::approval::{Resolution, ResolutionKind};
///
/// let body = br#"{"request_id":"r-1","action_id":"a-1","kind":"denied",
///     "approver_id":"alice@phone","at":"2026-03-01T09:01:00Z"}"#;
/// let resolution = Resolution::parse(body)?;
/// assert_eq!(resolution.kind, ResolutionKind::Denied);
/// assert_eq!((resolution.reason, resolution.signature), (None, None));
/// # Ok::<(), machinaut_chain::approval::SchemaError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// The request that is decided.
    pub request_id: Text,
    /// The action that is held.
    pub action_id: Text,
    /// The decision.
    pub kind: ResolutionKind,
    /// Who decided.
    pub approver_id: Text,
    /// Why, if the approver said so.
    pub reason: Option<Text>,
    /// When.
    pub at: Timestamp,
    /// The approver's signature. Without one the guard refuses it.
    pub signature: Option<Signature>,
}

impl Resolution {
    /// Reads a resolution as strictly as the guard does: what this refuses, the guard takes for
    /// "not yet".
    ///
    /// ```
    /// use machinaut_chain::approval::{Resolution, SchemaError};
    ///
    /// let body = br#"{"request_id":"r-1","action_id":"a-1","kind":"denied","comment":"no",
    ///     "approver_id":"alice@phone","at":"2026-03-01T09:01:00Z"}"#;
    /// assert_eq!(Resolution::parse(body), Err(SchemaError::UnknownKey));
    /// let twice = br#"{"kind":"denied","kind":"granted"}"#;
    /// assert_eq!(Resolution::parse(twice), Err(SchemaError::DuplicateKey));
    /// ```
    ///
    /// # Errors
    /// Where the bytes are not JSON or not the schema: a key too many is enough. A key that stands
    /// twice is refused as well, which the guard does not do; nothing that we relay holds one.
    pub fn parse(bytes: &[u8]) -> Result<Self, SchemaError> {
        let noted = Value::parse_noting(bytes, &Limits::default()).map_err(SchemaError::Json)?;
        if noted.duplicate_keys {
            return Err(SchemaError::DuplicateKey);
        }
        Self::from_value(&noted.value)
    }

    /// Reads a resolution from a value, exactly as Lodestar's schema does.
    ///
    /// ```
    /// use machinaut_chain::approval::Resolution;
    /// use machinaut_chain::json::Value;
    ///
    /// let value = Value::parse(br#"{"request_id":"r-1","action_id":""}"#, &Default::default())?;
    /// let error = Resolution::from_value(&value).unwrap_err();
    /// assert_eq!(error.to_string(), "`action_id` has to be a string that is not empty");
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the value is not the schema.
    pub fn from_value(value: &Value) -> Result<Self, SchemaError> {
        const KEYS: [&str; 7] = [
            "request_id",
            "action_id",
            "kind",
            "approver_id",
            "reason",
            "at",
            "signature",
        ];
        let fields = object(value, "")?;
        let resolution = Self {
            request_id: non_empty(fields, "request_id")?,
            action_id: non_empty(fields, "action_id")?,
            kind: kind(fields)?,
            approver_id: non_empty(fields, "approver_id")?,
            reason: optional(fields, "reason", non_empty)?,
            at: timestamp(fields, "at")?,
            signature: fields.get("signature").map(signature).transpose()?,
        };
        if fields
            .iter()
            .any(|(key, _)| KEYS.iter().all(|known| key != known))
        {
            return Err(SchemaError::UnknownKey);
        }
        Ok(resolution)
    }

    /// The document that its signature is over.
    ///
    /// ```
    /// use machinaut_chain::approval::Resolution;
    ///
    /// let unsigned = Resolution::parse(
    ///     br#"{"request_id":"r-1","action_id":"a-1","kind":"denied","approver_id":"alice@phone",
    ///         "at":"2026-03-01T09:01:00+00:00"}"#,
    /// )?;
    /// // The time is signed as it is written, not as it is meant.
    /// assert_eq!(unsigned.document().at, "2026-03-01T09:01:00+00:00");
    /// # Ok::<(), machinaut_chain::approval::SchemaError>(())
    /// ```
    pub fn document(&self) -> Document {
        Document {
            request_id: self.request_id.clone(),
            action_id: self.action_id.clone(),
            kind: self.kind,
            approver_id: self.approver_id.clone(),
            reason: self.reason.clone(),
            at: self.at.as_str().into(),
        }
    }

    /// The body that the guard accepts: exactly the keys of the schema, and what is absent absent.
    ///
    /// ```
    /// use machinaut_chain::approval::Resolution;
    ///
    /// let body = r#"{"request_id":"r-1","action_id":"a-1","kind":"denied","approver_id":"alice@phone","at":"2026-03-01T09:01:00Z"}"#;
    /// assert_eq!(Resolution::parse(body.as_bytes())?.to_json(), body);
    /// # Ok::<(), machinaut_chain::approval::SchemaError>(())
    /// ```
    pub fn to_json(&self) -> String {
        let mut object = self.document().to_object();
        if let Some(signature) = &self.signature {
            object.insert("signature", signature.to_object());
        }
        Value::Object(object).to_json()
    }

    /// The payload of the `approval.granted` or `approval.denied` event that the guard writes when
    /// it accepts this: all of it but the kind, which the event's type tells.
    ///
    /// ```
    /// use machinaut_chain::approval::{Document, Resolution, ResolutionKind};
    ///
    /// let resolution = Resolution::parse(
    ///     br#"{"request_id":"r-1","action_id":"a-1","kind":"denied","approver_id":"alice@phone",
    ///         "at":"2026-03-01T09:01:00Z"}"#,
    /// )?;
    /// let payload = resolution.to_event_payload();
    /// assert_eq!(payload.get("kind"), None);
    /// // With the kind that the event's type tells, it is again what was signed.
    /// let document = Document::from_fields(&payload, ResolutionKind::Denied);
    /// assert_eq!(document, Some(resolution.document()));
    /// # Ok::<(), machinaut_chain::approval::SchemaError>(())
    /// ```
    pub fn to_event_payload(&self) -> Object {
        let mut object = Object::new();
        object.insert("request_id", self.request_id.clone());
        object.insert("action_id", self.action_id.clone());
        object.insert("approver_id", self.approver_id.clone());
        object.insert("at", self.at.as_str());
        if let Some(reason) = &self.reason {
            object.insert("reason", reason.clone());
        }
        if let Some(signature) = &self.signature {
            object.insert("signature", signature.to_object());
        }
        object
    }

    /// Whether its body is small enough for the guard to read.
    ///
    /// ```
    /// use machinaut_chain::approval::Resolution;
    ///
    /// let resolution = Resolution::parse(
    ///     br#"{"request_id":"r-1","action_id":"a-1","kind":"denied","approver_id":"alice@phone",
    ///         "at":"2026-03-01T09:01:00Z"}"#,
    /// )?;
    /// assert!(resolution.fits());
    /// let reason = Some("x".repeat(65_536).into());
    /// assert!(!Resolution { reason, ..resolution }.fits());
    /// # Ok::<(), machinaut_chain::approval::SchemaError>(())
    /// ```
    pub fn fits(&self) -> bool {
        self.to_json().len() <= MAX_RESOLUTION_BYTES
    }
}

fn kind(fields: &Object) -> Result<ResolutionKind, SchemaError> {
    fields
        .get("kind")
        .and_then(Value::as_str)
        .and_then(|kind| kind.parse().ok())
        .ok_or(SchemaError::field(
            "kind",
            Expected::OneOf("granted, denied"),
        ))
}

/// Other keys in a signature are ignored, as the guard does.
fn signature(value: &Value) -> Result<Signature, SchemaError> {
    let fields = object(value, "signature")?;
    let algorithm = text(fields, "signature.algorithm")
        .ok()
        .filter(|algorithm| algorithm == "ed25519");
    Ok(Signature {
        signer_id: text(fields, "signature.signer_id")?,
        payload_hash: text(fields, "signature.payload_hash")?,
        algorithm: algorithm.ok_or(SchemaError::field(
            "signature.algorithm",
            Expected::OneOf("ed25519"),
        ))?,
        signature: text(fields, "signature.signature")?,
        at: timestamp(fields, "signature.at")?.as_str().into(),
    })
}
