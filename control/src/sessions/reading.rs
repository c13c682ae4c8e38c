//! A session as a chain, in memory. Read like that it takes several times the room of its records, and
//! a long one takes much. So of long ones one is read at a time, and of short ones, which nearly all are,
//! as many as fit. Neither kind waits for the other: an approver who reads why does not wait until the
//! longest log of the house is gone through.

use std::ops::Deref;
use std::sync::Arc;

use machinaut_chain::session::Session;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{QueryOrder as _, QuerySelect as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::records::{most_open, off_the_async_threads, read_event};
use super::table::segment::{Column, Entity, Model};
use crate::ids::{OrgId, SessionKey};
use crate::{Control, Error, Result};

/// How much of short sessions is in memory at once, as the length of their records.
const ROOM_MEBIBYTES: u32 = 32;
/// From more records than this on a session is a long one.
const LONG_MEBIBYTES: u32 = 8;
const MEBIBYTE: u64 = 1024 * 1024;

/// The room for sessions that are being read. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ReadingRoom {
    short: Arc<Semaphore>,
    long: Arc<Semaphore>,
}

impl Default for ReadingRoom {
    fn default() -> Self {
        let places = usize::try_from(ROOM_MEBIBYTES).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            short: Arc::new(Semaphore::new(places)),
            long: Arc::new(Semaphore::new(1)),
        }
    }
}

impl ReadingRoom {
    /// Waits for room for records of that length.
    pub(crate) async fn enter(&self, bytes: u64) -> Result<OwnedSemaphorePermit> {
        let (room, places) = match u32::try_from(bytes.div_ceil(MEBIBYTE)) {
            Ok(places @ ..=LONG_MEBIBYTES) => (&self.short, places.clamp(1, LONG_MEBIBYTES)),
            _ => (&self.long, 1),
        };
        Arc::clone(room)
            .acquire_many_owned(places)
            .await
            .map_err(|_| Error::Broken("there is room to read"))
    }
}

/// A session in memory, with the room that it takes there. It has no lines. Never wait for a second one
/// while you hold one.
#[derive(Debug)]
pub(crate) struct Reading {
    session: Session,
    _room: OwnedSemaphorePermit,
}

impl Deref for Reading {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// The whole session, to be read as a chain. It is known to be of this organisation.
pub(crate) async fn read_in(control: &Control, org: OrgId, id: SessionKey) -> Result<Reading> {
    let kept = Kept::find(control, org, id).await?;
    off_the_async_threads(move || kept.read()).await
}

/// As [`read_in`], when there is time: for what nobody waits for.
pub(crate) async fn read_behind(control: &Control, org: OrgId, id: SessionKey) -> Result<Reading> {
    let kept = Kept::find(control, org, id).await?;
    control.background().run(move || kept.read()).await?
}

/// As [`read_behind`]; none where the records are longer than `most`. A session like that is gone through
/// by its [outline](super::outline).
pub(crate) async fn read_short_behind(
    control: &Control,
    org: OrgId,
    id: SessionKey,
    most: u64,
) -> Result<Option<Reading>> {
    let length = length(control, org, id).await?;
    if length > most {
        return Ok(None);
    }
    let kept = Kept::take(control, org, id, length).await?;
    control
        .background()
        .run(move || kept.read())
        .await?
        .map(Some)
}

/// How long the records of a session are.
async fn length(control: &Control, org: OrgId, id: SessionKey) -> Result<u64> {
    let length: Option<Option<i64>> = Entity::find()
        .select_only()
        .column_as(
            Expr::col(Column::RawBytes).sum().cast_as("BIGINT"),
            "length",
        )
        .filter(Column::OrgId.eq(org))
        .filter(Column::Session.eq(id))
        .into_tuple()
        .one(control.read())
        .await?;
    Ok(length.flatten().map_or(0, super::counted))
}

/// What is kept of a session, with room to read it.
struct Kept {
    segments: Vec<Model>,
    room: OwnedSemaphorePermit,
}

impl Kept {
    async fn find(control: &Control, org: OrgId, id: SessionKey) -> Result<Self> {
        let length = length(control, org, id).await?;
        Self::take(control, org, id, length).await
    }

    async fn take(control: &Control, org: OrgId, id: SessionKey, length: u64) -> Result<Self> {
        let room = control.reading_room().enter(length).await?;
        let segments = Entity::find()
            .filter(Column::OrgId.eq(org))
            .filter(Column::Session.eq(id))
            .order_by_asc(Column::Ordinal)
            .all(control.read())
            .await?;
        Ok(Self { segments, room })
    }

    fn read(self) -> Result<Reading> {
        let events = most_open(&self.segments, |_, line| read_event(line))?;
        Ok(Reading {
            session: Session::from_events(events),
            _room: self.room,
        })
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn long_sessions_wait_for_each_other_and_short_ones_for_no_long_one() {
        let room = ReadingRoom::default();
        let long = room.enter(u64::MAX).await.unwrap();
        let mut next = Box::pin(room.enter(9 * MEBIBYTE));
        assert!((&mut next).now_or_never().is_none());
        let short = [room.enter(0), room.enter(150_000), room.enter(8 * MEBIBYTE)];
        assert!(
            short
                .into_iter()
                .all(|short| short.now_or_never().is_some())
        );
        drop(long);
        drop(next.await.unwrap());
    }

    #[tokio::test]
    async fn many_short_sessions_wait_until_there_is_room() {
        let room = ReadingRoom::default();
        let all = (0..4).map(|_| room.enter(8 * MEBIBYTE).now_or_never().unwrap().unwrap());
        let all: Vec<_> = all.collect();
        let mut next = Box::pin(room.enter(150_000));
        assert!((&mut next).now_or_never().is_none());
        drop(all);
        drop(next.await.unwrap());
    }
}
