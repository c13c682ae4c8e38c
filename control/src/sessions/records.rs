//! The records of a session as they were shipped, put together from its segments. Where an event was
//! withheld first and opened by a later ship, the open record stands in for the withheld one.

use machinaut_chain::session::Event;
use machinaut_chain::ship::{Limits, read_record};
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::page::{Finding, findings_of_event};
use super::segment::{self, Entry};
use super::table::segment::{Column, Entity, Model};
use super::{SessionRow, find, row_of, stored};
use crate::ids::{OrgId, SessionKey};
use crate::{Control, Error, Result, Scope};

/// One kept record: which event it is, and its line as it was shipped, without the line end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) entry: Entry,
    pub(crate) line: Vec<u8>,
}

/// One event of a session, as it came and as it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventPage {
    /// The session.
    pub session: SessionRow,
    /// The place of the event in the session, from 0.
    pub ordinal: u64,
    /// How many events the session has.
    pub of: u64,
    /// Its `seq` in the project.
    pub seq: u64,
    /// Its id: data from outside.
    pub event_id: String,
    /// Its type: a claim of whoever wrote it.
    pub event_type: String,
    /// The record as it was shipped, to the byte.
    pub line: String,
    /// How the payload is marked, where it is withheld.
    pub withheld: Option<machinaut_chain::session::Sensitivity>,
    /// SHA-256 over the envelope without its payload, in hex: what the first ship pinned.
    pub commitment: String,
    /// The hash of the payload, as the envelope says.
    pub payload_hash: String,
    /// Whether this server hashed the payload and found that hash.
    pub matches: bool,
    /// What was found wrong with it.
    pub findings: Vec<Finding>,
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

/// One event, by its place in the session from 0.
///
/// # Errors
/// [`Error::NotFound`] where there is no such session in this organisation, or no such event.
pub async fn event(
    scope: &Scope,
    control: &Control,
    id: SessionKey,
    ordinal: u64,
) -> Result<EventPage> {
    let session = find(control, scope.org(), id).await?;
    let kept = kept_records(control.read(), scope.org(), id).await?;
    let of = u64::try_from(kept.len()).unwrap_or(u64::MAX);
    let place = usize::try_from(ordinal).unwrap_or(usize::MAX);
    let record = kept
        .into_iter()
        .nth(place)
        .ok_or(Error::NotFound("event"))?;
    let event = read_event(&record.line)?;
    let findings = findings_of_event(
        control,
        scope.org(),
        id,
        record.entry.seq,
        &record.entry.event_id,
    )
    .await?;
    Ok(EventPage {
        session: row_of(session)?,
        ordinal,
        of,
        seq: record.entry.seq,
        event_id: record.entry.event_id,
        withheld: event.withheld(),
        matches: record.entry.openness == segment::Openness::Verified,
        event_type: event.header.event_type.clone(),
        payload_hash: event.header.payload_hash.clone(),
        line: String::from_utf8(record.line).map_err(|_| Error::Broken("a kept record is text"))?,
        commitment: hex(&record.entry.commitment),
        findings,
    })
}

/// The place of an event in its session, from 0; the first where several have the same name.
///
/// # Errors
/// [`Error::NotFound`] where there is no such session in this organisation, or no such event.
pub async fn ordinal_of(
    scope: &Scope,
    control: &Control,
    id: SessionKey,
    seq: u64,
    event_id: &str,
) -> Result<u64> {
    let kept = kept_records(control.read(), scope.org(), id).await?;
    kept.iter()
        .position(|record| record.entry.seq == seq && record.entry.event_id == event_id)
        .and_then(|place| u64::try_from(place).ok())
        .ok_or(Error::NotFound("event"))
}

/// The record of one event of a session that was read, as it was shipped, without the line end.
///
/// # Errors
/// [`Error::NotFound`] where there is no such session in this organisation, or no such event.
pub async fn line(
    scope: &Scope,
    control: &Control,
    id: SessionKey,
    event: &Event,
) -> Result<Vec<u8>> {
    let seq = stored(event.seq());
    let segments = Entity::find()
        .filter(Column::OrgId.eq(scope.org()))
        .filter(Column::Session.eq(id))
        .filter(Column::FirstSeq.lte(seq))
        .filter(Column::LastSeq.gte(seq))
        .order_by_asc(Column::Ordinal)
        .all(control.read())
        .await?;
    let kept = off_the_async_threads(move || merged(&segments)).await?;
    kept.into_iter()
        .find(|kept| {
            kept.entry.seq == event.seq()
                && kept.entry.event_id == event.id()
                && kept.entry.commitment == *event.commitment.as_bytes()
        })
        .map(|kept| kept.line)
        .ok_or(Error::NotFound("event"))
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
/// log; events that share a seq in the order in which they came first. Of the lines no more is in memory
/// than those of one segment.
pub(super) fn most_open<T>(
    segments: &[Model],
    mut take: impl FnMut(Entry, &[u8]) -> Result<T>,
) -> Result<Vec<T>> {
    let entries = segments
        .iter()
        .map(|segment| segment::unpack(&segment.commitments))
        .collect::<Result<Vec<_>>>()?;
    let all: Vec<&Entry> = entries.iter().flatten().collect();
    let first = first_places(&all);
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

    let mut taken: Vec<((u64, usize), T)> = Vec::with_capacity(all.len());
    let mut place = 0;
    for (segment, entries) in segments.iter().zip(&entries) {
        let raw_bytes = usize::try_from(segment.raw_bytes).unwrap_or_default();
        let raw = segment::decompress(&segment.lines, raw_bytes)?;
        let mut lines = segment::lines(&raw);
        for entry in entries {
            let line = lines
                .next()
                .ok_or(Error::Broken("a kept event has its record"))?;
            let first = first.get(place).copied().unwrap_or(place);
            if best.get(first) == Some(&place) {
                taken.push(((entry.seq, first), take(entry.clone(), line)?));
            }
            place += 1;
        }
    }
    taken.sort_unstable_by_key(|(order, _)| *order);
    Ok(taken.into_iter().map(|(_, taken)| taken).collect())
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
