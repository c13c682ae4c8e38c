//! From the events of one thing to what they say.

use super::graph::{Answer, Body, Kind, ResolutionBody};
use super::index::{Index, Link, kind_of};
use crate::json::Value;
use crate::model::{
    ActionFacts, Adoption, AlertFacts, BeliefFacts, ClaimFacts, DecisionFacts, EvidenceFacts,
    LoggedResolution, ObservationFacts, OutcomeFacts, RejectionFacts, RequestFacts, RevisionFacts,
    Transition,
};
use crate::session::Event;

/// The id under which the index knows what this event tells about.
pub(super) fn id_of(kind: Kind, event: &Event) -> Option<String> {
    let key = match kind {
        Kind::Hold => "request_id",
        Kind::Alert => "alert_id",
        Kind::Resolution | Kind::Rejection => "",
        _ => "id",
    };
    if kind_of(event.event_type()) != Some(kind) {
        return None;
    }
    let payload = event.open()?;
    let own = payload.get(key).and_then(Value::as_str);
    Some(own.unwrap_or_else(|| event.id()).to_owned())
}

/// What the events of one thing say, and whether they disagree.
pub(super) fn read(index: &Index<'_>, kind: Kind, events: &[&Event]) -> Option<(Body, bool)> {
    fn agree<T: PartialEq>(
        events: &[&Event],
        facts: impl Fn(&Event) -> Option<T>,
    ) -> Option<(T, bool)> {
        let mut all = events.iter().filter_map(|event| facts(event));
        let first = all.next()?;
        let disputed = all.any(|other| other != first);
        Some((first, disputed))
    }
    Some(match kind {
        Kind::Observation => {
            let (facts, disputed) = agree(events, |event| ObservationFacts::read(event.open()?))?;
            (Body::Observation(facts), disputed)
        }
        Kind::Claim => {
            let (facts, disputed) = agree(events, |event| ClaimFacts::read(event.open()?))?;
            (Body::Claim(facts), disputed)
        }
        Kind::Evidence => {
            let (facts, disputed) = agree(events, |event| EvidenceFacts::read(event.open()?))?;
            (Body::Evidence(facts), disputed)
        }
        Kind::Belief => {
            let (mut facts, disputed) = agree(events, |event| BeliefFacts::read(event.open()?))?;
            complete_belief(index, &mut facts);
            (Body::Belief(facts), disputed)
        }
        Kind::Decision => {
            let (facts, disputed) = agree(events, |event| DecisionFacts::read(event.open()?))?;
            (Body::Decision(facts), disputed)
        }
        Kind::Action => {
            let (facts, disputed) = ActionFacts::of_events(events.iter().copied())?;
            (Body::Action(facts), disputed)
        }
        Kind::Outcome => {
            let (facts, disputed) = agree(events, |event| OutcomeFacts::read(event.open()?))?;
            (Body::Outcome(facts), disputed)
        }
        Kind::Revision => {
            let (facts, disputed) = agree(events, |event| RevisionFacts::read(event.open()?))?;
            (Body::Revision(facts), disputed)
        }
        Kind::Alert => {
            let read = |event: &Event| AlertFacts::read(event.open()?, event.is_attested());
            let (facts, disputed) = agree(events, read)?;
            (Body::Alert(facts), disputed)
        }
        Kind::Hold => {
            let (facts, disputed) = agree(events, |event| RequestFacts::read(event.open()?))?;
            (Body::Hold(facts), disputed)
        }
        Kind::Resolution => (Body::Resolution(resolution(index, events.first()?)?), false),
        Kind::Rejection => {
            let event = events.first()?;
            let facts = RejectionFacts::read(event.open()?, event.is_attested())?;
            (Body::Rejection(facts), false)
        }
    })
}

fn resolution(index: &Index<'_>, event: &Event) -> Option<ResolutionBody> {
    let resolution = LoggedResolution::read(event.open()?)?;
    let answer = match event.event_type() {
        "approval.granted" => Answer::Granted,
        "approval.denied" => Answer::Denied,
        _ => Answer::Expired,
    };
    let is_forged = index.is_planted(event);
    Some(ResolutionBody {
        answer,
        resolution,
        is_forged,
    })
}

fn complete_belief(index: &Index<'_>, belief: &mut BeliefFacts) {
    let adoptions = index.linked(Link::AdoptionOfBelief, &belief.id).iter();
    let mut adoptions = adoptions.filter_map(|place| {
        let event = index.events.get(*place)?;
        Some(Adoption::read(event.open()?, event.is_attested())?.1)
    });
    // An adoption that the firewall itself recorded outranks one that anybody could have written.
    let first = adoptions.next();
    belief.adoption = match first {
        Some(adoption) if adoption.by_firewall => Some(adoption),
        other => adoptions.find(|adoption| adoption.by_firewall).or(other),
    };
    let id = belief.id.clone();
    for place in index.linked(Link::TransitionOfBelief, &id) {
        let Some(event) = index.events.get(*place) else {
            continue;
        };
        let from_firewall =
            event.event_type() == "firewall.belief.transitioned" && event.is_attested();
        let transition = event
            .open()
            .and_then(|payload| Transition::read(payload, from_firewall));
        if let Some((_, transition)) = transition {
            belief.transition(transition);
        }
    }
}
