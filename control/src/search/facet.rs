//! What results are filtered and counted by.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::document::Document;

/// Something that results are filtered and counted by. In a query it is written `name:value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    /// What it is: a claim, a belief, a decision, an action, an outcome, an observation, an alert or
    /// a hold.
    Kind,
    /// Lodestar's id of the project.
    Project,
    /// Lodestar's id of the session.
    Session,
    /// Who acted, or wrote the event.
    Agent,
    /// The tool.
    Tool,
    /// The level that an action requires: `L0` to `L5`.
    Level,
    /// Where an action stands.
    Phase,
    /// How a hold or an action was answered, or how an outcome went.
    Verdict,
    /// How sensitive the payload is.
    Sensitivity,
    /// Whether a belief is held to be true.
    Truth,
    /// Whether a belief is suspected of being planted.
    Security,
    /// How loud an alert is.
    Severity,
}

/// The word for a value that its vocabulary does not have.
pub(super) const OTHER: &str = "other";

impl Facet {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 12] = [
        Self::Kind,
        Self::Project,
        Self::Session,
        Self::Agent,
        Self::Tool,
        Self::Level,
        Self::Phase,
        Self::Verdict,
        Self::Sensitivity,
        Self::Truth,
        Self::Security,
        Self::Severity,
    ];

    /// Its name in a query.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Project => "project",
            Self::Session => "session",
            Self::Agent => "agent",
            Self::Tool => "tool",
            Self::Level => "level",
            Self::Phase => "phase",
            Self::Verdict => "verdict",
            Self::Sensitivity => "sensitivity",
            Self::Truth => "truth",
            Self::Security => "security",
            Self::Severity => "severity",
        }
    }

    /// Every value it can have, where those are fixed. A log may hold other words; those count as
    /// `other`.
    pub const fn vocabulary(self) -> Option<&'static [&'static str]> {
        Some(match self {
            Self::Kind => &[
                "observation",
                "claim",
                "belief",
                "decision",
                "action",
                "outcome",
                "alert",
                "hold",
            ],
            Self::Level => &["L0", "L1", "L2", "L3", "L4", "L5"],
            Self::Phase => &[
                "proposed",
                "arbitrating",
                "pending_approval",
                "approved",
                "rejected",
                "executing",
                "completed",
                "failed",
                "halted",
            ],
            Self::Verdict => &[
                "open", "granted", "denied", "expired", "approved", "rejected", "success",
                "partial", "failure",
            ],
            Self::Sensitivity => &["public", "internal", "confidential", "secret"],
            Self::Truth => &["supported", "unverified", "contradicted", "superseded"],
            Self::Security => &["clean", "suspicious", "quarantined", "malicious"],
            Self::Severity => &["info", "warning", "critical"],
            Self::Project | Self::Session | Self::Agent | Self::Tool => return None,
        })
    }

    /// Whether a query with another value is a slip. Phases and verdicts may be any word of a log.
    pub(super) const fn is_closed(self) -> bool {
        matches!(self, Self::Kind | Self::Level | Self::Sensitivity)
    }

    /// The value that a document has, as it is counted.
    pub(super) fn value_of(self, document: &Document) -> Option<&str> {
        let facets = &document.facets;
        let value = match self {
            Self::Kind => Some(document.kind.as_str()),
            Self::Project => document.project_id.as_deref(),
            Self::Session => document.session_id.as_deref(),
            Self::Agent => facets.agent.as_deref(),
            Self::Tool => facets.tool.as_deref(),
            Self::Level => facets.level.as_deref(),
            Self::Phase => facets.phase.as_deref(),
            Self::Verdict => facets.verdict.as_deref(),
            Self::Sensitivity => facets.sensitivity.as_deref(),
            Self::Truth => facets.truth.as_deref(),
            Self::Security => facets.security.as_deref(),
            Self::Severity => facets.severity.as_deref(),
        };
        value.filter(|value| !value.is_empty())
    }

    /// The same, with a word outside of the vocabulary told as [`OTHER`].
    pub(super) fn counted(self, document: &Document) -> Option<&str> {
        let value = self.value_of(document)?;
        match self.vocabulary() {
            Some(words) if !words.contains(&value) => Some(OTHER),
            _ => Some(value),
        }
    }
}

impl fmt::Display for Facet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A word that names no facet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such facet")]
pub struct UnknownFacet;

impl FromStr for Facet {
    type Err = UnknownFacet;

    fn from_str(name: &str) -> Result<Self, UnknownFacet> {
        Self::ALL
            .into_iter()
            .find(|facet| facet.as_str().eq_ignore_ascii_case(name))
            .ok_or(UnknownFacet)
    }
}
