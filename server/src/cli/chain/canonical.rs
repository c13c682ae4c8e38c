//! The canonical bytes of a JSON value: what Lodestar hashes and approvers sign.

use std::io::Write;

use clap::Args;
use machinaut_chain::canonical::{canonicalize, hash};
use machinaut_chain::json::Limits;

use super::source::Source;
use crate::cli::Failure;

/// The canonical bytes of a JSON value, or their SHA-256.
#[derive(Debug, Args)]
pub(super) struct Canonical {
    /// A file with one JSON value; - is standard input.
    #[arg(value_name = "FILE")]
    source: Source,
    /// Print the SHA-256 of the canonical bytes in hexadecimal.
    #[arg(long)]
    hash: bool,
}

impl Canonical {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<u8, Failure> {
        let limits = Limits {
            nesting: Limits::DEEPEST,
        };
        let json = self.source.read()?;
        let unfit = |error| self.source.is_not_json(&error);
        if self.hash {
            writeln!(out, "{}", hash(&json, &limits).map_err(unfit)?)?;
        } else {
            out.write_all(&canonicalize(&json, &limits).map_err(unfit)?)?;
        }
        Ok(0)
    }
}
