//! What the links of a session tell of each other: an action is told by all of its events, a belief by the
//! claim that it adopts, an outcome by the action that it is of. It is gathered while the events of the
//! session pass by, and takes far less room than they do: the payloads, which are most of a log, stay
//! where they are.

use std::collections::{HashMap, HashSet};

use super::{Windows, class, titled};
use crate::canonical::Hash;
use crate::model::{
    ActionFacts, ActionVerdict, Axis, ClaimFacts, Phase, RequestFacts, Transition, is_of_action,
    view,
};
use crate::session::{Event, Sensitivity};

/// The names of an event that a link is found by.
#[derive(Debug)]
struct Names {
    id: String,
    payload_hash: String,
    commitment: Hash,
}

impl Names {
    fn of(event: &Event) -> Self {
        Self {
            id: event.id().to_owned(),
            payload_hash: event.header.payload_hash.clone(),
            commitment: event.commitment,
        }
    }

    fn add_to(&self, names: &mut Vec<String>) {
        names.push(self.id.clone());
        names.push(self.payload_hash.clone());
        names.push(self.commitment.to_string());
    }
}

/// What is known at each clearance, the lowest first.
type AtEach<T> = [Option<T>; Sensitivity::ALL.len()];

fn at(clearance: Sensitivity) -> usize {
    Sensitivity::ALL
        .iter()
        .position(|one| *one == clearance)
        .unwrap_or_default()
}

/// Sets what was not known yet at this clearance or above. Whether there was any such.
fn learn_first<T: Clone>(known: &mut AtEach<T>, from: Sensitivity, value: &T) -> bool {
    let mut is_first = false;
    for unknown in known.iter_mut().skip(at(from)).filter(|one| one.is_none()) {
        *unknown = Some(value.clone());
        is_first = true;
    }
    is_first
}

/// How many events that tell more of one id give their names to what has it. Each of them does so to each
/// of those: without a bound an agent that repeats an id makes the square of its log.
const MOST_ALSO: usize = 32;

/// What the events of one action tell of it.
#[derive(Debug, Default)]
struct ActionSteps {
    steps: Vec<Step>,
    /// The place among the steps of the one that comes first.
    first: AtEach<usize>,
}

#[derive(Debug)]
struct Step {
    place: usize,
    class: Sensitivity,
    /// Only of a step that comes first for somebody.
    tool: Option<String>,
    decision_id: Option<String>,
    phase: Option<Phase>,
    verdict: Option<ActionVerdict>,
    detail: Option<String>,
    names: Names,
}

/// Where a belief stands after what the firewall moved.
#[derive(Debug, Default)]
struct Moved {
    truth: AtEach<String>,
    security: AtEach<String>,
}

/// What links tell of each other.
#[derive(Debug, Default)]
pub(super) struct Relations {
    actions: HashMap<String, ActionSteps>,
    /// The first statement of each claim, as a title.
    statements: HashMap<String, AtEach<String>>,
    moved: HashMap<String, Moved>,
    /// Events that tell more of a claim, a belief or a request, by its id.
    also: HashMap<String, Vec<(Sensitivity, Names)>>,
    /// The actions that were held.
    held: HashSet<String>,
    classes: HashSet<Sensitivity>,
    events: usize,
}

impl Relations {
    /// Learns from the next event of the session.
    pub(super) fn learn(&mut self, event: &Event) {
        let place = self.events;
        self.events += 1;
        let (Some(class), Some(payload)) = (class::of(event), event.open()) else {
            return;
        };
        self.classes.insert(class);
        let kind = event.event_type();
        if is_of_action(kind) {
            if let Some(facts) = ActionFacts::read(payload, event.actor()) {
                if kind == "action.pending_approval" {
                    self.held.insert(facts.id.clone());
                }
                self.learn_step(event, place, class, facts);
            }
        } else if kind == "claim.extracted" {
            if let Some(claim) = ClaimFacts::read(payload) {
                let title = titled(claim.statement);
                let known = self.statements.entry(claim.id).or_default();
                learn_first(known, class, &title);
            }
        } else if kind == "approval.requested" {
            let request = RequestFacts::read(payload);
            self.held.extend(request.map(|request| request.action_id));
        } else if let Some(about) = about(kind) {
            if let Some(id) = view::text(payload, about) {
                let also = self.also.entry(id).or_default();
                if also.len() < MOST_ALSO {
                    also.push((class, Names::of(event)));
                }
            }
            if kind.ends_with("belief.transitioned")
                && let Some((id, moved)) = Transition::read(payload, event.is_attested())
            {
                self.learn_move(id, &moved, class);
            }
        }
    }

