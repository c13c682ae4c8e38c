//! What an agent sees, and what it comes to believe.

use super::{Log, object};
use crate::json::Value;

/// What a tool gave back.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    /// The tool.
    pub tool: &'a str,
    /// The action that called it.
    pub action_id: &'a str,
    /// The schema of what it gave back.
    pub schema: &'a str,
    /// What it gave back.
    pub output: Value,
}

/// Where evidence comes from, by Lodestar's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    /// Seen directly by a trusted tool.
    DirectObservation,
    /// Told by a tool.
    ToolResult,
    /// Read in a document that anyone could have written.
    ExternalDocument,
}

impl Quality {
    const fn as_str(self) -> &'static str {
        match self {
            Self::DirectObservation => "direct_observation",
            Self::ToolResult => "tool_result",
            Self::ExternalDocument => "external_document",
        }
    }
}

/// One thing that an agent takes from what it saw.
#[derive(Debug, Clone)]
pub struct Learned<'a> {
    /// In words.
    pub statement: &'a str,
    /// As subject, relation and object.
    pub predicate: (&'a str, &'a str, Value),
    /// Where the evidence comes from.
    pub quality: Quality,
    /// What evidence shares this name is not independent of it.
    pub group: &'a str,
    /// From 0 to 1.
    pub confidence: f64,
}

