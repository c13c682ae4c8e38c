//! The records that a harvest is made of, read strictly.

use std::collections::HashMap;

use super::of_type;
use crate::json::{Object, Value};
use crate::session::Session;
use crate::sorting;
use crate::timestamp::Timestamp;

/// A belief that the firewall let in, in its present state.
pub(super) struct Adopted<'a> {
    pub(super) id: &'a str,
    pub(super) claim_id: &'a str,
    pub(super) evidence_id: &'a str,
    pub(super) observed_at: &'a str,
    pub(super) superseded_by: Option<&'a str>,
    /// The belief as its schema writes it, its axes moved.
    pub(super) belief: Object,
}

impl Adopted<'_> {
    fn is(&self, axis: &str, values: &[&str]) -> bool {
        self.belief
            .get(axis)
            .and_then(Value::as_str)
            .is_some_and(|value| values.contains(&value))
    }

    pub(super) fn is_supported(&self) -> bool {
        self.is("truth_status", &["supported"])
    }

    /// Whether the firewall found nothing wrong with it.
    pub(super) fn is_safe(&self) -> bool {
        self.is("security_status", &["clean"])
            && self.is("retrieval_status", &["normal", "restricted"])
    }
}

/// Everything of a session that a harvest needs. The first record of an id stays.
pub(super) struct Chain<'a> {
    pub(super) adopted: Vec<Adopted<'a>>,
    pub(super) claims: HashMap<&'a str, Value>,
    pub(super) evidence: HashMap<&'a str, Value>,
    predecessors: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Chain<'a> {
    pub(super) fn of(session: &'a Session) -> Self {
        let mut claims = HashMap::new();
        for (_, payload) in of_type(session, "claim.extracted") {
            if let (Some(id), Some(claim)) = (text(payload, "id"), parse(payload, CLAIM)) {
                claims.entry(id).or_insert_with(|| claim.into());
            }
        }
        let mut evidence = HashMap::new();
        for (_, payload) in of_type(session, "evidence.assessed") {
            if let (Some(id), Some(set)) = (text(payload, "id"), evidence_set(payload)) {
                evidence.entry(id).or_insert(set);
            }
        }
        let mut audits: HashMap<&str, (&str, &str)> = HashMap::new();
        for (event, payload) in of_type(session, "firewall.belief.adopted") {
            let is_audit = event.is_attested() && text(payload, "kind") == Some("belief.adopted");
            if let (true, Some(belief), Some(claim), Some(evidence)) = (
                is_audit,
                text(payload, "belief_id"),
                text(payload, "claim_id"),
                text(payload, "evidence_id"),
            ) {
                audits.entry(belief).or_insert((claim, evidence));
            }
        }
        let mut adopted: Vec<Adopted<'a>> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (_, payload) in of_type(session, "belief.adopted") {
            if let Some(record) = adoption(payload, &audits)
                && !places.contains_key(record.id)
            {
                places.insert(record.id, adopted.len());
                adopted.push(record);
            }
        }
        for (payload, to) in transitions(session) {
            let belief = text(payload, "belief_id").and_then(|id| places.get(id));
            let Some(known) = belief.and_then(|place| adopted.get_mut(*place)) else {
                continue;
            };
            if let Some(axis) = text(payload, "axis") {
                known.belief.insert(axis, to);
            }
            if let Some(successor) = text(payload, "superseded_by") {
                known.belief.insert("superseded_by", successor);
                known.superseded_by = Some(successor);
            }
        }
        let mut predecessors: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, adopted) in adopted.iter().enumerate() {
            if let Some(successor) = adopted.superseded_by {
                predecessors.entry(successor).or_default().push(place);
            }
        }
        Self {
            adopted,
            claims,
            evidence,
            predecessors,
        }
    }

    /// The beliefs whose place this one took.
    pub(super) fn predecessors_of(&self, successor: &str) -> impl Iterator<Item = &Adopted<'a>> {
        let places = self.predecessors.get(successor).into_iter().flatten();
        places.filter_map(|place| self.adopted.get(*place))
    }
}

fn adoption<'a>(
    payload: &'a Value,
    audits: &HashMap<&str, (&'a str, &'a str)>,
) -> Option<Adopted<'a>> {
    let belief = parse(payload, BELIEF)?;
    let id = text(payload, "id")?;
    let claim_id = text(payload, "claim_id")?;
    let (audited_claim, evidence_id) = *audits.get(id)?;
    (claim_id == audited_claim).then_some(Adopted {
        id,
        claim_id,
        evidence_id,
        observed_at: text(payload, "observed_at")?,
        superseded_by: text(payload, "superseded_by"),
        belief,
    })
}

