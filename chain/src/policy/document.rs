use serde::{Deserialize, Serialize};

use super::read;
use crate::approval::{RequiredAuthority, SchemaError};
use crate::canonical::Hash;
use crate::json::{Limits, Value};
use crate::model::{BlastRadius, DataSensitivity, Level, Reversibility};
use crate::timestamp::Timestamp;

/// Why a document is not a policy. It holds none of the document's own words.
///
/// ```
/// use machinaut_chain::policy::Policy;
///
/// let error = Policy::parse(
///     br#"{"id":"p","version":"1","rules":[{"match":{"tool":7},"effect":"deny","reason":"no"}]}"#,
/// )
/// .unwrap_err();
/// assert_eq!(error.to_string(), "rules[0].match.tool: expected a string that is not empty");
/// ```
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

/// What a rule does with the actions it matches (`effect`).
///
/// ```
/// use machinaut_chain::policy::{Effect, Policy};
///
/// let policy = Policy::parse(
///     br#"{"id":"p","version":"1","rules":[{"match":{},"effect":"require_approval","reason":"new"}]}"#,
/// )?;
/// assert_eq!(policy.rules[0].effect, Effect::RequireApproval);
/// # Ok::<(), machinaut_chain::policy::BadPolicy>(())
/// ```
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
///
/// ```
/// use machinaut_chain::policy::{Policy, ScopeLevel};
///
/// let policy = Policy::parse(
///     br#"{"id":"p","version":"1","rules":[{"match":{"scope":{"level":"repo","identifier":"docs"}},
///         "effect":"allow","reason":"only words"}]}"#,
/// )?;
/// let scope = policy.rules[0].matches.scope.as_ref();
/// assert_eq!(scope.map(|scope| scope.level), Some(ScopeLevel::Repo));
/// # Ok::<(), machinaut_chain::policy::BadPolicy>(())
/// ```
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
///
/// ```
/// use machinaut_chain::policy::{Match, ResourceScope, ScopeLevel};
///
/// let only_docs = Match {
///     scope: Some(ResourceScope {
///         level: ScopeLevel::Repo,
///         identifier: "docs".to_owned(),
///     }),
///     ..Match::default()
/// };
/// assert_eq!(only_docs.tool, None, "any tool, but in this repository alone");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceScope {
    /// How far it reaches.
    pub level: ScopeLevel,
    /// Which one.
    pub identifier: String,
}

/// Which actions a rule is about (`match`). All that is there has to hold; what is absent always
/// holds.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::{ActionFacts, Level};
/// use machinaut_chain::policy::{Policy, Source};
///
/// let policy = Policy::parse(
///     br#"{"id":"p","version":"1","rules":[{"match":{"tool":"fs.*","required_level_lte":2},
///         "effect":"allow","reason":"files in the sandbox"}]}"#,
/// )?;
/// assert_eq!(policy.rules[0].matches.required_level_lte, Some(Level::L2));
///
/// let source = |action: &[u8]| -> Result<Source, Box<dyn std::error::Error>> {
///     let action = Value::parse(action, &Default::default())?;
///     Ok(policy.evaluate(&ActionFacts::read(&action, "agent:a").unwrap()).source)
/// };
/// let write = br#"{"id":"a-1","tool":"fs.write","contract":{"required_level":2}}"#;
/// let delete = br#"{"id":"a-2","tool":"fs.delete","contract":{"required_level":3}}"#;
/// assert_eq!(source(write)?, Source::Rule(0));
/// assert_eq!(source(delete)?, Source::Default, "one condition does not hold");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

/// What an approval takes (`approval`).
///
/// ```
/// use machinaut_chain::policy::Policy;
///
/// let policy = Policy::parse(
///     br#"{"id":"p","version":"1","rules":[{"match":{"tool":"pay"},"effect":"require_approval",
///         "approval":{"quorum":2,"required_authority":{"min_trust_baseline":0.9}},
///         "reason":"money leaves the house"}]}"#,
/// )?;
/// let approval = policy.rules[0].approval.as_ref().unwrap();
/// assert_eq!(approval.quorum, Some(2));
/// let authority = approval.required_authority.as_ref();
/// assert_eq!(authority.and_then(|authority| authority.min_trust_baseline), Some(0.9));
/// # Ok::<(), machinaut_chain::policy::BadPolicy>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Approval {
    /// What each approver must have; none asks nothing.
    pub required_authority: Option<RequiredAuthority>,
    /// How many different approvers it takes; none is one.
    pub quorum: Option<u32>,
}

