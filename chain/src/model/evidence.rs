use serde::{Deserialize, Serialize};

use super::view;
use super::words::words;
use crate::json::Value;

words! {
    /// What a piece of evidence does to a claim (`items[].relation`).
    EvidenceRelation {
        /// It speaks for the claim.
        Supports = "supports",
        /// It speaks against it.
        Contradicts = "contradicts",
        /// It puts it in context.
        Contextualises = "contextualizes" | "contextualises",
    }
}

words! {
    /// Where a piece of evidence comes from (`items[].quality`).
    Quality {
        /// Seen by the trust layer's own adapter.
        DirectObservation = "direct_observation",
        /// The answer of a tool.
        ToolResult = "tool_result",
        /// A human said so.
        HumanAssertion = "human_assertion",
        /// A model concluded it from something else.
        ModelInference = "model_inference",
        /// A file, page or mail: anybody may have written it.
        ExternalDocument = "external_document",
        /// Made up by a probe; it weighs nothing.
        SyntheticProbe = "synthetic_probe",
    }
}

/// One piece of evidence for or against a claim (`items[]`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceItem {
    /// The observation or belief it comes from.
    pub source_id: Option<String>,
    /// What it does to the claim.
    pub relation: Option<EvidenceRelation>,
    /// Where it comes from.
    pub quality: Option<Quality>,
    /// Pieces of one group are not independent of each other.
    pub independence_group: Option<String>,
    /// Whether it is still fresh, as assessed.
    pub freshness: Option<String>,
    /// What the assessor noted.
    pub notes: Option<String>,
}

/// The evidence assessed for one claim at one time (`evidence.assessed`).
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::{EvidenceFacts, EvidenceRelation, Quality};
///
/// let payload = br#"{"id":"e-1","claim_id":"c-1","items":[
///     {"source_id":"o-1","relation":"contradicts","quality":"external_document"}]}"#;
/// let evidence = EvidenceFacts::read(&Value::parse(payload, &Default::default())?).unwrap();
/// let item = &evidence.items[0];
/// assert_eq!(item.relation, Some(EvidenceRelation::Contradicts));
/// assert_eq!(item.quality, Some(Quality::ExternalDocument), "anybody may have written it");
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceFacts {
    /// Lodestar's id of this evidence set.
    pub id: Option<String>,
    /// The claim it is about.
    pub claim_id: String,
    /// Its pieces, in the order of the log.
    pub items: Vec<EvidenceItem>,
    /// Who assessed it.
    pub assessed_by: Option<String>,
    /// When, as written.
    pub assessed_at: Option<String>,
}

impl EvidenceFacts {
    /// Reads the payload of an `evidence.assessed` event. None where it names no claim.
    pub fn read(payload: &Value) -> Option<Self> {
        Some(Self {
            id: view::text(payload, "id"),
            claim_id: view::text(payload, "claim_id")?,
            items: view::list(payload, "items")
                .iter()
                .map(|item| EvidenceItem {
                    source_id: view::text(item, "source_id"),
                    relation: view::text(item, "relation").map(Into::into),
                    quality: view::text(item, "quality").map(Into::into),
                    independence_group: view::text(item, "independence_group"),
                    freshness: view::text(item, "freshness"),
                    notes: view::text(item, "notes"),
                })
                .collect(),
            assessed_by: view::text(payload, "assessed_by"),
            assessed_at: view::text(payload, "assessed_at"),
        })
    }
}
