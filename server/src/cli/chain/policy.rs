//! A policy: whether it is one, what its hash is, and what it says about an action.

use std::io::Write;

use clap::Args;
use machinaut_chain::model::ActionFacts;
use machinaut_chain::policy::{BadPolicy, Policy as Document, Source as DecidedBy};
use serde_json::{Value, json};

use super::hidden;
use super::records::Session;
use super::source::Source;
use crate::cli::Failure;

const LONG: &str = "\
Validates a policy as strictly as Lodestar does and prints, as JSON, its id, version, number of rules and canonical
hash, and whether it is signed: a draft, as_signed (the hash in the signature is this document's) or
changed_after_signing. Whose key made the signature is not checked.

With --action and --log it also says what the policy says about that action, by the action's contract alone: the
verdict (allow, deny, hold) and what decided it: a rule, counted from 0, the floor of the trust ladder (L4 is always
held, L5 always denied, whatever the rules say), or no rule at all, which denies.";

/// Validate and hash a policy, and say what it says about an action.
#[derive(Debug, Args)]
#[command(long_about = LONG)]
pub(super) struct Policy {
    /// A file with one policy; - is standard input.
    #[arg(value_name = "FILE")]
    source: Source,
    /// The action to ask about.
    #[arg(long, value_name = "ID", requires = "log")]
    action: Option<String>,
    /// The raw log or shipped body that has the action.
    #[arg(long, value_name = "LOG", requires = "action")]
    log: Option<Source>,
}

impl Policy {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<u8, Failure> {
        if self.source.is_stdin() && self.log.as_ref().is_some_and(Source::is_stdin) {
            let both = "Only one of FILE and LOG can be standard input.";
            return Err(Failure::Usage(both.to_owned()));
        }
        let policy = match Document::parse(&self.source.read()?) {
            Ok(policy) => policy,
            Err(BadPolicy::Json(error)) => return Err(self.source.is_not_json(&error)),
            Err(error) => {
                print(out, &json!({"valid": false, "error": error.to_string()}))?;
                return Ok(1);
            }
        };
        let action = match (&self.action, &self.log) {
            (Some(id), Some(log)) => Some(action(id, log)?),
            _ => None,
        };
        let (signed, code) = match &policy.signature {
            None => ("draft", 0),
            Some(_) if policy.is_as_signed() => ("as_signed", 0),
            Some(_) => ("changed_after_signing", 1),
        };
        let mut answer = json!({
            "valid": true,
            "id": policy.id,
            "version": policy.version,
            "rules": policy.rules.len(),
            "hash": policy.hash,
            "signed": signed,
        });
        if let Some(signature) = &policy.signature {
            answer["signed_by"] = json!(signature.signer_id);
        }
        if let Some(action) = action {
            answer["action"] = json!({"id": action.id, "tool": action.tool, "level": action.level});
            answer["evaluation"] = evaluation(&policy, &action);
        }
        print(out, &answer)?;
        Ok(code)
    }
}

fn action(id: &str, log: &Source) -> Result<ActionFacts, Failure> {
    let session = Session::all_of(log.clone());
    let mut actions = session.events()?.actions().into_iter();
    actions
        .find(|action| action.id == id)
        .ok_or_else(|| Failure::NotThere(session.has_no_action(id)))
}

fn evaluation(policy: &Document, action: &ActionFacts) -> Value {
    let evaluation = policy.evaluate(action);
    let decided_by = match evaluation.source {
        DecidedBy::Floor => "floor",
        DecidedBy::Rule(_) => "rule",
        DecidedBy::Default => "no_rule",
    };
    let mut answer = json!({
        "verdict": evaluation.verdict,
        "decided_by": decided_by,
        "reason": evaluation.reason,
    });
    if let DecidedBy::Rule(place) = evaluation.source {
        answer["rule"] = json!(place);
    }
    if let Some(authority) = &evaluation.required_authority {
        let mut authority = json!(authority);
        if let Some(asked) = authority.as_object_mut() {
            asked.retain(|_, value| !value.is_null());
        }
        answer["required_authority"] = authority;
    }
    answer
}

fn print(out: &mut dyn Write, answer: &Value) -> Result<(), Failure> {
    writeln!(out, "{}", hidden::escaped(&format!("{answer:#}")))?;
    Ok(())
}
