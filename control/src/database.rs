//! The database connections. On SQLite reading and writing go separate ways: many connections read
//! and cannot write, one writes, and whoever wants to write waits for it, so that no request ever
//! fails because another one was writing; those who wait share a commit (see [`together`]). On
//! PostgreSQL one pool does both, and the database groups commits itself.

mod batch;
mod busy;
mod together;

use std::ops::Deref;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use machinaut_migrations::{Migrator, MigratorTrait};
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use secrecy::{ExposeSecret, SecretString};

use self::together::{Place, SAVEPOINT, Together};
use crate::ids::OrgId;
use crate::live::{Event, Live, Topic};
use crate::{Error, Result};

pub(crate) use self::batch::Batch;
pub use self::busy::Connections;
pub use self::together::Commits;

const SQLITE_READERS: u32 = 8;
const POSTGRES_CONNECTIONS: u32 = 20;
/// How long a request may wait for its turn before it is told that the database is not available.
const PATIENCE: Duration = Duration::from_mins(1);

/// Names the advisory lock that a migrating server holds: “machinau” in ASCII.
const MIGRATION_LOCK: i64 = 0x6d61_6368_696e_6175;

/// The connections of one control plane.
pub(crate) struct Database {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    /// On SQLite.
    together: Option<Together>,
}

impl Database {
    pub(crate) async fn open(url: &SecretString) -> Result<Self> {
        let url = url.expose_secret();
        if url.starts_with("sqlite:") {
            Self::open_sqlite(url).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::open_postgres(url).await
        } else {
            Err(not_a_database("must start with sqlite:// or postgres://"))
        }
    }

    async fn open_sqlite(url: &str) -> Result<Self> {
        let parsed = SqliteConnectOptions::from_str(url)
            .map_err(|_| not_a_database("is not a valid SQLite address"))?;
        if url.contains(":memory:") || url.contains("mode=memory") {
            return Err(not_a_database(
                "must name a file: nothing is kept in memory",
            ));
        }
        make_file(parsed.get_filename())?;
        let writer = connect(sqlite_options(url, 1, false)).await?;
        let reader = connect(sqlite_options(url, SQLITE_READERS, true)).await?;
        Ok(Self {
            reader,
            together: Some(Together::new(writer.clone())),
            writer,
        })
    }

    async fn open_postgres(url: &str) -> Result<Self> {
        PgConnectOptions::from_str(url)
            .map_err(|_| not_a_database("is not a valid PostgreSQL address"))?;
        let mut options = quiet(url);
        options
            .max_connections(POSTGRES_CONNECTIONS)
            .set_application_name("machinaut");
        let pool = connect(options).await?;
        Ok(Self {
            reader: pool.clone(),
            writer: pool,
            together: None,
        })
    }

    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.writer.get_database_backend() == DbBackend::Postgres
    }

    pub(crate) async fn begin(&self, live: &Live) -> Result<Write> {
        let (transaction, place) = match &self.together {
            Some(together) => {
                let (transaction, place) = together.join().await?;
                (transaction, Some(place))
            }
            None => (Arc::new(begin_writing(&self.writer).await?), None),
        };
        Ok(Write {
            transaction,
            live: live.clone(),
            events: Vec::new(),
            place,
            began: Instant::now(),
        })
    }

    /// How many writes shared how many commits; none on PostgreSQL, which knows that itself.
    pub(crate) fn commits(&self) -> Option<Commits> {
        self.together.as_ref().map(Together::commits)
    }

    /// All steps or none, and by one server at a time: several may start at once.
    pub(crate) async fn migrate(&self) -> Result<()> {
        let transaction = begin_writing(&self.writer).await?;
        if self.is_postgres() {
            let lock = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
            transaction.execute_unprepared(&lock).await?;
        }
        Migrator::up(&transaction, None).await?;
        Ok(transaction.commit().await?)
    }

    pub(crate) async fn is_up_to_date(&self) -> Result<bool> {
        Ok(Migrator::get_pending_migrations_read_only(&self.reader)
            .await?
            .is_empty())
    }

    pub(crate) async fn close(&self) -> Result<()> {
        self.reader.close_by_ref().await?;
        Ok(self.writer.close_by_ref().await?)
    }
}

