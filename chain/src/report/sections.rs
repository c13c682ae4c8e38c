//! The sections of a report, each of them absent where there is nothing to tell.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::text::{code, short, words};
use crate::json::Value;
use crate::sentence::excerpt;

fn list<'a>(projection: &'a Value, name: &str) -> &'a [Value] {
    projection
        .get(name)
        .and_then(Value::as_array)
        .unwrap_or_default()
}

/// A string member, as text for people.
fn text<'a>(value: &'a Value, path: &[&str]) -> Option<std::borrow::Cow<'a, str>> {
    Some(value.at(path)?.as_text()?.to_display())
}

fn coded(value: &Value, path: &[&str]) -> String {
    text(value, path).map_or_else(|| code("?"), |text| code(&text))
}

fn shortened(value: &Value, path: &[&str]) -> String {
    text(value, path).map_or_else(|| code("?"), |text| short(&text))
}

fn number(value: &Value, path: &[&str]) -> Option<String> {
    let number = value.at(path)?;
    number.as_f64().map(|_| number.to_json())
}

fn section(heading: &str, lines: impl IntoIterator<Item = String>) -> Option<String> {
    let text = lines.into_iter().collect::<Vec<_>>().join("\n");
    (!text.is_empty()).then(|| format!("## {heading}\n\n{text}\n"))
}

pub(super) fn head(projection: &Value) -> Option<String> {
    let actors: Vec<String> = list(projection, "actor_ids")
        .iter()
        .filter_map(|actor| Some(code(&actor.as_text()?.to_display())))
        .collect();
    let mut head = String::from("# Trust report\n\n");
    let _ = writeln!(head, "- Session {}", coded(projection, &["session_id"]));
    let _ = writeln!(head, "- Project {}", coded(projection, &["project_id"]));
    let _ = writeln!(head, "- Actors {}", actors.join(", "));
    if let (Some(first), Some(last)) = (
        text(projection, &["first_event_at"]),
        text(projection, &["last_event_at"]),
    ) {
        let _ = writeln!(head, "- From {first} to {last}");
    }
    let _ = writeln!(head, "- {} events", number(projection, &["event_count"])?);
    Some(head)
}

pub(super) fn observations(projection: &Value) -> Option<String> {
    let line = |seen: &Value| {
        format!(
            "- {} with schema {}, trust {}, sensitivity {} ({})",
            coded(seen, &["source", "tool"]),
            coded(seen, &["schema"]),
            coded(seen, &["trust"]),
            coded(seen, &["sensitivity"]),
            shortened(seen, &["id"]),
        )
    };
    section(
        "Observations",
        list(projection, "observations").iter().map(line),
    )
}

pub(super) fn claims(projection: &Value) -> Option<String> {
    let line = |claim: &Value| {
        format!(
            "- {} (by {}, {}, sensitivity {})",
            words(&text(claim, &["statement"]).unwrap_or_default()),
            words(&text(claim, &["extraction_method"]).unwrap_or("?".into())),
            coded(claim, &["status"]),
            coded(claim, &["sensitivity"]),
        )
    };
    section("Claims", list(projection, "claims").iter().map(line))
}

/// How many characters of a statement are told again beside what is about it. The claim itself
/// tells all of it.
const LONGEST_REPEATED: usize = 1000;

/// The statement of each claim; of two records of one id, the later one.
fn statements(projection: &Value) -> HashMap<String, String> {
    let claims = list(projection, "claims").iter();
    claims
        .filter_map(|claim| {
            let statement = excerpt(&text(claim, &["statement"])?, LONGEST_REPEATED);
            Some((text(claim, &["id"])?.into_owned(), words(&statement)))
        })
        .collect()
}

/// The statement that something is about, or the id of its claim.
fn about(thing: &Value, statements: &HashMap<String, String>) -> String {
    let claim = text(thing, &["claim_id"]).unwrap_or_default();
    match statements.get(claim.as_ref()) {
        Some(statement) => format!("**{statement}**"),
        None => format!("claim {}", short(&claim)),
    }
}

