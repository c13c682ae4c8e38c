use serde::{Deserialize, Serialize};

use super::view;
use super::words::words;
use crate::json::Value;

words! {
    /// How an action went (`result`).
    OutcomeResult {
        /// As intended.
        Success = "success",
        /// In part.
        Partial = "partial",
        /// Not.
        Failure = "failure",
    }
}

/// What an action led to (`outcome.observed`).
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::{OutcomeFacts, OutcomeResult};
///
/// let payload = br#"{"action_id":"a-1","result":"partial","duration_ms":1500,
///     "side_effects_observed":["a lock file stayed"]}"#;
/// let outcome = OutcomeFacts::read(&Value::parse(payload, &Default::default())?).unwrap();
/// assert_eq!(outcome.result, Some(OutcomeResult::Partial));
/// assert_eq!(outcome.duration_ms, Some(1500.0), "a second and a half");
/// assert_eq!(outcome.side_effects, ["a lock file stayed"]);
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutcomeFacts {
    /// Lodestar's id of the outcome.
    pub id: Option<String>,
    /// The action it belongs to.
    pub action_id: String,
    /// How it went.
    pub result: Option<OutcomeResult>,
    /// The observations that show it.
    pub effect_observation_ids: Vec<String>,
    /// What else was seen to change.
    pub side_effects: Vec<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<f64>,
    /// When it was observed, as written.
    pub observed_at: Option<String>,
}

impl OutcomeFacts {
    /// Reads the payload of an `outcome.observed` or `action.outcome` event. None where it names no
    /// action.
    pub fn read(payload: &Value) -> Option<Self> {
        Some(Self {
            id: view::text(payload, "id"),
            action_id: view::text(payload, "action_id")?,
            result: view::text(payload, "result").map(Into::into),
            effect_observation_ids: view::texts(payload, "effect_observation_ids"),
            side_effects: view::texts(payload, "side_effects_observed"),
            duration_ms: view::number(payload, "duration_ms"),
            observed_at: view::text(payload, "observed_at"),
        })
    }
}
