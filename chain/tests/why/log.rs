//! Real sessions, to which a test adds what it needs, and what a test looks for in a why.

#[cfg(not(target_arch = "wasm32"))]
use super::lodestar;
#[cfg(target_arch = "wasm32")]
use crate::lodestar;
use machinaut_chain::canonical::Hash;
use machinaut_chain::json::{Limits, Object, Value};
use machinaut_chain::model::ActionFacts;
use machinaut_chain::session::Session;
use machinaut_chain::why::{Hesitation, HesitationKind, Why, why};

/// The push that is held in the session `ex-telenotes-scripted`.
pub(super) const PUSH: &str = "af987b09-aad6-4153-a004-975f45250671";

/// The record lines of a real session, to which a test may add what it needs.
pub(super) struct RealLog {
    lines: Vec<Vec<u8>>,
}

impl RealLog {
    pub(super) fn of(name: &str, ceiling: &str) -> Option<Self> {
        let body = lodestar::file(&format!("sessions/{name}/ship-{ceiling}.ndjson"))?;
        let lines = body
            .split(|byte| *byte == b'\n')
            .skip(1)
            .map(<[u8]>::to_vec)
            .collect();
        Some(Self { lines })
    }

    /// Adds an honest event after the others.
    pub(super) fn with(mut self, event_type: &str, payload: &str) -> Self {
        let last = self.lines.iter().rfind(|line| !line.is_empty()).unwrap();
        let record = Value::parse(last, &Limits::default()).unwrap();
        let payload = Value::parse(payload.as_bytes(), &Limits::default()).unwrap();
        let hash = Hash::of(&payload.to_canonical()).to_string();
        let mut envelope: Object = record.get("envelope").unwrap().as_object().unwrap().clone();
        let seq = envelope.get("seq").and_then(Value::as_f64).unwrap();
        envelope.insert("id", format!("added-{seq}"));
        envelope.insert("seq", seq + 1.0);
        envelope.insert("type", event_type);
        envelope.insert("payload", payload);
        envelope.insert("payload_hash", hash);
        let mut record = Object::new();
        record.insert("v", 1u32);
        record.insert("redacted", false);
        record.insert("envelope", envelope);
        self.lines
            .push(Value::Object(record).to_json().into_bytes());
        self
    }

    /// Adds a decision that rests on a belief, and an action that carries it out.
    pub(super) fn with_action_on(self, belief: &str) -> Self {
        self.with(
            "decision.made",
            &format!(r#"{{"id":"added-d","belief_dependencies":["{belief}"]}}"#),
        )
        .with(
            "action.proposed",
            r#"{"id":"added-a","decision_id":"added-d","tool":"t","phase":"proposed"}"#,
        )
    }

    /// Changes bytes behind the back of the hashes.
    pub(super) fn tampered(mut self, from: &str, to: &str) -> Self {
        for line in &mut self.lines {
            let text = String::from_utf8(line.clone()).unwrap();
            *line = text.replace(from, to).into_bytes();
        }
        self
    }

    pub(super) fn session(&self) -> Session {
        Session::from_record_lines(self.lines.iter().map(Vec::as_slice)).unwrap()
    }

    pub(super) fn why(&self, action: &str) -> Why {
        why(&self.session(), action).unwrap()
    }

    /// The why of an action, added to the log, that rests on this belief.
    pub(super) fn why_of_action_on(self, belief: &str) -> Why {
        self.with_action_on(belief).why("added-a")
    }

    pub(super) fn why_of_first(&self) -> Why {
        self.why_where(|_| true)
    }

    pub(super) fn why_of_decision(&self, decision: &str) -> Why {
        self.why_where(|action| action.decision_id.as_deref() == Some(decision))
    }

    pub(super) fn why_of_tool(&self, tool: &str) -> Why {
        self.why_where(|action| action.tool.as_deref() == Some(tool))
    }

    fn why_where(&self, is_meant: impl Fn(&ActionFacts) -> bool) -> Why {
        let session = self.session();
        let action = session.actions().into_iter().find(is_meant).unwrap();
        why(&session, &action.id).unwrap()
    }
}

pub(super) fn found(why: &Why, kind: HesitationKind) -> &Hesitation {
    let found = why
        .hesitations
        .iter()
        .find(|hesitation| hesitation.kind == kind);
    let hesitation = found.unwrap_or_else(|| panic!("{kind:?} is not in {:#?}", why.hesitations));
    assert!(!hesitation.headline.0.is_empty());
    assert!(!hesitation.rests_on.is_empty(), "{kind:?} rests on nothing");
    hesitation
}

pub(super) fn absent(why: &Why, kind: HesitationKind) {
    assert!(
        why.hesitations
            .iter()
            .all(|hesitation| hesitation.kind != kind),
        "{kind:?} is there"
    );
}
