use std::collections::HashMap;

use super::summary::Counts;
use super::{Event, Payload, Session, Summary};
use crate::json::Object;
use crate::model::{is_of_action, view};
use crate::pending::{LoggedHold, holds_of};
use crate::ship::Record;

/// What a session comes to, taken while its events pass by. It remembers only the events that tell of
/// actions, holds and alerts: the payloads of observations, claims and beliefs, which are most of a
/// log, are never looked at.
///
/// ```
/// use machinaut_chain::session::{Gist, Session, Summary};
/// use machinaut_chain::ship::Sensitivity;
/// # use machinaut_chain::sample::{Hold, Story};
/// # use machinaut_chain::timestamp::Instant;
/// # let story = Story {
/// #     project: "p".parse()?,
/// #     session: "s".parse()?,
/// #     agent: "agent:a".parse()?,
/// #     first_seq: 0,
/// #     request_id: "r".to_owned(),
/// #     action_id: "a".to_owned(),
/// #     held_at: Instant::from_millis(0),
/// #     deadline: None,
/// # };
/// let body = Hold::push_to_main(story).log().ship_body(Sensitivity::Secret);
/// let records = body.split(|&byte| byte == b'\n').skip(1);
/// let session = Session::from_record_lines(records)?;
/// let mut gist = Gist::default();
/// for event in session.events() {
///     gist.add(event.clone());
/// }
/// let (summary, holds) = gist.finish();
/// assert_eq!(summary, Summary::of(&session));
/// assert_eq!(holds.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Gist {
    counts: Counts,
    telling: Vec<Event>,
    /// Where each action is told of first.
    first: HashMap<String, u64>,
}

impl Gist {
    /// Takes an event of the session. Each belongs in here once, in any order.
    pub fn add(&mut self, event: Event) {
        self.counts.add(&event);
        if tells(event.event_type()) {
            let event = self.without_what_is_known(event);
            self.telling.push(event);
        }
    }

    /// The first event of an action describes it. Of those that follow only how it goes on is asked for, and
    /// they say all the rest again.
    fn without_what_is_known(&mut self, event: Event) -> Event {
        let (true, Some(payload)) = (is_of_action(event.event_type()), event.open()) else {
            return event;
        };
        let Some(id) = view::text(payload, "id") else {
            return event;
        };
        let seq = event.seq();
        match self.first.get_mut(&id) {
            Some(first) if *first < seq => {
                let members = GOES_ON.into_iter();
                let kept: Object = members
                    .filter_map(|member| Some((member, payload.get(member)?.clone())))
                    .collect();
                Event {
                    payload: Payload::Open(kept.into()),
                    ..event
                }
            }
            Some(first) => {
                *first = seq;
                event
            }
            None => {
                self.first.insert(id, seq);
                event
            }
        }
    }

    /// Takes the event of a record. Its payload is read where it is needed.
    pub fn add_record(&mut self, record: Record<'_>) {
        if tells(&record.header.event_type) {
            self.add(Event::from_record(record));
        } else {
            self.add(Event::outline(record));
        }
    }

    /// What it all comes to: the same as [`Summary::of`] and [`holds_of`] say of the whole session.
    pub fn finish(self) -> (Summary, Vec<LoggedHold>) {
        let session = Session::from_events(self.telling);
        let holds = holds_of(&session);
        (self.counts.summary(&session, &holds), holds)
    }
}

/// What a later event of an action is asked for.
const GOES_ON: [&str; 5] = ["id", "decision_id", "phase", "approval", "audit"];

/// Whether actions, holds or alerts are told of in events of this type.
fn tells(event_type: &str) -> bool {
    ["action.", "approval.", "guard.", "sentinel."]
        .iter()
        .any(|prefix| event_type.starts_with(prefix))
}
