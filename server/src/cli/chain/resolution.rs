//! Whether a guard would accept a resolution: its schema, its hold and its signature.

use std::io::Write;

use clap::Args;
use machinaut_chain::approval::{MAX_RESOLUTION_BYTES, Resolution, SchemaError};
use machinaut_chain::json::{Object, Value};
use machinaut_chain::signature::{Binding, guard_check};
use machinaut_chain::timestamp::Timestamp;

use super::hidden;
use super::source::Source;
use crate::authorized_keys;
use crate::cli::Failure;

const LONG: &str = "\
Says whether a guard with these pinned keys would accept this ApprovalResolution, as strictly as the guard: at most
64 KiB, exactly the keys of the schema, and a signature over this very decision by a key that is pinned for its
approver. Prints one line, {\"ok\":true} or {\"ok\":false,\"error\":\"…\"}, and exits with 0 or 1. About a signature the
error is what Lodestar itself says, word for word.

Whether it answers a certain hold, and in time, is checked with --request-id, --action-id and --deadline; without
them the signature alone is.";

/// Say whether a guard with these pinned keys would accept this resolution.
#[derive(Debug, Args)]
#[command(long_about = LONG)]
pub(super) struct CheckResolution {
    /// The pinned keys: the list as Lodestar's configuration has it, or a file that holds the list.
    #[arg(long, value_name = "PINS")]
    pins: Source,
    /// A file with one resolution; - is standard input.
    #[arg(value_name = "FILE")]
    source: Source,
    /// The request that has to be answered.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// The action that has to be held.
    #[arg(long, value_name = "ID")]
    action_id: Option<String>,
    /// The time after which a decision is too late, such as 2026-11-23T04:46:25.530Z.
    #[arg(long, value_name = "TIME")]
    deadline: Option<Timestamp>,
}

impl CheckResolution {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<u8, Failure> {
        if self.pins.is_stdin() && self.source.is_stdin() {
            let both = "Only one of PINS and FILE can be standard input.";
            return Err(Failure::Usage(both.to_owned()));
        }
        let pins = self.pins.read()?;
        let pins = std::str::from_utf8(&pins)
            .ok()
            .and_then(authorized_keys::parse)
            .ok_or_else(|| {
                Failure::Unreadable(format!(
                    "{} holds no list of pinned keys: [{{\"actor_id\": …, \"public_key\": …}}], or an object with \
                     it under authorized_keys.",
                    self.pins.name()
                ))
            })?;
        let json = self.source.read()?;
        let resolution = match Resolution::parse(&json) {
            Ok(resolution) => resolution,
            Err(SchemaError::Json(error)) => return Err(self.source.is_not_json(&error)),
            Err(error) => return answer(out, Some(&error.to_string())),
        };
        if json.len() > MAX_RESOLUTION_BYTES {
            return answer(
                out,
                Some("the body is larger than the 64 KiB that a guard reads"),
            );
        }
        let or_its_own = |asked: &Option<String>, own: &_| {
            asked
                .as_deref()
                .map_or_else(|| Clone::clone(own), Into::into)
        };
        let hold = Binding {
            request_id: or_its_own(&self.request_id, &resolution.request_id),
            action_id: or_its_own(&self.action_id, &resolution.action_id),
            deadline: self.deadline.clone(),
        };
        match guard_check(&resolution, &hold, &pins) {
            Ok(()) => answer(out, None),
            Err(refusal) => answer(out, Some(&refusal.as_the_guard_says(&resolution.action_id))),
        }
    }
}

/// Writes the one line, and gives the exit code.
fn answer(out: &mut dyn Write, error: Option<&str>) -> Result<u8, Failure> {
    let mut line = Object::new();
    line.insert("ok", error.is_none());
    if let Some(error) = error {
        line.insert("error", error);
    }
    writeln!(out, "{}", hidden::escaped(&Value::from(line).to_json()))?;
    Ok(u8::from(error.is_some()))
}
