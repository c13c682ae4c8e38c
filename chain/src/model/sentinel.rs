use serde::{Deserialize, Serialize};

use super::view;
use super::words::words;
use crate::json::Value;
use crate::sorting;

words! {
    /// How loud an alert is (`severity`).
    AlertSeverity {
        /// Worth knowing.
        Info = "info",
        /// Worth a look before going on.
        Warning = "warning",
        /// Worth stopping for.
        Critical = "critical",
    }
}

/// An alert that a sentinel raised over something in the log (`sentinel.alerted`).
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::{AlertFacts, AlertSeverity};
///
/// let payload = br#"{"alert_id":"al-1","severity":"warning","subject":{"kind":"belief","id":"b-1"},
///     "message":"a belief from a document steers a decision","detail":{"decision_id":"d-1"}}"#;
/// let alert = AlertFacts::read(&Value::parse(payload, &Default::default())?, true).unwrap();
/// assert_eq!(alert.severity, Some(AlertSeverity::Warning));
/// assert_eq!(alert.names, ["b-1", "d-1"], "what it is about, sorted");
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertFacts {
    /// Lodestar's id of the alert.
    pub alert_id: String,
    /// Which sentinel raised it.
    pub sentinel: Option<String>,
    /// By which of its rules.
    pub rule: Option<String>,
    /// How loud it is.
    pub severity: Option<AlertSeverity>,
    /// What kind of thing it is about (`belief`, `action`, `tool_sequence` …).
    pub subject_kind: Option<String>,
    /// The id of that thing.
    pub subject_id: Option<String>,
    /// What it says.
    pub message: Option<String>,
    /// When it was raised, as written.
    pub detected_at: Option<String>,
    /// Every action, belief, claim or decision that its detail names.
    pub names: Vec<String>,
    /// Whether the event carries the mark of a sentinel itself (schema version 1), which an
    /// agent's own `emit` cannot set.
    pub by_sentinel: bool,
}

impl AlertFacts {
    /// Reads the payload of a `sentinel.alerted` event. None where it has no `alert_id`.
    pub fn read(payload: &Value, by_sentinel: bool) -> Option<Self> {
        let subject = view::field(payload, "subject");
        let detail = view::field(payload, "detail");
        let mut names = Vec::new();
        for scope in [subject, detail].into_iter().flatten() {
            name_ids(scope, &mut names);
            for key in ["weak_beliefs", "steps"] {
                for item in view::list(scope, key) {
                    name_ids(item, &mut names);
                }
            }
        }
        let mut names = sorting::sorted(names, String::cmp);
        names.dedup();
        Some(Self {
            alert_id: view::text(payload, "alert_id")?,
            sentinel: view::text(payload, "sentinel_name"),
            rule: view::text(payload, "rule"),
            severity: view::text(payload, "severity").map(Into::into),
            subject_kind: subject.and_then(|subject| view::text(subject, "kind")),
            subject_id: subject.and_then(|subject| view::text(subject, "id")),
            message: view::text(payload, "message"),
            detected_at: view::text(payload, "detected_at"),
            names,
            by_sentinel,
        })
    }
}

fn name_ids(value: &Value, names: &mut Vec<String>) {
    for key in ["id", "action_id", "belief_id", "claim_id", "decision_id"] {
        names.extend(view::text(value, key));
    }
}
