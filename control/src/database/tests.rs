use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TryGetable};
use secrecy::SecretString;

use crate::live::Topic;
use crate::trial::Trial;
use crate::{Control, Error, LocalOperator, Options, orgs};

async fn ask<T: TryGetable>(db: &impl ConnectionTrait, sql: &str) -> T {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    db.query_one_raw(statement)
        .await
        .unwrap()
        .unwrap()
        .try_get_by_index(0)
        .unwrap()
}

fn is_sqlite(db: &DatabaseConnection) -> bool {
    db.get_database_backend() == DbBackend::Sqlite
}

async fn found(control: &Control, name: String) {
    orgs::create(LocalOperator::at_the_console(), control, &name)
        .await
        .unwrap();
}

#[tokio::test]
async fn every_sqlite_connection_is_durable_and_keeps_references_whole() {
    let trial = Trial::sqlite().await;
    let write = trial.control.begin().await.unwrap();
    assert_durable(trial.control.read()).await;
    assert_durable(&*write).await;
}

async fn assert_durable(db: &impl ConnectionTrait) {
    for (pragma, wanted) in [
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("foreign_keys", "1"),
    ] {
        let sql = format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}");
        assert_eq!(ask::<String>(db, &sql).await, wanted, "{pragma}");
    }
}

#[tokio::test]
async fn a_connection_to_read_from_cannot_write_on_sqlite() {
    let trial = Trial::sqlite().await;
    let wipe = trial
        .control
        .read()
        .execute_unprepared("DELETE FROM organisations")
        .await;
    assert!(wipe.is_err());
}

#[tokio::test]
async fn many_who_write_at_once_all_succeed() {
    Trial::each(async |trial| {
        let writers = (0..50).map(|n| found(&trial.control, format!("organisation {n}")));
        futures::future::join_all(writers).await;
        assert_eq!(trial.count("organisations").await, 50);
    })
    .await;
}

#[tokio::test]
async fn those_who_wait_share_a_commit_and_each_of_them_is_kept() {
    let trial = Trial::sqlite().await;
    let before = trial.control.commits().unwrap();
    let writers = (0..50).map(|n| found(&trial.control, format!("organisation {n}")));
    futures::future::join_all(writers).await;
    let after = trial.control.commits().unwrap();
    assert_eq!(trial.count("organisations").await, 50);
    assert_eq!(after.writes - before.writes, 50);
    assert!(after.commits - before.commits <= 5, "{after:?}");
}

#[tokio::test]
async fn nothing_is_told_or_seen_before_the_shared_commit() {
    let trial = Trial::sqlite().await;
    let control = &trial.control;
    let org = trial.organisation("acme").await.org();
    let mut news = control.live().subscribe(org);
    // Both are in the queue before the first one has opened the transaction.
    let second_is_in = tokio::sync::Notify::new();
    let goes_on = tokio::sync::Notify::new();
    let first = async {
        let mut write = control.begin().await.unwrap();
        orgs::insert(&write, control, "first").await.unwrap();
        write.tell(org, Topic::Keys);
        write.commit().await.unwrap();
    };
    let second = async {
        let mut write = control.begin().await.unwrap();
        second_is_in.notify_one();
        goes_on.notified().await;
        orgs::insert(&write, control, "second").await.unwrap();
        write.tell(org, Topic::Tokens);
        write.commit().await.unwrap();
    };
    let looker_on = async {
        second_is_in.notified().await;
        let early = futures::FutureExt::now_or_never(news.next());
        let seen = trial.count("organisations").await;
        goes_on.notify_one();
        (early, seen)
    };
    let ((), (), (early, seen)) = futures::join!(first, second, looker_on);
    assert_eq!((early, seen), (None, 1));
    assert_eq!(trial.count("organisations").await, 3);
    assert_eq!(news.next().await, Topic::Keys);
    assert_eq!(news.next().await, Topic::Tokens);
}

