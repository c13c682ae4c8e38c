//! What an operator can set, and where it comes from: the commented default file that is compiled in
//! (`default.toml`), then `machinaut.toml`, then the environment.
//!
//! Every value is checked here, once, so that the rest of the program holds only values that make sense.
//! A setting that nobody knows is refused by name, and no message ever shows a value that could be a secret.

mod environment;
mod source;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Format, Toml};
use machinaut_control::ingest::Quotas;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use environment::Environment;
use source::{Raw, sentence};

/// The commented default file: the defaults and their documentation in one.
pub const DEFAULTS: &str = include_str!("default.toml");

/// The file that is read from the working directory when no other is named.
pub const FILE: &str = "machinaut.toml";

/// Why the settings cannot be used. Each message is a sentence that says what to change and where.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// A file that was asked for by name is not there or cannot be read.
    #[error("The settings file {} cannot be read: {reason}. Check the path after --config.", path.display())]
    Unreadable {
        /// The path as it was given.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// A value is unknown, of another type or makes no sense.
    #[error("{0}")]
    Invalid(String),
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Bounds on what strangers may send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// The largest shipped body, in bytes.
    pub body_bytes: u64,
    /// The longest line of a shipped body, in bytes.
    pub line_bytes: usize,
    /// How deep shipped JSON may be nested.
    pub nesting: usize,
    /// The longest id, in characters.
    pub id_characters: usize,
    /// The largest form, server-function call or announcement, in bytes.
    pub form_bytes: usize,
    /// How long a sender may stay silent in the middle of a body.
    pub body_idle: Duration,
    /// How fast a body has to come on the whole, once it takes longer than that.
    pub body_bytes_per_second: u64,
    /// How long the head of a request may take.
    pub head: Duration,
    /// How many ships may be open at once.
    pub ships_open: usize,
    /// How many of them may be of one organisation.
    pub ships_open_per_organisation: usize,
    /// How many shipped bodies are read at once.
    pub ships_at_once: usize,
    /// How much room bodies that were not read yet may take on disk.
    pub ships_waiting_bytes: u64,
    /// How many searches run at once.
    pub searches_at_once: usize,
}

/// Everything that an operator can set, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// How people reach it, where that was said.
    public_url: Option<Url>,
    /// Where the default database lives.
    pub data_dir: PathBuf,
    database_url: Option<SecretString>,
    /// Where the embedded search index lies.
    pub search_dir: PathBuf,
    meili_url: Option<Url>,
    meili_key: Option<SecretString>,
    /// The log filter.
    pub log: String,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// Bounds on what strangers may send.
    pub limits: Limits,
    /// How much each organisation may ship.
    pub quotas: Quotas,
    /// How long a fetch is held open while there is no decision.
    pub approvals_wait: Duration,
    /// How long a browser stays signed in without being used.
    pub session_idle: Duration,
    /// How long a stopping server lets running requests finish.
    pub shutdown_grace: Duration,
    /// Where figures for Prometheus are served, if anywhere: a loopback address.
    pub metrics_listen: Option<SocketAddr>,
    /// The OpenTelemetry collector that traces are told to, if any. It holds no secret.
    pub otel_endpoint: Option<Url>,
}

impl Settings {
    /// Reads the settings: defaults, then the file (`config`, or [`FILE`] in the working directory if it is
    /// there), then `environment` (all variables of the process; only those with our prefix are looked at).
    pub fn load(
        config: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Error> {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        let file = config.unwrap_or(Path::new(FILE));
        match std::fs::read_to_string(file) {
            Ok(text) => figment = figment.merge(source::File::new(file, &text)),
            Err(error) if config.is_none() && error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(Error::Unreadable {
                    path: file.to_owned(),
                    reason: error.to_string(),
                });
            }
        }
        let figment = figment.merge(Environment::new(environment));
        let raw: Raw = figment
            .extract()
            .map_err(|error| Error::Invalid(sentence(error.into_iter().next())))?;
        raw.check()
    }

    /// How people and guards reach a server that is bound to `bound`.
    pub fn public_url(&self, bound: SocketAddr) -> PublicUrl {
        PublicUrl(self.public_url.clone().unwrap_or_else(|| local_url(bound)))
    }

    /// Sets the limits that the control plane keeps to.
    pub fn bound(&self, limits: &mut machinaut_control::Limits) {
        limits.ship_body_bytes = self.limits.body_bytes;
        limits.ship_line_bytes = self.limits.line_bytes;
        limits.nesting = self.limits.nesting;
        limits.id_chars = self.limits.id_characters;
        limits.ships_open = self.limits.ships_open;
        limits.ships_open_per_tenant = self.limits.ships_open_per_organisation;
        limits.ships_at_once = self.limits.ships_at_once;
        limits.searches_at_once = self.limits.searches_at_once;
        limits.ship_room_bytes = self.limits.ships_waiting_bytes;
        limits.quotas = self.quotas;
        limits.sign_in_lifetime = self.session_idle;
    }

    /// The database to connect to. It may hold a password.
    pub fn database_url(&self) -> SecretString {
        self.database_url.clone().unwrap_or_else(|| {
            let file = self.data_dir.join("machinaut.db");
            SecretString::from(format!("sqlite://{}", file.display()))
        })
    }

    /// What does the searching.
    pub fn search(&self) -> machinaut_control::search::Settings {
        use machinaut_control::search;

        match &self.meili_url {
            Some(url) => search::Settings::Meilisearch {
                url: url.as_str().trim_end_matches('/').to_owned(),
                key: self.meili_key.clone(),
                index: search::MEILISEARCH_INDEX.to_owned(),
            },
            None => search::Settings::Embedded(self.search_dir.clone()),
        }
    }

    /// The file of the database, where it is SQLite.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        match &self.database_url {
            None => Some(self.data_dir.join("machinaut.db")),
            Some(url) => {
                let path = url.expose_secret().strip_prefix("sqlite:")?;
                let path = path.strip_prefix("//").unwrap_or(path);
                Some(PathBuf::from(path.split('?').next().unwrap_or(path)))
            }
        }
    }

    /// Whether the default database, a file in the data directory, is used.
    pub fn keeps_its_own_database(&self) -> bool {
        self.database_url.is_none()
    }
}

/// How people and guards reach the server: scheme, host and port, and no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl PublicUrl {
    /// Whether browsers reach it over TLS, so that cookies can and must be `Secure`.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it names this very machine, where plain http is nobody else's to read.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// The origin as a browser writes it in the `Origin` header.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The address of a path on this server; `path` begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.origin())
    }
}

fn local_url(bound: SocketAddr) -> Url {
    let mut address = bound;
    if bound.ip().is_unspecified() {
        address.set_ip(match bound.ip() {
            IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(_) => IpAddr::from(std::net::Ipv6Addr::LOCALHOST),
        });
    }
    let mut url = LOOPBACK.clone();
    // Both cannot fail: the scheme has a host, and an address is one.
    let _ = url.set_ip_host(address.ip());
    let _ = url.set_port(Some(address.port()));
    url
}

static LOOPBACK: std::sync::LazyLock<Url> = std::sync::LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a constant")]
    Url::parse("http://127.0.0.1").expect("a constant address")
});

#[cfg(test)]
mod tests;
