//! How much each tenant ships, counted by the day (UTC) in the transaction that keeps it, and the
//! quotas on it. What a tenant may take on is looked at before a body is read, and decided when it is
//! written: two ships that each fit do not both fit for that.

use std::time::Duration;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait as _, Func, OnConflict};
use sea_orm::{ActiveValue::Set, QuerySelect as _};

use super::table::usage;
use crate::database::{Batch, Write};
use crate::ids::{OrgId, SessionKey};
use crate::sessions::stored;
use crate::sessions::table::segment;
use crate::{Control, Error, Result, Scope};

const DAY: i64 = 86_400_000;
/// When to try again where room has to be made first.
const UNTIL_ROOM: Duration = Duration::from_hours(1);

/// How much a tenant may ship. None is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Bytes of bodies in a day, unpacked.
    pub bytes_per_day: Option<u64>,
    /// New sessions in a day.
    pub sessions_per_day: Option<u64>,
    /// Bytes that everything takes that is kept, compressed.
    pub stored_bytes: Option<u64>,
}

/// What a ship adds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Added {
    pub(super) sessions: u64,
    pub(super) body_bytes: u64,
    pub(super) stored_bytes: u64,
}

/// How much a tenant shipped today, and keeps altogether.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Ships today.
    pub ships: u64,
    /// New sessions today.
    pub sessions: u64,
    /// Bytes of bodies today, unpacked.
    pub body_bytes: u64,
    /// Bytes that everything takes that is kept, compressed.
    pub stored_bytes: u64,
}

/// How much this organisation shipped today, and keeps altogether.
///
/// # Errors
/// [`Error::Database`].
pub async fn usage(scope: &Scope, control: &Control) -> Result<Usage> {
    of(control.read(), control, scope.org()).await
}

/// Refuses a ship of a tenant that has used up a quota.
pub(super) async fn allow(control: &Control, org: OrgId) -> Result<()> {
    let quotas = control.limits().quotas;
    if quotas == Quotas::default() {
        return Ok(());
    }
    let used = of(control.read(), control, org).await?;
    let one_more = Usage {
        body_bytes: used.body_bytes.saturating_add(1),
        stored_bytes: used.stored_bytes.saturating_add(1),
        ..used
    };
    within(control, quotas, &one_more).inspect_err(|_| control.ship_turns().over_quota())
}

/// Counts what the ship adds, and commits it with the batch, or refuses it. On PostgreSQL other ships of
/// the tenant wait for it from here on, so it is the last thing in its transaction.
pub(super) async fn commit(
    write: Write,
    mut batch: Batch,
    control: &Control,
    org: OrgId,
    added: Added,
) -> Result<()> {
    use usage::Column;

    let plus = |column: Column, more: u64| {
        let before = Expr::col((usage::Entity, column));
        (column, before.add(stored(more)))
    };
    let row = usage::ActiveModel {
        org_id: Set(org),
        day: Set(day(control)),
        ships: Set(1),
        sessions: Set(stored(added.sessions)),
        body_bytes: Set(stored(added.body_bytes)),
        stored_bytes: Set(stored(added.stored_bytes)),
    };
    let on_top = OnConflict::columns([Column::OrgId, Column::Day])
        .values([
            plus(Column::Ships, 1),
            plus(Column::Sessions, added.sessions),
            plus(Column::BodyBytes, added.body_bytes),
            plus(Column::StoredBytes, added.stored_bytes),
        ])
        .to_owned();
    batch.add(&usage::Entity::insert(row).on_conflict(on_top));
    let quotas = control.limits().quotas;
    if quotas == Quotas::default() {
        return write.commit_with(batch).await;
    }
    write.run(batch).await?;
    let used = of(&*write, control, org).await?;
    within(control, quotas, &used).inspect_err(|_| control.ship_turns().over_quota())?;
    write.commit().await
}

/// Takes what a session takes in the store off the account, before the session is deleted.
pub(crate) async fn give_back(
    write: &Write,
    control: &Control,
    org: OrgId,
    session: SessionKey,
) -> Result<()> {
    use usage::Column;

    // Of bytes both databases call the length by this name.
    let length = |column| Expr::expr(Func::cust("length").arg(Expr::col(column)));
    let bytes = length(segment::Column::Lines).add(length(segment::Column::Commitments));
    let kept: Option<Option<i64>> = segment::Entity::find()
        .select_only()
        .column_as(bytes.sum().cast_as("BIGINT"), "kept")
        .filter(segment::Column::OrgId.eq(org))
        .filter(segment::Column::Session.eq(session))
        .into_tuple()
        .one(&**write)
        .await?;
    let bytes = kept.flatten().unwrap_or_default();
    let row = usage::ActiveModel {
        org_id: Set(org),
        day: Set(day(control)),
        ships: Set(0),
        sessions: Set(0),
        body_bytes: Set(0),
        stored_bytes: Set(-bytes),
    };
    let before = Expr::col((usage::Entity, Column::StoredBytes));
    let on_top = OnConflict::columns([Column::OrgId, Column::Day])
        .value(Column::StoredBytes, before.sub(bytes))
        .to_owned();
    usage::Entity::insert(row)
        .on_conflict(on_top)
        .exec_without_returning(&**write)
        .await?;
    Ok(())
}

fn within(control: &Control, quotas: Quotas, used: &Usage) -> Result<()> {
    let tomorrow = || {
        let left = DAY - control.now().millis().rem_euclid(DAY);
        Duration::from_millis(left.unsigned_abs())
    };
    let checks = [
        (quotas.bytes_per_day, used.body_bytes, "bytes a day"),
        (quotas.sessions_per_day, used.sessions, "new sessions a day"),
        (quotas.stored_bytes, used.stored_bytes, "bytes kept"),
    ];
    for (limit, used, what) in checks {
        if let Some(limit) = limit.filter(|limit| used > *limit) {
            let is_daily = what != "bytes kept";
            return Err(Error::QuotaExhausted {
                limit,
                what,
                retry_after: if is_daily { tomorrow() } else { UNTIL_ROOM },
            });
        }
    }
    Ok(())
}

async fn of(connection: &impl ConnectionTrait, control: &Control, org: OrgId) -> Result<Usage> {
    let today = usage::Entity::find_by_id((org, day(control)))
        .one(connection)
        .await?;
    let kept: Option<Option<i64>> = usage::Entity::find()
        .select_only()
        .column_as(
            Expr::col(usage::Column::StoredBytes)
                .sum()
                .cast_as("BIGINT"),
            "kept",
        )
        .filter(usage::Column::OrgId.eq(org))
        .into_tuple()
        .one(connection)
        .await?;
    let counted = |number: Option<i64>| number.map_or(0, crate::sessions::counted);
    Ok(Usage {
        ships: counted(today.as_ref().map(|row| row.ships)),
        sessions: counted(today.as_ref().map(|row| row.sessions)),
        body_bytes: counted(today.as_ref().map(|row| row.body_bytes)),
        stored_bytes: counted(kept.flatten()),
    })
}

fn day(control: &Control) -> i64 {
    control.now().millis().div_euclid(DAY)
}
