//! The context that every function of the control plane works in: the database, the clock, the
//! source of randomness, live events and limits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::DatabaseConnection;
use secrecy::SecretString;

use crate::background::Background;
use crate::clock::{Clock, Moment, SystemClock};
use crate::database::{Commits, Connections, Database, Write};
use crate::holds::Weighing;
use crate::identity::PasswordWork;
use crate::ingest::{Quotas, Room, Sessions, Turns};
use crate::live::Live;
use crate::random::{Random, SystemRandom};
use crate::search;
use crate::sessions::ReadingRoom;
use crate::{Error, Result};

/// What a [`Control`] is opened with.
pub struct Options {
    /// `sqlite://path/to/file` or `postgres://user:password@host/database`.
    pub database_url: SecretString,
    /// How much is accepted, and how long things last.
    pub limits: Limits,
    /// Where bodies wait until they are read, as files without a name. A folder on a disk: one in
    /// memory would cost the memory that it is there to save.
    pub waiting_room: PathBuf,
    /// What does the searching; without it nothing is found.
    pub search: Option<search::Settings>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids and secrets.
    pub random: Arc<dyn Random>,
}

impl Options {
    /// The given database, with the documented limits, the machine's clock and its randomness.
    pub fn new(database_url: SecretString) -> Self {
        Self {
            database_url,
            limits: Limits::default(),
            waiting_room: std::env::temp_dir(),
            search: None,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        }
    }
}

/// How much is accepted, and how long things last.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest body of one ship, in bytes.
    pub ship_body_bytes: u64,
    /// The longest line of a shipped body, in bytes.
    pub ship_line_bytes: usize,
    /// How deep JSON may be nested.
    pub nesting: usize,
    /// The longest id of a shipped event, in characters.
    pub id_chars: usize,
    /// How many shipped bodies are read at the same moment, at most one of them a long one; more wait for
    /// their turn.
    pub ships_at_once: usize,
    /// How many ships may be open at once: arriving, waiting or being read.
    pub ships_open: usize,
    /// How many of them may be of one tenant.
    pub ships_open_per_tenant: usize,
    /// How many searches run at once.
    pub searches_at_once: usize,
    /// How much room on disk bodies may take that have not been read yet, in bytes.
    pub ship_room_bytes: u64,
    /// How much each tenant may ship.
    pub quotas: Quotas,
    /// How long a setup link can be used.
    pub setup_link_lifetime: Duration,
    /// How long a member stays signed in.
    pub sign_in_lifetime: Duration,
    /// How many sign-ins may fail for one email from one network within
    /// [`Limits::sign_in_window`].
    pub sign_in_failures_per_email_and_network: u32,
    /// How many sign-ins may fail from one network within that window, for whatever email.
    pub sign_in_failures_per_network: u32,
    /// How many sign-ins may fail for one email within that window, from wherever. Many more than
    /// from one network, so that a stranger cannot shut somebody out from a single place.
    pub sign_in_failures_per_email: u32,
    /// How long a failed sign-in is remembered.
    pub sign_in_window: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ship_body_bytes: 64 * 1024 * 1024,
            ship_line_bytes: 16 * 1024 * 1024,
            nesting: 256,
            id_chars: 1_024,
            ships_at_once: 4,
            searches_at_once: 8,
            ships_open: 256,
            ships_open_per_tenant: 64,
            ship_room_bytes: 4 * 1024 * 1024 * 1024,
            quotas: Quotas::default(),
            setup_link_lifetime: Duration::from_hours(24),
            sign_in_lifetime: Duration::from_hours(14 * 24),
            sign_in_failures_per_email_and_network: 10,
            sign_in_failures_per_network: 50,
            sign_in_failures_per_email: 100,
            sign_in_window: Duration::from_mins(15),
        }
    }
}

/// The control plane, open on its database. Cheap to clone.
#[derive(Clone)]
pub struct Control {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    live: Live,
    limits: Limits,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    password_work: PasswordWork,
    ship_turns: Turns,
    long_ship_turns: Turns,
    search: search::Desk,
    ship_room: Room,
    ships_of_sessions: Sessions,
    reading_room: ReadingRoom,
    background: Background,
    weighing: Weighing,
}

