//! One event of a session, as it came and as it was found.

use machinaut_chain::session::Event;

use super::outline::outline_in;
use super::page::findings_of_event;
use super::{Finding, Named, SessionRow, find, row_of};
use crate::ids::SessionKey;
use crate::{Control, Error, Result, Scope};

/// One event of a session, with those around it.
#[derive(Debug)]
pub struct EventPage {
    /// The session.
    pub session: SessionRow,
    /// The event.
    pub event: Event,
    /// Its record as it was shipped, to the byte, without the line end.
    pub line: Vec<u8>,
    /// What was found wrong with it when it was shipped, and since.
    pub findings: Vec<Finding>,
    /// How many events the session has.
    pub of: usize,
    /// The event before it in the log.
    pub previous: Option<Named>,
    /// The event after it.
    pub next: Option<Named>,
    /// The ids of the other events that claim its place in the log.
    pub rivals: Vec<String>,
}

/// The event with this `seq`, and with this id where one is given; the first where several have both.
///
/// # Errors
/// [`Error::NotFound`] where there is no such session in this organisation, or no such event.
pub async fn event(
    scope: &Scope,
    control: &Control,
    id: SessionKey,
    seq: u64,
    event_id: Option<&str>,
) -> Result<EventPage> {
    let session = find(control, scope.org(), id).await?;
    let outline = outline_in(control, scope.org(), id).await?;
    let events = outline.events();
    let place = events
        .iter()
        .position(|event| event.seq == seq && event_id.is_none_or(|id| event.event_id == id))
        .ok_or(Error::NotFound("event"))?;
    let (event, line) = outline.read_one(control, place).await?;
    let findings = findings_of_event(control, scope.org(), id, seq, event.id()).await?;
    let beside = |place: Option<usize>| events.get(place?).cloned();
    let rivals = events
        .iter()
        .enumerate()
        .filter(|(other, event)| *other != place && event.seq == seq);
    Ok(EventPage {
        session: row_of(session)?,
        line,
        findings,
        of: events.len(),
        previous: beside(place.checked_sub(1)),
        next: beside(place.checked_add(1)),
        rivals: rivals.map(|(_, event)| event.event_id.clone()).collect(),
        event,
    })
}
