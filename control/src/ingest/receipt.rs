//! What the sender is told, and what stays of a ship to be shown later.

use serde::Serialize;

use crate::clock::Moment;
use crate::ids::ReceiptId;
use crate::sessions::FindingCount;

/// Says what a ship brought, and that all of it is durable. Serialises as the answer to the sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Its id.
    pub receipt_id: ReceiptId,
    /// The project, as Lodestar names it.
    pub project_id: String,
    /// The session, as Lodestar names it.
    pub session_id: String,
    /// How many events the body had.
    pub received: u64,
    /// How many of them were new.
    pub appended: u64,
    /// How many known ones it opened.
    pub revealed: u64,
    /// How many were known.
    pub unchanged: u64,
    /// How many were withheld.
    pub redacted: u64,
    /// What was found wrong with it, by kind.
    pub findings: Vec<FindingCount>,
    /// SHA-256 of the body, in hex.
    pub body_sha256: String,
    /// When it was received.
    #[serde(serialize_with = "rfc3339")]
    pub received_at: Moment,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn rfc3339<S: serde::Serializer>(at: &Moment, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339())
}