    fn learn_step(&mut self, event: &Event, place: usize, class: Sensitivity, facts: ActionFacts) {
        let known = self.actions.entry(facts.id).or_default();
        let is_first = learn_first(&mut known.first, class, &known.steps.len());
        known.steps.push(Step {
            place,
            class,
            tool: facts.tool.filter(|_| is_first),
            decision_id: facts.decision_id,
            phase: facts.phase,
            verdict: facts.verdict,
            detail: facts.detail,
            names: Names::of(event),
        });
    }

    fn learn_move(&mut self, id: String, moved: &Transition, class: Sensitivity) {
        if !moved.by_firewall {
            return;
        }
        let known = self.moved.entry(id).or_default();
        let axis = match &moved.axis {
            Some(Axis::Truth) => &mut known.truth,
            Some(Axis::Security) => &mut known.security,
            _ => return,
        };
        if let Some(to) = &moved.to {
            for known in axis.iter_mut().skip(at(class)) {
                *known = Some(to.clone());
            }
        }
    }

    /// The clearances that the session looks the same at, the lowest first.
    pub(super) fn windows(&self) -> Windows {
        let mut windows: Windows = Vec::new();
        for clearance in Sensitivity::ALL {
            match windows.last_mut() {
                Some((_, until)) if !self.classes.contains(&clearance) => *until = clearance,
                _ => windows.push((clearance, clearance)),
            }
        }
        windows
    }

    /// The facts of an action by all of its events, where this is the event that it is told at.
    pub(super) fn complete(
        &self,
        facts: &mut ActionFacts,
        place: usize,
        clearance: Sensitivity,
    ) -> Option<OfAction> {
        let known = self.actions.get(&facts.id)?;
        let first = known.first.get(at(clearance)).copied().flatten()?;
        let mut seen = known
            .steps
            .iter()
            .skip(first)
            .filter(|step| step.class <= clearance);
        let told_at = seen.next().filter(|step| step.place == place)?;
        let mut of_action = OfAction {
            highest: told_at.class,
            names: Vec::new(),
        };
        for later in seen {
            if facts.decision_id.is_none() {
                facts.decision_id.clone_from(&later.decision_id);
            }
            if later.phase.is_some() {
                facts.phase.clone_from(&later.phase);
            }
            if later.verdict.is_some() {
                facts.verdict.clone_from(&later.verdict);
            }
            if later.detail.is_some() {
                facts.detail.clone_from(&later.detail);
            }
            of_action.highest = of_action.highest.max(later.class);
            later.names.add_to(&mut of_action.names);
        }
        Some(of_action)
    }

    /// The tool of an action.
    pub(super) fn tool(&self, action: &str, clearance: Sensitivity) -> Option<&str> {
        let known = self.actions.get(action)?;
        let first = known.first.get(at(clearance)).copied().flatten()?;
        known.steps.get(first)?.tool.as_deref()
    }

    /// What a claim states, as a title.
    pub(super) fn statement(&self, claim: &str, clearance: Sensitivity) -> Option<&str> {
        self.statements.get(claim)?.get(at(clearance))?.as_deref()
    }

    /// Where the firewall moved a belief to: its truth, and its security.
    pub(super) fn moved(
        &self,
        belief: &str,
        clearance: Sensitivity,
    ) -> (Option<&str>, Option<&str>) {
        let Some(known) = self.moved.get(belief) else {
            return (None, None);
        };
        (
            known.truth.get(at(clearance)).and_then(Option::as_deref),
            known.security.get(at(clearance)).and_then(Option::as_deref),
        )
    }

    /// Adds the names of every event that tells more of the thing with this id.
    pub(super) fn also(&self, id: &str, clearance: Sensitivity, names: &mut Vec<String>) {
        for (class, also) in self.also.get(id).into_iter().flatten() {
            if *class <= clearance {
                also.add_to(names);
            }
        }
    }

    /// Whether an event tells of a hold.
    pub(super) fn is_of_hold(&self, event: &Event) -> bool {
        let kind = event.event_type();
        if kind.starts_with("approval.") || kind.starts_with("guard.approval.") {
            return true;
        }
        is_of_action(kind)
            && event
                .open()
                .and_then(|payload| view::text(payload, "id"))
                .is_some_and(|id| self.held.contains(&id))
    }
}

/// What the events of an action tell together.
pub(super) struct OfAction {
    /// The highest of their classes.
    pub(super) highest: Sensitivity,
    /// The names of all but the first.
    pub(super) names: Vec<String>,
}

/// The member that names what an event tells more of.
fn about(event_type: &str) -> Option<&'static str> {
    match event_type {
        "evidence.assessed" | "firewall.claim.accepted" => Some("claim_id"),
        "firewall.belief.adopted" | "firewall.belief.transitioned" | "belief.transitioned" => {
            Some("belief_id")
        }
        "approval.granted"
        | "approval.denied"
        | "approval.expired"
        | "guard.approval.signature_rejected"
        | "guard.approval.announce_withheld" => Some("request_id"),
        _ => None,
    }
}
