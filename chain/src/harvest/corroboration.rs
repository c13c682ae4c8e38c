//! How well a set of evidence corroborates a claim, for ranking only.

use std::collections::HashMap;

use crate::json::Value;
use crate::model::view;

/// No single source is believed more than this.
const CEILING: f64 = 0.95;

/// The chance that at least one independent source for the claim is right, lessened by the chance
/// that one against it is. Sources of one group count once, as their strongest.
pub(super) fn of(evidence: &Value) -> f64 {
    let mut order: Vec<(Option<&str>, f64)> = Vec::new();
    let mut groups: HashMap<&str, usize> = HashMap::new();
    for item in view::list(evidence, "items") {
        let text = |key: &str| item.get(key).and_then(Value::as_str);
        let weight = quality(text("quality")) * freshness(text("freshness"));
        let relation = text("relation");
        match text("independence_group") {
            // An item without a group is its own.
            None => order.push((relation, weight)),
            Some(group) => match groups.get(group).and_then(|place| order.get_mut(*place)) {
                Some(strongest) if weight > strongest.1 => *strongest = (relation, weight),
                Some(_) => {}
                None => {
                    groups.insert(group, order.len());
                    order.push((relation, weight));
                }
            },
        }
    }
    let any = |wanted: &str| {
        let of_kind = order
            .iter()
            .filter(|(relation, _)| *relation == Some(wanted));
        let mut probabilities = of_kind.map(|(_, weight)| weight * CEILING);
        // One source needs no arithmetic, which would cost it its last bits.
        match (probabilities.next(), probabilities.next()) {
            (None, _) => 0.0,
            (Some(only), None) => only,
            (Some(first), Some(second)) => {
                let all_wrong = probabilities
                    .fold((1.0 - first) * (1.0 - second), |wrong, p| wrong * (1.0 - p));
                1.0 - all_wrong
            }
        }
    };
    any("supports") * (1.0 - any("contradicts"))
}

fn quality(quality: Option<&str>) -> f64 {
    match quality {
        Some("direct_observation") => 1.0,
        Some("tool_result") => 0.85,
        Some("human_assertion") => 0.7,
        Some("model_inference") => 0.4,
        Some("external_document") => 0.3,
        _ => 0.0,
    }
}

fn freshness(freshness: Option<&str>) -> f64 {
    match freshness {
        Some("fresh") => 1.0,
        Some("stale") => 0.5,
        _ => 0.6,
    }
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::json::{Limits, Value};

    fn corroboration(items: &[(&str, &str, &str)]) -> f64 {
        let items: Vec<String> = items
            .iter()
            .map(|(relation, quality, group)| {
                format!(
                    r#"{{"relation":"{relation}","quality":"{quality}","freshness":"fresh","independence_group":"{group}"}}"#
                )
            })
            .collect();
        let json = format!(r#"{{"items":[{}]}}"#, items.join(","));
        of(&Value::parse(json.as_bytes(), &Limits::default()).unwrap())
    }

    #[test]
    fn a_second_source_counts_only_if_it_is_independent() {
        let one = corroboration(&[("supports", "tool_result", "a")]);
        let same = [
            ("supports", "tool_result", "a"),
            ("supports", "tool_result", "a"),
        ];
        let other = [
            ("supports", "tool_result", "a"),
            ("supports", "tool_result", "b"),
        ];
        assert!((corroboration(&same) - one).abs() < f64::EPSILON);
        assert!(corroboration(&other) > one);
    }

    #[test]
    fn independent_evidence_against_a_claim_lessens_it() {
        let items = [
            ("supports", "tool_result", "a"),
            ("contradicts", "tool_result", "b"),
        ];
        assert!(corroboration(&items) < 0.2);
    }
}