/// A rule of a policy (`rules[]`).
///
/// ```
/// use machinaut_chain::policy::{BadPolicy, Policy};
///
/// // An approval belongs to the rules that require one; anywhere else it is a mistake.
/// let refused = Policy::parse(
///     br#"{"id":"p","version":"1","rules":[{"match":{},"effect":"deny","approval":{"quorum":2},
///         "reason":"never"}]}"#,
/// );
/// assert_eq!(refused, Err(BadPolicy::ApprovalWithoutNeed { rule: 0 }));
/// ```
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
///
/// ```
/// use machinaut_chain::policy::Policy;
///
/// let policy = Policy::parse(
///     br#"{"id":"p","version":"1","rules":[],"signed_by":"alice@laptop","signature":{
///         "signer_id":"alice@laptop","payload_hash":"0","algorithm":"ed25519","signature":"AA==",
///         "at":"2026-03-01T09:00:00Z"}}"#,
/// )?;
/// let signature = policy.signature.as_ref().unwrap();
/// assert_eq!(signature.signer_id, "alice@laptop");
/// assert!(!policy.is_as_signed(), "it was read, which says nothing about whether it holds");
/// # Ok::<(), machinaut_chain::policy::BadPolicy>(())
/// ```
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

/// A policy document.
///
/// ```
/// use machinaut_chain::policy::Policy;
///
/// let draft = Policy::parse(br#"{"version":"1","id":"p","rules":[],"note":"a draft"}"#)?;
/// let again = Policy::parse(br#"{"id":"p","version":"1","rules":[]}"#)?;
/// assert_eq!(draft.hash, again.hash, "neither order nor unknown members are hashed");
/// assert_eq!(draft.signature, None);
/// # Ok::<(), machinaut_chain::policy::BadPolicy>(())
/// ```
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
    /// ```
    /// use machinaut_chain::policy::{BadPolicy, Policy};
    ///
    /// let policy = Policy::parse(
    ///     br#"{"id":"p","version":"1","rules":[{"match":{"tool":"shell"},"effect":"deny","reason":"no"}]}"#,
    /// )?;
    /// assert_eq!(policy.rules[0].matches.tool.as_deref(), Some("shell"));
    /// assert!(matches!(Policy::parse(b"rules:"), Err(BadPolicy::Json(_))));
    /// # Ok::<(), BadPolicy>(())
    /// ```
    ///
    /// # Errors
    /// Where the bytes are not JSON or not a policy.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadPolicy> {
        Self::from_value(&Value::parse(bytes, &Limits::default()).map_err(BadPolicy::Json)?)
    }

    /// Reads a policy from a value.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::policy::Policy;
    ///
    /// let value = Value::parse(br#"{"id":"p","rules":[]}"#, &Default::default())?;
    /// let error = Policy::from_value(&value).unwrap_err();
    /// assert_eq!(error.to_string(), "version: expected a string that is not empty");
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the value is not a policy.
    pub fn from_value(value: &Value) -> Result<Self, BadPolicy> {
        read::policy(value)
    }

    /// Whether the hash in the signature is the hash of this document. Without that the document
    /// was changed after it was signed.
    ///
    /// ```
    /// use machinaut_chain::policy::Policy;
    ///
    /// let hash = Policy::parse(br#"{"id":"p","version":"1","rules":[]}"#)?.hash;
    /// let signed = |version: &str| {
    ///     let document = format!(
    ///         r#"{{"id":"p","version":"{version}","rules":[],"signed_by":"alice@laptop","signature":{{
    ///             "signer_id":"alice@laptop","payload_hash":"{hash}","algorithm":"ed25519",
    ///             "signature":"AA==","at":"2026-03-01T09:00:00Z"}}}}"#
    ///     );
    ///     Policy::parse(document.as_bytes())
    /// };
    /// assert!(signed("1")?.is_as_signed());
    /// assert!(!signed("2")?.is_as_signed());
    /// # Ok::<(), machinaut_chain::policy::BadPolicy>(())
    /// ```
    pub fn is_as_signed(&self) -> bool {
        let signed = self
            .signature
            .as_ref()
            .map(|signature| signature.payload_hash.as_str());
        signed == Some(self.hash.to_string().as_str())
    }
}
