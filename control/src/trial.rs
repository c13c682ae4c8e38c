//! A control plane on a database of its own, with a clock that is moved by hand: for the tests of
//! this crate and, behind the feature `trial`, of those above it. Each test body runs on SQLite
//! and, where `MACHINAUT_TEST_POSTGRES_URL` names a cluster, on PostgreSQL too.
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a trial that cannot start fails"
)]

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::Once;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::{ConnectionTrait, Database};
use secrecy::SecretString;
use uuid::Uuid;

use crate::clock::{Clock, Moment};
use crate::identity::{self, SetUp, SignedIn};
use crate::tokens::{self, NewToken};
use crate::{
    Control, Credential, Error, Grant, Limits, LocalOperator, Options, Scope, orgs, search,
};

const CLUSTER: &str = "MACHINAUT_TEST_POSTGRES_URL";
/// When every trial begins: 2026-11-23T12:00:00Z.
pub const NOON: Moment = Moment::from_millis(1_795_435_200_000);
/// The password of every owner in a trial.
pub const PASSWORD: &str = "correct horse battery";

/// A clock that stands still until it is moved.
pub struct HandClock(AtomicI64);

impl HandClock {
    /// Moves the clock forward.
    pub fn advance(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).expect("a test does not wait that long");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Moment {
        Moment::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A control plane to try things on.
pub struct Trial {
    /// The control plane, migrated and empty.
    pub control: Control,
    /// Its clock, at [`NOON`].
    pub clock: Arc<HandClock>,
    /// The address of its database.
    pub database_url: SecretString,
    place: Place,
    /// Where each control plane on it keeps its index.
    indexes: tempfile::TempDir,
}

enum Place {
    Folder(#[allow(dead_code, reason = "it is removed when it is dropped")] tempfile::TempDir),
    Cluster { address: String, database: String },
}

impl Trial {
    /// Runs a test on every database that there is.
    pub async fn each(test: impl AsyncFn(&Trial)) {
        let trial = Self::sqlite().await;
        test(&trial).await;
        trial.end().await;
        if let Some(trial) = Self::postgres().await {
            test(&trial).await;
            trial.end().await;
        }
    }

    /// A trial on an SQLite file that goes away with it.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the database");
        let url = format!("sqlite://{}", folder.path().join("trial.db").display());
        Self::open(url, Place::Folder(folder)).await
    }

    /// A trial on a PostgreSQL database of its own, where a cluster was named. The database stays
    /// behind when the test fails.
    pub async fn postgres() -> Option<Self> {
        static SAID: Once = Once::new();
        let Ok(address) = std::env::var(CLUSTER) else {
            SAID.call_once(|| {
                eprintln!("!!! {CLUSTER} is not set: NOTHING IS TESTED ON POSTGRESQL");
            });
            return None;
        };
        let database = format!("trial_{}", Uuid::now_v7().simple());
        at_cluster(&address, &format!("CREATE DATABASE {database}")).await;
        let url = PgConnectOptions::from_str(&address)
            .expect("the address of the cluster")
            .database(&database)
            .to_url_lossy();
        Some(Self::open(url.into(), Place::Cluster { address, database }).await)
    }

    async fn open(url: String, place: Place) -> Self {
        let clock = Arc::new(HandClock(AtomicI64::new(NOON.millis())));
        let database_url = SecretString::from(url);
        let indexes = tempfile::tempdir().expect("a folder for the indexes");
        let control = control_on(&database_url, &clock, &indexes.path().join("first")).await;
        control.migrate().await.expect("the schema is made");
        Self {
            control,
            clock,
            database_url,
            place,
            indexes,
        }
    }

    /// A second control plane on the same database and clock, as a second server would be.
    pub async fn second_server(&self) -> Control {
        control_on(&self.database_url, &self.clock, &self.index("second")).await
    }

    /// The control plane once more, on the same database, clock and index, as after a restart.
    pub async fn restarted(&self) -> Control {
        control_on(&self.database_url, &self.clock, &self.index("first")).await
    }

    /// The control plane once more, searching in another way.
    pub async fn searching(&self, settings: search::Settings) -> Control {
        let mut options = options(&self.database_url, &self.clock);
        options.search = Some(settings);
        Control::open(options).await.expect("the database opens")
    }

    /// The folder of the search index of the `first` or the `second` server.
    pub fn index(&self, server: &str) -> PathBuf {
        self.indexes.path().join(server)
    }

    /// A control plane on the same database and clock, with other limits.
    pub async fn with_limits(&self, limits: impl FnOnce(&mut Limits)) -> Control {
        let mut options = options(&self.database_url, &self.clock);
        limits(&mut options.limits);
        Control::open(options).await.expect("the database opens")
    }

    /// Takes every turn to search, for searches of this tenant that last until what is returned is
    /// dropped.
    pub async fn every_search(control: &Control, scope: &Scope) -> Vec<impl Send + use<>> {
        let mut turns = Vec::new();
        for _ in 0..control.limits().searches_at_once {
            let turn = control.search().turn(scope.org()).await;
            turns.push(turn.expect("a turn to search"));
        }
        turns
    }

    /// Closes it and takes its database away.
    pub async fn end(self) {
        self.control.close().await.expect("the connections close");
        if let Place::Cluster { address, database } = &self.place {
            at_cluster(address, &format!("DROP DATABASE {database} WITH (FORCE)")).await;
        }
    }

    /// An organisation of that name, with an owner who is signed in.
    pub async fn organisation(&self, name: &str) -> Scope {
        let operator = LocalOperator::at_the_console();
        match orgs::create(operator, &self.control, name).await {
            Ok(_) | Err(Error::Conflict(_)) => {}
            Err(error) => panic!("the organisation is founded: {error}"),
        }
        let signed_in = self
            .owner_by_link(name, &format!("owner@{name}.example"))
            .await;
        identity::scope_for(&self.control, signed_in.sign_in)
            .await
            .expect("a scope")
    }

    /// Comes in through a fresh setup link, as the owner with that email and [`PASSWORD`].
    pub async fn owner_by_link(&self, organisation: &str, email: &str) -> SignedIn {
        let operator = LocalOperator::at_the_console();
        let link = identity::issue_setup_link(operator, &self.control, organisation)
            .await
            .expect("a setup link");
        let fill_in = SetUp {
            organisation: None,
            name: "Ada".to_owned(),
            email: email.to_owned(),
            password: SecretString::from(PASSWORD),
        };
        identity::setup(&self.control, &link.secret, fill_in)
            .await
            .expect("an owner")
    }

    /// A machine of that member's organisation, with every grant, for every project.
    pub async fn machine(&self, scope: &Scope) -> Credential {
        let token = self.token(scope, &Grant::ALL, None).await;
        tokens::authenticate(&self.control, &token)
            .await
            .expect("a fresh token is good")
    }

    /// A machine token of that member's organisation.
    pub async fn token(
        &self,
        scope: &Scope,
        grants: &[Grant],
        project: Option<&str>,
    ) -> SecretString {
        let new = NewToken {
            name: "a machine".to_owned(),
            grants: grants.to_vec(),
            project: project.map(|project| project.parse().expect("a project id")),
        };
        tokens::create(scope, &self.control, new)
            .await
            .expect("a token")
            .1
    }

    /// What SQLite looks through to answer a question, and by which index; none on PostgreSQL, which
    /// decides by how many rows there are.
    #[cfg(test)]
    pub(crate) async fn searches(
        &self,
        question: &impl sea_orm::StatementBuilder,
    ) -> Option<Vec<String>> {
        let reader = self.control.read();
        let backend = reader.get_database_backend();
        if backend != sea_orm::DbBackend::Sqlite {
            return None;
        }
        let mut statement = backend.build(question);
        statement.sql.insert_str(0, "EXPLAIN QUERY PLAN ");
        let steps = reader.query_all_raw(statement).await.expect("a plan");
        let steps = steps.iter().map(|step| {
            step.try_get("", "detail")
                .expect("a step says what it does")
        });
        let is_search = |step: &String| step.starts_with("SEARCH") || step.starts_with("SCAN");
        Some(steps.filter(is_search).collect())
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        let row = self
            .control
            .read()
            .query_one_raw(sea_orm::Statement::from_string(
                self.control.read().get_database_backend(),
                format!("SELECT COUNT(*) AS n FROM {table}"),
            ))
            .await
            .expect("the table is there")
            .expect("a count has a row");
        row.try_get("", "n").expect("a count is a number")
    }
}

async fn control_on(database_url: &SecretString, clock: &Arc<HandClock>, index: &Path) -> Control {
    let mut options = options(database_url, clock);
    options.search = Some(search::Settings::Embedded(index.to_owned()));
    Control::open(options).await.expect("the database opens")
}

fn options(database_url: &SecretString, clock: &Arc<HandClock>) -> Options {
    let mut options = Options::new(database_url.clone());
    options.clock = Arc::<HandClock>::clone(clock);
    // Every failure takes the time of a password.
    options.limits.sign_in_failures_per_email_and_network = 3;
    options.limits.sign_in_failures_per_network = 5;
    options.limits.sign_in_failures_per_email = 7;
    options
}

async fn at_cluster(address: &str, statement: &str) {
    let cluster = Database::connect(address)
        .await
        .expect("the cluster answers");
    cluster
        .execute_unprepared(statement)
        .await
        .expect("the cluster does it");
    cluster.close().await.expect("the connection closes");
}
