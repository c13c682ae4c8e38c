//! What is looked at, in the order in which one thing needs another.

use std::path::Path;
use std::time::Duration;

use machinaut_control::search;
use machinaut_control::upkeep::{self, Engine};
use machinaut_control::{Control, LocalOperator};

use super::Check;
use crate::cli::serve::open;
use crate::settings::Settings;

/// Below this much room a warning is due: a few thousand sessions.
const LITTLE_ROOM: u64 = 1024 * 1024 * 1024;
/// Below this much room a single ship may not fit.
const NO_ROOM: u64 = 128 * 1024 * 1024;
/// How far two clocks may be apart before deadlines are judged differently.
const CLOCK_TOLERANCE_MS: i64 = 2_000;
/// How long the search index may be behind before that is worth a word.
const BEHIND: Duration = Duration::from_secs(5);
/// 2026-01-01: no clock of a machine that runs this program is before it.
const EARLIEST_MS: i64 = 1_767_225_600_000;
/// How long a server on this machine is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the database is waited for.
const DATABASE_PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn all(settings: &Settings) -> Vec<Check> {
    let mut checks = vec![addresses(settings)];
    checks.extend(data_dir(settings));
    let database = database(settings).await;
    checks.extend(database.checks);
    checks.push(clock(database.ours, database.clock_ahead));
    checks.push(server(settings).await);
    checks.push(figures(settings));
    checks.push(traces(settings).await);
    checks
}

/// What the public address means.
fn addresses(settings: &Settings) -> Check {
    const NAME: &str = "address";
    let (listen, public) = (settings.listen, settings.public_url(settings.listen));
    let reached = format!("listens on {listen}, reached at {public}");
    if public.is_https() {
        let said = format!(
            "{reached}: cookies are Secure and bound to this host; a proxy has to speak TLS"
        );
        return Check::ok(NAME, said);
    }
    if !public.is_loopback() {
        let said = format!(
            "{reached}: over plain http everyone on the way reads passwords, cookies and tokens, and Lodestar refuses \
             it. Put a proxy with TLS in front and set MACHINAUT_PUBLIC_URL to its https address"
        );
        return Check::wrong(NAME, said);
    }
    if !listen.ip().is_loopback() {
        let said = format!(
            "{reached}: other machines can connect, but links, cookies and the cross-site check are made for this one. \
             Set MACHINAUT_PUBLIC_URL to the address that people type"
        );
        return Check::warning(NAME, said);
    }
    Check::ok(
        NAME,
        format!("{reached}: plain http, which only this machine can use"),
    )
}

/// The folder of the default database.
fn data_dir(settings: &Settings) -> Vec<Check> {
    const NAME: &str = "data directory";
    let Some(file) = settings.sqlite_file() else {
        return Vec::new();
    };
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let shown = folder.display();
    if !folder.is_dir() {
        let said = format!("{shown} is not there yet; machinaut serve makes it");
        return vec![Check::warning(NAME, said)];
    }
    vec![may_be_used(folder, &file), room(folder)]
}

/// Whether we can write there, and others cannot read it.
fn may_be_used(folder: &Path, file: &Path) -> Check {
    const NAME: &str = "data directory";
    let shown = folder.display();
    if let Err(error) = rustix::fs::access(
        folder,
        rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK,
    ) {
        return Check::wrong(NAME, format!("{shown} cannot be written: {error}"));
    }
    let beside = |suffix: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        std::path::PathBuf::from(name)
    };
    let files = [file.to_owned(), beside("-wal"), beside("-shm")];
    match files.iter().find(|file| others_may_read(file)) {
        Some(file) => {
            let file = file.display();
            let said = format!(
                "{file} can be read by other users of this machine, and it holds what was shipped and password hashes. \
                 Do: chmod 600 {file}"
            );
            Check::wrong(NAME, said)
        }
        None => Check::ok(
            NAME,
            format!("{shown} can be written, and its database is readable by its owner alone"),
        ),
    }
}

