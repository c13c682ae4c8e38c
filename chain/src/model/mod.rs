//! What a payload says, as plain facts.
//!
//! Each type here is a tolerant view over one kind of payload: what is there and has the expected
//! shape is read, what is missing or odd is left out, and nothing is an error, for a log is read
//! as it is. The facts are plain strings and numbers so that they travel to a browser. Every word
//! in them was written by, or under the influence of, an agent.
//!
//! ```
//! use machinaut_chain::json::Value;
//! use machinaut_chain::model::ClaimFacts;
//!
//! // No field but the id is needed, and what has the wrong shape counts as absent.
//! let payload = br#"{"id":"c-1","statement":["not","a","text"],"extracted_by":"agent:a"}"#;
//! let claim = ClaimFacts::read(&Value::parse(payload, &Default::default())?).unwrap();
//! assert_eq!((claim.statement, claim.extracted_by.as_deref()), (None, Some("agent:a")));
//! # Ok::<(), machinaut_chain::json::Error>(())
//! ```

mod action;
mod approval;
mod belief;
mod claim;
mod decision;
mod evidence;
mod observation;
mod outcome;
mod revision;
mod sentinel;
pub(crate) mod view;
mod words;

pub use action::{
    ActionFacts, ActionScope, ActionVerdict, BlastRadius, DataSensitivity, Level, Phase,
    Reversibility, SaidObject,
};
pub use approval::{
    AuthorityFacts, LoggedResolution, LoggedSignature, RejectionFacts, RequestFacts,
};
pub use belief::{
    Adoption, Axis, BeliefFacts, FreshnessStatus, RetrievalStatus, SecurityStatus, Transition,
    TruthStatus,
};
pub use claim::ClaimFacts;
pub use decision::{DecisionFacts, DecisionOption};
pub use evidence::{EvidenceFacts, EvidenceItem, EvidenceRelation, Quality};
pub use observation::{LONGEST_EXCERPT, ObservationFacts};
pub use outcome::{OutcomeFacts, OutcomeResult};
pub use revision::{Change, RevisionFacts};
pub use sentinel::{AlertFacts, AlertSeverity};

/// Whether an event of this type tells of an action. An outcome is a thing of its own.
pub(crate) fn is_of_action(event_type: &str) -> bool {
    event_type.starts_with("action.") && event_type != "action.outcome"
}
