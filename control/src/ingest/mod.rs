//! Taking in shipped sessions. One body is one whole session, or the same one again, longer: it is
//! read while it arrives, laid beside what is kept, and then kept in one transaction, or not at
//! all. What the sender gets is a receipt, and it means that everything in it is durable.
//!
//! The rules of re-shipping are in `merge`; what a body has to look like is in
//! [`machinaut_chain::ship`].

mod body;
mod incidents;
mod intake;
mod keep;
mod merge;
mod overlay;
mod plan;
mod receipt;
mod rows;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;
use tokio::sync::{Semaphore, SemaphorePermit};

use self::body::{Body, way};
use self::intake::{LastBody, Taken};
use crate::ids::OrgId;
use crate::sessions::{counted, identity, table};
use crate::{Control, Credential, Error, Grant, Result, holds};

pub use receipt::Receipt;

/// Whose piece of a body is read now. Reading takes a processor, so only so many pieces are read at
/// once; the next one is that of the body which has waited longest, so that a slow sender holds up
/// nobody and a long body is no obstacle to a short one.
#[derive(Clone)]
pub(crate) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(crate) fn new(at_once: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_once.max(1))))
    }

    /// Waits for a turn, which ends when it is dropped. Blocks: not for async threads.
    fn take(&self) -> Option<SemaphorePermit<'_>> {
        tokio::runtime::Handle::current()
            .block_on(self.0.acquire())
            .ok()
    }
}

/// Takes in one body and answers with its receipt, once everything is durable.
///
/// `length` is what the sender says the length is, where it does. It is a hint: with it a session
/// that was shipped before and has not changed since is recognised without being parsed.
///
/// # Errors
/// Nothing of the body is kept with any of them. [`Error::MissingGrant`];
/// [`Error::ProjectNotGranted`]; [`Error::Malformed`] with the line; [`Error::TooLarge`];
/// [`Error::Interrupted`], also where the sender is silent for half a minute; [`Error::Rewritten`],
/// after which an incident keeps both commitments; [`Error::Database`].
pub async fn receive(
    credential: &Credential,
    control: &Control,
    body: impl Stream<Item = Result<Bytes>> + Send + Unpin,
    length: Option<u64>,
) -> Result<Receipt> {
    credential.require(Grant::Ship)?;
    let limit = control.limits().ship_body_bytes;
    if length.is_some_and(|length| length > limit) {
        return Err(Error::TooLarge { limit });
    }
    let mut body = Body::new(body, limit);
    let beginning = body.beginning().await?;
    let last = match intake::manifest(&beginning, control.limits()) {
        Some(manifest) => {
            allow(credential, manifest.project_id.as_str())?;
            last_body(control, credential.org(), &manifest).await?
        }
        None => None,
    };
    let last = last.filter(|last| length == Some(last.bytes));

    let (sender, chunks) = way(control.ship_turns().clone());
    let limits = control.limits().clone();
    let reading = tokio::task::spawn_blocking(move || intake::take(chunks, &limits, last));
    body.carry(sender).await;
    let taken = reading
        .await
        .map_err(|_| Error::Broken("reading a body ends"))??;

    match taken {
        Taken::Same(body_sha256) => {
            let manifest = intake::manifest(&beginning, control.limits())
                .ok_or(Error::Broken("a body that was kept has a manifest"))?;
            keep::same_again(credential, control, &manifest, body_sha256).await
        }
        Taken::Read(intake) => {
            allow(credential, intake.manifest.project_id.as_str())?;
            let kept = Box::pin(keep::keep(credential, control, intake)).await?;
            // Everything is durable by now, and no answer but the receipt may say otherwise.
            let weighed = Box::pin(holds::weigh(control, credential.org(), kept.session)).await;
            if let Err(error) = weighed {
                tracing::warn!(session = %kept.session, %error, "holds were not weighed");
            }
            Ok(kept.receipt)
        }
    }
}

/// A token for one project ships no other.
fn allow(credential: &Credential, project: &str) -> Result<()> {
    match credential.project() {
        Some(only) if only.as_str() != project => Err(Error::ProjectNotGranted),
        _ => Ok(()),
    }
}

async fn last_body(
    control: &Control,
    org: OrgId,
    manifest: &machinaut_chain::ship::Manifest,
) -> Result<Option<LastBody>> {
    use sea_orm::entity::prelude::*;

    let row = table::session::Entity::find()
        .filter(table::session::Column::OrgId.eq(org))
        .filter(table::session::Column::Identity.eq(session_identity(manifest)))
        .one(control.read())
        .await?;
    Ok(row.and_then(|row| {
        Some(LastBody {
            sha256: row.last_body_sha256.try_into().ok()?,
            bytes: counted(row.last_body_bytes),
        })
    }))
}

/// What a session is found by in its organisation.
fn session_identity(manifest: &machinaut_chain::ship::Manifest) -> Vec<u8> {
    identity(&[manifest.project_id.as_str(), manifest.session_id.as_str()])
}
