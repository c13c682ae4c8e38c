//! What the fuzz targets and the seeding of their corpora share.

use std::sync::LazyLock;

use machinaut_chain::json::{Limits, Value};
use machinaut_chain::sample::Log;
use machinaut_chain::session::{Event, Payload, Session};
use machinaut_chain::ship::Sensitivity;
use machinaut_chain::timestamp::Instant;

/// An event whose header every other one has, but for its place, its id and its type.
static EVENT: LazyLock<Event> = LazyLock::new(|| {
    let (project, session, agent) = ("p", "s", "a");
    let (project, session) = (
        project.parse().expect("an id"),
        session.parse().expect("an id"),
    );
    let agent = agent.parse().expect("an id");
    let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    log.event("agent.note", "0.1.0", Value::Null);
    let lines = log.lines();
    let session =
        Session::from_log_lines([&lines[..]]).expect("the log was written by our own hand");
    session.events()[0].clone()
});

/// The events of a session, given one to a line: type, schema version and payload, with tabs between
/// them. One without a payload is withheld. What is not JSON is left out, so that every input makes
/// events.
pub fn events_of(input: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    for line in input.split(|&byte| byte == b'\n') {
        let mut parts = line.splitn(3, |&byte| byte == b'\t');
        let (Some(event_type), Some(version)) = (parts.next(), parts.next()) else {
            continue;
        };
        let payload = match parts.next() {
            None => Payload::Withheld(Sensitivity::Secret),
            Some(json) => match Value::parse(json, &Limits::default()) {
                Ok(value) => Payload::Open(value),
                Err(_) => continue,
            },
        };
        let mut event = EVENT.clone();
        let place = events.len();
        event.header.seq = u64::try_from(place).unwrap_or(u64::MAX);
        event.header.logical_clock = event.header.seq;
        event.header.id = format!("e{place}").parse().expect("an id");
        event.header.event_type = String::from_utf8_lossy(event_type).into_owned();
        event.header.schema_version = String::from_utf8_lossy(version).into_owned();
        event.payload = payload;
        events.push(event);
    }
    events
}
