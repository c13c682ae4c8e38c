use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{problem::Problem, text_json::TextJson};

/// A registered key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRow {
    /// Its id.
    pub id: String,
    /// The approver id under which guards pin it.
    pub approver_id: String,
    /// What its owner calls the device.
    pub label: String,
    /// The public half: SPKI in base64.
    pub public_key: String,
    /// `SHA256:` and the hash of the SPKI in base64, as SSH writes it.
    pub fingerprint: String,
    /// When it was registered, in milliseconds since 1970.
    pub created_at_ms: i64,
    /// When it was revoked.
    pub revoked_at_ms: Option<i64>,
}

/// The approver keys of the organisation, the newest first, revoked ones included.
///
/// # Errors
/// [`Problem::SignedOut`].
#[server(endpoint = "keys", output = TextJson)]
pub async fn keys() -> Result<Vec<KeyRow>, Problem> {
    let (scope, control) = (crate::problem::scope()?, crate::problem::control()?);
    let keys = machinaut_control::keys::list(&scope, &control).await?;
    Ok(keys.into_iter().map(KeyRow::from).collect())
}

/// Registers the public half of a key. Answers the id of the new row.
///
/// # Errors
/// [`Problem::Refused`] for an approver id that is taken, and for anything but an Ed25519 public
/// key.
#[server(endpoint = "register_key", output = TextJson)]
pub async fn register_key(
    approver_id: String,
    label: String,
    public_key: String,
) -> Result<KeyRow, Problem> {
    let (scope, control) = (crate::problem::scope()?, crate::problem::control()?);
    let new = machinaut_control::keys::NewKey {
        approver_id: approver_id.parse()?,
        label,
        public_key,
    };
    Ok(machinaut_control::keys::register(&scope, &control, new)
        .await?
        .into())
}

/// Revokes a key: nothing that it signs is relayed from now on.
///
/// # Errors
/// [`Problem::NotFound`].
#[server(endpoint = "revoke_key", output = TextJson)]
pub async fn revoke_key(id: String) -> Result<(), Problem> {
    let (scope, control) = (crate::problem::scope()?, crate::problem::control()?);
    machinaut_control::keys::revoke(&scope, &control, id.parse()?).await?;
    crate::problem::redirect_plain_form("/keys");
    Ok(())
}

#[cfg(feature = "ssr")]
impl From<machinaut_control::keys::ApproverKey> for KeyRow {
    fn from(key: machinaut_control::keys::ApproverKey) -> Self {
        Self {
            id: key.id.to_string(),
            approver_id: key.approver_id.to_string(),
            label: key.label,
            public_key: key
                .public_key
                .lines()
                .filter(|line| !line.starts_with("-----"))
                .collect(),
            fingerprint: key.fingerprint,
            created_at_ms: key.created_at.millis(),
            revoked_at_ms: key.revoked_at.map(machinaut_control::clock::Moment::millis),
        }
    }
}
