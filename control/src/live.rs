//! Live events: the small news that something changed, so that open pages and waiting guards look
//! again at once. An event says what changed, never how: whoever hears it reads the state, with
//! the rights that it has.
//!
//! On SQLite there is one process, and events stay in it. On PostgreSQL several servers may share
//! the database: an event travels by `NOTIFY` inside the transaction that made it true, and every
//! server, the sender included, hears it by `LISTEN` after the commit.
//!
//! Subscribe first, then read the state, then wait: nothing can be missed that way.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::PgPool;
use sea_orm::sqlx::postgres::PgListener;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use crate::Result;
use crate::database::Database;
use crate::ids::{HoldId, OrgId, SessionKey};

const CHANNEL: &str = "machinaut_live";
/// How many events a slow subscriber may be behind before it is told to look at everything.
const BACKLOG: usize = 1_024;
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Topic {
    /// Events may have been missed: look at everything again.
    Everything,
    /// A hold, its decisions or their delivery.
    Hold(HoldId),
    /// A session: more of it was shipped.
    Session(SessionKey),
    /// The registered approver keys.
    Keys,
    /// The machine tokens.
    Tokens,
}

/// Something changed in an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Event {
    /// Where.
    pub org: OrgId,
    /// What.
    pub topic: Topic,
}

#[derive(Clone, Copy)]
enum News {
    Event(Event),
    MaybeMissed,
}

/// Carries events from those who change something to those who wait for it. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    sender: broadcast::Sender<News>,
    listener: Option<Arc<Listener>>,
}

impl Live {
    pub(crate) async fn open(database: &Database) -> Result<Self> {
        let (sender, _) = broadcast::channel(BACKLOG);
        let listener = if database.is_postgres() {
            let pool = database.reader().get_postgres_connection_pool().clone();
            Some(Arc::new(Listener::start(pool, sender.clone()).await?))
        } else {
            None
        };
        Ok(Self { sender, listener })
    }

    /// Hears what changes in `org` from now on.
    pub fn subscribe(&self, org: OrgId) -> Subscription {
        Subscription {
            org,
            receiver: self.sender.subscribe(),
        }
    }

    /// Hears that something changed anywhere, for what follows from the whole store.
    pub(crate) fn subscribe_to_all(&self) -> AnyNews {
        AnyNews(self.sender.subscribe())
    }

    /// The part of sending that belongs into the transaction.
    pub(crate) async fn send_with(
        &self,
        transaction: &DatabaseTransaction,
        events: &[Event],
    ) -> Result<()> {
        if self.listener.is_none() {
            return Ok(());
        }
        for event in events {
            let text = serde_json::to_string(event)
                .map_err(|error| DbErr::Custom(format!("an event cannot be written: {error}")))?;
            let notify = Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT pg_notify($1, $2)",
                [CHANNEL.into(), text.into()],
            );
            transaction.execute_raw(notify).await?;
        }
        Ok(())
    }

    /// The part of sending that must wait for the commit.
    pub(crate) fn send_after_commit(&self, events: Vec<Event>) {
        if self.listener.is_none() {
            for event in events {
                // Nobody listening is not an error.
                let _ = self.sender.send(News::Event(event));
            }
        }
    }
}

/// One listener's view of the events of one organisation.
pub struct Subscription {
    org: OrgId,
    receiver: broadcast::Receiver<News>,
}

impl Subscription {
    /// Waits for the next change. It can be dropped while waiting without losing one.
    pub async fn next(&mut self) -> Topic {
        loop {
            match self.receiver.recv().await {
                Ok(News::Event(event)) if event.org == self.org => return event.topic,
                Ok(News::Event(_)) => {}
                Ok(News::MaybeMissed) | Err(broadcast::error::RecvError::Lagged(_)) => {
                    return Topic::Everything;
                }
                // Every sender is gone: the control plane ends, and nothing will change any more.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

/// That something changed, wherever.
pub(crate) struct AnyNews(broadcast::Receiver<News>);

impl AnyNews {
    /// Waits for the next change. Those that came before it is asked again count as one.
    pub(crate) async fn next(&mut self) {
        if let Err(broadcast::error::RecvError::Closed) = self.0.recv().await {
            std::future::pending::<()>().await;
        }
        self.0 = self.0.resubscribe();
    }
}

/// Listens to PostgreSQL until it is dropped.
struct Listener {
    task: JoinHandle<()>,
}

impl Listener {
    async fn start(pool: PgPool, sender: broadcast::Sender<News>) -> Result<Self> {
        let first = listen(&pool)
            .await
            .map_err(|error| DbErr::Custom(format!("listening to the database failed: {error}")))?;
        Ok(Self {
            task: tokio::spawn(relay(pool, first, sender)),
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(pool: &PgPool) -> Result<PgListener, sea_orm::sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Passes notifications on until the pool is closed.
async fn relay(pool: PgPool, mut listener: PgListener, sender: broadcast::Sender<News>) {
    loop {
        match listener.try_recv().await {
            Ok(Some(notification)) => {
                let news = serde_json::from_str(notification.payload())
                    // A newer server's event: whatever it is about may have changed.
                    .map_or(News::MaybeMissed, News::Event);
                let _ = sender.send(news);
            }
            // The connection was lost and is there again.
            Ok(None) => {
                let _ = sender.send(News::MaybeMissed);
            }
            Err(error) => {
                // Gives its connection back, which a pool that closes waits for.
                drop(listener);
                match reconnect(&pool, &error).await {
                    Some(fresh) => listener = fresh,
                    None => return,
                }
                let _ = sender.send(News::MaybeMissed);
            }
        }
    }
}

/// A new connection, as soon as there is one; none once the pool is closed.
async fn reconnect(pool: &PgPool, error: &sea_orm::sqlx::Error) -> Option<PgListener> {
    if !pool.is_closed() {
        tracing::warn!(%error, "live events are interrupted; connecting again");
    }
    while !pool.is_closed() {
        tokio::time::sleep(RECONNECT_PAUSE).await;
        match listen(pool).await {
            Ok(listener) => return Some(listener),
            Err(error) => tracing::warn!(%error, "live events are still interrupted"),
        }
    }
    None
}

#[cfg(test)]
mod tests;
