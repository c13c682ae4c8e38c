use serde::{Deserialize, Serialize};

use super::view;
use crate::json::Value;

/// One field that a revision changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its path.
    pub field: String,
    /// Before, as text or compact JSON.
    pub old: Option<String>,
    /// After, as text or compact JSON.
    pub new: Option<String>,
}

/// A note that something recorded earlier no longer stands as it did (`revision.recorded`).
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::RevisionFacts;
///
/// let payload = br#"{"target_type":"decision","target_id":"d-1","changes":[
///     {"field":"selected_option_id","old_value":"push","new_value":{"id":"review"}}]}"#;
/// let revision = RevisionFacts::read(&Value::parse(payload, &Default::default())?).unwrap();
/// let change = &revision.changes[0];
/// assert_eq!((revision.target_id.as_str(), change.old.as_deref()), ("d-1", Some("push")));
/// assert_eq!(change.new.as_deref(), Some(r#"{"id":"review"}"#), "compact JSON");
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionFacts {
    /// Lodestar's id of the revision.
    pub id: Option<String>,
    /// What is revised (`decision` …).
    pub target_type: Option<String>,
    /// Its id.
    pub target_id: String,
    /// What changed.
    pub changes: Vec<Change>,
    /// When, as written.
    pub at: Option<String>,
}

impl RevisionFacts {
    /// Reads the payload of a `revision.recorded` event. None where it names no target.
    pub fn read(payload: &Value) -> Option<Self> {
        Some(Self {
            id: view::text(payload, "id"),
            target_type: view::text(payload, "target_type"),
            target_id: view::text(payload, "target_id")?,
            changes: view::list(payload, "changes")
                .iter()
                .filter_map(|change| {
                    Some(Change {
                        field: view::text(change, "field")?,
                        old: view::field(change, "old_value").map(view::shown),
                        new: view::field(change, "new_value").map(view::shown),
                    })
                })
                .collect(),
            at: view::text(payload, "at"),
        })
    }
}
