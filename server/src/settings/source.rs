//! The settings as they are written, before they are checked, and the sentences for what is wrong with them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::error::Kind;
use figment::providers::{Format, Toml};
use figment::value::{Dict, Map};
use figment::{Metadata, Profile, Provider};
use machinaut_control::ingest::Quotas;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::{Error, Limits, LogFormat, Settings};

/// A settings file that was read already.
pub(super) struct File {
    name: String,
    toml: figment::providers::Data<Toml>,
}

impl File {
    pub(super) fn new(path: &Path, text: &str) -> Self {
        Self {
            name: path.display().to_string(),
            toml: Toml::string(text),
        }
    }
}

impl Provider for File {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone()).interpolater(|_: &Profile, keys: &[&str]| keys.join("."))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        self.toml.data()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    listen: String,
    public_url: Option<String>,
    data_dir: PathBuf,
    database_url: Option<String>,
    log: String,
    log_format: LogFormat,
    limits: RawLimits,
    quotas: RawQuotas,
    approvals: RawApprovals,
    sessions: RawSessions,
    search: RawSearch,
    meili: RawMeili,
    shutdown: RawShutdown,
    #[serde(default)]
    metrics: RawMetrics,
    #[serde(default)]
    otel: RawOtel,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimits {
    body_bytes: u64,
    line_bytes: usize,
    nesting: usize,
    id_characters: usize,
    form_bytes: usize,
    body_idle_ms: u64,
    body_bytes_per_second: u64,
    head_ms: u64,
    ships_open: usize,
    ships_open_per_organisation: usize,
    ships_at_once: usize,
    ships_waiting_bytes: u64,
    searches_at_once: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuotas {
    bytes_per_day: u64,
    sessions_per_day: u64,
    stored_bytes: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawApprovals {
    wait_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSessions {
    idle_hours: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSearch {
    dir: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMeili {
    url: Option<String>,
    key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShutdown {
    grace_ms: u64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawMetrics {
    listen: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawOtel {
    endpoint: Option<String>,
}

impl Raw {
    pub(super) fn check(self) -> Result<Settings, Error> {
        let listen: SocketAddr = self.listen.parse().map_err(|_| {
            Error::Invalid(
                "`listen` must be an address and a port, such as 127.0.0.1:3000 or [::]:3000; \
                 set MACHINAUT_LISTEN or `listen` in machinaut.toml."
                    .to_owned(),
            )
        })?;
        if self.data_dir.as_os_str().is_empty() {
            return Err(invalid("data_dir", "a folder"));
        }
        let metrics_listen = self
            .metrics
            .listen
            .as_deref()
            .map(metrics_listen)
            .transpose()?;
        positive("limits.body_bytes", self.limits.body_bytes)?;
        positive("limits.body_idle_ms", self.limits.body_idle_ms)?;
        positive("limits.line_bytes", self.limits.line_bytes)?;
        positive("limits.nesting", self.limits.nesting)?;
        positive("limits.id_characters", self.limits.id_characters)?;
        positive("limits.form_bytes", self.limits.form_bytes)?;
        positive("limits.head_ms", self.limits.head_ms)?;
        positive("limits.ships_open", self.limits.ships_open)?;
        let per_organisation = self.limits.ships_open_per_organisation;
        positive("limits.ships_open_per_organisation", per_organisation)?;
        positive("limits.ships_at_once", self.limits.ships_at_once)?;
        positive("limits.searches_at_once", self.limits.searches_at_once)?;
        positive("sessions.idle_hours", self.sessions.idle_hours)?;
        Ok(Settings {
            listen,
            public_url: self.public_url.as_deref().map(public_url).transpose()?,
            search_dir: self
                .search
                .dir
                .unwrap_or_else(|| self.data_dir.join("search")),
            data_dir: self.data_dir,
            meili_url: self.meili.url.as_deref().map(meili_url).transpose()?,
            meili_key: self.meili.key.map(SecretString::from),
            database_url: self.database_url.map(SecretString::from),
            log: self.log,
            log_format: self.log_format,
            limits: Limits {
                body_bytes: self.limits.body_bytes,
                line_bytes: self.limits.line_bytes,
                nesting: self.limits.nesting,
                id_characters: self.limits.id_characters,
                form_bytes: self.limits.form_bytes,
                body_idle: Duration::from_millis(self.limits.body_idle_ms),
                body_bytes_per_second: self.limits.body_bytes_per_second,
                head: Duration::from_millis(self.limits.head_ms),
                ships_open: self.limits.ships_open,
                ships_open_per_organisation: per_organisation,
                ships_at_once: self.limits.ships_at_once,
                ships_waiting_bytes: self.limits.ships_waiting_bytes,
                searches_at_once: self.limits.searches_at_once,
            },
            quotas: Quotas {
                bytes_per_day: unless_zero(self.quotas.bytes_per_day),
                sessions_per_day: unless_zero(self.quotas.sessions_per_day),
                stored_bytes: unless_zero(self.quotas.stored_bytes),
            },
            approvals_wait: Duration::from_millis(self.approvals.wait_ms),
            session_idle: Duration::from_secs(u64::from(self.sessions.idle_hours) * 3600),
            shutdown_grace: Duration::from_millis(self.shutdown.grace_ms),
            metrics_listen,
            otel_endpoint: self
                .otel
                .endpoint
                .as_deref()
                .map(otel_endpoint)
                .transpose()?,
        })
    }
}

/// Figures about every tenant are for this machine alone.
fn metrics_listen(text: &str) -> Result<SocketAddr, Error> {
    let address = text.parse::<SocketAddr>().ok();
    address
        .filter(|address| address.ip().is_loopback())
        .ok_or_else(|| {
            invalid(
                "metrics.listen",
                "an address of this machine alone and a port, such as 127.0.0.1:9464",
            )
        })
}

fn invalid(key: &str, wanted: &str) -> Error {
    Error::Invalid(format!(
        "`{key}` must be {wanted}; correct it in machinaut.toml or the environment."
    ))
}

/// A quota; zero is none.
fn unless_zero(quota: u64) -> Option<u64> {
    (quota > 0).then_some(quota)
}

fn positive<T: Default + PartialEq + Copy>(key: &str, value: T) -> Result<(), Error> {
    if value == T::default() {
        Err(invalid(key, "greater than zero"))
    } else {
        Ok(())
    }
}

fn public_url(text: &str) -> Result<Url, Error> {
    let wanted = "an http or https address without a path, such as https://machinaut.example";
    let url = Url::parse(text).map_err(|_| invalid("public_url", wanted))?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if plain {
        Ok(url)
    } else {
        Err(invalid("public_url", wanted))
    }
}

fn meili_url(text: &str) -> Result<Url, Error> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
        .ok_or_else(|| {
            invalid(
                "meili.url",
                "an http or https address, such as http://127.0.0.1:7700",
            )
        })
}

/// An address alone: what a collector asks for to let us in goes into headers.
fn otel_endpoint(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host().is_some()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    url.ok_or_else(|| {
        invalid(
            "otel.endpoint",
            "an http or https address without a password, such as http://127.0.0.1:4318",
        )
    })
}

/// One sentence that names the key and its source, and never a value: a value in the wrong place may be a secret.
pub(super) fn sentence(error: Option<figment::Error>) -> String {
    let Some(error) = error else {
        return "The settings cannot be read.".to_owned();
    };
    let source = error
        .metadata
        .as_ref()
        .map_or("the settings", |metadata| metadata.name.as_ref());
    let key = |last: Option<&str>| {
        error
            .path
            .iter()
            .map(String::as_str)
            .chain(last)
            .collect::<Vec<_>>()
            .join(".")
    };
    match &error.kind {
        Kind::UnknownField(name, known) => {
            // The path of an unknown field ends with the field itself.
            let key = if error.path.last() == Some(name) {
                key(None)
            } else {
                key(Some(name))
            };
            format!(
                "Unknown setting `{key}` in {source}. There are: {}. `machinaut settings` prints them all with their defaults.",
                known.join(", ")
            )
        }
        Kind::UnknownVariant(_, known) => {
            format!(
                "`{}` in {source} must be one of: {}.",
                key(None),
                known.join(", ")
            )
        }
        Kind::InvalidType(_, wanted) | Kind::InvalidValue(_, wanted) => {
            format!("`{}` in {source} must be {wanted}.", key(None))
        }
        Kind::Message(message) if error.path.is_empty() => {
            format!("{source} is not valid TOML: {}.", first_line(message))
        }
        _ => format!("`{}` in {source} cannot be used.", key(None)),
    }
}

/// Where in the file, without the excerpt below it.
fn first_line(message: &str) -> &str {
    message
        .lines()
        .next()
        .unwrap_or_default()
        .trim_end_matches('.')
}