pub(super) fn evidence(projection: &Value) -> Option<String> {
    let statements = statements(projection);
    let mut lines = Vec::new();
    for set in list(projection, "evidence_sets") {
        lines.push(format!("- {}", about(set, &statements)));
        for item in list(set, "items") {
            let mut line = format!(
                "    - {}: quality {}, freshness {}",
                text(item, &["relation"]).map_or_else(|| "?".into(), |relation| words(&relation)),
                coded(item, &["quality"]),
                coded(item, &["freshness"]),
            );
            if let Some(group) = text(item, &["independence_group"]) {
                let _ = write!(line, ", group {}", code(&group));
            }
            if let Some(notes) = text(item, &["notes"]) {
                let _ = write!(line, "; {}", words(&notes));
            }
            lines.push(line);
        }
    }
    section("Evidence", lines)
}

pub(super) fn beliefs(projection: &Value) -> Option<String> {
    let statements = statements(projection);
    let mut lines = Vec::new();
    for belief in list(projection, "beliefs") {
        lines.push(format!("- {}", about(belief, &statements)));
        lines.push(format!(
            "    - confidence {}; truth {}, retrieval {}, security {}, freshness {}; authority {}, class {}",
            number(belief, &["confidence"]).unwrap_or_else(|| "?".into()),
            coded(belief, &["truth_status"]),
            coded(belief, &["retrieval_status"]),
            coded(belief, &["security_status"]),
            coded(belief, &["freshness_status"]),
            coded(belief, &["authority"]),
            coded(belief, &["calibration_class"]),
        ));
    }
    section("Beliefs", lines)
}

pub(super) fn decisions(projection: &Value) -> Option<String> {
    let mut lines = Vec::new();
    for decision in list(projection, "decisions") {
        let id = text(decision, &["id"]);
        let question = text(decision, &["question"]);
        let title = match (&question, &id) {
            (Some(question), _) => format!("**{}**", words(question)),
            (None, Some(_)) => "no question recorded".to_owned(),
            (None, None) => "nothing that can be read".to_owned(),
        };
        let id = id
            .map(|id| format!(" ({})", short(&id)))
            .unwrap_or_default();
        lines.push(format!("- {title}{id}"));
        if let Some(label) = text(decision, &["chosen_option", "label"]) {
            let why = text(decision, &["chosen_option", "rationale"]);
            let why = why
                .map(|why| format!(": {}", words(&why)))
                .unwrap_or_default();
            lines.push(format!("    - chose **{}**{why}", words(&label)));
        } else if let Some(selected) = text(decision, &["selected_option_id"])
            && id_is_told(decision)
        {
            lines.push(format!("    - selected {}", code(&selected)));
        }
        let beliefs: Vec<String> = list(decision, "belief_dependencies")
            .iter()
            .filter_map(|belief| Some(short(&belief.as_text()?.to_display())))
            .collect();
        if !beliefs.is_empty() {
            lines.push(format!("    - rests on {}", beliefs.join(", ")));
        }
        if let Some(maker) = text(decision, &["made_by"]) {
            let at = text(decision, &["made_at"]).map(|at| format!(" at {}", words(&at)));
            lines.push(format!(
                "    - made by {}{}",
                code(&maker),
                at.unwrap_or_default()
            ));
        }
    }
    section("Decisions", lines)
}

fn id_is_told(decision: &Value) -> bool {
    decision.get("id").is_some()
}

pub(super) fn actions(projection: &Value) -> Option<String> {
    let mut lines = Vec::new();
    for entry in list(projection, "actions") {
        let Some(action) = entry.get("action") else {
            let outcome = entry.get("outcome").map(outcome).unwrap_or_default();
            let action = shortened(entry, &["outcome", "action_id"]);
            lines.push(format!("- only an outcome, of action {action}: {outcome}"));
            continue;
        };
        lines.push(format!(
            "- {}: {} (L{}, {}, {}, ended as {})",
            coded(action, &["tool"]),
            words(&text(action, &["intent"]).unwrap_or_default()),
            number(action, &["contract", "required_level"]).unwrap_or_else(|| "?".into()),
            words(&text(action, &["contract", "blast_radius"]).unwrap_or("?".into())),
            words(&text(action, &["contract", "reversibility"]).unwrap_or("?".into())),
            coded(entry, &["terminal_phase"]),
        ));
        if let Some(approved) = action
            .at(&["approval", "approved"])
            .and_then(Value::as_bool)
        {
            let verdict = if approved { "approved" } else { "rejected" };
            let why = text(action, &["approval", "reason"]);
            let why = why
                .map(|why| format!(": {}", words(&why)))
                .unwrap_or_default();
            let by = coded(action, &["approval", "approver_id"]);
            lines.push(format!("    - **{verdict}** by {by}{why}"));
        }
        let ended = text(entry, &["terminal_phase"]);
        if matches!(ended.as_deref(), Some("failed" | "rejected" | "halted")) {
            let detail = list(action, "audit")
                .iter()
                .rev()
                .find_map(|step| text(step, &["detail"]));
            if let Some(detail) = detail {
                lines.push(format!("    - failure: {}", words(&detail)));
            }
        }
        if let Some(told) = entry.get("outcome") {
            lines.push(format!("    - outcome {}", outcome(told)));
        }
    }
    section("Actions", lines)
}

