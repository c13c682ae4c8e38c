//! What an agent does, phase by phase.

use super::{Log, object};
use crate::json::{Text, Value};

/// What an action may touch, and how dangerous it is.
///
/// ```
/// use machinaut_chain::sample::Contract;
///
/// let deploy = Contract { reversibility: "compensable", ..Contract::EXTERNAL };
/// assert_eq!((deploy.level, deploy.blast_radius), (4, "external"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contract {
    /// From 0 (observe) to 5 (prohibited); 4 is always held.
    pub level: u32,
    /// `self`, `session`, `project` or `external`.
    pub blast_radius: &'static str,
    /// `reversible`, `compensable` or `irreversible`.
    pub reversibility: &'static str,
    /// `public`, `private` or `secret`.
    pub data_sensitivity: &'static str,
}

impl Contract {
    /// Looking at something.
    pub const OBSERVE: Self = Self {
        level: 0,
        blast_radius: "self",
        reversibility: "reversible",
        data_sensitivity: "private",
    };
    /// Changing what others share.
    pub const EXTERNAL: Self = Self {
        level: 4,
        blast_radius: "external",
        reversibility: "irreversible",
        data_sensitivity: "private",
    };
}

/// An action in whatever phase it has come to.
///
/// ```
/// use machinaut_chain::json::Object;
/// use machinaut_chain::sample::Log;
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// let action = log.run("look at the tree", "git.status", Object::new().into());
/// assert_eq!(action.tool(), "git.status");
/// // The id names the action wherever something refers to it, such as an observation.
/// assert!(!action.id().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Action {
    id: String,
    decision_id: Option<String>,
    intent: String,
    tool: String,
    inputs: Value,
    contract: Contract,
    audit: Vec<Value>,
    proposed_at: Text,
    approval: Option<Value>,
}

impl Action {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The tool it calls.
    pub fn tool(&self) -> &str {
        &self.tool
    }
}

