//! `machinaut rehearse`: what it is asked for, and what it exits with.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use machinaut_chain::envelope::{ActorId, ProjectId, SessionId};
use machinaut_chain::sample::{Hold, Story};
use machinaut_chain::ship::Sensitivity;
use machinaut_chain::timestamp::Instant;
use secrecy::SecretString;
use uuid::Uuid;

use super::Failure;
use crate::rehearsal::{Channel, Ending, Play, Script, now, read_pins};

const LONG: &str = "\
Plays the guard's side of the whole loop: announces a hold on a sample session, ships it, waits for your decision,
checks its signature exactly as a Lodestar guard does, takes it, and ships the session again with what became of it.

  1. In the web app, make a key on the page Keys and copy the authorized_keys list that it shows into keys.json.
  2. Make a token with both grants and put it into MACHINAUT_TOKEN.
  3. machinaut rehearse --pins keys.json
  4. Open the inbox, read why, and decide.

Without --pins every decision is refused, because nothing is pinned: that is what a guard does, too.
Exits with 0 when a decision counted (granted or denied), 3 when nobody decided in time, 4 when decisions were refused.";

/// Play the guard's side of the whole loop against a server, for someone who has no Lodestar yet.
#[derive(Debug, Args)]
#[command(long_about = LONG)]
pub(super) struct Rehearse {
    /// The server.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3000")]
    endpoint: String,
    /// The environment variable that holds a token with the grants ship and approvals.
    #[arg(long, value_name = "VARIABLE", default_value = "MACHINAUT_TOKEN")]
    token_env: String,
    /// The project that the sample session belongs to.
    #[arg(long, default_value = "rehearsal")]
    project: String,
    /// The pinned keys, as the page Keys shows them and Lodestar's configuration holds them.
    #[arg(long, value_name = "FILE")]
    pins: Option<PathBuf>,
    /// One pinned public key, in PEM; --approver says whose.
    #[arg(long, value_name = "FILE", requires = "approver")]
    pin: Option<PathBuf>,
    /// The approver id of --pin, as the page Keys shows it.
    #[arg(long, value_name = "ID", requires = "pin")]
    approver: Option<String>,
    /// How long to wait for a decision, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    timeout: u32,
    /// How much of the session is shipped: lodestar ship sends internal unless it is told otherwise.
    #[arg(long, value_enum, value_name = "CEILING", default_value_t = Ceiling::Secret)]
    sensitivity_ceiling: Ceiling,
    /// How long to stay silent after a decision was accepted, in milliseconds.
    #[arg(long, hide = true, default_value_t = 4_000)]
    silence_ms: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Ceiling {
    Public,
    Internal,
    Confidential,
    Secret,
}

impl From<Ceiling> for Sensitivity {
    fn from(ceiling: Ceiling) -> Self {
        match ceiling {
            Ceiling::Public => Self::Public,
            Ceiling::Internal => Self::Internal,
            Ceiling::Confidential => Self::Confidential,
            Ceiling::Secret => Self::Secret,
        }
    }
}

impl Rehearse {
    pub(super) fn run(
        &self,
        environment: &[(String, String)],
        out: &mut dyn Write,
    ) -> Result<u8, Failure> {
        let token = environment
            .iter()
            .find(|(name, value)| *name == self.token_env && !value.is_empty())
            .map(|(_, value)| SecretString::from(value.as_str()))
            .ok_or_else(|| {
                Failure::Usage(format!(
                    "There is no token in {}. Make one with: machinaut admin create-token --org ORG --grant ship \
                     --grant approvals --name rehearsal",
                    self.token_env
                ))
            })?;
        let single = self.pin.as_deref().zip(self.approver.as_deref());
        let pins = read_pins(self.pins.as_deref(), single).map_err(Failure::Usage)?;
        if self.pins.is_none() && single.is_none() {
            writeln!(
                out,
                "No key is pinned, so every decision will be refused, as a guard refuses it. Pin one with --pins FILE \
                 (see machinaut rehearse --help)."
            )?;
        }
        let held_at = now();
        let deadline = Instant::from_millis(
            held_at
                .millis()
                .saturating_add(i64::from(self.timeout) * 1000),
        );
        let script = Script {
            hold: Hold::push_to_main(self.story(held_at, deadline)?),
            deadline,
            pins,
            ceiling: self.sensitivity_ceiling.into(),
            silence: Duration::from_millis(self.silence_ms),
        };
        let channel = Channel::to(&self.endpoint, token)
            .map_err(|trouble| Failure::Usage(trouble.to_string()))?;
        let ending = Play::new(script, channel, out)
            .run()
            .map_err(|stopped| Failure::Rehearsal(stopped.to_string()))?;
        Ok(match ending {
            Ending::Decided(_) => 0,
            Ending::Undecided => 3,
            Ending::Refused => 4,
        })
    }

    fn story(&self, held_at: Instant, deadline: Instant) -> Result<Story, Failure> {
        let unfit = |_| {
            Failure::Usage(
                "--project must be 1 to 1,024 characters, none of them a control character."
                    .to_owned(),
            )
        };
        Ok(Story {
            project: self.project.parse::<ProjectId>().map_err(unfit)?,
            session: format!("rehearsal-{}", Uuid::now_v7())
                .parse::<SessionId>()
                .map_err(unfit)?,
            agent: "agent:rehearsal".parse::<ActorId>().map_err(unfit)?,
            first_seq: 0,
            request_id: Uuid::now_v7().to_string(),
            action_id: Uuid::now_v7().to_string(),
            held_at,
            deadline: Some(deadline),
        })
    }
}