/// The transitions that the firewall recorded, by the session's own clock.
fn transitions(session: &Session) -> Vec<(&Value, &str)> {
    const STRINGS: [&str; 6] = [
        "belief_id",
        "from_value",
        "to_value",
        "by_authority",
        "rationale_id",
        "by_actor_id",
    ];
    const AXES: [&str; 4] = [
        "truth_status",
        "retrieval_status",
        "security_status",
        "freshness_status",
    ];
    let moved: Vec<(u64, &Value, &str)> = of_type(session, "firewall.belief.transitioned")
        .filter(|(event, payload)| {
            event.is_attested()
                && text(payload, "kind") == Some("belief.transitioned")
                && STRINGS
                    .iter()
                    .all(|key| text(payload, key).is_some_and(|text| !text.is_empty()))
                && text(payload, "axis").is_some_and(|axis| AXES.contains(&axis))
                && text(payload, "at").is_some_and(|at| at.parse::<Timestamp>().is_ok())
        })
        .filter_map(|(event, payload)| {
            Some((
                event.header.logical_clock,
                payload,
                text(payload, "to_value")?,
            ))
        })
        .collect();
    // Stable: of one clock, the order of the log.
    sorting::sorted(moved, |(one, ..), (other, ..)| one.cmp(other))
        .into_iter()
        .map(|(_, payload, to)| (payload, to))
        .collect()
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// What a member of a record has to be.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Time,
    Fraction,
    Scope,
    Texts,
    /// Anything, if it is there.
    Whatever,
}

/// The members of a record in the order of its schema, and whether each has to be there.
type Schema = &'static [(&'static str, Shape, bool)];

const CLAIM: Schema = &[
    ("id", Shape::Text, true),
    ("statement", Shape::Text, true),
    ("structured_predicate", Shape::Whatever, false),
    ("source_observation_ids", Shape::Texts, true),
    ("extraction_method", Shape::Text, true),
    ("extracted_by", Shape::Text, true),
    ("status", Shape::Text, true),
    ("scope", Shape::Scope, true),
    ("sensitivity", Shape::Text, true),
    ("authors", Shape::Texts, true),
    ("dissent", Shape::Whatever, false),
    ("created_at", Shape::Time, true),
];

const BELIEF: Schema = &[
    ("id", Shape::Text, true),
    ("claim_id", Shape::Text, true),
    ("confidence", Shape::Fraction, true),
    ("calibration_class", Shape::Text, true),
    ("scope", Shape::Scope, true),
    ("sensitivity", Shape::Text, true),
    ("authority", Shape::Text, true),
    ("truth_status", Shape::Text, true),
    ("retrieval_status", Shape::Text, true),
    ("security_status", Shape::Text, true),
    ("freshness_status", Shape::Text, true),
    ("observed_at", Shape::Time, true),
    ("last_verified_at", Shape::Time, false),
    ("expires_at", Shape::Time, false),
    ("superseded_by", Shape::Text, false),
];

const ITEM: Schema = &[
    ("source_id", Shape::Text, true),
    ("relation", Shape::Text, true),
    ("quality", Shape::Text, true),
    ("independence_group", Shape::Text, false),
    ("freshness", Shape::Text, true),
    ("notes", Shape::Text, false),
];

impl Shape {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.as_text().is_some(),
            Self::Time => value
                .as_str()
                .is_some_and(|text| text.parse::<Timestamp>().is_ok()),
            Self::Fraction => value
                .as_f64()
                .is_some_and(|number| (0.0..=1.0).contains(&number)),
            Self::Scope => text(value, "level").is_some() && text(value, "identifier").is_some(),
            Self::Texts => value
                .as_array()
                .is_some_and(|items| items.iter().all(|item| item.as_text().is_some())),
            Self::Whatever => true,
        }
    }
}

/// A record with the members of its schema, in the schema's order; others are left out.
fn parse(payload: &Value, schema: Schema) -> Option<Object> {
    let mut record = Object::new();
    for (name, shape, required) in schema {
        match payload.get(name) {
            Some(value) if shape.fits(value) => record.insert(*name, value.clone()),
            None if !required => {}
            _ => return None,
        }
    }
    Some(record)
}

fn evidence_set(payload: &Value) -> Option<Value> {
    let items: Option<Vec<Value>> = payload
        .get("items")?
        .as_array()?
        .iter()
        .map(|item| parse(item, ITEM).map(Value::Object))
        .collect();
    let mut set = Object::new();
    set.insert("id", text(payload, "id")?);
    set.insert("claim_id", text(payload, "claim_id")?);
    set.insert("items", items?);
    set.insert("assessed_by", text(payload, "assessed_by")?);
    let at = text(payload, "assessed_at").filter(|at| at.parse::<Timestamp>().is_ok())?;
    set.insert("assessed_at", at);
    Some(set.into())
}
