//! `machinaut chain`: what follows from a log, a policy or a resolution, at the command line.
//!
//! It is the crate `machinaut-chain` without a server: an operator looks into a session, an auditor
//! verifies one that somebody gave them, a script compares. It needs no settings and no database.

mod canonical;
mod derived;
mod hidden;
mod outline;
mod policy;
mod records;
mod resolution;
mod source;
mod verify;
mod why;
mod why_text;
mod wrap;

use std::io::{BufWriter, Write};

use clap::{Args, Subcommand};

use super::Failure;

const LONG: &str = "\
Read Lodestar's logs, shipped bodies, policies and resolutions on this machine, without a server.

FILE is a session's raw log (log.ndjson, one event a line) or a shipped body (its first line is the manifest);
which of the two is told from its first line. `-` reads standard input. A body is read as strictly as the server
reads it: one that breaks the format is refused whole. A log may hold one session; --session picks one of several.";

const AFTER: &str = "\
Output: projection, pending, calibration and harvest print exactly the bytes that Lodestar writes (projection and
harvest on one line, pending and calibration indented by one space) and one final line feed, so that diff is silent.
canonical prints the canonical bytes and nothing after them. Characters that would act on a terminal are shown as
their code points by why --text, and escaped in the JSON of why, verify and check-resolution.

Exit codes:
  0  done: printed; or verified without a finding; or the resolution counts; or the policy is valid
  1  why, policy: the action is not in the file · verify: findings · check-resolution: refused ·
     policy: not a policy, or changed after it was signed · anything else that failed
  2  the command line is wrong
  3  the input cannot be read: it is not there, not JSON, or neither a log nor a shipped body;
     standard error names the file, the line and, where it is known, the column";

/// Read Lodestar's logs, shipped bodies, policies and resolutions on this machine, without a server.
#[derive(Debug, Args)]
#[command(long_about = LONG, after_help = AFTER)]
pub(super) struct Chain {
    #[command(subcommand)]
    question: Question,
}

/// What can be asked.
#[derive(Debug, Subcommand)]
enum Question {
    /// The chain of the session, as Lodestar's wire projection (JSON).
    Projection(records::Session),
    /// The holds that no event of the log resolves, as Lodestar's pendingApprovals (JSON). It has no clock.
    Pending(records::Session),
    /// How well confidence fits what happened, as Lodestar's calibrate (JSON).
    Calibration(records::Session),
    /// What the session learned and a human may keep, as Lodestar's harvestCandidates (JSON).
    Harvest(records::Session),
    /// The session as a report in markdown.
    Report(records::Session),
    /// Everything behind one action, and what should make an approver hesitate (JSON, or --text).
    Why(why::Why),
    /// Re-hash everything, check every place and id, and list each finding.
    Verify(verify::Verify),
    /// The canonical bytes of a JSON value, or their SHA-256.
    Canonical(canonical::Canonical),
    /// Say whether a guard with these pinned keys would accept this resolution of a hold.
    CheckResolution(resolution::CheckResolution),
    /// Validate and hash a policy, and say what it says about an action.
    Policy(policy::Policy),
}

impl Chain {
    /// Answers, and gives the exit code.
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<u8, Failure> {
        let mut out = BufWriter::new(out);
        let code = match &self.question {
            Question::Projection(session) => derived::projection(session, &mut out),
            Question::Pending(session) => derived::pending(session, &mut out),
            Question::Calibration(session) => derived::calibration(session, &mut out),
            Question::Harvest(session) => derived::harvest(session, &mut out),
            Question::Report(session) => derived::report(session, &mut out),
            Question::Why(why) => why.run(&mut out),
            Question::Verify(verify) => verify.run(&mut out),
            Question::Canonical(canonical) => canonical.run(&mut out),
            Question::CheckResolution(check) => check.run(&mut out),
            Question::Policy(policy) => policy.run(&mut out),
        }?;
        out.flush()?;
        Ok(code)
    }
}
