//! From the events of a session to the lines and facts that the pages show. Only on the server.

use machinaut_chain::json::Value;
use machinaut_chain::model::{
    ActionFacts, BeliefFacts, ClaimFacts, DecisionFacts, EvidenceFacts, ObservationFacts,
    OutcomeFacts,
};
use machinaut_chain::sentence::excerpt;
use machinaut_chain::session::Event;
use machinaut_chain::ship;
use machinaut_chain::why::Kind;
use machinaut_control::sessions::{Named, Outline};
use machinaut_control::{Control, Error};

use super::model::{EventLine, Gist, Shown};

/// How many events a page of the timeline shows.
const PAGE: usize = 200;
/// How much of an agent's words fits in a line, in characters.
const IN_A_LINE: usize = 120;

/// Which page of the timeline is wanted.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// By its number, from 1.
    Page(u32),
    /// The one with this event, by `seq`, and by its id where one `seq` is claimed twice.
    With(u64, Option<&'a str>),
}

impl Wanted<'_> {
    fn is(self, event: &Named) -> bool {
        match self {
            Self::Page(_) => false,
            Self::With(seq, id) => event.seq == seq && id.is_none_or(|id| event.event_id == id),
        }
    }
}

/// The events of one page of the timeline, of one kind or of all. No other event is read.
pub(super) async fn timeline(
    control: &Control,
    outline: &Outline,
    kind: Option<&str>,
    wanted: Wanted<'_>,
) -> Result<(Vec<EventLine>, Shown), Error> {
    let matching: Vec<usize> = match kind.map(str::to_owned) {
        None => (0..outline.events().len()).collect(),
        Some(kind) => {
            let is_of_kind = move |event_type: &str| {
                kind_of(event_type).is_some_and(|of_event| of_event.as_str() == kind)
            };
            outline.of_type(control, is_of_kind).await?
        }
    };
    let shown = shown(outline.events(), &matching, kind, wanted);
    let page = usize::try_from(shown.page).unwrap_or(1);
    let places = matching.chunks(PAGE).nth(page - 1).unwrap_or_default();
    let events = outline.read(control, places).await?;
    let lines = places.iter().zip(&events).filter_map(|(place, event)| {
        Some(EventLine {
            event: event.reference(),
            kind: kind_of(event.event_type()),
            // A filtered list leaves events out by itself: its gaps say nothing.
            gap_before: if kind.is_none() {
                gap_before(outline.events(), *place)
            } else {
                0
            },
            gist: gist(event),
            is_sought: wanted.is(outline.events().get(*place)?),
        })
    });
    Ok((lines.collect(), shown))
}

/// Which of the pages of the matching events is wanted; the last one where there are fewer.
fn shown(events: &[Named], matching: &[usize], kind: Option<&str>, wanted: Wanted<'_>) -> Shown {
    let pages = matching.len().div_ceil(PAGE).max(1);
    let page = match wanted {
        Wanted::Page(page) => usize::try_from(page).unwrap_or(1).clamp(1, pages),
        Wanted::With(..) => {
            let mut matching = matching.iter().filter_map(|place| events.get(*place));
            let rank = matching.position(|event| wanted.is(event));
            rank.map_or(1, |rank| rank / PAGE + 1)
        }
    };
    Shown {
        kind: kind.map(str::to_owned),
        page: u32::try_from(page).unwrap_or(u32::MAX),
        pages: u32::try_from(pages).unwrap_or(u32::MAX),
        total: matching.len(),
    }
}

/// How many numbers of `seq` are missing before the event at this place.
fn gap_before(events: &[Named], place: usize) -> u64 {
    let seq = |place: usize| events.get(place).map(|event| event.seq);
    let before = place.checked_sub(1).and_then(seq);
    before.zip(seq(place)).map_or(0, |(before, seq)| {
        seq.saturating_sub(before.saturating_add(1))
    })
}

/// How many times `seq` jumps: other sessions of the project write there too.
pub(super) fn gaps(events: &[Named]) -> u64 {
    let jumps = (0..events.len()).filter(|place| gap_before(events, *place) > 0);
    u64::try_from(jumps.count()).unwrap_or(u64::MAX)
}

/// The kind of an event by its type, the same that the summary counts by.
pub(super) fn kind_of(event_type: &str) -> Option<Kind> {
    match event_type {
        "observation.recorded" => Some(Kind::Observation),
        "claim.extracted" => Some(Kind::Claim),
        "evidence.assessed" => Some(Kind::Evidence),
        "belief.adopted" => Some(Kind::Belief),
        "decision.made" => Some(Kind::Decision),
        "action.outcome" | "outcome.observed" => Some(Kind::Outcome),
        "revision.recorded" => Some(Kind::Revision),
        "sentinel.alerted" => Some(Kind::Alert),
        "approval.requested" => Some(Kind::Hold),
        "approval.granted" | "approval.denied" | "approval.expired" => Some(Kind::Resolution),
        "guard.approval.signature_rejected" => Some(Kind::Rejection),
        other if other.starts_with("action.") => Some(Kind::Action),
        _ => None,
    }
}

/// What an event says, in a few words; nothing where its payload is not here.
pub(super) fn gist(event: &Event) -> Gist {
    let Some(payload) = event.open() else {
        return Gist::Nothing;
    };
    of_kind(event, payload).unwrap_or(Gist::Nothing)
}

