use serde::{Deserialize, Serialize};

use super::view;
use crate::json::Value;

/// What an approver must have, as the guard asks for it. We show it; the guard does not check it.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::RequestFacts;
///
/// let payload = br#"{"request_id":"r-1","action_id":"a-1",
///     "required_authority":{"min_trust_baseline":0.8,"scope":{"level":"repo"}}}"#;
/// let payload = Value::parse(payload, &Default::default())?;
/// let authority = RequestFacts::read(&payload).unwrap().required_authority;
/// assert_eq!(authority.min_trust_baseline, Some(0.8));
/// assert_eq!(authority.scope.as_deref(), Some(r#"{"level":"repo"}"#));
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct AuthorityFacts {
    /// The lowest trust baseline, from 0 to 1.
    pub min_trust_baseline: Option<f64>,
    /// The sensitivity that the approver must be cleared for.
    pub sensitivity_clearance: Option<String>,
    /// The scope, as compact JSON.
    pub scope: Option<String>,
}

/// A hold, as the guard logged it (`approval.requested`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestFacts {
    /// Lodestar's id of the hold.
    pub request_id: String,
    /// The action that is held.
    pub action_id: String,
    /// Why it is held.
    pub reason: Option<String>,
    /// Who may decide.
    pub required_authority: AuthorityFacts,
    /// When it was asked, as written.
    pub requested_at: Option<String>,
    /// Until when a decision counts, as written.
    pub deadline: Option<String>,
}

/// A signature, as the log carries it. It has not been verified by being here.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::LoggedResolution;
///
/// // Anything may be logged as a signature. Only the key can tell.
/// let payload = br#"{"request_id":"r-1","signature":{"signature":"not even base64"}}"#;
/// let payload = Value::parse(payload, &Default::default())?;
/// let signature = LoggedResolution::read(&payload).unwrap().signature.unwrap();
/// assert_eq!((signature.signature.as_str(), signature.signer_id), ("not even base64", None));
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedSignature {
    /// Whose key is said to have signed.
    pub signer_id: Option<String>,
    /// The hash of the signed document, in hex.
    pub payload_hash: Option<String>,
    /// `ed25519`.
    pub algorithm: Option<String>,
    /// The signature, in base64.
    pub signature: String,
    /// When, as written; not part of what is signed.
    pub at: Option<String>,
}

/// An answer to a hold, as the log carries it (`approval.granted` or `approval.denied`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedResolution {
    /// The hold it answers.
    pub request_id: String,
    /// The action it names.
    pub action_id: Option<String>,
    /// Who is said to have answered.
    pub approver_id: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When, as written.
    pub at: Option<String>,
    /// The signature; none on answers given inside the guard's own process.
    pub signature: Option<LoggedSignature>,
}

/// A decision that the guard refused (`guard.approval.signature_rejected`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectionFacts {
    /// The hold it was meant for.
    pub request_id: String,
    /// Who was said to have decided.
    pub approver_id: Option<String>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Where it came from: `side_channel` (a relay) or `log` (an event that was planted).
    pub source: Option<String>,
    /// The planted event.
    pub rejected_event_id: Option<String>,
    /// When, as written.
    pub at: Option<String>,
    /// Whether the event carries the mark of the guard (schema version 1).
    pub by_guard: bool,
}

impl RequestFacts {
    /// Reads the payload of an `approval.requested` event. None where it names no request or no
    /// action.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::model::RequestFacts;
    ///
    /// let read = |payload: &[u8]| -> Result<_, machinaut_chain::json::Error> {
    ///     Ok(RequestFacts::read(&Value::parse(payload, &Default::default())?))
    /// };
    /// let request = read(br#"{"request_id":"r-1","action_id":"a-1","reason":"L4"}"#)?.unwrap();
    /// assert_eq!((request.reason.as_deref(), request.deadline), (Some("L4"), None));
    /// assert_eq!(read(br#"{"request_id":"","action_id":"a-1"}"#)?, None);
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    pub fn read(payload: &Value) -> Option<Self> {
        let authority = view::field(payload, "required_authority");
        Some(Self {
            request_id: view::text(payload, "request_id").filter(|id| !id.is_empty())?,
            action_id: view::text(payload, "action_id")?,
            reason: view::text(payload, "reason"),
            required_authority: authority
                .map(|authority| AuthorityFacts {
                    min_trust_baseline: view::number(authority, "min_trust_baseline"),
                    sensitivity_clearance: view::text(authority, "sensitivity_clearance"),
                    scope: view::field(authority, "scope").map(view::json),
                })
                .unwrap_or_default(),
            requested_at: view::text(payload, "requested_at"),
            deadline: view::text(payload, "deadline"),
        })
    }
}

impl LoggedResolution {
    /// Reads the payload of an `approval.granted`, `.denied` or `.expired` event. None where it
    /// names no request.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::model::LoggedResolution;
    ///
    /// let payload = br#"{"request_id":"r-1","approver_id":"alice@phone","reason":"not today"}"#;
    /// let payload = Value::parse(payload, &Default::default())?;
    /// let resolution = LoggedResolution::read(&payload).unwrap();
    /// assert_eq!(resolution.reason.as_deref(), Some("not today"));
    /// assert_eq!(resolution.signature, None, "it was given inside the guard's own process");
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    pub fn read(payload: &Value) -> Option<Self> {
        Some(Self {
            request_id: view::text(payload, "request_id")?,
            action_id: view::text(payload, "action_id"),
            approver_id: view::text(payload, "approver_id"),
            reason: view::text(payload, "reason"),
            at: view::text(payload, "at"),
            signature: view::field(payload, "signature").and_then(|signature| {
                Some(LoggedSignature {
                    signer_id: view::text(signature, "signer_id"),
                    payload_hash: view::text(signature, "payload_hash"),
                    algorithm: view::text(signature, "algorithm"),
                    signature: view::text(signature, "signature")?,
                    at: view::text(signature, "at"),
                })
            }),
        })
    }
}

impl RejectionFacts {
    /// Reads the payload of a `guard.approval.signature_rejected` event. None where it names no
    /// request.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::model::RejectionFacts;
    ///
    /// let payload = br#"{"request_id":"r-1","reason":"unknown signer","source":"side_channel"}"#;
    /// let payload = Value::parse(payload, &Default::default())?;
    /// let rejection = RejectionFacts::read(&payload, true).unwrap();
    /// assert_eq!(rejection.source.as_deref(), Some("side_channel"));
    /// assert_eq!(rejection.rejected_event_id, None, "it came by a relay, not by an event");
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    pub fn read(payload: &Value, by_guard: bool) -> Option<Self> {
        Some(Self {
            request_id: view::text(payload, "request_id")?,
            approver_id: view::text(payload, "approver_id"),
            reason: view::text(payload, "reason"),
            source: view::text(payload, "source"),
            rejected_event_id: view::text(payload, "rejected_event_id"),
            at: view::text(payload, "at"),
            by_guard,
        })
    }
}