impl Log {
    /// Writes that an action is proposed (`action.proposed`).
    ///
    /// ```
    /// use machinaut_chain::json::Object;
    /// use machinaut_chain::sample::{Contract, Log};
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let inputs = Object::new().into();
    /// let intent = "release the fix";
    /// let action = log.propose("a-1", None, intent, "ci.deploy", inputs, Contract::EXTERNAL);
    /// assert_eq!((action.id(), log.len()), ("a-1", 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn propose(
        &mut self,
        id: &str,
        decision_id: Option<&str>,
        intent: &str,
        tool: &str,
        inputs: Value,
        contract: Contract,
    ) -> Action {
        let mut action = Action {
            id: id.to_owned(),
            decision_id: decision_id.map(str::to_owned),
            intent: intent.to_owned(),
            tool: tool.to_owned(),
            inputs,
            contract,
            audit: Vec::new(),
            proposed_at: self.at(),
            approval: None,
        };
        let agent = self.agent().to_string();
        self.step(&mut action, "proposed", &agent, None);
        self.record(&action, "proposed");
        self.step(&mut action, "arbitrating", "system", None);
        action
    }

    /// Writes that a policy holds an action for a human (`action.pending_approval`).
    ///
    /// ```
    /// use machinaut_chain::json::Object;
    /// use machinaut_chain::sample::{Contract, Log};
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let inputs = Object::new().into();
    /// let mut action = log.propose("a-1", None, "release", "ci.run", inputs, Contract::EXTERNAL);
    /// log.hold(&mut action, "policy:ceiling", "L4 always requires approval");
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// assert_eq!(session.actions()[0].detail.as_deref(), Some("L4 always requires approval"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hold(&mut self, action: &mut Action, policy: &str, reason: &str) {
        self.step(action, "pending_approval", policy, Some(reason));
        self.record(action, "pending_approval");
    }

    /// Writes that an action may go ahead (`action.approved`), as somebody decided `at` that time.
    ///
    /// ```
    /// use machinaut_chain::json::Object;
    /// use machinaut_chain::model::Phase;
    /// use machinaut_chain::sample::{Contract, Log};
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let inputs = Object::new().into();
    /// let mut action = log.propose("a-1", None, "release", "ci.run", inputs, Contract::EXTERNAL);
    /// log.approve(&mut action, "alice@phone", "go ahead", &"1970-01-01T00:00:05Z".into());
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// assert_eq!(session.actions()[0].phase, Some(Phase::Approved));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn approve(&mut self, action: &mut Action, by: &str, reason: &str, at: &Text) {
        self.judge(action, "approved", by, true, reason, at);
    }

    /// Writes that an action may not go ahead (`action.rejected`), as somebody decided `at` that
    /// time.
    ///
    /// ```
    /// use machinaut_chain::json::Object;
    /// use machinaut_chain::sample::{Contract, Log};
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let inputs = Object::new().into();
    /// let mut action = log.propose("a-1", None, "release", "ci.run", inputs, Contract::EXTERNAL);
    /// log.reject(&mut action, "alice@phone", "not today", &"1970-01-01T00:00:05Z".into());
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let actions = session.actions();
    /// let verdict = actions[0].verdict.as_ref().ok_or("no verdict")?;
    /// assert_eq!((verdict.approved, verdict.reason.as_deref()), (false, Some("not today")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reject(&mut self, action: &mut Action, by: &str, reason: &str, at: &Text) {
        self.judge(action, "rejected", by, false, reason, at);
    }

    /// Notes that an action runs. Lodestar writes no event for it.
    ///
    /// ```
    /// use machinaut_chain::json::Object;
    /// use machinaut_chain::sample::{Contract, Log};
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let inputs = Object::new().into();
    /// let mut action = log.propose("a-1", None, "look", "git.status", inputs, Contract::OBSERVE);
    /// log.execute(&mut action);
    /// assert_eq!(log.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn execute(&mut self, action: &mut Action) {
        self.step(action, "executing", "system", None);
    }

    /// Writes that an action is done (`action.completed`).
    ///
    /// ```
    /// use machinaut_chain::json::Object;
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let mut action = log.run("look at the tree", "git.status", Object::new().into());
    /// log.wait(35);
    /// log.complete(&mut action);
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let done = session.events().last().ok_or("no events")?;
    /// assert_eq!(done.event_type(), "action.completed");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn complete(&mut self, action: &mut Action) {
        self.step(action, "completed", "system", None);
        self.record(action, "completed");
    }

    /// Writes an action that a policy let through, up to the moment where it runs.
    ///
    /// ```
    /// use machinaut_chain::json::Object;
    /// use machinaut_chain::model::Phase;
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// let mut action = log.run("look at the tree", "git.status", Object::new().into());
    /// log.complete(&mut action);
    /// let lines = log.lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let actions = session.actions();
    /// assert_eq!(actions[0].phase, Some(Phase::Completed));
    /// let verdict = actions[0].verdict.as_ref().ok_or("no verdict")?;
    /// assert_eq!(verdict.approver_id, "policy:auto-approve-up-to-3");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run(&mut self, intent: &str, tool: &str, inputs: Value) -> Action {
        let id = self.new_id();
        let mut action = self.propose(&id, None, intent, tool, inputs, Contract::OBSERVE);
        let at = self.at();
        let reason = "auto-approved at or below L3 (ceiling)";
        self.approve(&mut action, "policy:auto-approve-up-to-3", reason, &at);
        self.execute(&mut action);
        action
    }

    fn judge(
        &mut self,
        action: &mut Action,
        phase: &str,
        by: &str,
        approved: bool,
        reason: &str,
        at: &Text,
    ) {
        action.audit.push(object! {
            "phase": phase,
            "by_actor_id": by,
            "at": at.clone(),
            "detail": reason,
        });
        action.approval = Some(object! {
            "approver_id": by,
            "approved": approved,
            "reason": reason,
            "at": at.clone(),
        });
        self.record(action, phase);
    }

    fn step(&mut self, action: &mut Action, phase: &str, by: &str, detail: Option<&str>) {
        let mut members = vec![
            ("phase", Value::from(phase)),
            ("by_actor_id", Value::from(by)),
            ("at", Value::from(self.at())),
        ];
        if let Some(detail) = detail {
            members.push(("detail", Value::from(detail)));
        }
        action
            .audit
            .push(Value::Object(members.into_iter().collect()));
    }

    fn record(&mut self, action: &Action, phase: &str) {
        let contract = object! {
            "required_level": action.contract.level,
            "blast_radius": action.contract.blast_radius,
            "reversibility": action.contract.reversibility,
            "scope": self.scope(),
            "data_sensitivity": action.contract.data_sensitivity,
            "preconditions": Vec::<Value>::new(),
        };
        let mut members = vec![("id", Value::from(action.id.as_str()))];
        if let Some(decision) = &action.decision_id {
            members.push(("decision_id", Value::from(decision.as_str())));
        }
        members.extend([
            ("intent", Value::from(action.intent.as_str())),
            ("tool", Value::from(action.tool.as_str())),
            ("inputs", action.inputs.clone()),
            ("contract", contract),
            ("phase", Value::from(phase)),
            ("audit", Value::from(action.audit.clone())),
            ("proposed_at", Value::from(action.proposed_at.clone())),
            ("proposed_by", Value::from(self.agent().as_str())),
        ]);
        if let Some(approval) = &action.approval {
            members.push(("approval", approval.clone()));
        }
        let payload = Value::Object(members.into_iter().collect());
        self.event(&format!("action.{phase}"), "0.1.0", payload);
    }
}
