//! Taking in shipped sessions. One body is one whole session, or the same one again, longer. It
//! arrives first, into memory or a file without a name, so that a slow sender holds up nobody; then
//! it waits for its turn, is read once, line by line, beside what is kept of its session, and is kept
//! in one transaction, or not at all. What the sender gets is a receipt, and it means that everything
//! in it is durable.
//!
//! The rules of re-shipping are in `beside`, what counts as a breach in `incidents`, who may send how
//! much in `turns` and `usage`. What a body has to look like is in [`machinaut_chain::ship`].

mod again;
mod alone;
mod beside;
mod encoding;
mod findings;
mod incidents;
mod keep;
mod ours;
mod reading;
mod receipt;
mod rows;
mod segments;
mod spool;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod turns;
mod usage;

use bytes::Bytes;
use futures::Stream;
use machinaut_chain::ship::Manifest;
use tracing::Instrument as _;

use self::reading::Arrived;
use self::spool::Spool;
use crate::sessions::identity;
use crate::{Control, Credential, Error, Grant, Result};

pub(crate) use alone::Sessions;
pub use encoding::Encoding;
pub use receipt::Receipt;
pub(crate) use spool::Room;
pub use turns::Traffic;
pub(crate) use turns::{Turn, Turns};
pub(crate) use usage::give_back;
pub use usage::{Quotas, Usage, usage};

/// From how many bytes on a body counts as a long one: as it arrived, or where it is packed, as much
/// of it as may unpack to that.
pub(crate) const LONG: u64 = 8 * 1024 * 1024;
const LONG_PACKED: u64 = 512 * 1024;

/// Takes in one body and answers with its receipt, once everything is durable.
///
/// `length` is what the sender says the length is, where it does. `encoding` is how it is packed.
///
/// # Errors
/// Nothing of the body is kept with any of them. [`Error::MissingGrant`];
/// [`Error::ProjectNotGranted`]; [`Error::TooManyShips`] and [`Error::Busy`] before anything is read;
/// [`Error::QuotaExhausted`]; [`Error::Malformed`] with the line; [`Error::TooLarge`], also for what
/// it unpacks to; [`Error::Unpacking`]; [`Error::Interrupted`] as the stream says;
/// [`Error::Rewritten`], after which an incident keeps both commitments; [`Error::Database`].
#[tracing::instrument(name = "ingest", skip_all)]
pub async fn receive(
    credential: &Credential,
    control: &Control,
    body: impl Stream<Item = Result<Bytes>> + Send + Unpin,
    length: Option<u64>,
    encoding: Encoding,
) -> Result<Receipt> {
    credential.require(Grant::Ship)?;
    let limits = control.limits();
    let limit = limits.ship_body_bytes;
    if length.is_some_and(|length| length > limit) {
        return Err(Error::TooLarge { limit });
    }
    let inside = control.ship_turns().enter(credential.org(), limits)?;
    usage::allow(control, credential.org()).await?;
    let room = control.ship_room();
    let spool = Spool::collect(body, length, limit, room, limits.ship_room_bytes).await?;

    // Whoever hangs up from here on has sent everything: it is kept, and nothing stops half-way.
    let (credential, control) = (credential.clone(), control.clone());
    let work = async move {
        let _inside = inside;
        take_in(&credential, &control, Arrived { spool, encoding }).await
    };
    tokio::spawn(work.in_current_span())
        .await
        .map_err(|_| Error::Broken("taking in a body ends"))?
}

/// How many ships there are at present, and how many were turned away.
pub fn traffic(control: &Control) -> Traffic {
    control.ship_turns().traffic()
}

async fn take_in(credential: &Credential, control: &Control, arrived: Arrived) -> Result<Receipt> {
    let org = credential.org();
    let (arrived, manifest) = begin(control, arrived).await?;
    allow(credential, manifest.project_id.as_str())?;
    let alone = control.ships_of_sessions();
    let _alone = alone.alone(org, session_identity(&manifest)).await;
    // Long bodies have a queue of their own before that, so that no short one waits behind two of them.
    let only = if is_long(&arrived) {
        Some(control.long_ship_turns().take(org, 1).await?)
    } else {
        None
    };
    let turn = control.ship_turns().take(org, 1).await?;
    let receipt = Box::pin(keep::keep(credential, control, arrived, &manifest)).await?;
    drop((turn, only));
    control.weighing().look();
    Ok(receipt)
}

/// Whether long bodies are being read, or wait for it. Each takes much memory.
pub(crate) fn reads_long_bodies(control: &Control) -> bool {
    let long = control.long_ship_turns().traffic();
    long.reading + long.waiting > 0
}

/// Reads the manifest: off the async threads, where the body has to be unpacked or read from disk for it.
async fn begin(control: &Control, arrived: Arrived) -> Result<(Arrived, Manifest)> {
    if arrived.encoding == Encoding::Identity && arrived.spool.is_in_memory() {
        let manifest = reading::manifest(&arrived, control.limits())?;
        return Ok((arrived, manifest));
    }
    let limits = control.limits().clone();
    tokio::task::spawn_blocking(move || {
        let manifest = reading::manifest(&arrived, &limits)?;
        Ok((arrived, manifest))
    })
    .await
    .map_err(|_| Error::Broken("reading a manifest ends"))?
}

/// Whether reading it needs much memory.
fn is_long(arrived: &Arrived) -> bool {
    let long = match arrived.encoding {
        Encoding::Identity => LONG,
        Encoding::Gzip | Encoding::Zstd => LONG_PACKED,
    };
    arrived.spool.bytes() > long
}

/// A token for one project ships no other.
fn allow(credential: &Credential, project: &str) -> Result<()> {
    match credential.project() {
        Some(only) if only.as_str() != project => Err(Error::ProjectNotGranted),
        _ => Ok(()),
    }
}

/// What a session is found by in its organisation.
fn session_identity(manifest: &Manifest) -> Vec<u8> {
    identity(&[manifest.project_id.as_str(), manifest.session_id.as_str()])
}
