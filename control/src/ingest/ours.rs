//! What is kept of a session and the ship does not have, or has less of: it is laid over the ship, so
//! that the session is read as it is known. One segment at a time, however long the session is.

use sea_orm::QueryOrder as _;
use sea_orm::entity::prelude::*;

use super::reading::Taken;
use crate::ids::{OrgId, SessionKey};
use crate::sessions::table::segment::{self as segments, Column};
use crate::sessions::{read_event, segment};
use crate::{Control, Error, Result};

/// Adds the kept events that the session is to be read from.
pub(super) async fn lay_over(
    control: &Control,
    org: OrgId,
    session: SessionKey,
    mut taken: Taken,
) -> Result<Taken> {
    let (Some(&first), Some(&last)) = (taken.outcome.ours.first(), taken.outcome.ours.last())
    else {
        return Ok(taken);
    };
    let mut place = 0;
    for (ordinal, events) in lengths(control, org, session).await? {
        let places = place..place + usize::try_from(events).unwrap_or_default();
        place = places.end;
        if places.end <= first || places.start > last {
            continue;
        }
        let row = segments::Entity::find_by_id((session, ordinal))
            .filter(Column::OrgId.eq(org))
            .one(control.read())
            .await?
            .ok_or(Error::Broken("a segment stays"))?;
        let start = places.start;
        let work = tokio::task::spawn_blocking(move || {
            add_of(&row, start, &mut taken)?;
            Ok::<_, Error>(taken)
        });
        taken = work
            .await
            .map_err(|_| Error::Broken("reading a segment ends"))??;
    }
    Ok(taken)
}

/// The segments of a session, and how many records each has.
async fn lengths(control: &Control, org: OrgId, session: SessionKey) -> Result<Vec<(i64, i64)>> {
    use sea_orm::QuerySelect as _;

    Ok(segments::Entity::find()
        .select_only()
        .columns([Column::Ordinal, Column::Events])
        .filter(Column::OrgId.eq(org))
        .filter(Column::Session.eq(session))
        .order_by_asc(Column::Ordinal)
        .into_tuple()
        .all(control.read())
        .await?)
}

fn add_of(row: &segments::Model, start: usize, taken: &mut Taken) -> Result<()> {
    let raw_bytes = usize::try_from(row.raw_bytes).unwrap_or_default();
    let raw = segment::decompress(&row.lines, raw_bytes)?;
    for (place, line) in (start..).zip(segment::lines(&raw)) {
        if taken.outcome.ours.binary_search(&place).is_ok() {
            taken.projection.add(read_event(line)?);
        }
    }
    Ok(())
}
