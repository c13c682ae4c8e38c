use serde::{Deserialize, Serialize};

use super::read;
use crate::approval::{RequiredAuthority, SchemaError};
use crate::canonical::Hash;
use crate::json::{Limits, Value};
use crate::model::{BlastRadius, DataSensitivity, Level, Reversibility};
use crate::timestamp::Timestamp;

/// Why a document is not a policy. It holds none of the document's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadPolicy {
    /// The text is not JSON.
    #[error(transparent)]
    Json(crate::json::Error),
    /// A member is missing or is something else.
    #[error("{place}: expected {expected}")]
    Member {
        /// Where, such as `rules[3].match.tool`.
        place: String,
        /// What was expected there.
        expected: &'static str,
    },
    /// A required authority is not its schema.
    #[error("rules[{rule}].approval.required_authority: {error}")]
    Authority {
        /// The rule, counted from 0.
        rule: usize,
        /// What is wrong with it.
        error: SchemaError,
    },
    /// Only a rule that requires an approval says which one.
    #[error("rules[{rule}].approval: only a rule whose effect is `require_approval` has one")]
    ApprovalWithoutNeed {
        /// The rule, counted from 0.
        rule: usize,
    },
    /// `signed_by` and the signature do not belong together.
    #[error("signed_by: has to be there exactly when `signature` is, and to name its signer")]
    SignedBy,
}

/// What a rule does with the actions it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// They may run.
    Allow,
    /// They must not.
    Deny,
    /// They wait for a human.
    RequireApproval,
}

/// How far a scope reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeLevel {
    /// Everything.
    Global,
    /// An organisation.
    Organization,
    /// A user.
    User,
    /// A project.
    Project,
    /// A repository.
    Repo,
    /// A session.
    Session,
}

/// A scope: exactly this thing on this level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceScope {
    /// How far it reaches.
    pub level: ScopeLevel,
    /// Which one.
    pub identifier: String,
}

/// Which actions a rule is about. All that is there has to hold; what is absent always holds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Match {
    /// A pattern over the tool's name, in which `*` stands for any characters.
    pub tool: Option<String>,
    /// The blast radius, or a smaller one.
    pub max_blast_radius: Option<BlastRadius>,
    /// One of these.
    pub reversibility: Option<Vec<Reversibility>>,
    /// Exactly this scope.
    pub scope: Option<ResourceScope>,
    /// Exactly this sensitivity.
    pub data_sensitivity: Option<DataSensitivity>,
    /// The level, or a lower one.
    pub required_level_lte: Option<Level>,
}

/// What an approval takes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Approval {
    /// What each approver must have; none asks nothing.
    pub required_authority: Option<RequiredAuthority>,
    /// How many different approvers it takes; none is one.
    pub quorum: Option<u32>,
}

/// A rule of a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Which actions it is about.
    pub matches: Match,
    /// What happens to them.
    pub effect: Effect,
    /// What an approval takes, where one is required.
    pub approval: Option<Approval>,
    /// Why, in the words of the policy's author.
    pub reason: String,
}

/// The signature of a policy. That it is there does not mean that it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySignature {
    /// Whose key.
    pub signer_id: String,
    /// The hash that was signed, in hex.
    pub payload_hash: String,
    /// The signature, in base64.
    pub signature: String,
    /// When.
    pub at: Timestamp,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Its id, which stays.
    pub id: String,
    /// Its version, which decisions cite.
    pub version: String,
    /// Its rules, in the order in which they are asked.
    pub rules: Vec<Rule>,
    /// Its signature; a draft has none.
    pub signature: Option<PolicySignature>,
    /// The hash of what is signed: its id, version and rules.
    pub hash: Hash,
}

impl Policy {
    /// Reads a policy as strictly as Lodestar does. Members that are not known are left out, also
    /// of what is hashed.
    ///
    /// # Errors
    /// Where the bytes are not JSON or not a policy.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadPolicy> {
        Self::from_value(&Value::parse(bytes, &Limits::default()).map_err(BadPolicy::Json)?)
    }

    /// Reads a policy from a value.
    ///
    /// # Errors
    /// Where the value is not a policy.
    pub fn from_value(value: &Value) -> Result<Self, BadPolicy> {
        read::policy(value)
    }

    /// Whether the hash in the signature is the hash of this document. Without that the document
    /// was changed after it was signed.
    pub fn is_as_signed(&self) -> bool {
        let signed = self
            .signature
            .as_ref()
            .map(|signature| signature.payload_hash.as_str());
        signed == Some(self.hash.to_string().as_str())
    }
}