impl Control {
    /// Connects to the database; an SQLite file and its folder are created where they are not.
    /// Does not [migrate](Control::migrate).
    ///
    /// # Errors
    /// [`Error::Invalid`] for an address of another kind (it is never repeated), and
    /// [`Error::Database`] where the database cannot be reached.
    pub async fn open(options: Options) -> Result<Self> {
        let database = Database::open(&options.database_url).await?;
        let live = Live::open(&database).await?;
        let mut node = [0; 16];
        options.random.fill(&mut node);
        let node = uuid::Builder::from_random_bytes(node).into_uuid();
        let turns = Turns::new(options.limits.searches_at_once);
        let search = search::Desk::open(options.search.as_ref(), node, turns);
        Ok(Self {
            inner: Arc::new(Inner {
                ship_turns: Turns::new(options.limits.ships_at_once),
                long_ship_turns: Turns::new(1),
                ship_room: Room::new(options.waiting_room),
                ships_of_sessions: Sessions::default(),
                reading_room: ReadingRoom::default(),
                background: Background::new("background"),
                weighing: Weighing::default(),
                database,
                live,
                limits: options.limits,
                clock: options.clock,
                random: options.random,
                password_work: PasswordWork::default(),
                search,
            }),
        })
    }

    /// Brings the schema up to date. Does nothing where it is.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn migrate(&self) -> Result<()> {
        self.inner.database.migrate().await
    }

    /// Whether requests can be served: the database answers, and its schema is up to date.
    ///
    /// # Errors
    /// [`Error::Database`] where it does not answer, [`Error::Busy`] while the schema is behind.
    pub async fn ready(&self) -> Result<()> {
        if self.inner.database.is_up_to_date().await? {
            Ok(())
        } else {
            Err(Error::Busy {
                retry_after: Duration::from_secs(5),
            })
        }
    }

    /// Ends every connection once its present work is done.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn close(&self) -> Result<()> {
        if let Some(engine) = self.inner.search.engine() {
            engine.close();
        }
        self.inner.database.close().await
    }

    /// Live events: what changed, as it changes.
    pub fn live(&self) -> &Live {
        &self.inner.live
    }

    /// How much is accepted, and how long things last.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// How many writes shared how many commits since the server started; none on PostgreSQL, which
    /// groups them itself.
    pub fn commits(&self) -> Option<Commits> {
        self.inner.database.commits()
    }

    pub(crate) fn search(&self) -> &search::Desk {
        &self.inner.search
    }

    /// How busy the connections to the database are.
    pub fn connections(&self) -> Connections {
        self.inner.database.connections()
    }

    /// The database itself, for those who look after it.
    pub(crate) fn database(&self) -> &Database {
        &self.inner.database
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        self.inner.clock.now()
    }

    /// The source of ids and secrets.
    pub(crate) fn random(&self) -> &dyn Random {
        &*self.inner.random
    }

    /// A connection to read from. On SQLite it refuses to write.
    pub(crate) fn read(&self) -> &DatabaseConnection {
        self.inner.database.reader()
    }

    /// Starts a transaction that writes. On SQLite there is one at a time and the next waits, so
    /// nothing slow may happen inside, and never a second one.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(crate) async fn begin(&self) -> Result<Write> {
        self.inner.database.begin(&self.inner.live).await
    }

    pub(crate) fn ship_turns(&self) -> &Turns {
        &self.inner.ship_turns
    }

    /// The turns of long bodies, which are read one at a time.
    pub(crate) fn long_ship_turns(&self) -> &Turns {
        &self.inner.long_ship_turns
    }

    pub(crate) fn ship_room(&self) -> &Room {
        &self.inner.ship_room
    }

    pub(crate) fn ships_of_sessions(&self) -> &Sessions {
        &self.inner.ships_of_sessions
    }

    pub(crate) fn reading_room(&self) -> &ReadingRoom {
        &self.inner.reading_room
    }

    /// For what follows from ships and nobody waits for.
    pub(crate) fn background(&self) -> &Background {
        &self.inner.background
    }

    pub(crate) fn weighing(&self) -> &Weighing {
        &self.inner.weighing
    }

    pub(crate) fn password_work(&self) -> &PasswordWork {
        &self.inner.password_work
    }
}
