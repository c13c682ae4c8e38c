//! The outbox: what changed, written in the transaction that changed it, and read in order by
//! everybody who keeps something that follows from the store.
//!
//! Readers go on from the position where they stopped, so a position must never become visible
//! after a higher one. On SQLite there is one writer, and a row gets its position as it is written.
//! On PostgreSQL transactions end in any order: a row is written without a position, which waits
//! for nobody, and whoever reads next gives positions to all that are visible, one reader at a time
//! under an advisory lock that lasts as long as that transaction. What is committed later gets a
//! later position, and a long transaction, here or in another database, holds up nobody else.
//!
//! A reader remembers the id of the row where it stopped, too. Where that row is not there any
//! more, because old rows were swept away or an older backup was restored, the reader cannot know
//! what it missed, and has to begin anew from the store.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, QueryOrder as _, QuerySelect as _};
use serde::{Deserialize, Serialize};

use super::table::outbox::{ActiveModel, Column, Entity, Model};
use crate::clock::Moment;
use crate::database::{Batch, Write};
use crate::ids::{HoldId, OrgId, SessionKey};
use crate::{Control, Error, Result};

/// Names the advisory lock of the one that gives positions: “outbox” in ASCII.
const ORDER_LOCK: i64 = 0x6f75_7462_6f78;
/// How many rows are kept for readers that were away.
const KEPT: i64 = 100_000;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// A session: more of it is known, or it is gone.
    Session(SessionKey),
    /// A hold, or the decision on it.
    Hold(HoldId),
}

/// A change, as it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) position: Position,
    /// None where everything is to be read again.
    pub(super) about: Option<(OrgId, Subject)>,
}

/// A place in the order of changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(super) number: i64,
    /// The row that is there.
    pub(super) row: Uuid,
}

/// How far behind a reader is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Behind {
    pub(super) changes: u64,
    pub(super) oldest: Option<Moment>,
}

/// Notes a change in the transaction that makes it.
pub(crate) async fn note(
    write: &Write,
    control: &Control,
    org: OrgId,
    subject: Subject,
) -> Result<()> {
    let mut batch = write.batch();
    note_all(&mut batch, control, org, &[subject]);
    write.run(batch).await
}

/// Notes several changes, in this order, with what else is written.
pub(crate) fn note_all(batch: &mut Batch, control: &Control, org: OrgId, subjects: &[Subject]) {
    for subject in subjects {
        let (kind, id) = match *subject {
            Subject::Session(session) => ("session", Uuid::from(session)),
            Subject::Hold(hold) => ("hold", Uuid::from(hold)),
        };
        add(batch, control, Some(org), kind, Some(id));
    }
}

/// Notes that every index is to be built anew; the row that says so.
pub(super) async fn note_everything(write: &Write, control: &Control) -> Result<Uuid> {
    let mut batch = write.batch();
    let id = add(&mut batch, control, None, "everything", None);
    write.run(batch).await?;
    Ok(id)
}

/// A row, and its position where rows get one as they are written.
fn add(
    batch: &mut Batch,
    control: &Control,
    org: Option<OrgId>,
    kind: &str,
    subject: Option<Uuid>,
) -> Uuid {
    let id = crate::ids::new_uuid(control);
    batch.add(&Entity::insert(ActiveModel {
        id: Set(id),
        position: Set(None),
        org_id: Set(org.map(Uuid::from)),
        kind: Set(kind.to_owned()),
        subject: Set(subject),
        at: Set(control.now()),
    }));
    if batch.backend() != DbBackend::Postgres {
        let next = Expr::cust("(SELECT COALESCE(MAX(position), 0) + 1 FROM outbox)");
        batch.add(
            &Entity::update_many()
                .col_expr(Column::Position, next)
                .filter(Column::Id.eq(id)),
        );
    }
    id
}

