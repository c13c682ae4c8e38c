use serde::{Deserialize, Serialize};

use super::view;
use super::words::words;
use crate::json::Value;

words! {
    /// Whether a belief is held to be true (`truth_status`).
    TruthStatus {
        /// Evidence supports it.
        Supported = "supported",
        /// Nobody has verified it.
        Unverified = "unverified",
        /// Evidence speaks against it.
        Contradicted = "contradicted",
        /// Another belief took its place.
        Superseded = "superseded",
    }
}

words! {
    /// Whether a belief may be brought back from memory (`retrieval_status`).
    RetrievalStatus {
        /// Freely.
        Normal = "normal",
        /// Within limits.
        Restricted = "restricted",
        /// Only by those with a privilege.
        PrivilegedOnly = "privileged_only",
        /// Not shown.
        Hidden = "hidden",
        /// Not at all.
        Blocked = "blocked",
    }
}

words! {
    /// Whether a belief is suspected of being planted (`security_status`).
    SecurityStatus {
        /// No suspicion.
        Clean = "clean",
        /// Under suspicion.
        Suspicious = "suspicious",
        /// Taken out of use.
        Quarantined = "quarantined",
        /// Known to be planted.
        Malicious = "malicious",
    }
}

words! {
    /// Whether a belief is still current (`freshness_status`).
    FreshnessStatus {
        /// It is.
        Fresh = "fresh",
        /// It is too old to rely on.
        Stale = "stale",
        /// It is past its time.
        Expired = "expired",
    }
}

words! {
    /// One of the four axes a belief is judged on.
    Axis {
        /// Is it true?
        Truth = "truth_status",
        /// May it be retrieved?
        Retrieval = "retrieval_status",
        /// Is it safe?
        Security = "security_status",
        /// Is it current?
        Freshness = "freshness_status",
    }
}

/// How the memory firewall let a belief in (`firewall.belief.adopted`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    /// By which authority (`auto_observation`, `reflection`, `promotion`, `user` …).
    pub by_authority: Option<String>,
    /// By whom.
    pub by_actor_id: Option<String>,
    /// The evidence set it was adopted on.
    pub evidence_id: Option<String>,
    /// Whether the event carries the mark of the firewall itself (schema version 1), which an
    /// agent's own `emit` cannot set.
    pub by_firewall: bool,
}

/// A belief that moved on one of its axes after it was adopted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// The axis, when it is named.
    pub axis: Option<Axis>,
    /// Where it came from.
    pub from: Option<String>,
    /// Where it went.
    pub to: Option<String>,
    /// By which authority.
    pub by_authority: Option<String>,
    /// By whom.
    pub by_actor_id: Option<String>,
    /// When, as written.
    pub at: Option<String>,
    /// The belief that took its place.
    pub superseded_by: Option<String>,
    /// Whether the event carries the mark of the firewall itself (schema version 1).
    pub by_firewall: bool,
}

/// Something an agent holds to be true, with its confidence and its four axes.
///
/// The axes are as adopted, moved by the transitions that the firewall itself recorded. A
/// transition that anybody could have written is listed, but it moves nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BeliefFacts {
    /// Lodestar's id of the belief.
    pub id: String,
    /// The claim it adopts.
    pub claim_id: Option<String>,
    /// From 0 to 1.
    pub confidence: Option<f64>,
    /// Is it true?
    pub truth: Option<TruthStatus>,
    /// May it be retrieved?
    pub retrieval: Option<RetrievalStatus>,
    /// Is it safe?
    pub security: Option<SecurityStatus>,
    /// Is it current?
    pub freshness: Option<FreshnessStatus>,
    /// How it was come by (`observed`, `inferred` …).
    pub authority: Option<String>,
    /// The class in which its confidence is measured against reality.
    pub calibration_class: Option<String>,
    /// How sensitive it is.
    pub sensitivity: Option<String>,
    /// When it was observed, as written.
    pub observed_at: Option<String>,
    /// When it was last verified, as written.
    pub last_verified_at: Option<String>,
    /// How it was let in; none where that event is withheld or absent.
    pub adoption: Option<Adoption>,
    /// How it moved since, in the order of the log.
    pub transitions: Vec<Transition>,
}

impl BeliefFacts {
    /// Reads the payload of a `belief.adopted` event.
    pub fn read(payload: &Value) -> Option<Self> {
        let text = |key: &str| view::text(payload, key);
        Some(Self {
            id: text("id")?,
            claim_id: text("claim_id"),
            confidence: view::number(payload, "confidence"),
            truth: text("truth_status").map(Into::into),
            retrieval: text("retrieval_status").map(Into::into),
            security: text("security_status").map(Into::into),
            freshness: text("freshness_status").map(Into::into),
            authority: text("authority"),
            calibration_class: text("calibration_class"),
            sensitivity: text("sensitivity"),
            observed_at: text("observed_at"),
            last_verified_at: text("last_verified_at"),
            adoption: None,
            transitions: Vec::new(),
        })
    }

    /// Adds a transition, and moves the axis when the firewall recorded it.
    pub fn transition(&mut self, transition: Transition) {
        if let (true, Some(axis), Some(to)) = (
            transition.by_firewall,
            &transition.axis,
            transition.to.clone(),
        ) {
            match axis {
                Axis::Truth => self.truth = Some(to.into()),
                Axis::Retrieval => self.retrieval = Some(to.into()),
                Axis::Security => self.security = Some(to.into()),
                Axis::Freshness => self.freshness = Some(to.into()),
                Axis::Other(_) => {}
            }
        }
        self.transitions.push(transition);
    }
}

impl Adoption {
    /// Reads the payload of a `firewall.belief.adopted` event, with the id of its belief.
    pub fn read(payload: &Value, by_firewall: bool) -> Option<(String, Self)> {
        let belief = view::text(payload, "belief_id")?;
        Some((
            belief,
            Self {
                by_authority: view::text(payload, "by_authority"),
                by_actor_id: view::text(payload, "by_actor_id"),
                evidence_id: view::text(payload, "evidence_id"),
                by_firewall,
            },
        ))
    }
}

impl Transition {
    /// Reads the payload of a `(firewall.)belief.transitioned` event, with the id of its belief.
    pub fn read(payload: &Value, by_firewall: bool) -> Option<(String, Self)> {
        let belief = view::text(payload, "belief_id")?;
        Some((
            belief,
            Self {
                axis: view::text(payload, "axis").map(Into::into),
                from: view::text(payload, "from_value"),
                to: view::text(payload, "to_value"),
                by_authority: view::text(payload, "by_authority"),
                by_actor_id: view::text(payload, "by_actor_id"),
                at: view::text(payload, "at"),
                superseded_by: view::text(payload, "superseded_by"),
                by_firewall,
            },
        ))
    }
}
