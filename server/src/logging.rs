//! What the program says about itself, on standard error: one line an event, for people or for machines.
//!
//! A line names routes, statuses, durations and our own ids. It never holds a payload, a token, a cookie, or a
//! path as it was asked for, because paths carry ids that strangers chose and set-up links that are secrets.

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::settings::{Error, LogFormat, Settings};
use crate::traces::Traces;

/// Starts logging for the whole process, and tracing where there are `traces`. Does nothing when it was started before,
/// as in tests.
pub fn start(settings: &Settings, traces: Option<&Traces>) -> Result<(), Error> {
    let filter = filter(&settings.log)?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false);
    let lines = match settings.log_format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // How much is logged says nothing about what is traced. Fails only when logging was started before.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(traces.map(Traces::layer))
        .try_init();
    Ok(())
}

fn filter(text: &str) -> Result<EnvFilter, Error> {
    let filter = EnvFilter::try_new(text).map_err(|_| {
        Error::Invalid(
            "`log` must be error, warn, info, debug or trace, or a filter such as \
             \"warn,machinaut_server=debug\"; set MACHINAUT_LOG or `log` in machinaut.toml."
                .to_owned(),
        )
    })?;
    // The database driver would write statements, the session layer cookies, at the levels below these.
    let quiet = [
        "sqlx=warn",
        "sea_orm=warn",
        "sea_orm_migration=warn",
        "tower_sessions=error",
        "tower_sessions_core=error",
    ];
    Ok(quiet
        .iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(filter, EnvFilter::add_directive))
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn a_level_and_a_filter_are_understood() {
        for text in ["info", "warn,machinaut_server=debug"] {
            assert!(filter(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_filter_that_makes_no_sense_is_refused_with_a_sentence() {
        let said = filter("machinaut_server=loud").unwrap_err().to_string();
        assert!(said.contains("MACHINAUT_LOG"), "{said}");
    }

    #[test]
    fn the_database_driver_stays_quiet_even_when_everything_is_traced() {
        let shown = filter("trace").unwrap().to_string();
        assert!(
            shown.contains("sqlx=warn") && shown.contains("tower_sessions=error"),
            "{shown}"
        );
    }
}
