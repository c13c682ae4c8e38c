//! How busy the database is: for those who watch the server.

use std::time::Instant;

use super::Database;

/// The connections to the database at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// How many are open.
    pub open: usize,
    /// How many of them nobody uses.
    pub idle: usize,
}

impl Database {
    /// How busy the connections are: on SQLite those that read and the one that writes.
    pub(crate) fn connections(&self) -> Connections {
        let of = |size: u32, idle| Connections {
            open: usize::try_from(size).unwrap_or(usize::MAX),
            idle,
        };
        if self.is_postgres() {
            let pool = self.writer.get_postgres_connection_pool();
            return of(pool.size(), pool.num_idle());
        }
        let reader = self.reader.get_sqlite_connection_pool();
        let writer = self.writer.get_sqlite_connection_pool();
        of(
            reader.size() + writer.size(),
            reader.num_idle() + writer.num_idle(),
        )
    }
}

/// Counts a write that is durable now: how long it took from its beginning, waiting included.
pub(super) fn wrote(began: Instant) {
    metrics::histogram!("machinaut_database_write_seconds").record(began.elapsed().as_secs_f64());
}