#[cfg(unix)]
fn others_may_read(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;

    file.metadata()
        .is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_may_read(_: &Path) -> bool {
    false
}

/// Whether there is room for what will be shipped.
fn room(folder: &Path) -> Check {
    const NAME: &str = "disk";
    let shown = folder.display();
    let free = match rustix::fs::statvfs(folder) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(error) => {
            return Check::warning(NAME, format!("the room at {shown} is not known: {error}"));
        }
    };
    let mib = free / (1024 * 1024);
    match free {
        0..NO_ROOM => Check::wrong(
            NAME,
            format!("only {mib} MiB are free at {shown}: ships will fail. Make room"),
        ),
        NO_ROOM..LITTLE_ROOM => Check::warning(NAME, format!("only {mib} MiB are free at {shown}")),
        _ => Check::ok(NAME, format!("{mib} MiB are free at {shown}")),
    }
}

/// What is known of the database, and what its clock and ours say.
struct Found {
    checks: Vec<Check>,
    ours: i64,
    clock_ahead: Option<i64>,
}

async fn database(settings: &Settings) -> Found {
    const NAME: &str = "database";
    let of = |check| Found {
        checks: vec![check],
        ours: system_clock(),
        clock_ahead: None,
    };
    let file = settings.sqlite_file();
    if let Some(file) = file.as_ref().filter(|file| !file.exists()) {
        let said = format!(
            "{} is not there yet; machinaut serve makes it",
            file.display()
        );
        return of(Check::warning(NAME, said));
    }
    let looking = async {
        let control = match open(settings).await {
            Ok(control) => control,
            Err(failure) => return of(Check::wrong(NAME, failure.to_string())),
        };
        let found = examine(&control, file.as_deref()).await;
        // It was only looked at.
        let _ = control.close().await;
        found
    };
    let found = tokio::time::timeout(DATABASE_PATIENCE, looking).await;
    found.unwrap_or_else(|_| {
        let said =
            "it does not answer. Check that MACHINAUT_DATABASE_URL names a database that runs";
        of(Check::wrong(NAME, said))
    })
}

async fn examine(control: &Control, file: Option<&Path>) -> Found {
    const NAME: &str = "database";
    let operator = LocalOperator::at_the_console();
    let ours = control.now().millis();
    let examined = match upkeep::examine(operator, control).await {
        Ok(examined) => examined,
        Err(error) => {
            return Found {
                checks: vec![Check::wrong(NAME, error.to_string())],
                ours,
                clock_ahead: None,
            };
        }
    };
    let which = match (examined.engine, file) {
        (Engine::Sqlite, Some(file)) => {
            format!("SQLite {} at {}", examined.version, file.display())
        }
        (Engine::Sqlite, None) => format!("SQLite {}", examined.version),
        (Engine::Postgres, _) => format!("PostgreSQL {}", examined.version),
    };
    let mut checks = vec![if examined.is_up_to_date {
        Check::ok(
            NAME,
            format!("{which} answers, and its schema is up to date"),
        )
    } else {
        let said = format!(
            "{which} answers, but its schema is not that of this program. machinaut migrate, or the next start of \
             machinaut serve, brings it up to date"
        );
        Check::wrong(NAME, said)
    }];
    if examined.is_up_to_date {
        checks.push(index(control).await);
    }
    Found {
        checks,
        ours,
        clock_ahead: examined.clock_ahead,
    }
}

/// Whether what was shipped can be found.
async fn index(control: &Control) -> Check {
    const NAME: &str = "search";
    let (size, fresh) = match (
        search::size(control).await,
        search::freshness(control).await,
    ) {
        (Ok(size), Ok(fresh)) => (size, fresh),
        (Err(error), _) | (_, Err(error)) => return Check::wrong(NAME, error.to_string()),
    };
    let Some((engine, documents)) = size else {
        return Check::ok(NAME, "switched off");
    };
    let which = format!("{engine} has {documents} documents");
    let (waiting, behind) = (fresh.waiting, fresh.behind.as_secs());
    match fresh.progress {
        Some(progress) => {
            let percent = progress.percent();
            let said = format!(
                "{which} and is built to {percent} %; a server that runs goes on building it"
            );
            Check::warning(NAME, said)
        }
        None if fresh.behind > BEHIND => {
            let said = format!(
                "{which} and is {behind} s behind: {waiting} changes wait. Does a server run?"
            );
            Check::warning(NAME, said)
        }
        None => Check::ok(NAME, format!("{which}, and {waiting} changes wait")),
    }
}