fn of_kind(event: &Event, payload: &Value) -> Option<Gist> {
    let said = |text: String| Gist::Said(excerpt(&text, IN_A_LINE));
    match kind_of(event.event_type())? {
        Kind::Action => {
            let action = ActionFacts::read(payload, event.actor())?;
            Some(Gist::Act {
                tool: action.tool?,
                object: action
                    .object
                    .map(|object| excerpt(&object.value, IN_A_LINE)),
            })
        }
        Kind::Observation => ObservationFacts::read(payload)?.tool.map(said),
        Kind::Claim => ClaimFacts::read(payload)?.statement.map(said),
        Kind::Belief => {
            let belief = BeliefFacts::read(payload)?;
            Some(Gist::Belief {
                confidence: belief.confidence,
                truth: belief.truth.map(|truth| truth.as_str().to_owned()),
            })
        }
        Kind::Decision => {
            let decision = DecisionFacts::read(payload)?;
            decision.chosen.or(decision.question).map(said)
        }
        Kind::Evidence => {
            let pieces = EvidenceFacts::read(payload)?.items.len();
            Some(Gist::Ours(if pieces == 1 {
                "1 piece".to_owned()
            } else {
                format!("{pieces} pieces")
            }))
        }
        Kind::Outcome => OutcomeFacts::read(payload)?
            .result
            .map(|result| said(result.as_str().to_owned())),
        Kind::Alert => payload
            .get("message")
            .and_then(Value::as_str)
            .map(|text| said(text.to_owned())),
        Kind::Hold => payload
            .get("reason")
            .and_then(Value::as_str)
            .map(|text| said(text.to_owned())),
        Kind::Resolution => payload
            .get("approver_id")
            .and_then(Value::as_str)
            .map(|text| said(text.to_owned())),
        Kind::Rejection | Kind::Revision => None,
    }
}

/// The text of a tool's answer, where the payload is one.
pub(super) fn answer(event: &Event) -> Option<String> {
    let observation = ObservationFacts::read(event.open()?)?;
    (event.event_type() == "observation.recorded" && !observation.excerpt.is_empty())
        .then_some(observation.excerpt)
}

/// The payload as it stands in a record line; none when it is withheld or was never there.
pub(super) fn payload_text(line: &[u8]) -> Option<String> {
    let record = ship::read_record(line, &ship::Limits::default()).ok()?;
    match record.payload {
        ship::Payload::Open(json) => Some(json.to_owned()),
        ship::Payload::Absent | ship::Payload::Withheld(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use machinaut_chain::ship::{Limits, read_log_line};

    use super::*;

    fn event(event_type: &str, payload: &str) -> Event {
        let hash = machinaut_chain::canonical::Hash::of(
            &Value::parse(
                payload.as_bytes(),
                &machinaut_chain::json::Limits::default(),
            )
            .unwrap()
            .to_canonical(),
        );
        let line = format!(
            r#"{{"id":"e1","seq":1,"type":"{event_type}","schema_version":"0.1.0","project_id":"p","session_id":"s","actor_id":"agent:a","timestamp":"2026-11-23T05:13:52.545Z","logical_clock":1,"causal_parent_ids":[],"payload_hash":"{hash}","payload":{payload},"versions":{{}}}}"#
        );
        Event::from_record(read_log_line(line.as_bytes(), &Limits::default()).unwrap())
    }

    fn named(seqs: impl IntoIterator<Item = u64>) -> Vec<Named> {
        let seqs = seqs.into_iter();
        seqs.map(|seq| Named {
            seq,
            event_id: format!("e{seq}"),
        })
        .collect()
    }

    #[test]
    fn a_gap_in_seq_is_told_before_the_event_after_it() {
        let events = named([4, 7, 7, 8]);
        let before: Vec<u64> = (0..4).map(|place| gap_before(&events, place)).collect();
        assert_eq!((before, gaps(&events)), (vec![0, 2, 0, 0], 1));
    }

    #[test]
    fn a_page_beyond_the_last_is_the_last() {
        let shown = shown(&named([1]), &[0], None, Wanted::Page(99));
        assert_eq!((shown.page, shown.pages, shown.total), (1, 1, 1));
    }

    #[test]
    fn an_event_that_is_sought_is_on_the_page_that_has_it() {
        let count = u64::try_from(PAGE).unwrap() + 2;
        let events = named(1..=count);
        let all: Vec<usize> = (0..events.len()).collect();
        let page = |matching, wanted| shown(&events, matching, None, wanted).page;
        assert_eq!(page(&all, Wanted::With(count, None)), 2);
        assert_eq!(page(&all, Wanted::With(3, Some("e3"))), 1);
        assert_eq!(page(&all, Wanted::Page(2)), 2);
        assert_eq!(page(&all[PAGE..], Wanted::With(count, None)), 1);
        assert!(Wanted::With(3, Some("e3")).is(&events[2]));
        assert!(!Wanted::With(3, Some("of another")).is(&events[2]));
        assert!(!Wanted::Page(2).is(&events[2]));
    }

    #[test]
    fn an_agent_cannot_flood_a_line() {
        let flood = format!(r#"{{"id":"c","statement":"{}"}}"#, "x".repeat(5_000));
        let Gist::Said(text) = gist(&event("claim.extracted", &flood)) else {
            panic!("a claim is said")
        };
        assert!(text.chars().count() <= IN_A_LINE + 1);
    }
}
