//! From JSON to a policy, each member checked, and to the form of it that is signed.

use super::document::{
    Approval, BadPolicy, Effect, Match, Policy, PolicySignature, ResourceScope, Rule, ScopeLevel,
};
use crate::approval::RequiredAuthority;
use crate::canonical::Hash;
use crate::json::{Object, Value};
use crate::model::{BlastRadius, DataSensitivity, Level, Reversibility};

pub(super) fn policy(value: &Value) -> Result<Policy, BadPolicy> {
    let top = At {
        value,
        place: String::new(),
    };
    top.object()?;
    let rules_at = top.member("rules", "an array of rules")?;
    let written = rules_at
        .value
        .as_array()
        .ok_or(rules_at.bad("an array of rules"))?;
    let mut rules = Vec::with_capacity(written.len());
    let mut signed_rules = Vec::with_capacity(written.len());
    for (number, rule) in written.iter().enumerate() {
        let at = At {
            value: rule,
            place: format!("rules[{number}]"),
        };
        let (rule, signed) = read_rule(&at, number)?;
        rules.push(rule);
        signed_rules.push(signed);
    }
    let id = top.text("id")?;
    let version = top.text("version")?;
    let signature = top
        .optional("signature")
        .map(|at| read_signature(&at))
        .transpose()?;
    let signed_by = top
        .optional("signed_by")
        .map(|at| at.as_text())
        .transpose()?;
    if signed_by
        != signature
            .as_ref()
            .map(|signature| signature.signer_id.clone())
    {
        return Err(BadPolicy::SignedBy);
    }
    let mut signed = Object::new();
    signed.insert("id", id.as_str());
    signed.insert("version", version.as_str());
    signed.insert("rules", signed_rules);
    let hash = Hash::of(&Value::Object(signed).to_canonical());
    Ok(Policy {
        id,
        version,
        rules,
        signature,
        hash,
    })
}

/// A value, and where in the document it stands.
struct At<'a> {
    value: &'a Value,
    place: String,
}

impl<'a> At<'a> {
    fn bad(&self, expected: &'static str) -> BadPolicy {
        BadPolicy::Member {
            place: self.place.clone(),
            expected,
        }
    }

    fn object(&self) -> Result<&'a Object, BadPolicy> {
        self.value.as_object().ok_or(self.bad("an object"))
    }

    fn below(&self, name: &str) -> String {
        if self.place.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.place)
        }
    }

    fn optional(&self, name: &str) -> Option<At<'a>> {
        let value = self.value.get(name)?;
        Some(At {
            value,
            place: self.below(name),
        })
    }

    fn member(&self, name: &str, expected: &'static str) -> Result<At<'a>, BadPolicy> {
        let place = || self.below(name);
        self.optional(name).ok_or_else(|| BadPolicy::Member {
            place: place(),
            expected,
        })
    }

    fn as_text(&self) -> Result<String, BadPolicy> {
        const EXPECTED: &str = "a string that is not empty";
        let text = self.value.as_str().filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or(self.bad(EXPECTED))
    }

    fn text(&self, name: &str) -> Result<String, BadPolicy> {
        self.member(name, "a string that is not empty")?.as_text()
    }
}

/// Reads a rule, and the rule as it is signed: the known members alone.
fn read_rule(at: &At<'_>, number: usize) -> Result<(Rule, Value), BadPolicy> {
    at.object()?;
    let matches_at = at.member("match", "an object")?;
    let matches = read_match(&matches_at)?;
    let effect_at = at.member("effect", EFFECTS)?;
    let effect = match effect_at.value.as_str() {
        Some("allow") => Effect::Allow,
        Some("deny") => Effect::Deny,
        Some("require_approval") => Effect::RequireApproval,
        _ => return Err(effect_at.bad(EFFECTS)),
    };
    let approval_at = at.optional("approval");
    let approval = approval_at
        .as_ref()
        .map(|at| read_approval(at, number))
        .transpose()?;
    if approval.is_some() && effect != Effect::RequireApproval {
        return Err(BadPolicy::ApprovalWithoutNeed { rule: number });
    }
    let reason = at.text("reason")?;
    let mut signed = Object::new();
    signed.insert("match", known(matches_at.value, MATCH));
    signed.insert("effect", effect_at.value.clone());
    if let Some(approval) = approval_at {
        signed.insert("approval", known(approval.value, APPROVAL));
    }
    signed.insert("reason", reason.as_str());
    Ok((
        Rule {
            matches,
            effect,
            approval,
            reason,
        },
        signed.into(),
    ))
}

const EFFECTS: &str = "allow, deny or require_approval";
const MATCH: &[(&str, &[&str])] = &[
    ("tool", &[]),
    ("max_blast_radius", &[]),
    ("reversibility", &[]),
    ("scope", &["level", "identifier"]),
    ("data_sensitivity", &[]),
    ("required_level_lte", &[]),
];
const APPROVAL: &[(&str, &[&str])] = &[
    (
        "required_authority",
        &["min_trust_baseline", "sensitivity_clearance", "scope"],
    ),
    ("quorum", &[]),
];