#[tokio::test]
async fn one_that_fails_in_a_shared_transaction_takes_nothing_of_its_neighbours_with_it() {
    Trial::each(async |trial| {
        let control = &trial.control;
        let write = async |name: &str, keep: bool| {
            let write = control.begin().await.unwrap();
            orgs::insert(&write, control, name).await.unwrap();
            if keep {
                write.commit().await.unwrap();
            } else {
                let refused = write.execute_unprepared("INSERT INTO nowhere VALUES (1)");
                refused.await.unwrap_err();
            }
        };
        futures::join!(
            write("first", true),
            write("given up", false),
            write("second", true),
            write("given up too", false),
        );
        let kept: String = ask(
            control.read(),
            "SELECT MIN(name) || ', ' || MAX(name) FROM organisations",
        )
        .await;
        assert_eq!(
            (trial.count("organisations").await, kept.as_str()),
            (2, "first, second")
        );
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_is_lost_is_lost_for_everybody_in_it_and_for_nobody_else() {
    let trial = Trial::sqlite().await;
    let control = &trial.control;
    let unlucky = async {
        let write = control.begin().await.unwrap();
        orgs::insert(&write, control, "unlucky").await.unwrap();
        write.commit().await
    };
    let culprit = async {
        let write = control.begin().await.unwrap();
        // What SQLite does by itself when the disk is full.
        write.execute_unprepared("ROLLBACK").await.unwrap();
    };
    let later = async {
        let write = control.begin().await.unwrap();
        orgs::insert(&write, control, "later").await.unwrap();
        write.commit().await
    };
    let (unlucky, (), later) = futures::join!(unlucky, culprit, later);
    assert!(matches!(unlucky, Err(Error::Database(_))), "{unlucky:?}");
    later.unwrap();
    let kept: String = ask(control.read(), "SELECT name FROM organisations").await;
    assert_eq!(
        (trial.count("organisations").await, kept.as_str()),
        (1, "later")
    );
    found(control, "afterwards".to_owned()).await;
}

#[tokio::test]
async fn a_transaction_that_is_lost_is_lost_also_where_somebody_goes_on_as_if_it_were_not() {
    let trial = Trial::sqlite().await;
    let control = &trial.control;
    let write = async |name: &str, loses: bool| {
        let write = control.begin().await.unwrap();
        if loses {
            write.execute_unprepared("ROLLBACK").await.unwrap();
        }
        orgs::insert(&write, control, name).await.unwrap();
        write.commit().await
    };
    let (unlucky, culprit) = futures::join!(write("unlucky", false), write("careless", true));
    assert!(matches!(unlucky, Err(Error::Database(_))), "{unlucky:?}");
    assert!(matches!(culprit, Err(Error::Database(_))), "{culprit:?}");
    found(control, "afterwards".to_owned()).await;
    let kept: String = ask(control.read(), "SELECT MIN(name) FROM organisations").await;
    assert_eq!(kept, "afterwards");
}

#[tokio::test]
async fn two_processes_that_write_at_once_both_succeed() {
    Trial::each(async |trial| {
        let other = trial.second_server().await;
        let ours = (0..20).map(|n| found(&trial.control, format!("ours {n}")));
        let theirs = (0..20).map(|n| found(&other, format!("theirs {n}")));
        futures::future::join(
            futures::future::join_all(ours),
            futures::future::join_all(theirs),
        )
        .await;
        assert_eq!(trial.count("organisations").await, 40);
        other.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn reading_goes_on_while_somebody_writes() {
    Trial::each(async |trial| {
        let write = trial.control.begin().await.unwrap();
        let n: i64 = ask(trial.control.read(), "SELECT COUNT(*) FROM organisations").await;
        assert_eq!(n, 0);
        drop(write);
    })
    .await;
}

#[tokio::test]
async fn a_write_that_is_given_up_leaves_no_trace_and_lets_the_next_one_in() {
    Trial::each(async |trial| {
        let write = trial.control.begin().await.unwrap();
        orgs::insert(&write, &trial.control, "acme").await.unwrap();
        drop(write);
        found(&trial.control, "globex".to_owned()).await;
        let name: String = ask(trial.control.read(), "SELECT name FROM organisations").await;
        assert_eq!(
            (trial.count("organisations").await, name.as_str()),
            (1, "globex")
        );
    })
    .await;
}

#[tokio::test]
async fn a_row_of_an_organisation_that_is_not_there_is_refused() {
    Trial::each(async |trial| {
        let write = trial.control.begin().await.unwrap();
        let orphan = if is_sqlite(trial.control.read()) {
            "zeroblob(16)"
        } else {
            "gen_random_uuid()"
        };
        let sql = format!(
            "INSERT INTO members (id, org_id, name, email, password, role, created_at) \
             VALUES ({orphan}, {orphan}, 'a', 'a@b', '', 'owner', 0)"
        );
        let refused = write.execute_unprepared(&sql).await.unwrap_err();
        assert!(matches!(
            refused.sql_err(),
            Some(sea_orm::SqlErr::ForeignKeyConstraintViolation(_))
        ));
    })
    .await;
}

#[tokio::test]
async fn servers_that_start_at_once_make_the_schema_once() {
    Trial::each(async |trial| {
        let servers = [trial.second_server().await, trial.second_server().await];
        undo_schema(&trial.control).await;
        let behind = servers[0].ready().await;
        assert!(matches!(behind, Err(Error::Busy { .. })), "{behind:?}");

        let starts = servers.iter().chain([&trial.control]).map(Control::migrate);
        futures::future::try_join_all(starts).await.unwrap();

        for server in servers {
            server.ready().await.unwrap();
            server.close().await.unwrap();
        }
    })
    .await;
}

/// Takes every step back, which also shows that each can be.
async fn undo_schema(control: &Control) {
    use machinaut_migrations::{Migrator, MigratorTrait};
    let write = control.begin().await.unwrap();
    Migrator::down(&*write, None).await.unwrap();
    write.commit().await.unwrap();
}

#[tokio::test]
async fn an_address_that_is_no_database_is_refused_without_repeating_it() {
    for address in [
        "mysql://app:hunter2@db/x",
        "hunter2",
        "postgres://app:hunter2@[bad/x",
        "postgres://app:hunter2@db:notaport/x",
        "sqlite::memory:",
        "sqlite://hunter2?mode=memory",
        "sqlite://hunter2?mode=nonsense",
    ] {
        let options = Options::new(SecretString::from(address));
        let Err(error) = Control::open(options).await else {
            panic!("{address} was opened")
        };
        assert!(
            matches!(
                error,
                Error::Invalid {
                    field: "database address",
                    ..
                }
            ),
            "{address}"
        );
        assert!(
            !format!("{error} {error:?}").contains("hunter2"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn an_sqlite_file_is_made_with_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a/b/machinaut.db");
    let url = SecretString::from(format!("sqlite://{}", file.display()));
    let control = Control::open(Options::new(url)).await.unwrap();
    control.migrate().await.unwrap();
    control.migrate().await.unwrap();
    control.ready().await.unwrap();
    assert!(file.is_file());
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_can_read_the_sqlite_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("machinaut.db").display());
    let control = Control::open(Options::new(url.into())).await.unwrap();
    control.migrate().await.unwrap();
    for file in ["machinaut.db", "machinaut.db-wal", "machinaut.db-shm"] {
        let mode = folder
            .path()
            .join(file)
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{file}: {mode:o}");
    }
}
