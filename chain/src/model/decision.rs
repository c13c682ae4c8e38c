use serde::{Deserialize, Serialize};

use super::view;
use crate::json::Value;

/// One way that a decision could have gone (`options[]`).
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::DecisionFacts;
///
/// let payload = br#"{"id":"d-1","selected_option_id":"push","options":[
///     {"id":"push","description":"push to main","estimated_risk":"medium"},
///     {"id":"review","description":"ask for a review","estimated_risk":"low"}]}"#;
/// let decision = DecisionFacts::read(&Value::parse(payload, &Default::default())?).unwrap();
/// let risks = decision.options.iter().filter_map(|option| option.estimated_risk.as_deref());
/// assert_eq!(risks.collect::<Vec<_>>(), ["medium", "low"]);
/// assert_eq!(decision.chosen.as_deref(), Some("push to main"));
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionOption {
    /// Its id within the decision.
    pub id: Option<String>,
    /// Its name, where it has one.
    pub label: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Its risk, as the agent estimates it.
    pub estimated_risk: Option<String>,
}

/// A choice that an agent recorded (`decision.made`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionFacts {
    /// Lodestar's id of the decision.
    pub id: String,
    /// The question it answers, or the intent where no question is recorded.
    pub question: Option<String>,
    /// The options that were recorded; often only the chosen one, or none.
    pub options: Vec<DecisionOption>,
    /// What was chosen, in the words of the agent.
    pub chosen: Option<String>,
    /// Why, in the words of the agent.
    pub rationale: Option<String>,
    /// The beliefs it says it rests on.
    pub belief_dependencies: Vec<String>,
    /// The policies it says it rests on.
    pub policy_dependencies: Vec<String>,
    /// Who decided.
    pub made_by: Option<String>,
    /// When, as written.
    pub made_at: Option<String>,
}

impl DecisionFacts {
    /// Reads the payload of a `decision.made` event, in both shapes that hosts write. None where it
    /// has no `id`.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::model::DecisionFacts;
    ///
    /// // The shape of hosts that record only what they chose.
    /// let payload = br#"{"id":"d-1","intent":"ship the fix","decided_by":"agent:a",
    ///     "chosen_option":{"label":"push","rationale":"it is small"},
    ///     "belief_dependencies":["b-1","b-2","b-1"]}"#;
    /// let decision = DecisionFacts::read(&Value::parse(payload, &Default::default())?).unwrap();
    /// assert_eq!(decision.question.as_deref(), Some("ship the fix"));
    /// assert_eq!(decision.chosen.as_deref(), Some("push"));
    /// assert_eq!(decision.rationale.as_deref(), Some("it is small"));
    /// assert_eq!(decision.belief_dependencies, ["b-1", "b-2"], "each once");
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    pub fn read(payload: &Value) -> Option<Self> {
        let text = |key: &str| view::text(payload, key);
        let mut options: Vec<DecisionOption> =
            view::list(payload, "options").iter().map(option).collect();
        let selected = text("selected_option_id");
        let chosen_option = view::field(payload, "chosen_option");
        let chosen = chosen_option
            .and_then(|chosen| {
                view::text(chosen, "label").or_else(|| view::text(chosen, "description"))
            })
            .or_else(|| {
                let option = options
                    .iter()
                    .find(|option| option.id.is_some() && option.id == selected)?;
                option.label.clone().or_else(|| option.description.clone())
            })
            .or_else(|| selected.clone());
        if options.is_empty() {
            options.extend(chosen_option.map(option));
        }
        let mut belief_dependencies = view::texts(payload, "belief_dependencies");
        let mut seen = std::collections::HashSet::new();
        belief_dependencies.retain(|id| seen.insert(id.clone()));
        Some(Self {
            id: text("id")?,
            question: text("question").or_else(|| text("intent")),
            options,
            chosen,
            rationale: chosen_option.and_then(|chosen| view::text(chosen, "rationale")),
            belief_dependencies,
            policy_dependencies: view::texts(payload, "policy_dependencies"),
            made_by: text("made_by").or_else(|| text("decided_by")),
            made_at: text("made_at").or_else(|| text("decided_at")),
        })
    }
}

fn option(value: &Value) -> DecisionOption {
    DecisionOption {
        id: view::text(value, "id"),
        label: view::text(value, "label"),
        description: view::text(value, "description"),
        estimated_risk: view::text(value, "estimated_risk"),
    }
}
