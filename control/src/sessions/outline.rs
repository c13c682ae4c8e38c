//! Which events a session has, in the order of its log, and where the record of each of them lies. The
//! commitments that are kept beside the lines tell all of it. So whoever shows a few events of a long
//! session opens the segments that those are in, and no others.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use machinaut_chain::session::{Event, FindingKind};
use machinaut_chain::ship::type_of_record;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder as _, QuerySelect as _};

use super::records::{chosen, off_the_async_threads, read_event};
use super::segment::{self, Entry, SEGMENT_BYTES};
use super::table::segment::{Column, Entity, Model};
use super::{counted, find};
use crate::ids::{OrgId, SessionKey};
use crate::{Control, Error, Result, Scope};

/// How many segments are taken from the database at once.
const AT_ONCE: usize = 8;
/// How many bytes of records need no room.
const LITTLE: u64 = 4 * 1024 * 1024;
/// About how long a run of records is. The sessions of tests are short, and have several all the same.
const RUN_BYTES: u64 = if cfg!(test) { 16 * 1024 } else { 1024 * 1024 };

/// The events of a session by name, as they were when it was asked for. Records are only ever added, so
/// that what it names stays where it is.
#[derive(Debug)]
pub struct Outline {
    org: OrgId,
    session: SessionKey,
    segments: Vec<Segment>,
    events: Vec<Named>,
    /// Where the record of each event is.
    records: Vec<Record>,
    /// The ids that several events have.
    shared_ids: HashSet<String>,
}

/// Whether somebody waits.
#[derive(Clone, Copy)]
enum Pace {
    Now,
    Behind,
}

/// Which event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its `seq` in the project.
    pub seq: u64,
    /// Its id: data from outside.
    pub event_id: String,
}

#[derive(Debug)]
struct Segment {
    ordinal: i64,
    raw_bytes: u64,
    records: u64,
}

impl Segment {
    /// About how long one of its records is.
    fn bytes_of_record(&self) -> u64 {
        self.raw_bytes.div_ceil(self.records.max(1))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Record {
    /// The place of its segment among those of the outline.
    segment: usize,
    line: usize,
}

/// Records of one segment: the line of each, and its rank among all that are wanted. In the order of the
/// lines.
struct Wanted {
    segment: usize,
    records: Vec<(usize, usize)>,
}

/// The outline of a session.
///
/// # Errors
/// [`Error::NotFound`], also for a session of another organisation.
pub async fn outline(scope: &Scope, control: &Control, id: SessionKey) -> Result<Outline> {
    find(control, scope.org(), id).await?;
    outline_in(control, scope.org(), id).await
}

/// As [`outline`], for a session that is known to be of this organisation.
pub(crate) async fn outline_in(
    control: &Control,
    org: OrgId,
    session: SessionKey,
) -> Result<Outline> {
    let rows: Vec<(i64, i64, Vec<u8>)> = Entity::find()
        .select_only()
        .columns([Column::Ordinal, Column::RawBytes, Column::Commitments])
        .filter(Column::OrgId.eq(org))
        .filter(Column::Session.eq(session))
        .order_by_asc(Column::Ordinal)
        .into_tuple()
        .all(control.read())
        .await?;
    off_the_async_threads(move || Outline::of(org, session, &rows)).await
}

impl Outline {
    fn of(org: OrgId, session: SessionKey, rows: &[(i64, i64, Vec<u8>)]) -> Result<Self> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut records = Vec::new();
        let mut segments = Vec::with_capacity(rows.len());
        for (segment, (ordinal, raw_bytes, commitments)) in rows.iter().enumerate() {
            let of_segment = segment::unpack(commitments)?;
            segments.push(Segment {
                ordinal: *ordinal,
                raw_bytes: counted(*raw_bytes),
                records: u64::try_from(of_segment.len()).unwrap_or(u64::MAX),
            });
            records.extend((0..of_segment.len()).map(|line| Record { segment, line }));
            entries.extend(of_segment);
        }
        let chosen = chosen(&entries.iter().collect::<Vec<_>>());
        let records = chosen.iter().filter_map(|place| records.get(*place));
        let records = records.copied().collect();
        let name = |place: &usize| {
            let entry = entries.get_mut(*place)?;
            Some(Named {
                seq: entry.seq,
                event_id: std::mem::take(&mut entry.event_id),
            })
        };
        let events: Vec<Named> = chosen.iter().filter_map(name).collect();
        Ok(Self {
            org,
            session,
            segments,
            shared_ids: shared_ids(&events),
            events,
            records,
        })
    }

    /// The events, in the order of the log.
    pub fn events(&self) -> &[Named] {
        &self.events
    }

    /// The events at these places, as they were shipped and as they stand in the whole session.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the session was deleted meanwhile.
    pub async fn read(&self, control: &Control, places: &[usize]) -> Result<Vec<Event>> {
        let events = self.records(control, places, Pace::Now, read_event).await?;
        let events = places.iter().zip(events);
        Ok(events
            .map(|(place, event)| self.stands(*place, event))
            .collect())
    }

    /// As [`Outline::read`], when there is time: for what nobody waits for.
    pub(crate) async fn read_behind(
        &self,
        control: &Control,
        run: Range<usize>,
    ) -> Result<Vec<Event>> {
        let places: Vec<usize> = run.collect();
        let events = self
            .records(control, &places, Pace::Behind, read_event)
            .await?;
        let events = places.iter().zip(events);
        Ok(events
            .map(|(place, event)| self.stands(*place, event))
            .collect())
    }

    /// The places of all events, in runs of about the same length.
    pub(crate) fn runs(&self) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let (mut start, mut bytes) = (0, 0);
        for (place, record) in self.records.iter().enumerate() {
            let segment = self.segments.get(record.segment);
            bytes += segment.map_or(0, Segment::bytes_of_record);
            if bytes >= RUN_BYTES {
                runs.push(start..place + 1);
                (start, bytes) = (place + 1, 0);
            }
        }
        if start < self.records.len() {
            runs.push(start..self.records.len());
        }
        runs
    }

