//! The records of a session as they were shipped, put together from its segments. Where an event was
//! withheld first and opened by a later ship, the open record stands in for the withheld one.

use machinaut_chain::session::Event;
use machinaut_chain::ship::{Limits, read_record};
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use super::find;
use super::segment::{self, Entry};
use super::table::segment::{Column, Entity, Model};
use crate::ids::{OrgId, SessionKey};
use crate::{Control, Error, Result, Scope};

/// One kept record: which event it is, and its line as it was shipped, without the line end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) entry: Entry,
    pub(crate) line: Vec<u8>,
}

/// The records of a session as they were shipped, in the order of the log.
///
/// # Errors
/// [`Error::NotFound`], also for a session of another organisation.
pub async fn records(scope: &Scope, control: &Control, id: SessionKey) -> Result<Vec<Vec<u8>>> {
    find(control, scope.org(), id).await?;
    let kept = kept_records(control.read(), scope.org(), id).await?;
    Ok(kept.into_iter().map(|record| record.line).collect())
}

/// The event of a kept record. What was kept is read again even where the limits are narrower now.
pub(crate) fn read_event(line: &[u8]) -> Result<Event> {
    let limits = Limits {
        line_bytes: usize::MAX,
        nesting: usize::MAX,
        id_chars: usize::MAX,
    };
    read_record(line, &limits)
        .map(Event::from_record)
        .map_err(|_| Error::Broken("a kept record can be read"))
}

/// The kept records of a session in the order of the log, the most open one of each event.
pub(crate) async fn kept_records(
    connection: &impl ConnectionTrait,
    org: OrgId,
    id: SessionKey,
) -> Result<Vec<Kept>> {
    let segments = Entity::find()
        .filter(Column::OrgId.eq(org))
        .filter(Column::Session.eq(id))
        .order_by_asc(Column::Ordinal)
        .all(connection)
        .await?;
    off_the_async_threads(move || merged(&segments)).await
}

fn merged(segments: &[Model]) -> Result<Vec<Kept>> {
    most_open(segments, |entry, line| {
        Ok(Kept {
            entry,
            line: line.to_vec(),
        })
    })
}

/// What `take` makes of each event of the segments, from the most open record of it, in the order of the
/// log. Of the lines no more is in memory than those of one segment.
pub(super) fn most_open<T>(
    segments: &[Model],
    mut take: impl FnMut(Entry, &[u8]) -> Result<T>,
) -> Result<Vec<T>> {
    let entries = segments
        .iter()
        .map(|segment| segment::unpack(&segment.commitments))
        .collect::<Result<Vec<_>>>()?;
    let all: Vec<&Entry> = entries.iter().flatten().collect();
    let chosen = chosen(&all);
    let mut rank_of = vec![None; all.len()];
    for (rank, place) in chosen.iter().enumerate() {
        if let Some(of_place) = rank_of.get_mut(*place) {
            *of_place = Some(rank);
        }
    }

    let mut taken: Vec<(usize, T)> = Vec::with_capacity(chosen.len());
    let mut ranks = rank_of.into_iter();
    for (segment, entries) in segments.iter().zip(&entries) {
        let raw = segment::lines_of(segment)?;
        let mut lines = segment::lines(&raw);
        for entry in entries {
            let line = lines
                .next()
                .ok_or(Error::Broken("a kept event has its record"))?;
            if let Some(rank) = ranks.next().flatten() {
                taken.push((rank, take(entry.clone(), line)?));
            }
        }
    }
    // Nearly always in order already, and then nothing is moved. What is collected stays where it is.
    taken.sort_unstable_by_key(|(rank, _)| *rank);
    Ok(taken.into_iter().map(|(_, taken)| taken).collect())
}

/// The places of the records that a session is read from: of each event the most open one, in the order of
/// the log; events that share a seq in the order in which they came first.
pub(super) fn chosen(all: &[&Entry]) -> Vec<usize> {
    let first = first_places(all);
    let mut best: Vec<usize> = (0..all.len()).collect();
    for (place, entry) in all.iter().enumerate() {
        let best = first.get(place).and_then(|first| best.get_mut(*first));
        if let Some(best) = best
            && all
                .get(*best)
                .is_some_and(|best| entry.openness > best.openness)
        {
            *best = place;
        }
    }
    let mut events: Vec<usize> = (0..all.len())
        .filter(|place| first.get(*place) == Some(place))
        .collect();
    // Stable: what came first stays first.
    events.sort_by_key(|place| all.get(*place).map(|entry| entry.seq));
    events
        .into_iter()
        .filter_map(|place| best.get(place).copied())
        .collect()
}

/// For each entry the place of the first one that is the same event.
fn first_places(all: &[&Entry]) -> Vec<usize> {
    let name = |place: usize| {
        all.get(place)
            .map(|entry| (entry.seq, entry.event_id.as_str(), entry.commitment))
    };
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_unstable_by(|one, other| name(*one).cmp(&name(*other)).then(one.cmp(other)));
    let mut first: Vec<usize> = (0..all.len()).collect();
    for pair in order.windows(2) {
        if let [before, after] = pair
            && name(*before) == name(*after)
            && let Some(of_before) = first.get(*before).copied()
            && let Some(of_after) = first.get_mut(*after)
        {
            *of_after = of_before;
        }
    }
    first
}

/// Decompressing and parsing a long session must not hold up requests.
pub(super) async fn off_the_async_threads<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::Broken("reading a session ends"))?
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Only for the commitments of a session, without its lines.
pub(crate) async fn kept_commitments(
    connection: &impl ConnectionTrait,
    org: OrgId,
    id: SessionKey,
) -> Result<Vec<(i64, Vec<u8>)>> {
    use sea_orm::QuerySelect;

    Ok(Entity::find()
        .select_only()
        .columns([Column::Ordinal, Column::Commitments])
        .filter(Column::OrgId.eq(org))
        .filter(Column::Session.eq(id))
        .order_by_asc(Column::Ordinal)
        .into_tuple()
        .all(connection)
        .await?)
}