/// A transaction that writes. What is [told](Write::tell) about it reaches live listeners when it
/// is committed, and nobody when it is not. Dropped without a commit it leaves no trace.
///
/// On SQLite it is a savepoint in a transaction that it shares with others. So nobody ever holds two
/// at once, and a statement that failed ends it.
pub(crate) struct Write {
    transaction: Arc<DatabaseTransaction>,
    live: Live,
    events: Vec<Event>,
    /// Given back last: whoever comes next finds the transaction free.
    place: Option<Place>,
    began: Instant,
}

impl Write {
    /// Notes that something changed in an organisation.
    pub(crate) fn tell(&mut self, org: OrgId, topic: Topic) {
        let event = Event { org, topic };
        if !self.events.contains(&event) {
            self.events.push(event);
        }
    }

    /// Makes it durable, then known.
    ///
    /// # Errors
    /// [`Error::Database`]; nothing was changed then.
    pub(crate) async fn commit(self) -> Result<()> {
        let last = self.batch();
        self.commit_with(last).await
    }

    /// Sends the statements as the last ones, makes everything durable, then known.
    ///
    /// # Errors
    /// [`Error::Database`]; nothing was changed then.
    #[tracing::instrument(name = "commit", skip_all)]
    pub(crate) async fn commit_with(self, mut last: Batch) -> Result<()> {
        if self.place.is_some() {
            last.add_text(SAVEPOINT);
        }
        self.run(last).await?;
        let Self {
            transaction,
            live,
            events,
            place,
            began,
        } = self;
        if let Some(place) = place {
            place.done(transaction, live, events).await?;
            busy::wrote(began);
            return Ok(());
        }
        live.send_with(&transaction, &events).await?;
        let transaction =
            Arc::into_inner(transaction).ok_or(Error::Broken("a transaction has one owner"))?;
        transaction.commit().await?;
        busy::wrote(began);
        live.send_after_commit(events);
        Ok(())
    }
}

impl Deref for Write {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}

async fn begin_writing(writer: &DatabaseConnection) -> Result<DatabaseTransaction> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    Ok(writer.begin_with_options(options).await?)
}

/// From how many pages on SQLite moves its log into the database: 16 MiB. Whoever writes waits for that,
/// and what is written often is moved once.
const CHECKPOINT_PAGES: &str = "4000";
/// How much of the database the one who writes remembers, in KiB where it is negative.
const CACHE: &str = "-16000";

fn sqlite_options(url: &str, connections: u32, read_only: bool) -> ConnectOptions {
    let mut options = quiet(url);
    options
        .max_connections(connections)
        // A file does not hang up: to ask before each statement would only double the waiting.
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                // Another process, such as the command line, may be writing.
                .busy_timeout(PATIENCE);
            if read_only {
                sqlite.pragma("query_only", "on")
            } else {
                sqlite
                    .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
                    // What savepoints would put back is remembered in memory and not in files.
                    .pragma("temp_store", "memory")
                    .pragma("cache_size", CACHE)
            }
        });
    options
}

/// Statements are never logged: what they carry is not ours to show.
fn quiet(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .acquire_timeout(PATIENCE);
    options
}

async fn connect(options: ConnectOptions) -> Result<DatabaseConnection> {
    Ok(sea_orm::Database::connect(options).await?)
}

/// Makes the file, with its folder, so that nobody but its owner can read it: it holds what was
/// shipped, and password hashes. The files that SQLite puts beside it are made alike.
fn make_file(file: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder),
        _ => Ok(()),
    }
    .and_then(|()| options.open(file))
    .map(drop)
    .map_err(|error| DbErr::Custom(format!("the database file cannot be made: {error}")).into())
}

fn not_a_database(problem: &str) -> Error {
    Error::invalid("database address", problem)
}

#[cfg(test)]
mod tests;
