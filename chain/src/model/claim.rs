use serde::{Deserialize, Serialize};

use super::view;
use crate::json::Value;

/// A statement that somebody extracted from observations (`claim.extracted`).
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::ClaimFacts;
///
/// let payload = br#"{"id":"c-1","statement":"the tests pass","extraction_method":"tool",
///     "source_observation_ids":["o-1"]}"#;
/// let claim = ClaimFacts::read(&Value::parse(payload, &Default::default())?).unwrap();
/// assert_eq!(claim.statement.as_deref(), Some("the tests pass"));
/// assert_eq!(claim.source_observation_ids, ["o-1"]);
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimFacts {
    /// Lodestar's id of the claim.
    pub id: String,
    /// What it states. Untrusted.
    pub statement: Option<String>,
    /// How it was extracted (`tool`, `llm` …).
    pub extraction_method: Option<String>,
    /// Who extracted it.
    pub extracted_by: Option<String>,
    /// How sensitive it is.
    pub sensitivity: Option<String>,
    /// The observations it was extracted from.
    pub source_observation_ids: Vec<String>,
}

impl ClaimFacts {
    /// Reads the payload of a `claim.extracted` event. None where it has no `id`.
    pub fn read(payload: &Value) -> Option<Self> {
        Some(Self {
            id: view::text(payload, "id")?,
            statement: view::text(payload, "statement"),
            extraction_method: view::text(payload, "extraction_method"),
            extracted_by: view::text(payload, "extracted_by"),
            sensitivity: view::text(payload, "sensitivity"),
            source_observation_ids: view::texts(payload, "source_observation_ids"),
        })
    }
}
