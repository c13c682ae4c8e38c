use serde::{Deserialize, Serialize};

use super::view;
use crate::json::Value;
use crate::sentence::excerpt;

/// The longest piece of an observed payload that travels with its facts, in characters; what is cut
/// ends with `…` besides.
pub const LONGEST_EXCERPT: usize = 1_200;

/// What a tool returned, as recorded before anybody interpreted it (`observation.recorded`).
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::{LONGEST_EXCERPT, ObservationFacts};
///
/// let output = "line ".repeat(LONGEST_EXCERPT);
/// let payload = format!(
///     r#"{{"id":"o-1","source":{{"tool":"shell"}},"payload":{{"stdout":"{output}","code":0}}}}"#
/// );
/// let payload = Value::parse(payload.as_bytes(), &Default::default())?;
/// let observation = ObservationFacts::read(&payload).unwrap();
/// assert_eq!(observation.tool.as_deref(), Some("shell"));
/// assert!(observation.excerpt.starts_with("line line"), "the output itself, not its JSON");
/// assert!(observation.excerpt_is_cut);
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationFacts {
    /// Lodestar's id of the observation.
    pub id: String,
    /// The tool that returned it.
    pub tool: Option<String>,
    /// Its schema, such as `mcp.tool_result@1`.
    pub schema: Option<String>,
    /// Whether its shape was checked (`validated` …).
    pub trust: Option<String>,
    /// How sensitive it is.
    pub sensitivity: Option<String>,
    /// The action that brought it.
    pub invocation_id: Option<String>,
    /// When it was captured, as written.
    pub captured_at: Option<String>,
    /// The beginning of what was observed. Untrusted.
    pub excerpt: String,
    /// Whether there is more than the excerpt shows.
    pub excerpt_is_cut: bool,
}

impl ObservationFacts {
    /// Reads the payload of an `observation.recorded` event. None where it has no `id`.
    pub fn read(payload: &Value) -> Option<Self> {
        let id = view::text(payload, "id")?;
        let source = view::field(payload, "source");
        let from = |key: &str| source.and_then(|source| view::text(source, key));
        let whole = view::field(payload, "payload")
            .map(readable)
            .unwrap_or_default();
        let shown = excerpt(&whole, LONGEST_EXCERPT);
        Some(Self {
            id,
            tool: from("tool"),
            schema: view::text(payload, "schema"),
            trust: view::text(payload, "trust"),
            sensitivity: view::text(payload, "sensitivity"),
            invocation_id: from("invocation_id"),
            captured_at: from("captured_at"),
            excerpt_is_cut: shown.len() != whole.len(),
            excerpt: shown,
        })
    }
}

/// The text a reader would look for: the contents of a file or page, the output of a command,
/// the text blocks of an MCP result; otherwise the payload as JSON.
fn readable(payload: &Value) -> String {
    for key in ["contents", "body", "stdout", "text"] {
        if let Some(text) = view::text(payload, key).filter(|text| !text.is_empty()) {
            return text;
        }
    }
    let blocks: Vec<String> = view::list(payload, "content")
        .iter()
        .filter_map(|block| view::text(block, "text"))
        .collect();
    if blocks.is_empty() {
        view::json(payload)
    } else {
        blocks.join("\n")
    }
}
