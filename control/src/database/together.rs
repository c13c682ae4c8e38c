//! Commits that are shared. SQLite makes a commit durable by waiting for the disk, and the disk
//! takes as long for one write as for ten. So whoever waits for the one connection that writes does
//! not wait for the commits of those in front as well: they all write into one transaction, each
//! inside a savepoint of its own, and then there is one commit, after which all of them are told.
//!
//! The first to come opens the transaction and sends somebody to the end of the queue to close it.
//! So a transaction takes in exactly those who were waiting when it was opened, and those who come
//! while it is being committed are the next one. Nobody ever waits for company.
//!
//! Whoever comes finds a savepoint made: the transaction is opened with one, and each who is done
//! leaves one for the next, with its last statement where that can be. They lie inside each other and
//! end with the commit; to give each back would take one more question to the connection's thread.
//!
//! What one of them gives up is undone up to its savepoint and takes nothing of its neighbours with
//! it. Where the whole transaction is lost (a full disk, a failed commit), each of them is told so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::{ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::{PATIENCE, begin_writing};
use crate::live::{Event, Live};
use crate::{Error, Result};

/// Leaves everything before it as it is, whatever becomes of what follows. All have one name: the last
/// one made is meant.
pub(super) const SAVEPOINT: &str = "SAVEPOINT place";
/// The outermost one is there for as long as the transaction is: without it, everything that was
/// written is lost, whatever can be written since.
const WHOLE: &str = "SAVEPOINT whole";

/// How many writes were kept by how many commits, since the server started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commits {
    /// Writes that were kept.
    pub writes: u64,
    /// Commits that made them durable.
    pub commits: u64,
}

/// Those who write at present.
pub(super) struct Together {
    writer: DatabaseConnection,
    /// First come, first served.
    group: Arc<Mutex<Option<Group>>>,
    counted: Arc<Counted>,
}

#[derive(Default)]
struct Counted {
    writes: AtomicU64,
    commits: AtomicU64,
}

/// A transaction, and those who wrote into it.
struct Group {
    transaction: Arc<DatabaseTransaction>,
    done: Vec<Done>,
    /// Somebody began to write and has not said that it is done.
    begun: bool,
}

/// One who is done and waits for the commit.
struct Done {
    told: oneshot::Sender<std::result::Result<(), String>>,
    live: Live,
    events: Vec<Event>,
}

/// The right to write, of one at a time.
pub(super) struct Place {
    group: OwnedMutexGuard<Option<Group>>,
}

impl Together {
    pub(super) fn new(writer: DatabaseConnection) -> Self {
        Self {
            writer,
            group: Arc::default(),
            counted: Arc::default(),
        }
    }

    pub(super) fn commits(&self) -> Commits {
        Commits {
            writes: self.counted.writes.load(Ordering::Relaxed),
            commits: self.counted.commits.load(Ordering::Relaxed),
        }
    }

    /// Waits for a place, and opens a transaction where there is none. What is written from here on
    /// stands behind a savepoint.
    pub(super) async fn join(&self) -> Result<(Arc<DatabaseTransaction>, Place)> {
        let queued = Arc::clone(&self.group).lock_owned();
        let mut group = tokio::time::timeout(PATIENCE, queued)
            .await
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        if let Some(open) = group.take_if(|open| open.begun) {
            *group = open.undo().await;
        }
        let open = if let Some(open) = &mut *group {
            open
        } else {
            let transaction = Arc::new(begin_writing(&self.writer).await?);
            let savepoints = format!("{WHOLE}; {SAVEPOINT}");
            transaction.execute_unprepared(&savepoints).await?;
            tokio::spawn(close(Arc::clone(&self.group), Arc::clone(&self.counted)));
            group.insert(Group {
                transaction,
                done: Vec::new(),
                begun: false,
            })
        };
        open.begun = true;
        Ok((Arc::clone(&open.transaction), Place { group }))
    }
}

impl Place {
    /// Says that the write is done and has left a savepoint behind, and waits until it is durable.
    pub(super) async fn done(
        mut self,
        transaction: Arc<DatabaseTransaction>,
        live: Live,
        events: Vec<Event>,
    ) -> Result<()> {
        let lost = || Error::from(DbErr::Custom("the transaction was lost".to_owned()));
        let open = self.group.as_mut().ok_or_else(lost)?;
        let (told, durable) = oneshot::channel();
        open.done.push(Done { told, live, events });
        open.begun = false;
        drop(transaction);
        drop(self);
        durable
            .await
            .map_err(|_| lost())?
            .map_err(|error| DbErr::Custom(error).into())
    }
}

impl Group {
    /// Takes back what somebody began and gave up. Gives nothing back where SQLite has ended the
    /// whole transaction, as it does when a disk is full; everybody in it is told then.
    async fn undo(mut self) -> Option<Self> {
        let undone = self.transaction.execute_unprepared("ROLLBACK TO place");
        if undone.await.is_ok() {
            self.begun = false;
            return Some(self);
        }
        if let Some(empty) = Arc::into_inner(self.transaction) {
            let _ = empty.rollback().await;
        }
        for done in self.done {
            let _ = done.told.send(Err("the transaction was lost".to_owned()));
        }
        None
    }

    async fn commit(self, counted: &Counted) {
        let committed = match Arc::into_inner(self.transaction) {
            Some(transaction) => commit(transaction).await.map_err(|error| error.to_string()),
            None => Err("the transaction is in use".to_owned()),
        };
        if committed.is_ok() {
            let writes = u64::try_from(self.done.len()).unwrap_or(u64::MAX);
            counted.writes.fetch_add(writes, Ordering::Relaxed);
            counted.commits.fetch_add(1, Ordering::Relaxed);
        }
        for done in self.done {
            if committed.is_ok() {
                done.live.send_after_commit(done.events);
            }
            // Whoever does not wait any more does not want to know.
            let _ = done.told.send(committed.clone());
        }
    }
}

async fn commit(transaction: DatabaseTransaction) -> std::result::Result<(), DbErr> {
    transaction.execute_unprepared("RELEASE whole").await?;
    transaction.commit().await
}

/// Commits, after everybody who is in the queue now.
async fn close(group: Arc<Mutex<Option<Group>>>, counted: Arc<Counted>) {
    let mut group = group.lock().await;
    let Some(mut open) = group.take() else { return };
    if open.begun {
        match open.undo().await {
            Some(whole) => open = whole,
            None => return,
        }
    }
    open.commit(&counted).await;
}
