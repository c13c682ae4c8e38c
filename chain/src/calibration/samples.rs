use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::allowance::Allowance;
use crate::json::Value;
use crate::model::view;
use crate::session::{Event, Session};

/// One belief and what happened.
///
/// ```
/// use machinaut_chain::calibration::{Sample, of_samples};
///
/// let night = Sample {
///     calibration_class: "tests".to_owned(),
///     confidence: 0.8,
///     was_right: true,
///     belief_id: "b-1".to_owned(),
///     seq: 7,
/// };
/// let morning = Sample { was_right: false, ..night.clone() };
/// // Samples of two sessions, one after the other, measure the agent over both.
/// assert_eq!(of_samples(&[night, morning]).overall.empirical_accuracy, 0.5);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The class of the belief.
    pub calibration_class: String,
    /// How sure the agent was, from 0 to 1.
    pub confidence: f64,
    /// Whether it was right.
    pub was_right: bool,
    /// The belief.
    pub belief_id: String,
    /// The place of the event that tells what happened.
    pub seq: u64,
}

struct Belief<'a> {
    class: &'a str,
    confidence: f64,
}

/// Samples from actions first, then from what beliefs turned out to be, each in log order: the
/// order matters to the last bit of their sums.
pub(super) fn of(session: &Session) -> Vec<Sample> {
    let mut beliefs: HashMap<&str, Belief<'_>> = HashMap::new();
    let mut decisions: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut outcomes: HashMap<&str, &str> = HashMap::new();
    let mut actions: Vec<Ended<'_>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut verdicts: Vec<(&Event, &str, bool)> = Vec::new();
    for event in session.events() {
        let Some(payload) = event.open() else {
            continue;
        };
        let text = |key: &str| payload.get(key).and_then(Value::as_str);
        match event.event_type() {
            "belief.adopted" => {
                if let (Some(id), Some(class), Some(confidence)) = (
                    text("id"),
                    text("calibration_class"),
                    view::number(payload, "confidence"),
                ) {
                    // Made-up beliefs are not measured.
                    if text("authority") == Some("synthetic") {
                        beliefs.remove(id);
                    } else {
                        beliefs.insert(id, Belief { class, confidence });
                    }
                }
            }
            "decision.made" => {
                if let Some(id) = text("id") {
                    let named = view::list(payload, "belief_dependencies").iter();
                    let mut seen = HashSet::new();
                    let named = named
                        .filter_map(Value::as_str)
                        .filter(|id| seen.insert(*id));
                    decisions.insert(id, named.collect());
                }
            }
            "outcome.observed" | "action.outcome" => {
                if let (Some(action), Some(result)) = (text("action_id"), text("result")) {
                    outcomes.insert(action, result);
                }
            }
            action if action.starts_with("action.") => {
                // A host may leave the phase to the type of the event.
                let phase = text("phase").or_else(|| action.strip_prefix("action."));
                let succeeded = match phase {
                    Some("completed") => true,
                    Some("failed") => false,
                    _ => continue,
                };
                if let Some(id) = text("id") {
                    let decision = text("decision_id");
                    let ended = Ended {
                        event,
                        id,
                        decision,
                        succeeded,
                    };
                    if let Some(known) = places.get(id).and_then(|place| actions.get_mut(*place)) {
                        *known = ended;
                    } else {
                        places.insert(id, actions.len());
                        actions.push(ended);
                    }
                }
            }
            "firewall.belief.transitioned" | "belief.transitioned" => {
                let to = match (text("axis"), text("to_value")) {
                    (Some("truth_status"), Some("supported")) => Some(true),
                    (Some("truth_status"), Some("contradicted")) => Some(false),
                    _ => None,
                };
                if let (Some(belief), Some(was_right)) = (text("belief_id"), to) {
                    verdicts.push((event, belief, was_right));
                }
            }
            _ => {}
        }
    }
    let mut samples = Vec::new();
    let mut allowance = Allowance::of(session);
    let mut sample = |event: &Event, id: &str, was_right| {
        if let Some(belief) = beliefs.get(id)
            && allowance.take(|| size_of::<Sample>() + belief.class.len() + id.len())
        {
            samples.push(Sample {
                calibration_class: belief.class.to_owned(),
                confidence: belief.confidence,
                was_right,
                belief_id: id.to_owned(),
                seq: event.seq(),
            });
        }
        !allowance.is_spent()
    };
    let mut is_room = true;
    for ended in &actions {
        // An outcome outranks the phase; one that is neither success nor failure tells nothing.
        let was_right = match outcomes.get(ended.id) {
            None => ended.succeeded,
            Some(&"success") => true,
            Some(&"failure") => false,
            Some(_) => continue,
        };
        let named = ended.decision.and_then(|decision| decisions.get(decision));
        let mut named = named.into_iter().flatten();
        is_room = is_room && named.all(|belief| sample(ended.event, belief, was_right));
    }
    for (event, belief, was_right) in verdicts {
        is_room = is_room && sample(event, belief, was_right);
    }
    samples
}

/// An action that ran to an end.
struct Ended<'a> {
    event: &'a Event,
    id: &'a str,
    decision: Option<&'a str>,
    succeeded: bool,
}
