//! Everything behind one action, for a program or, with `--text`, for a person.

use std::io::Write;

use clap::Args;
use machinaut_chain::why::why;

use super::hidden;
use super::records::Session;
use super::why_text;
use crate::cli::Failure;

/// Everything behind one action, and what should make an approver hesitate (JSON, or --text).
#[derive(Debug, Args)]
pub(super) struct Why {
    #[command(flatten)]
    session: Session,
    /// The action, by Lodestar's id. It is compared and nothing else.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    action: String,
    /// Print it for people.
    #[arg(long)]
    text: bool,
}

impl Why {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<u8, Failure> {
        let events = self.session.events()?;
        let why = why(&events, &self.action)
            .ok_or_else(|| Failure::NotThere(self.session.has_no_action(&self.action)))?;
        if self.text {
            why_text::write(&why, out)?;
        } else {
            let json = serde_json::to_string_pretty(&why).map_err(std::io::Error::other)?;
            writeln!(out, "{}", hidden::escaped(&json))?;
        }
        Ok(0)
    }
}
