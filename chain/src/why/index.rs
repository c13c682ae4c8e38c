use std::collections::{HashMap, HashSet};

use super::graph::{Kind, MOST_CANDIDATES};
use crate::model::view;
use crate::session::{Event, Sensitivity, Session};

/// Where everything stands in a session: places of events by what their payloads name.
pub(super) struct Index<'a> {
    pub(super) events: &'a [Event],
    places: HashMap<(Names, &'a str), Vec<usize>>,
    withheld: HashMap<Kind, Withheld>,
    /// The ids of the events that the guard named as planted.
    planted: HashSet<&'a str>,
}

/// The withheld events of one kind.
#[derive(Default)]
struct Withheld {
    places: Vec<usize>,
    marked: Option<Sensitivity>,
}

/// What an id in a payload names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Names {
    /// The thing of this kind that the event tells about.
    Itself(Kind),
    /// What it points at.
    Target(Link),
}

/// What an event may point at, other than by its own id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Link {
    EvidenceOfClaim,
    OutcomeOfAction,
    ObservationOfAction,
    RevisionOf,
    AlertOver,
    AdoptionOfBelief,
    TransitionOfBelief,
    HoldOfAction,
    AnswerToHold,
}

impl<'a> Index<'a> {
    pub(super) fn of(session: &'a Session) -> Self {
        let mut index = Self {
            events: session.events(),
            places: HashMap::new(),
            withheld: HashMap::new(),
            planted: HashSet::new(),
        };
        for (place, event) in session.events().iter().enumerate() {
            index.add(place, event);
        }
        index
    }

    fn add(&mut self, place: usize, event: &'a Event) {
        let event_type = event.event_type();
        let Some(kind) = kind_of(event_type) else {
            self.add_firewall(place, event);
            return;
        };
        let Some(payload) = event.open() else {
            if event.withheld().is_some() {
                let withheld = self.withheld.entry(kind).or_default();
                withheld.places.push(place);
                withheld.marked = withheld.marked.max(event.withheld());
            }
            return;
        };
        let own = |key: &str| payload.get(key).and_then(crate::json::Value::as_str);
        let id = match kind {
            Kind::Hold => own("request_id"),
            Kind::Alert => own("alert_id"),
            Kind::Resolution | Kind::Rejection => None,
            _ => own("id"),
        };
        // What has no id of its own is known by its event.
        let id = id.unwrap_or_else(|| event.id());
        let itself = self.places.entry((Names::Itself(kind), id)).or_default();
        itself.push(place);
        let mut link = |link: Link, target: Option<&'a str>| {
            if let Some(target) = target {
                let key = (Names::Target(link), target);
                let places = self.places.entry(key).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        };
        match kind {
            Kind::Evidence => link(Link::EvidenceOfClaim, own("claim_id")),
            Kind::Outcome => link(Link::OutcomeOfAction, own("action_id")),
            Kind::Observation => {
                let source = payload.at(&["source", "invocation_id"]);
                link(
                    Link::ObservationOfAction,
                    source.and_then(crate::json::Value::as_str),
                );
            }
            Kind::Revision => link(Link::RevisionOf, own("target_id")),
            Kind::Hold => link(Link::HoldOfAction, own("action_id")),
            Kind::Resolution => link(Link::AnswerToHold, own("request_id")),
            Kind::Rejection => {
                link(Link::AnswerToHold, own("request_id"));
                if event.is_attested() && own("request_id").is_some() {
                    self.planted.extend(own("rejected_event_id"));
                }
            }
            Kind::Alert => {
                let scopes = ["subject", "detail"]
                    .into_iter()
                    .filter_map(|key| payload.get(key));
                for scope in scopes {
                    let lists = ["weak_beliefs", "steps"].into_iter();
                    let items = lists.flat_map(|key| view::list(scope, key));
                    for item in items.chain([scope]) {
                        for key in ["id", "action_id", "belief_id", "claim_id", "decision_id"] {
                            link(
                                Link::AlertOver,
                                item.get(key).and_then(crate::json::Value::as_str),
                            );
                        }
                    }
                }
            }
            Kind::Claim | Kind::Belief | Kind::Decision | Kind::Action => {}
        }
    }

    fn add_firewall(&mut self, place: usize, event: &'a Event) {
        let link = match event.event_type() {
            "firewall.belief.adopted" => Link::AdoptionOfBelief,
            "firewall.belief.transitioned" | "belief.transitioned" => Link::TransitionOfBelief,
            _ => return,
        };
        let belief = event.open().and_then(|payload| payload.get("belief_id"));
        if let Some(belief) = belief.and_then(crate::json::Value::as_str) {
            let key = (Names::Target(link), belief);
            self.places.entry(key).or_default().push(place);
        }
    }

    /// The events of one thing, in the order of the log.
    pub(super) fn of_id<'s>(&'s self, kind: Kind, id: &'s str) -> &'s [usize] {
        self.named(Names::Itself(kind), id)
    }

    /// The events that point at `target`, in the order of the log.
    pub(super) fn linked<'s>(&'s self, link: Link, target: &'s str) -> &'s [usize] {
        self.named(Names::Target(link), target)
    }

    fn named<'s>(&'s self, names: Names, id: &'s str) -> &'s [usize] {
        let places = self.places.get(&(names, id));
        places.map(Vec::as_slice).unwrap_or_default()
    }

    /// Withheld events of a kind, the likeliest to be meant from `place` first. Evidence is
    /// written after the claim it is about; everything else before what names it.
    pub(super) fn withheld_near(&self, kind: Kind, place: usize) -> Vec<&'a Event> {
        let places = self.withheld(kind);
        let (before, after) = places.split_at(places.partition_point(|withheld| *withheld < place));
        let before = before.iter().rev().take(MOST_CANDIDATES);
        let after = after.iter().take(MOST_CANDIDATES);
        let nearest: Vec<&usize> = match kind {
            Kind::Evidence => after.chain(before).collect(),
            _ => before.chain(after).collect(),
        };
        let events = nearest
            .into_iter()
            .filter_map(|place| self.events.get(*place));
        events.take(MOST_CANDIDATES).collect()
    }

    /// The places of the withheld events of a kind.
    pub(super) fn withheld(&self, kind: Kind) -> &[usize] {
        self.withheld
            .get(&kind)
            .map(|withheld| withheld.places.as_slice())
            .unwrap_or_default()
    }

    /// The highest marking among the withheld events of a kind; none when there are none.
    pub(super) fn marked(&self, kind: Kind) -> Option<Sensitivity> {
        self.withheld.get(&kind)?.marked
    }

    /// Whether the guard named this event as planted.
    pub(super) fn is_planted(&self, event: &Event) -> bool {
        self.planted.contains(event.id())
    }
}

/// The kind of thing that an event of this type tells about.
pub(super) fn kind_of(event_type: &str) -> Option<Kind> {
    Some(match event_type {
        "observation.recorded" => Kind::Observation,
        "claim.extracted" => Kind::Claim,
        "evidence.assessed" => Kind::Evidence,
        "belief.adopted" => Kind::Belief,
        "decision.made" => Kind::Decision,
        "outcome.observed" | "action.outcome" => Kind::Outcome,
        "revision.recorded" => Kind::Revision,
        "sentinel.alerted" => Kind::Alert,
        "approval.requested" => Kind::Hold,
        "approval.granted" | "approval.denied" | "approval.expired" => Kind::Resolution,
        "guard.approval.signature_rejected" => Kind::Rejection,
        action if action.starts_with("action.") => Kind::Action,
        _ => return None,
    })
}
