//! `machinaut doctor`: what is configured, reachable and up to date, and what to do about the rest.

mod checks;

use std::io::Write;

use clap::Args;
use serde::Serialize;

use super::Failure;
use crate::settings::Settings;

const LONG: &str = "\
Looks at everything that the server needs, changes nothing, and says what it found: the settings in effect, the data
directory and the room on its disk, the database and its schema, whether a server answers, what the public address
means for sign-ins, the clock, and where figures and traces go. No secret is shown.

Exits with 0 when nothing is wrong, also where there are warnings, and with 1 when something is.";

/// Say what is configured, reachable and up to date, and what to do about the rest. Changes nothing.
#[derive(Debug, Args)]
#[command(long_about = LONG)]
pub(super) struct Doctor {
    /// Print JSON: {"ok": …, "checks": [{"name", "state", "said"}]}.
    #[arg(long)]
    json: bool,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    said: String,
}

impl Check {
    fn ok(name: &'static str, said: impl Into<String>) -> Self {
        Self::new(name, State::Ok, said)
    }

    fn warning(name: &'static str, said: impl Into<String>) -> Self {
        Self::new(name, State::Warning, said)
    }

    fn wrong(name: &'static str, said: impl Into<String>) -> Self {
        Self::new(name, State::Wrong, said)
    }

    fn new(name: &'static str, state: State, said: impl Into<String>) -> Self {
        let said = said.into();
        Self { name, state, said }
    }
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    checks: Vec<Check>,
}

impl Doctor {
    pub(super) async fn run(
        &self,
        settings: &Settings,
        out: &mut dyn Write,
    ) -> Result<u8, Failure> {
        let checks = checks::all(settings).await;
        let ok = checks.iter().all(|check| check.state != State::Wrong);
        let report = Report { ok, checks };
        if self.json {
            let json = serde_json::to_string_pretty(&report).map_err(std::io::Error::other)?;
            writeln!(out, "{json}")?;
        } else {
            report.tell(out)?;
        }
        Ok(u8::from(!ok))
    }
}

impl Report {
    fn tell(&self, out: &mut dyn Write) -> Result<(), Failure> {
        for Check { name, state, said } in &self.checks {
            let state = match state {
                State::Ok => "ok",
                State::Warning => "warning",
                State::Wrong => "WRONG",
            };
            writeln!(out, "{state:<8} {name:<15} {said}")?;
        }
        let of = |state| {
            self.checks
                .iter()
                .filter(|check| check.state == state)
                .count()
        };
        let (wrong, warnings) = (of(State::Wrong), of(State::Warning));
        let verdict = match (wrong, warnings) {
            (0, 0) => "Everything is as it should be.".to_owned(),
            (0, some) => format!("Nothing is wrong; {some} to think about."),
            (some, _) => format!("{some} wrong."),
        };
        writeln!(out, "\n{verdict}")?;
        Ok(())
    }
}
