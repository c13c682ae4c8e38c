//! What whoever runs the server looks after: whether the database is as it should be, and copies of
//! it for the day that it is lost.

use std::path::Path;

use sea_orm::sqlx::{self, ConnectOptions as _, Connection as _};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::{Control, Error, LocalOperator, Result};

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file of this machine.
    Sqlite,
    /// A server, which several of ours may share.
    Postgres,
}

/// What was found out about the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// Which one it is.
    pub engine: Engine,
    /// The version that it says it is.
    pub version: String,
    /// Whether its schema is that of this program.
    pub is_up_to_date: bool,
    /// How far its clock is ahead of ours, in milliseconds; none on SQLite, which has no other.
    pub clock_ahead: Option<i64>,
}

/// Which database the control plane is open on.
pub fn engine(control: &Control) -> Engine {
    if control.database().is_postgres() {
        Engine::Postgres
    } else {
        Engine::Sqlite
    }
}

/// Asks the database how it is. Changes nothing.
///
/// # Errors
/// [`Error::Database`] where it does not answer.
pub async fn examine(_: LocalOperator, control: &Control) -> Result<Examination> {
    let engine = engine(control);
    let version = match engine {
        Engine::Sqlite => one::<String>(control, "SELECT sqlite_version() AS value").await?,
        Engine::Postgres => {
            one::<String>(control, "SELECT current_setting('server_version') AS value").await?
        }
    };
    let clock_ahead = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => {
            let asked = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS value";
            let theirs = one::<i64>(control, asked).await?;
            Some(theirs.saturating_sub(control.now().millis()))
        }
    };
    Ok(Examination {
        engine,
        version,
        is_up_to_date: control.database().is_up_to_date().await?,
        clock_ahead,
    })
}

async fn one<T: sea_orm::TryGetable>(control: &Control, question: &str) -> Result<T> {
    let backend = match engine(control) {
        Engine::Sqlite => DbBackend::Sqlite,
        Engine::Postgres => DbBackend::Postgres,
    };
    let row = control
        .read()
        .query_one_raw(Statement::from_string(backend, question))
        .await?
        .ok_or(Error::Broken("a question about the database has an answer"))?;
    Ok(row.try_get("", "value")?)
}

/// Copies an SQLite database, as it is at one moment, into an empty file, while others go on writing
/// to it; then reads the copy back. Answers how many sessions are in it.
///
/// # Errors
/// [`Error::Conflict`] on PostgreSQL, which brings its own tools; [`Error::Database`] where the copy
/// cannot be made or is not whole.
pub async fn copy_into(_: LocalOperator, control: &Control, file: &Path) -> Result<u64> {
    if engine(control) == Engine::Postgres {
        return Err(Error::Conflict(
            "The database is PostgreSQL: back it up with pg_dump.".to_owned(),
        ));
    }
    let name = file
        .to_str()
        .ok_or_else(|| Error::invalid("path of the copy", "must be UTF-8"))?;
    let pool = control.read().get_sqlite_connection_pool();
    let options = pool.connect_options();
    // Its own connection: the copy reads for long, and a connection that may only read cannot copy.
    let source = sqlx::sqlite::SqliteConnectOptions::clone(&options).pragma("query_only", "off");
    let mut source = source.connect().await.map_err(|error| failed(&error))?;
    let copied = sqlx::query("VACUUM INTO ?")
        .bind(name)
        .execute(&mut source)
        .await;
    source.close().await.map_err(|error| failed(&error))?;
    copied.map_err(|error| failed(&error))?;

    let copy = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(file)
        .read_only(true);
    let mut copy = copy.connect().await.map_err(|error| failed(&error))?;
    let whole: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut copy)
        .await
        .map_err(|error| failed(&error))?;
    if whole != "ok" {
        return Err(Error::Broken("a copy of the database is whole"));
    }
    let sessions: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sessions")
        .fetch_one(&mut copy)
        .await
        .map_err(|error| failed(&error))?;
    copy.close().await.map_err(|error| failed(&error))?;
    Ok(u64::try_from(sessions).unwrap_or_default())
}

fn failed(error: &sqlx::Error) -> Error {
    DbErr::Custom(format!("copying the database failed: {error}")).into()
}

#[cfg(test)]
mod tests {
    use super::{Engine, copy_into, engine, examine};
    use crate::trial::Trial;
    use crate::{Error, LocalOperator};

    #[tokio::test]
    async fn a_database_that_is_ready_says_so() {
        Trial::each(async |trial| {
            let operator = LocalOperator::at_the_console();
            let examined = examine(operator, &trial.control).await.unwrap();
            assert!(examined.is_up_to_date, "{examined:?}");
            let version = examined.version.split('.').next().unwrap();
            assert!(version.parse::<u32>().is_ok(), "{examined:?}");
            let has_a_clock = examined.engine == Engine::Postgres;
            assert_eq!(examined.clock_ahead.is_some(), has_a_clock);
            assert!(trial.control.connections().open > 0);
        })
        .await;
    }

    #[tokio::test]
    async fn a_copy_is_made_only_where_nothing_is_and_only_of_sqlite() {
        Trial::each(async |trial| {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("copy.db");
            let operator = LocalOperator::at_the_console();
            let copied = copy_into(operator, &trial.control, &file).await;
            if engine(&trial.control) == Engine::Postgres {
                assert!(matches!(copied, Err(Error::Conflict(_))), "{copied:?}");
                return;
            }
            assert_eq!(copied.unwrap(), 0);
            let operator = LocalOperator::at_the_console();
            let again = copy_into(operator, &trial.control, &file).await;
            assert!(matches!(again, Err(Error::Database(_))), "{again:?}");
        })
        .await;
    }
}