/// The members of an object that its schema knows, and of each the members that are known in it.
fn known(value: &Value, members: &[(&str, &[&str])]) -> Object {
    let mut kept = Object::new();
    for (name, inner) in members {
        match value.get(name) {
            Some(Value::Object(_)) if !inner.is_empty() => {
                let inner: Vec<(&str, &[&str])> = inner
                    .iter()
                    .map(|name| match *name {
                        "scope" => ("scope", &["level", "identifier"][..]),
                        other => (other, &[][..]),
                    })
                    .collect();
                kept.insert(
                    *name,
                    value
                        .get(name)
                        .map(|value| known(value, &inner))
                        .unwrap_or_default(),
                );
            }
            Some(member) => kept.insert(*name, member.clone()),
            None => {}
        }
    }
    kept
}

fn read_match(at: &At<'_>) -> Result<Match, BadPolicy> {
    const RADII: &str = "self, session, project or external";
    const WAYS: &str = "some of reversible, compensable and irreversible";
    const DATA: &str = "public, private or secret";
    at.object()?;
    let word = |at: At<'_>, expected: &'static str| {
        at.value.as_str().map(str::to_owned).ok_or(at.bad(expected))
    };
    let tool = at.optional("tool").map(|at| at.as_text()).transpose()?;
    let max_blast_radius = at
        .optional("max_blast_radius")
        .map(|at| {
            let place = at.place.clone();
            match BlastRadius::from(word(at, RADII)?) {
                BlastRadius::Other(_) => Err(BadPolicy::Member {
                    place,
                    expected: RADII,
                }),
                radius => Ok(radius),
            }
        })
        .transpose()?;
    let data_sensitivity = at
        .optional("data_sensitivity")
        .map(|at| {
            let place = at.place.clone();
            match DataSensitivity::from(word(at, DATA)?) {
                DataSensitivity::Other(_) => Err(BadPolicy::Member {
                    place,
                    expected: DATA,
                }),
                data => Ok(data),
            }
        })
        .transpose()?;
    let reversibility = at
        .optional("reversibility")
        .map(|at| {
            let ways = at
                .value
                .as_array()
                .filter(|ways| !ways.is_empty())
                .ok_or(at.bad(WAYS))?;
            let ways = ways
                .iter()
                .map(|way| match Reversibility::from(way.as_str()?.to_owned()) {
                    Reversibility::Other(_) => None,
                    way => Some(way),
                });
            ways.collect::<Option<Vec<_>>>().ok_or(at.bad(WAYS))
        })
        .transpose()?;
    let scope = at.optional("scope").map(|at| read_scope(&at)).transpose()?;
    let required_level_lte = at
        .optional("required_level_lte")
        .map(|at| {
            let level = at.value.as_f64().and_then(Level::from_number);
            level.ok_or(at.bad("a level from 0 to 5"))
        })
        .transpose()?;
    Ok(Match {
        tool,
        max_blast_radius,
        reversibility,
        scope,
        data_sensitivity,
        required_level_lte,
    })
}

fn read_scope(at: &At<'_>) -> Result<ResourceScope, BadPolicy> {
    const LEVELS: &str = "global, organization, user, project, repo or session";
    at.object()?;
    let level_at = at.member("level", LEVELS)?;
    let level = match level_at.value.as_str() {
        Some("global") => ScopeLevel::Global,
        Some("organization") => ScopeLevel::Organization,
        Some("user") => ScopeLevel::User,
        Some("project") => ScopeLevel::Project,
        Some("repo") => ScopeLevel::Repo,
        Some("session") => ScopeLevel::Session,
        _ => return Err(level_at.bad(LEVELS)),
    };
    let identifier_at = at.member("identifier", "a string")?;
    let identifier = identifier_at
        .value
        .as_str()
        .ok_or(identifier_at.bad("a string"))?;
    Ok(ResourceScope {
        level,
        identifier: identifier.to_owned(),
    })
}

fn read_approval(at: &At<'_>, rule: usize) -> Result<Approval, BadPolicy> {
    at.object()?;
    let required_authority = at
        .optional("required_authority")
        .map(|at| {
            let authority = RequiredAuthority::from_value(at.value)
                .map_err(|error| BadPolicy::Authority { rule, error })?;
            // The channel takes any scope; a policy must name a real one.
            at.optional("scope")
                .map(|scope| read_scope(&scope))
                .transpose()?;
            Ok(authority)
        })
        .transpose()?;
    let quorum = at
        .optional("quorum")
        .map(|at| {
            let whole = at
                .value
                .as_f64()
                .filter(|number| number.fract() == 0.0 && *number >= 1.0);
            let whole = whole.and_then(|number| format!("{number:.0}").parse().ok());
            whole.ok_or(at.bad("a whole number of approvers from 1 on"))
        })
        .transpose()?;
    Ok(Approval {
        required_authority,
        quorum,
    })
}

fn read_signature(at: &At<'_>) -> Result<PolicySignature, BadPolicy> {
    const TIME: &str = "an ISO 8601 date and time with `Z` or an offset";
    at.object()?;
    let algorithm = at.member("algorithm", "ed25519")?;
    if algorithm.value.as_str() != Some("ed25519") {
        return Err(algorithm.bad("ed25519"));
    }
    let string = |name: &str| {
        let at = at.member(name, "a string")?;
        at.value
            .as_str()
            .map(str::to_owned)
            .ok_or(at.bad("a string"))
    };
    let at_at = at.member("at", TIME)?;
    let time = at_at
        .value
        .as_str()
        .and_then(|text| text.parse().ok())
        .ok_or(at_at.bad(TIME))?;
    Ok(PolicySignature {
        signer_id: string("signer_id")?,
        payload_hash: string("payload_hash")?,
        signature: string("signature")?,
        at: time,
    })
}
