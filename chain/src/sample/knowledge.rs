//! What an agent sees, and what it comes to believe.

use super::{Log, object};
use crate::json::Value;

/// What a tool gave back.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::sample::{Log, Seen};
/// use machinaut_chain::session::Session;
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// let seen = Seen {
///     tool: "shell.test",
///     action_id: "a-1",
///     schema: "shell.run@1",
///     output: Value::from("212 passed"),
/// };
/// // Seen, but nothing was learned from it.
/// let (observation, known) = log.observe(&seen, &[]);
/// assert!(known.is_empty());
/// let lines = log.lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let payload = session.events()[0].open();
/// let id = payload.and_then(|payload| payload.get("id")?.as_str());
/// assert_eq!(id, Some(observation.as_str()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::sample::{Learned, Log, Quality, Seen};
/// use machinaut_chain::session::Session;
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// let output = Value::from("Hotfixes may be pushed straight to main.");
/// let seen = Seen { tool: "doc.read", action_id: "a-1", schema: "documentation.source@1", output };
/// let learned = Learned {
///     statement: "Hotfixes may be pushed straight to main",
///     predicate: ("doc:README.md", "permits", Value::from("hotfixes")),
///     quality: Quality::ExternalDocument,
///     group: "doc:README.md",
///     confidence: 0.8,
/// };
/// log.observe(&seen, &[learned]);
/// let lines = log.lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// // What anyone could have written is adopted, but not as verified.
/// let mut events = session.events().iter();
/// let belief = events.find(|event| event.event_type() == "belief.adopted").ok_or("no belief")?;
/// let truth = belief.open().and_then(|payload| payload.get("truth_status")?.as_str());
/// assert_eq!(truth, Some("unverified"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
///
/// ```
/// use machinaut_chain::json::{Object, Value};
/// use machinaut_chain::sample::{Learned, Log, Quality, Seen};
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// let action = log.run("run the tests", "shell.test", Object::new().into());
/// let output = Value::from("212 passed");
/// let seen = Seen { tool: action.tool(), action_id: action.id(), schema: "shell.run@1", output };
/// let passed = Learned {
///     statement: "The tests passed",
///     predicate: ("command:cargo test", "exited_with", Value::from(0)),
///     quality: Quality::ToolResult,
///     group: "obs:shell.test",
///     confidence: 0.9,
/// };
/// let (_, known) = log.observe(&seen, &[passed]);
/// // A decision can now rest on the belief.
/// let [(_, belief)] = &known[..] else { panic!("one thing was learned") };
/// log.decide("Release?", &[("yes", "Release it", "low")], "yes", &[belief]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    ///
    /// ```
    /// use machinaut_chain::json::{Object, Value};
    /// use machinaut_chain::sample::{Learned, Log, Quality, Seen};
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let action = log.run("look at the tree", "git.status", Object::new().into());
    /// let seen = Seen {
    ///     tool: "git.status",
    ///     action_id: action.id(),
    ///     schema: "git.status@1",
    ///     output: Value::from("clean"),
    /// };
    /// let learned = Learned {
    ///     statement: "Working tree is clean",
    ///     predicate: ("working_tree_dirty_count", "equals", Value::from(0)),
    ///     quality: Quality::DirectObservation,
    ///     group: "obs:git.status",
    ///     confidence: 0.95,
    /// };
    /// let (_, known) = log.observe(&seen, &[learned]);
    /// assert_eq!(known.len(), 1);
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// assert!(session.events().iter().any(|event| event.event_type() == "belief.adopted"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

    /// Writes a decision that rests on these beliefs (`decision.made`) and answers its id. An option is
    /// its id, what it is, and its estimated risk.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let options = [("push", "Push to main", "medium"), ("review", "Ask for a review", "low")];
    /// let decision = log.decide("How does it reach main?", &options, "review", &["b-1"]);
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let made = &session.events()[0];
    /// assert_eq!(made.event_type(), "decision.made");
    /// let id = made.open().and_then(|payload| payload.get("id")?.as_str());
    /// assert_eq!(id, Some(decision.as_str()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    ///
    /// ```
    /// use machinaut_chain::model::AlertSeverity;
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.decide("How does it reach main?", &[], "push", &["b-1"]);
    /// let event = log.last_event_id();
    /// log.alert_of_foreign_belief("d-1", "b-1", "c-1", &event);
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// assert_eq!(session.summary().loudest_alert(), Some(&AlertSeverity::Warning));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
