//! The `machinaut` command: what it can be asked to do, and how it says that something went wrong.
//!
//! Results go to standard output, everything else to standard error. A failure is one sentence that says what to
//! do, and an exit code that a script can tell apart.

mod admin;
mod backup;
mod chain;
mod doctor;
mod failure;
mod listen;
mod quiet;
mod rehearse;
mod reindex;
mod serve;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::logging;
use crate::settings::{self, DEFAULTS, Settings};
use crate::traces::Traces;

pub use failure::Failure;
pub use serve::Serving;

const AFTER: &str = "\
Settings come from machinaut.toml in the working directory (or --config FILE) and from MACHINAUT_* variables;
`machinaut settings` prints every one with its default. Most used: MACHINAUT_LISTEN, MACHINAUT_PUBLIC_URL,
MACHINAUT_DATA_DIR, MACHINAUT_DATABASE_URL, MACHINAUT_LOG.

Exit codes: 0 done · 1 it failed, standard error says why · 2 the command line or a setting is wrong.
Two commands have more to tell: rehearse (3 nobody decided in time · 4 a decision came and was refused) and
chain (1 findings, or refused · 3 the input cannot be read; see machinaut chain --help). doctor: 1 something is wrong.";

/// Machinaut: approve, audit and prove what AI agents do, beside Lodestar.
#[derive(Debug, Parser)]
#[command(name = "machinaut", version, after_help = AFTER, max_term_width = 110)]
struct Command {
    /// Read settings from this file instead of machinaut.toml in the working directory.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Serve the web app and the machine API. Brings the database up to date first; on the first start it prints
    /// a one-time link to set up your organisation.
    Serve,
    /// Create the database where there is none and bring its schema up to date, then exit.
    Migrate,
    /// Build the search index anew, with the servers that run or, where none does, by itself. Can be stopped and
    /// given again.
    Reindex,
    /// Print every setting with its default and what it means.
    Settings,
    /// Say what is configured, reachable and up to date, and what to do about the rest. Changes nothing.
    Doctor(doctor::Doctor),
    /// Copy the default database into a file, while the server runs.
    Backup(backup::Backup),
    /// Do what only whoever runs the server may: make organisations, tokens and set-up links.
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Play the guard's side of the whole loop against a server, for someone who has no Lodestar yet.
    Rehearse(rehearse::Rehearse),
    /// Read Lodestar's logs, shipped bodies, policies and resolutions on this machine, without a server.
    Chain(chain::Chain),
}

/// Runs the command of this process and gives its exit code.
pub fn main() -> ExitCode {
    let mut out = quiet::UntilClosed::new(std::io::stdout());
    let mut err = std::io::stderr();
    ExitCode::from(run(
        std::env::args_os(),
        std::env::vars_os(),
        &mut out,
        &mut err,
    ))
}

/// Runs one command: `arguments` begin with the name of the program.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let command = match Command::try_parse_from(arguments) {
        Ok(command) => command,
        Err(usage) => {
            let asked_for = !usage.use_stderr();
            let text = usage.render();
            // There is nobody to tell when even this cannot be written.
            let _ = if asked_for {
                write!(out, "{text}")
            } else {
                write!(err, "{text}")
            };
            return if asked_for { 0 } else { 2 };
        }
    };
    // Variables that are not text are nobody's settings.
    let environment: Vec<(String, String)> = environment
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    match perform(command, environment, out) {
        Ok(code) => code,
        Err(failure) => {
            let _ = writeln!(err, "machinaut: {failure}");
            failure.exit_code()
        }
    }
}

fn perform(
    command: Command,
    environment: Vec<(String, String)>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    match command.task {
        Task::Settings => {
            write!(out, "{DEFAULTS}")?;
            return Ok(0);
        }
        // It talks to a server and has no use for this machine's settings.
        Task::Rehearse(rehearse) => return rehearse.run(&environment, out),
        Task::Chain(chain) => return chain.run(out),
        _ => {}
    }
    let settings = Settings::load(command.config.as_deref(), environment)?;
    let traces = match command.task {
        Task::Serve => traces_of(&settings)?,
        _ => None,
    };
    logging::start(&settings, traces.as_ref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let code = runtime.block_on(async {
        match command.task {
            Task::Serve => serve::serve(&settings, out).await?,
            Task::Migrate => serve::migrate(&settings, out).await?,
            Task::Reindex => reindex::reindex(&settings, out).await?,
            Task::Admin(admin) => admin.run(&settings, out).await?,
            Task::Doctor(doctor) => return doctor.run(&settings, out).await,
            Task::Backup(backup) => backup.run(&settings, out).await?,
            Task::Settings | Task::Rehearse(_) | Task::Chain(_) => {}
        }
        Ok(0)
    });
    if let Some(traces) = traces {
        traces.finish();
    }
    code
}

fn traces_of(settings: &Settings) -> Result<Option<Traces>, Failure> {
    let traces = settings.otel_endpoint.as_ref().map(Traces::to).transpose();
    Ok(traces
        .map_err(|error| settings::Error::Invalid(format!("Traces cannot be told: {error}.")))?)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::run;

    fn machinaut(arguments: &[&str]) -> (u8, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let arguments = std::iter::once("machinaut")
            .chain(arguments.iter().copied())
            .map(OsString::from);
        let code = run(arguments, [], &mut out, &mut err);
        (
            code,
            String::from_utf8(out).unwrap(),
            String::from_utf8(err).unwrap(),
        )
    }

    #[test]
    fn the_command_line_is_consistent() {
        <super::Command as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn help_names_every_task_and_the_exit_codes() {
        let (code, out, _) = machinaut(&["--help"]);
        assert_eq!(code, 0);
        for word in [
            "serve",
            "migrate",
            "settings",
            "admin",
            "rehearse",
            "chain",
            "MACHINAUT_LISTEN",
            "Exit codes",
        ] {
            assert!(out.contains(word), "{word}");
        }
    }

    #[test]
    fn a_command_that_does_not_exist_is_a_usage_error() {
        let (code, out, err) = machinaut(&["sevre"]);
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(err.contains("serve"), "{err}");
    }

    #[test]
    fn the_settings_are_printed_with_their_documentation() {
        let (code, out, _) = machinaut(&["settings"]);
        assert_eq!(code, 0);
        assert!(out.contains("MACHINAUT_DATABASE_URL"));
    }

    #[test]
    fn a_settings_file_that_is_not_there_is_one_sentence_and_exit_code_2() {
        let (code, _, err) = machinaut(&["--config", "/nowhere.toml", "migrate"]);
        assert_eq!(code, 2);
        assert!(
            err.starts_with("machinaut: The settings file /nowhere.toml")
                && err.lines().count() == 1,
            "{err}"
        );
    }
}
