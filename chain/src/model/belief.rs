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
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::Adoption;
///
/// let payload = br#"{"belief_id":"b-1","by_authority":"reflection","evidence_id":"e-1"}"#;
/// let payload = Value::parse(payload, &Default::default())?;
/// let (belief, adoption) = Adoption::read(&payload, true).unwrap();
/// assert_eq!((belief.as_str(), adoption.evidence_id.as_deref()), ("b-1", Some("e-1")));
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
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

/// A belief that moved on one of its axes after it was adopted (`firewall.belief.transitioned`).
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::{Axis, Transition};
///
/// let payload = br#"{"belief_id":"b-1","axis":"truth_status","from_value":"supported",
///     "to_value":"superseded","superseded_by":"b-2"}"#;
/// let payload = Value::parse(payload, &Default::default())?;
/// let (_, transition) = Transition::read(&payload, true).unwrap();
/// assert_eq!(transition.axis, Some(Axis::Truth));
/// assert_eq!(transition.superseded_by.as_deref(), Some("b-2"));
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
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

/// Something an agent holds to be true, with its confidence and its four axes (`belief.adopted`).
///
/// The axes are as adopted, moved by the transitions that the firewall itself recorded. A
/// transition that anybody could have written is listed, but it moves nothing.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::{BeliefFacts, SecurityStatus, TruthStatus};
///
/// let payload = br#"{"id":"b-1","confidence":0.9,"truth_status":"unverified",
///     "security_status":"clean"}"#;
/// let belief = BeliefFacts::read(&Value::parse(payload, &Default::default())?).unwrap();
/// assert_eq!(belief.confidence, Some(0.9));
/// assert_eq!(belief.truth, Some(TruthStatus::Unverified));
/// assert_eq!(belief.security, Some(SecurityStatus::Clean));
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
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
    /// Reads the payload of a `belief.adopted` event. None where it has no `id`.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::model::{BeliefFacts, TruthStatus};
    ///
    /// // A word that the contract does not list is kept and shown as it is.
    /// let payload = br#"{"id":"b-1","truth_status":"rumoured"}"#;
    /// let belief = BeliefFacts::read(&Value::parse(payload, &Default::default())?).unwrap();
    /// assert_eq!(belief.truth, Some(TruthStatus::Other("rumoured".to_owned())));
    /// assert_eq!(belief.adoption, None, "another event tells that");
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
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
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::model::{BeliefFacts, TruthStatus, Transition};
    ///
    /// let payload = br#"{"id":"b-1","truth_status":"contradicted"}"#;
    /// let mut belief = BeliefFacts::read(&Value::parse(payload, &Default::default())?).unwrap();
    /// let moved = br#"{"belief_id":"b-1","axis":"truth_status","to_value":"supported"}"#;
    /// let moved = Value::parse(moved, &Default::default())?;
    /// let (_, by_agent) = Transition::read(&moved, false).unwrap();
    /// belief.transition(by_agent);
    /// assert_eq!(belief.truth, Some(TruthStatus::Contradicted), "anybody could have written it");
    /// let (_, by_firewall) = Transition::read(&moved, true).unwrap();
    /// belief.transition(by_firewall);
    /// assert_eq!(belief.truth, Some(TruthStatus::Supported));
    /// assert_eq!(belief.transitions.len(), 2);
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
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
    /// Reads the payload of a `firewall.belief.adopted` event, with the id of its belief. None
    /// where it names no belief.
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
    /// None where it names no belief.
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