/// Gives a position to every change that is visible by now.
pub(super) async fn order(control: &Control) -> Result<()> {
    if control.read().get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let unordered = Entity::find()
        .filter(Column::Position.is_null())
        .limit(1)
        .one(control.read())
        .await?;
    if unordered.is_none() {
        return Ok(());
    }
    let write = control.begin().await?;
    write
        .execute_unprepared(&format!("SELECT pg_advisory_xact_lock({ORDER_LOCK})"))
        .await?;
    // A statement of its own: it sees what the one before it waited for.
    write
        .execute_unprepared(
            "UPDATE outbox SET position = fresh.position FROM (\
               SELECT id, (SELECT COALESCE(MAX(position), 0) FROM outbox) \
                 + ROW_NUMBER() OVER (ORDER BY at, id) AS position \
               FROM outbox WHERE position IS NULL\
             ) AS fresh WHERE outbox.id = fresh.id",
        )
        .await?;
    write.commit().await
}

/// The last position that was given.
pub(super) async fn last(connection: &impl ConnectionTrait) -> Result<Position> {
    let row = Entity::find()
        .filter(Column::Position.is_not_null())
        .order_by_desc(Column::Position)
        .limit(1)
        .one(connection)
        .await?;
    Ok(row.map_or_else(Position::default, |row| position(&row)))
}

/// The changes after a position, in order, at most so many; none where the reader has to begin
/// anew.
pub(super) async fn after(
    control: &Control,
    position_before: Position,
    limit: u64,
) -> Result<Option<Vec<Change>>> {
    let mut rows = Entity::find()
        .filter(Column::Position.gte(position_before.number))
        .order_by_asc(Column::Position)
        .limit(limit + 1)
        .all(control.read())
        .await?
        .into_iter();
    if position_before.number > 0 {
        let here = rows.next();
        if here.as_ref().map(position) != Some(position_before) {
            return Ok(None);
        }
    }
    let changes: Vec<Change> = rows.map(|row| change(&row)).collect::<Result<_>>()?;
    let first = changes.first().map(|change| change.position.number);
    if position_before.number == 0 && first.is_some_and(|first| first > 1) {
        return Ok(None);
    }
    Ok(Some(changes))
}

/// How much a reader at that position has not seen: of one organisation, or of all.
pub(super) async fn behind(
    control: &Control,
    position: Position,
    org: Option<OrgId>,
) -> Result<Behind> {
    let unseen = || {
        let unseen = Entity::find().filter(
            sea_orm::Condition::any()
                .add(Column::Position.gt(position.number))
                .add(Column::Position.is_null()),
        );
        match org {
            Some(org) => unseen.filter(Column::OrgId.eq(Uuid::from(org))),
            None => unseen,
        }
    };
    let oldest = unseen()
        .order_by_asc(Column::At)
        .limit(1)
        .one(control.read())
        .await?;
    let Some(oldest) = oldest else {
        return Ok(Behind::default());
    };
    Ok(Behind {
        changes: unseen().count(control.read()).await?,
        oldest: Some(oldest.at),
    })
}

/// Sweeps away what every reader has seen that was not away for long. The last row always stays:
/// the next position follows from it.
pub(super) async fn prune(control: &Control) -> Result<()> {
    let keep_from = last(control.read()).await?.number - KEPT;
    let write = control.begin().await?;
    Entity::delete_many()
        .filter(Column::Position.lt(keep_from))
        .exec(&*write)
        .await?;
    write.commit().await
}

/// The row of that id.
pub(super) async fn find(control: &Control, id: Uuid) -> Result<Option<Position>> {
    let row = Entity::find_by_id(id).one(control.read()).await?;
    Ok(row
        .filter(|row| row.position.is_some())
        .map(|row| position(&row)))
}

fn position(row: &Model) -> Position {
    Position {
        number: row.position.unwrap_or_default(),
        row: row.id,
    }
}

fn change(row: &Model) -> Result<Change> {
    let about = match (row.kind.as_str(), row.org_id, row.subject) {
        ("everything", ..) => None,
        ("session", Some(org), Some(id)) => Some((org.into(), Subject::Session(id.into()))),
        ("hold", Some(org), Some(id)) => Some((org.into(), Subject::Hold(id.into()))),
        _ => return Err(Error::Broken("a change in the outbox is of a known kind")),
    };
    Ok(Change {
        position: position(row),
        about,
    })
}
