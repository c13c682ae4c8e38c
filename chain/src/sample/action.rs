//! What an agent does, phase by phase.

use super::{Log, object};
use crate::json::{Text, Value};

/// What an action may touch, and how dangerous it is.
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
    /// Writes that an action is proposed.
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

    /// Writes that a policy holds an action for a human.
    pub fn hold(&mut self, action: &mut Action, policy: &str, reason: &str) {
        self.step(action, "pending_approval", policy, Some(reason));
        self.record(action, "pending_approval");
    }

    /// Writes that an action may go ahead.
    pub fn approve(&mut self, action: &mut Action, by: &str, reason: &str, at: &Text) {
        self.judge(action, "approved", by, true, reason, at);
    }

    /// Writes that an action may not go ahead.
    pub fn reject(&mut self, action: &mut Action, by: &str, reason: &str, at: &Text) {
        self.judge(action, "rejected", by, false, reason, at);
    }

    /// Notes that an action runs. Lodestar writes no event for it.
    pub fn execute(&mut self, action: &mut Action) {
        self.step(action, "executing", "system", None);
    }

    /// Writes that an action is done.
    pub fn complete(&mut self, action: &mut Action) {
        self.step(action, "completed", "system", None);
        self.record(action, "completed");
    }

    /// Writes an action that a policy let through, up to the moment where it runs.
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