impl Log {
    /// Writes an observation and what is learned from it, in the order in which Lodestar does. The
    /// answer is the observation's id, and the ids of the claims and beliefs.
    pub fn observe(
        &mut self,
        seen: &Seen<'_>,
        learned: &[Learned<'_>],
    ) -> (String, Vec<(String, String)>) {
        let observation = self.new_id();
        let payload = object! {
            "id": observation.as_str(),
            "schema": seen.schema,
            "payload": seen.output.clone(),
            "source": object! {
                "tool": seen.tool,
                "invocation_id": seen.action_id,
                "captured_at": self.at(),
            },
            "context": object! {
                "session_id": self.session().as_str(),
                "project_id": self.project().as_str(),
                "actor_id": self.agent().as_str(),
            },
            "trust": "validated",
            "sensitivity": "internal",
        };
        self.event("observation.recorded", "0.1.0", payload);
        let ids: Vec<_> = learned
            .iter()
            .map(|_| (self.new_id(), self.new_id(), self.new_id()))
            .collect();
        for (claim, _, _) in &ids {
            let payload = object! {
                "kind": "claim.accepted",
                "claim_id": claim.as_str(),
                "at": self.at(),
                "by_actor_id": self.agent().as_str(),
            };
            self.event("firewall.claim.accepted", "1", payload);
        }
        for ((claim, evidence, belief), learned) in ids.iter().zip(learned) {
            let rationale = self.new_id();
            let authority = match learned.quality {
                Quality::ExternalDocument => "reflection",
                Quality::DirectObservation | Quality::ToolResult => "auto_observation",
            };
            let payload = object! {
                "kind": "belief.adopted",
                "belief_id": belief.as_str(),
                "claim_id": claim.as_str(),
                "evidence_id": evidence.as_str(),
                "rationale_id": rationale.as_str(),
                "by_authority": authority,
                "at": self.at(),
                "by_actor_id": self.agent().as_str(),
            };
            self.event("firewall.belief.adopted", "1", payload);
        }
        self.ingested(&observation, learned);
        for ((claim, _, _), learned) in ids.iter().zip(learned) {
            self.claim(claim, &observation, learned);
        }
        for ((claim, evidence, _), learned) in ids.iter().zip(learned) {
            self.evidence(evidence, claim, &observation, seen, learned);
        }
        for ((claim, _, belief), learned) in ids.iter().zip(learned) {
            self.belief(belief, claim, seen, learned);
        }
        (
            observation,
            ids.into_iter()
                .map(|(claim, _, belief)| (claim, belief))
                .collect(),
        )
    }

    fn ingested(&mut self, observation: &str, learned: &[Learned<'_>]) {
        let number = u32::try_from(learned.len()).unwrap_or(u32::MAX);
        let key = |learned: &Learned<'_>| {
            let (subject, relation, _) = &learned.predicate;
            format!("{subject}.{relation}")
        };
        let foreign = |learned: &&Learned<'_>| learned.quality == Quality::ExternalDocument;
        let keys: Vec<_> = learned
            .iter()
            .filter(|learned| !foreign(learned))
            .map(key)
            .collect();
        let withheld: Vec<_> = learned
            .iter()
            .filter(foreign)
            .map(|learned| object! { "key": key(learned), "quality": learned.quality.as_str() })
            .collect();
        let payload = object! {
            "observation_id": observation,
            "claim_count": number,
            "belief_count": number,
            "world_model_keys": keys,
            "world_model_withheld": withheld,
        };
        self.event("cognitive.ingested", "0.1.0", payload);
    }

    fn claim(&mut self, claim: &str, observation: &str, learned: &Learned<'_>) {
        let (subject, relation, object) = &learned.predicate;
        let payload = object! {
            "id": claim,
            "statement": learned.statement,
            "structured_predicate": object! {
                "subject": *subject,
                "relation": *relation,
                "object": object.clone(),
            },
            "source_observation_ids": vec![observation],
            "extraction_method": "tool",
            "extracted_by": self.agent().as_str(),
            "status": "extracted",
            "scope": self.scope(),
            "sensitivity": "internal",
            "authors": vec![self.agent().as_str()],
            "created_at": self.at(),
        };
        self.event("claim.extracted", "0.1.0", payload);
    }

    fn evidence(
        &mut self,
        evidence: &str,
        claim: &str,
        observation: &str,
        seen: &Seen<'_>,
        learned: &Learned<'_>,
    ) {
        let item = object! {
            "source_id": observation,
            "relation": "supports",
            "quality": learned.quality.as_str(),
            "independence_group": learned.group,
            "freshness": "fresh",
            "notes": format!("from {}", seen.schema),
        };
        let payload = object! {
            "id": evidence,
            "claim_id": claim,
            "items": vec![item],
            "assessed_by": self.agent().as_str(),
            "assessed_at": self.at(),
        };
        self.event("evidence.assessed", "0.1.0", payload);
    }

    fn belief(&mut self, belief: &str, claim: &str, seen: &Seen<'_>, learned: &Learned<'_>) {
        let (subject, _, _) = &learned.predicate;
        let truth = match learned.quality {
            Quality::ExternalDocument => "unverified",
            Quality::DirectObservation | Quality::ToolResult => "supported",
        };
        let payload = object! {
            "claim_id": claim,
            "confidence": learned.confidence,
            "calibration_class": format!("{}::{subject}", seen.schema),
            "scope": self.scope(),
            "sensitivity": "internal",
            "authority": "observed",
            "truth_status": truth,
            "retrieval_status": "restricted",
            "security_status": "clean",
            "freshness_status": "fresh",
            "observed_at": self.at(),
            "last_verified_at": self.at(),
            "id": belief,
        };
        self.event("belief.adopted", "0.1.0", payload);
    }

    /// Writes a decision that rests on these beliefs and answers its id.
    pub fn decide(
        &mut self,
        question: &str,
        options: &[(&str, &str, &str)],
        selected: &str,
        beliefs: &[&str],
    ) -> String {
        let decision = self.new_id();
        let rationale = self.new_id();
        let options: Vec<_> = options
            .iter()
            .map(|(id, description, risk)| {
                object! { "id": *id, "description": *description, "estimated_risk": *risk }
            })
            .collect();
        let payload = object! {
            "id": decision.as_str(),
            "question": question,
            "options": options,
            "selected_option_id": selected,
            "rationale_id": rationale,
            "belief_dependencies": beliefs.to_vec(),
            "policy_dependencies": vec!["auto-approve@ceiling-L3"],
            "made_by": "agent",
            "made_at": self.at(),
        };
        self.event("decision.made", "0.1.0", payload);
        decision
    }

    /// Writes a sentinel's alert about a belief that steers a decision and rests on a document.
    pub fn alert_of_foreign_belief(
        &mut self,
        decision: &str,
        belief: &str,
        claim: &str,
        decision_event: &str,
    ) {
        let alert = self.new_id();
        let payload = object! {
            "alert_id": alert,
            "sentinel_name": "suspicious-memory-origin",
            "rule": "external-document-belief-steers-decision",
            "severity": "warning",
            "subject": object! { "kind": "belief", "id": belief },
            "message": format!(
                "Decision {decision} depends on belief {belief}, whose supporting evidence \
                 includes external_document content (file/webpage/email — high poisoning risk)."
            ),
            "observed_event_ids": vec![decision_event],
            "detail": object! {
                "decision_id": decision,
                "belief_id": belief,
                "claim_id": claim,
            },
            "detected_at": self.at(),
        };
        let sentinel = crate::envelope::ActorId::bounded("lodestar-sentinel", 64);
        let sentinel = sentinel.unwrap_or_else(|_| self.agent().clone());
        self.event_by(
            &sentinel,
            "sentinel.alerted",
            "1",
            &[decision_event],
            payload,
        );
    }

    pub(super) fn scope(&self) -> Value {
        object! { "level": "project", "identifier": self.project().as_str() }
    }
}