fn system_clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// Decisions are judged by deadlines, so the time has to be right.
fn clock(ours: i64, ahead: Option<i64>) -> Check {
    const NAME: &str = "clock";
    if ours < EARLIEST_MS {
        let said = "this machine thinks that it is before 2026: decisions would be judged by a wrong time. Set its clock";
        return Check::wrong(NAME, said);
    }
    match ahead {
        Some(ahead) if ahead.abs() > CLOCK_TOLERANCE_MS => Check::wrong(
            NAME,
            format!("the database's clock is {ahead} ms ahead of this machine's: synchronise both"),
        ),
        Some(ahead) => Check::ok(
            NAME,
            format!("the database's clock is {ahead} ms ahead of this machine's"),
        ),
        None => Check::ok(
            NAME,
            "the time is plausible; keep it synchronised, because deadlines are judged by it",
        ),
    }
}

/// Whether a server answers where one would listen.
async fn server(settings: &Settings) -> Check {
    const NAME: &str = "server";
    let url = format!("http://{}/readyz", reachable(settings.listen));
    let asked = url.clone();
    let answer = tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        let mut answer = agent.get(&asked).call().ok()?;
        let body = answer
            .body_mut()
            .with_config()
            .limit(64 * 1024)
            .read_to_string();
        Some((answer.status().as_u16(), body.unwrap_or_default()))
    })
    .await;
    match answer {
        Ok(Some((200, body))) if body == "ready\n" => {
            Check::ok(NAME, format!("a server answers at {url}: ready"))
        }
        Ok(Some((status, body))) if body.contains("/problems/") => Check::wrong(
            NAME,
            format!("a server answers at {url} with {status}: it is not ready"),
        ),
        Ok(Some(_)) => Check::wrong(
            NAME,
            format!(
                "something that is not Machinaut answers at {url}. Stop it, or set MACHINAUT_LISTEN"
            ),
        ),
        Ok(None) | Err(_) => Check::warning(
            NAME,
            format!("no server answers at {url}: machinaut serve starts one"),
        ),
    }
}

/// Where a server that listens on this address is reached from this machine.
fn reachable(mut address: std::net::SocketAddr) -> std::net::SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            std::net::SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            std::net::SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

fn figures(settings: &Settings) -> Check {
    const NAME: &str = "metrics";
    match settings.metrics_listen {
        Some(address) => Check::ok(
            NAME,
            format!("served at http://{address}/metrics, to this machine alone"),
        ),
        None => Check::ok(NAME, "not served; MACHINAUT_METRICS_LISTEN turns them on"),
    }
}

/// Whether traces are told, and taken. Requests are answered either way.
async fn traces(settings: &Settings) -> Check {
    const NAME: &str = "traces";
    let Some(endpoint) = settings.otel_endpoint.clone() else {
        return Check::ok(NAME, "not told; MACHINAUT_OTEL_ENDPOINT turns them on");
    };
    let shown = endpoint.clone();
    let tried = tokio::task::spawn_blocking(move || crate::traces::try_out(&endpoint)).await;
    match tried {
        Ok(Ok(())) => Check::ok(NAME, format!("told to the collector at {shown}")),
        Ok(Err(why)) => Check::warning(
            NAME,
            format!("the collector at {shown} does not take them, and they are lost: {why}"),
        ),
        Err(_) => Check::warning(NAME, format!("the collector at {shown} was not asked")),
    }
}
