//! From a session of `chain` to the lines and facts that the pages show. Only on the server.

use machinaut_chain::json::Value;
use machinaut_chain::model::{
    ActionFacts, BeliefFacts, ClaimFacts, DecisionFacts, EvidenceFacts, ObservationFacts,
    OutcomeFacts,
};
use machinaut_chain::sentence::excerpt;
use machinaut_chain::session::{Event, Session};
use machinaut_chain::ship;
use machinaut_chain::why::Kind;

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
    fn is(self, event: &Event) -> bool {
        match self {
            Self::Page(_) => false,
            Self::With(seq, id) => event.seq() == seq && id.is_none_or(|id| event.id() == id),
        }
    }
}

/// The events of one page of the timeline, of one kind or of all.
pub(super) fn lines(
    session: &Session,
    kind: Option<&str>,
    wanted: Wanted<'_>,
) -> (Vec<EventLine>, Shown) {
    let mut before = None;
    let matching: Vec<(&Event, u64)> = session
        .events()
        .iter()
        .map(|event| {
            let gap = before.map_or(0, |before: u64| {
                event.seq().saturating_sub(before.saturating_add(1))
            });
            before = Some(event.seq());
            (event, gap)
        })
        .filter(|(event, _)| {
            kind.is_none_or(|kind| kind_of(event).is_some_and(|of| of.as_str() == kind))
        })
        .collect();
    let pages = matching.len().div_ceil(PAGE).max(1);
    let page = match wanted {
        Wanted::Page(page) => usize::try_from(page).unwrap_or(1).clamp(1, pages),
        Wanted::With(..) => {
            let mut events = matching.iter();
            let place = events.position(|(event, _)| wanted.is(event));
            place.map_or(1, |place| place / PAGE + 1)
        }
    };
    let lines = matching
        .iter()
        .skip((page - 1) * PAGE)
        .take(PAGE)
        .map(|(event, gap)| EventLine {
            event: event.reference(),
            kind: kind_of(event),
            // A filtered list leaves events out by itself: its gaps say nothing.
            gap_before: if kind.is_none() { *gap } else { 0 },
            gist: gist(event),
            is_sought: wanted.is(event),
        })
        .collect();
    let shown = Shown {
        kind: kind.map(str::to_owned),
        page: u32::try_from(page).unwrap_or(u32::MAX),
        pages: u32::try_from(pages).unwrap_or(u32::MAX),
        total: matching.len(),
    };
    (lines, shown)
}

/// How many times `seq` jumps: other sessions of the project write there too.
pub(super) fn gaps(session: &Session) -> u64 {
    let jumps = session.events().windows(2).filter(|pair| match pair {
        [one, next] => next.seq() > one.seq().saturating_add(1),
        _ => false,
    });
    u64::try_from(jumps.count()).unwrap_or(u64::MAX)
}

/// The kind of an event by its type, the same that the summary counts by.
pub(super) fn kind_of(event: &Event) -> Option<Kind> {
    match event.event_type() {
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
    match kind_of(event)? {
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
    use super::*;

    fn session(lines: &[&str]) -> Session {
        Session::from_log_lines(lines.iter().map(|line| line.as_bytes())).unwrap()
    }

    fn event(seq: u64, event_type: &str, payload: &str) -> String {
        let hash = machinaut_chain::canonical::Hash::of(
            &Value::parse(
                payload.as_bytes(),
                &machinaut_chain::json::Limits::default(),
            )
            .unwrap()
            .to_canonical(),
        );
        format!(
            r#"{{"id":"e{seq}","seq":{seq},"type":"{event_type}","schema_version":"0.1.0","project_id":"p","session_id":"s","actor_id":"agent:a","timestamp":"2026-11-23T05:13:52.545Z","logical_clock":{seq},"causal_parent_ids":[],"payload_hash":"{hash}","payload":{payload},"versions":{{}}}}"#
        )
    }

    #[test]
    fn a_gap_in_seq_is_told_before_the_event_after_it() {
        let (one, two) = (event(4, "custom.note", "{}"), event(7, "custom.note", "{}"));
        let session = session(&[&one, &two]);
        let (lines, shown) = lines(&session, None, Wanted::Page(1));
        assert_eq!(
            lines.iter().map(|line| line.gap_before).collect::<Vec<_>>(),
            [0, 2]
        );
        assert_eq!((shown.pages, shown.total, gaps(&session)), (1, 2, 1));
    }

    #[test]
    fn a_filter_by_kind_shows_that_kind_and_no_gaps() {
        let (claim, other) = (
            event(1, "custom.note", "{}"),
            event(5, "claim.extracted", r#"{"id":"c","statement":"it rains"}"#),
        );
        let (lines, _) = lines(&session(&[&claim, &other]), Some("claim"), Wanted::Page(1));
        assert_eq!(lines.len(), 1);
        assert_eq!(
            (lines[0].gap_before, &lines[0].gist),
            (0, &Gist::Said("it rains".to_owned()))
        );
    }

    #[test]
    fn a_page_beyond_the_last_is_the_last() {
        let lone = event(1, "custom.note", "{}");
        let (lines, shown) = lines(&session(&[&lone]), None, Wanted::Page(99));
        assert_eq!((lines.len(), shown.page), (1, 1));
    }

    #[test]
    fn an_event_that_is_sought_is_marked_on_the_page_that_has_it() {
        let count = u64::try_from(PAGE).unwrap() + 2;
        let events: Vec<String> = (1..=count)
            .map(|seq| event(seq, "custom.note", "{}"))
            .collect();
        let session = session(&events.iter().map(String::as_str).collect::<Vec<_>>());
        let sought = |wanted| {
            let (lines, shown) = lines(&session, None, wanted);
            let sought: Vec<u64> = lines
                .iter()
                .filter(|line| line.is_sought)
                .map(|line| line.event.seq)
                .collect();
            (shown.page, sought)
        };
        assert_eq!(sought(Wanted::With(count, None)), (2, vec![count]));
        assert_eq!(sought(Wanted::With(3, Some("e3"))), (1, vec![3]));
        assert_eq!(sought(Wanted::With(3, Some("of another"))), (1, vec![]));
        assert_eq!(sought(Wanted::Page(2)), (2, vec![]));
    }

    #[test]
    fn an_agent_cannot_flood_a_line() {
        let flood = event(
            1,
            "claim.extracted",
            &format!(r#"{{"id":"c","statement":"{}"}}"#, "x".repeat(5_000)),
        );
        let (lines, _) = lines(&session(&[&flood]), None, Wanted::Page(1));
        let Gist::Said(text) = &lines[0].gist else {
            panic!("a claim is said")
        };
        assert!(text.chars().count() <= IN_A_LINE + 1);
    }
}