fn outcome(outcome: &Value) -> String {
    let mut told = coded(outcome, &["result"]);
    if let Some(duration) = number(outcome, &["duration_ms"]) {
        let _ = write!(told, " in {duration} ms");
    }
    let effects = list(outcome, "effect_observation_ids").len();
    if effects > 0 {
        let _ = write!(told, ", {effects} observed effects");
    }
    let side: Vec<String> = list(outcome, "side_effects_observed")
        .iter()
        .filter_map(|effect| Some(words(&effect.as_text()?.to_display())))
        .collect();
    if !side.is_empty() {
        let _ = write!(told, ", besides: {}", side.join(", "));
    }
    told
}

pub(super) fn firewall(projection: &Value) -> Option<String> {
    let transitions = list(projection, "transitions");
    let mut counts: Vec<(String, usize)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for transition in transitions {
        let kind = text(transition, &["kind"]).unwrap_or_default().into_owned();
        let place = *places.entry(kind.clone()).or_insert(counts.len());
        match counts.get_mut(place) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind, 1)),
        }
    }
    if counts.is_empty() {
        return None;
    }
    let summary: Vec<String> = counts
        .iter()
        .map(|(kind, count)| format!("{count} × {}", code(kind)))
        .collect();
    let mut lines = vec![format!("In all {}.\n", summary.join(", "))];
    lines.extend(transitions.iter().map(transition));
    section("Firewall activity", lines)
}

fn transition(transition: &Value) -> String {
    let kind = text(transition, &["kind"]).unwrap_or_default();
    match kind.as_ref() {
        "claim.accepted" => format!(
            "- {} claim {} by {}",
            code(&kind),
            shortened(transition, &["claim_id"]),
            coded(transition, &["by_actor_id"]),
        ),
        "belief.adopted" => format!(
            "- {} belief {} of claim {} by authority {}",
            code(&kind),
            shortened(transition, &["belief_id"]),
            shortened(transition, &["claim_id"]),
            coded(transition, &["by_authority"]),
        ),
        "belief.transitioned" => format!(
            "- {} belief {}: {} from {} to {} by authority {}",
            code(&kind),
            shortened(transition, &["belief_id"]),
            words(&text(transition, &["axis"]).unwrap_or("?".into())),
            coded(transition, &["from_value"]),
            coded(transition, &["to_value"]),
            coded(transition, &["by_authority"]),
        ),
        other => format!("- {}", code(&format!("firewall.{other}"))),
    }
}

pub(super) fn ingestion(projection: &Value) -> Option<String> {
    let line = |ingested: &Value| {
        let count = |name| number(ingested, &[name]).unwrap_or_else(|| "0".into());
        let keys: Vec<String> = list(ingested, "world_model_keys")
            .iter()
            .filter_map(|key| Some(words(&key.as_text()?.to_display())))
            .collect();
        let keys = if keys.is_empty() {
            String::new()
        } else {
            format!(", world-model keys {}", keys.join(", "))
        };
        format!(
            "- observation {}: claims {}, beliefs {}{keys}",
            shortened(ingested, &["observation_id"]),
            count("claim_count"),
            count("belief_count"),
        )
    };
    section(
        "Cognitive ingestion",
        list(projection, "cognitive_summaries").iter().map(line),
    )
}