    /// The event at this place, and its record as it was shipped, without the line end.
    pub(super) async fn read_one(
        &self,
        control: &Control,
        place: usize,
    ) -> Result<(Event, Vec<u8>)> {
        let both = |line: &[u8]| Ok((read_event(line)?, line.to_vec()));
        let mut records = self.records(control, &[place], Pace::Now, both).await?;
        let (event, line) = records.pop().ok_or(Error::NotFound("event"))?;
        Ok((self.stands(place, event), line))
    }

    /// The places of the events that have such a type. Nothing but the types is read of the records, one
    /// segment after another.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the session was deleted meanwhile.
    pub async fn of_type(
        &self,
        control: &Control,
        is_meant: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Result<Vec<usize>> {
        let is_meant = Arc::new(is_meant);
        let mut places = Vec::new();
        for Wanted { segment, records } in self.wanted(0..self.events.len()) {
            let rows = self.rows(control, &[segment]).await?;
            let is_meant = Arc::clone(&is_meant);
            let found = off_the_async_threads(move || {
                let mut found = Vec::new();
                for row in &rows {
                    pick(row, &records, |place, line| {
                        if type_of_record(line).is_some_and(|of_event| is_meant(&of_event)) {
                            found.push(place);
                        }
                        Ok(())
                    })?;
                }
                Ok(found)
            });
            places.extend(found.await?);
        }
        places.sort_unstable();
        Ok(places)
    }

    /// What `take` makes of the records of the events at these places, in that order. There is room for
    /// the records before they are read, and only a few segments are open at a time.
    async fn records<T: Send + 'static>(
        &self,
        control: &Control,
        places: &[usize],
        pace: Pace,
        take: impl Fn(&[u8]) -> Result<T> + Clone + Send + 'static,
    ) -> Result<Vec<T>> {
        let wanted = self.wanted(places.iter().copied());
        let bytes = self.bytes_of(&wanted);
        let _room = match bytes {
            // A page that shows little waits for nobody.
            0..=LITTLE => None,
            _ => Some(control.reading_room().enter(bytes).await?),
        };
        let mut taken: Vec<Option<T>> = Vec::new();
        taken.resize_with(places.len(), || None);
        let mut wanted = wanted.into_iter();
        loop {
            let some: Vec<Wanted> = wanted.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                break;
            }
            let segments: Vec<usize> = some.iter().map(|wanted| wanted.segment).collect();
            let rows = self.rows(control, &segments).await?;
            let take = take.clone();
            let work = move || {
                for (wanted, row) in some.iter().zip(rows) {
                    pick(&row, &wanted.records, |rank, line| {
                        if let Some(taken) = taken.get_mut(rank) {
                            *taken = Some(take(line)?);
                        }
                        Ok(())
                    })?;
                }
                Ok(taken)
            };
            taken = match pace {
                Pace::Now => off_the_async_threads(work).await?,
                Pace::Behind => control.background().run(work).await??,
            };
        }
        let broken = || Error::Broken("a kept event has its record");
        let taken = taken.into_iter();
        taken.map(|taken| taken.ok_or_else(broken)).collect()
    }

    /// About how long these records are together.
    fn bytes_of(&self, wanted: &[Wanted]) -> u64 {
        let of_segment = |wanted: &Wanted| {
            let segment = self.segments.get(wanted.segment)?;
            let records = u64::try_from(wanted.records.len()).ok()?;
            // Only one huge record makes a segment longer than segments are, and it may be one of these.
            let usual = u64::try_from(SEGMENT_BYTES).unwrap_or(u64::MAX);
            let huge = segment.raw_bytes.saturating_sub(usual);
            Some(segment.bytes_of_record().saturating_mul(records).max(huge))
        };
        wanted.iter().filter_map(of_segment).sum()
    }

    /// Where the records of the events at these places are, segment after segment.
    fn wanted(&self, places: impl Iterator<Item = usize>) -> Vec<Wanted> {
        let records = places.enumerate();
        let mut records: Vec<(Record, usize)> = records
            .filter_map(|(rank, place)| Some((*self.records.get(place)?, rank)))
            .collect();
        records.sort_unstable();
        records
            .chunk_by(|(one, _), (other, _)| one.segment == other.segment)
            .filter_map(|of_segment| {
                let records = of_segment.iter();
                Some(Wanted {
                    segment: of_segment.first()?.0.segment,
                    records: records.map(|(record, rank)| (record.line, *rank)).collect(),
                })
            })
            .collect()
    }

    /// The rows of these segments, in that order.
    async fn rows(&self, control: &Control, segments: &[usize]) -> Result<Vec<Model>> {
        let ordinals = segments
            .iter()
            .filter_map(|place| self.segments.get(*place))
            .map(|segment| segment.ordinal);
        let rows = Entity::find()
            .filter(Column::OrgId.eq(self.org))
            .filter(Column::Session.eq(self.session))
            .filter(Column::Ordinal.is_in(ordinals))
            .order_by_asc(Column::Ordinal)
            .all(control.read())
            .await?;
        if rows.len() == segments.len() {
            Ok(rows)
        } else {
            Err(Error::NotFound("session"))
        }
    }

    /// The event, with what shows only beside the others of the session.
    fn stands(&self, place: usize, event: Event) -> Event {
        let is_contested = [place.checked_sub(1), place.checked_add(1)]
            .into_iter()
            .flatten()
            .filter_map(|beside| self.events.get(beside))
            .any(|beside| beside.seq == event.seq());
        let has_twin = self.shared_ids.contains(event.id());
        if !is_contested && !has_twin {
            return event;
        }
        let stands = |kind: &FindingKind| {
            event.findings.contains(kind)
                || (is_contested && *kind == FindingKind::SequenceCollision)
                || (has_twin && *kind == FindingKind::DuplicateEventId)
        };
        Event {
            findings: FindingKind::ALL.into_iter().filter(stands).collect(),
            verified: false,
            ..event
        }
    }
}

/// Gives the wanted lines of a segment to `take`, each with its rank.
fn pick(
    row: &Model,
    wanted: &[(usize, usize)],
    mut take: impl FnMut(usize, &[u8]) -> Result<()>,
) -> Result<()> {
    let raw = segment::lines_of(row)?;
    let mut wanted = wanted.iter().peekable();
    for (place, line) in segment::lines(&raw).enumerate() {
        while let Some((_, rank)) = wanted.next_if(|(of_line, _)| *of_line == place) {
            take(*rank, line)?;
        }
    }
    Ok(())
}

fn shared_ids(events: &[Named]) -> HashSet<String> {
    let mut seen = HashSet::with_capacity(events.len());
    events
        .iter()
        .filter(|event| !seen.insert(event.event_id.as_str()))
        .map(|event| event.event_id.clone())
        .collect()
}
