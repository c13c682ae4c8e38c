//! Shipped sessions, to be read: lists, one session with its receipts and what was found wrong with
//! it, its events as they came, those of them that somebody looks at, and the whole of it as the chain
//! of [`machinaut_chain::session::Session`].
//!
//! Sessions are written by [`ingest`](crate::ingest) alone.

mod event;
mod incidents;
mod list;
mod outline;
mod page;
mod reading;
mod records;
pub(crate) mod segment;
pub(crate) mod table;

pub use crate::page::Cursor;
pub use event::{EventPage, event};
pub use incidents::{IncidentList, IncidentRow, incident_count, incidents};
pub use list::{Filter, List, SessionRow, list, projects};
pub(crate) use outline::outline_in;
pub use outline::{Named, Outline, outline};
pub(crate) use page::finding_identity;
pub use page::{Finding, FindingCount, Incident, IncidentKind, ReceiptRow, SessionPage, get};
pub use records::records;

pub(crate) use list::row_of;
pub(crate) use reading::{ReadingRoom, read_behind, read_in, read_short_behind};
pub(crate) use records::{hex, kept_commitments, read_event};

use sha2::{Digest, Sha256};

use crate::ids::{OrgId, SessionKey};
use crate::live::Topic;
use crate::search::outbox;
use crate::{Control, Error, Result, Role, Scope, ingest};

/// Takes a session away, with everything that was kept of it. Holds that it showed stay; they were
/// decided, or wait, by themselves.
///
/// # Errors
/// [`Error::NotFound`], also for a session of another organisation.
pub async fn delete(scope: &Scope, control: &Control, id: SessionKey) -> Result<()> {
    use sea_orm::entity::prelude::*;

    match scope.role() {
        Role::Owner => {}
    }
    let org = scope.org();
    let mut write = control.begin().await?;
    ingest::give_back(&write, control, org, id).await?;
    let deleted = table::session::Entity::delete_many()
        .filter(table::session::Column::Id.eq(id))
        .filter(table::session::Column::OrgId.eq(org))
        .exec(&*write)
        .await?;
    if deleted.rows_affected == 0 {
        return Err(Error::NotFound("session"));
    }
    outbox::note(&write, control, org, outbox::Subject::Session(id)).await?;
    write.tell(org, Topic::Session(id));
    write.commit().await
}

/// A digest of several texts, each of any length and content, that no other texts have.
pub(crate) fn identity(parts: &[&str]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_vec()
}

/// The row of a session of this organisation.
///
/// # Errors
/// [`Error::NotFound`] also for a session of another organisation.
pub(crate) async fn find(
    control: &Control,
    org: OrgId,
    id: SessionKey,
) -> Result<table::session::Model> {
    use sea_orm::entity::prelude::*;

    table::session::Entity::find_by_id(id)
        .filter(table::session::Column::OrgId.eq(org))
        .one(control.read())
        .await?
        .ok_or(Error::NotFound("session"))
}

/// A count or `seq` as the database has it.
pub(crate) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A count or `seq` as it was before it was stored.
pub(crate) fn counted(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_does_not_mix_up_where_one_text_ends() {
        assert_ne!(identity(&["ab", "c"]), identity(&["a", "bc"]));
        assert_ne!(identity(&["a"]), identity(&["a", ""]));
        assert_eq!(identity(&["a", "b"]), identity(&["a", "b"]));
    }
}
