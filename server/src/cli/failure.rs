//! Why a command failed: one sentence for the person at the console, and an exit code.

use std::net::SocketAddr;

use crate::settings;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] settings::Error),
    /// The control plane refused or failed.
    #[error("{error}{}", advice(error))]
    Control {
        /// What it says.
        #[from]
        error: machinaut_control::Error,
    },
    /// The address cannot be listened on.
    #[error(
        "Cannot listen on {address}: {reason}. Stop what uses it, or set MACHINAUT_LISTEN to another address."
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        reason: std::io::Error,
    },
    /// The address for Prometheus cannot be listened on.
    #[error(
        "Cannot listen on {address} for Prometheus: {reason}. Stop what uses it, or set MACHINAUT_METRICS_LISTEN to \
         another address."
    )]
    ListenForMetrics {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        reason: std::io::Error,
    },
    /// A backup could not be made.
    #[error("{0}")]
    Backup(String),
    /// The operating system refused something else.
    #[error("The operating system refused: {0}.")]
    System(#[from] std::io::Error),
    /// What was asked for on the command line makes no sense here.
    #[error("{0}")]
    Usage(String),
    /// A rehearsal could not go on.
    #[error("{0}")]
    Rehearsal(String),
    /// A file cannot be read as what the command reads.
    #[error("{0}")]
    Unreadable(String),
    /// What was asked about is not in the file.
    #[error("{0}")]
    NotThere(String),
}

impl Failure {
    /// The exit code, as `machinaut --help` and `machinaut chain --help` document it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::Usage(_) => 2,
            Self::Unreadable(_) => 3,
            Self::Control { .. }
            | Self::Listen { .. }
            | Self::ListenForMetrics { .. }
            | Self::Backup(_)
            | Self::System(_)
            | Self::Rehearsal(_)
            | Self::NotThere(_) => 1,
        }
    }
}

/// What to do about a control plane that cannot work, where the sentence itself does not say it.
fn advice(error: &machinaut_control::Error) -> &'static str {
    match error {
        machinaut_control::Error::Database(_) => {
            " Check that MACHINAUT_DATABASE_URL names a database that runs, or that MACHINAUT_DATA_DIR can be written."
        }
        _ => "",
    }
}
