//! What whoever runs the server does: watch it, examine it, back it up.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use machinaut_chain::sample::{Hold, Story};
use machinaut_chain::ship::{Limits, Sensitivity, read_record};
use machinaut_chain::timestamp::Instant;
use machinaut_control::sessions::Filter;
use machinaut_control::{Control, LocalOperator, Options, identity, sessions};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use secrecy::SecretString;
use serde_json::Value;

use crate::approver::{APPROVER, PROJECT};
use crate::house::House;
use crate::process::Machinaut;

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_counted_for_this_machine_alone_and_name_nobody() {
    House::each_watched(async |house| {
        house.ship_sample().await;
        house.get("/v1/approvals/of-a-stranger/of-a-stranger").await;
        house.send("BREW", "/of-a-stranger", &[], "").await;
        let figures = house.figures().await;
        let has = |line: &str| assert!(figures.contains(line), "{line}\n{figures}");
        has("machinaut_ingest_bodies_total{outcome=\"kept\"}");
        has("machinaut_ingest_records_total{state=\"received\"}");
        has("machinaut_ingest_seconds_bucket{outcome=\"kept\",le=\"0.1\"}");
        has("machinaut_http_requests_total{method=\"POST\",route=\"/v1/events\",status=\"2xx\"}");
        has("route=\"/v1/approvals/{project}/{request}\",status=\"4xx\"");
        has("method=\"other\"");
        has("machinaut_database_connections{state=\"used\"}");
        has("machinaut_database_write_seconds_count");
        has("machinaut_long_polls 0");
        has("machinaut_ingest_waiting 0");
        has("machinaut_ingest_reading 0");
        for outside in [
            "of-a-stranger",
            "BREW",
            PROJECT,
            APPROVER,
            "acme",
            "session-of",
        ] {
            assert!(!figures.contains(outside), "{outside}\n{figures}");
        }
        let on_the_street = house.get("/metrics").await;
        assert_ne!(on_the_street.status.as_u16(), 200, "{on_the_street:?}");
    })
    .await;
}

/// A session with a hold, as a guard ships it.
fn body(number: usize) -> (String, Vec<u8>) {
    let session = format!("session-{number}");
    let hold = Hold::push_to_main(Story {
        project: PROJECT.parse().unwrap(),
        session: session.parse().unwrap(),
        agent: "agent:release".parse().unwrap(),
        first_seq: 10,
        request_id: format!("request-{number}"),
        action_id: format!("action-{number}"),
        held_at: Instant::from_millis(1_795_435_200_000),
        deadline: None,
    });
    (session, hold.log().ship_body(Sensitivity::Secret))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_sessions_arrive_has_all_that_was_acknowledged_and_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let environment = [("MACHINAUT_DATA_DIR", data.to_str().unwrap())];
    let machinaut = Machinaut {
        environment: &environment,
    };
    assert!(
        machinaut
            .run(&["backup", "/nowhere/copy.db"])
            .err
            .contains("There is no database")
    );
    machinaut.says(&["admin", "create-org", "acme"]);
    let token = machinaut.token("acme", "shipper");
    let server = machinaut.serve();

    let (stop, acknowledged) = (AtomicBool::new(false), Mutex::new(HashMap::new()));
    let count = || acknowledged.lock().unwrap().len();
    let copy = std::thread::scope(|scope| {
        for shipper in 0..2 {
            let (stop, acknowledged, server, token) = (&stop, &acknowledged, &server, &token);
            scope.spawn(move || {
                for number in (shipper..).step_by(2) {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let (session, body) = body(number);
                    assert_eq!(server.ship(token, body.clone()).0, 200);
                    acknowledged.lock().unwrap().insert(session, body);
                }
            });
        }
        let shipped = |least: usize| {
            while count() < least {
                std::thread::yield_now();
            }
        };
        shipped(8);
        let before: Vec<String> = acknowledged.lock().unwrap().keys().cloned().collect();
        let said = machinaut.says(&["backup", folder.path().to_str().unwrap()]);
        shipped(count() + 4);
        stop.store(true, Ordering::Relaxed);
        let copy = said
            .split(" into ")
            .nth(1)
            .unwrap()
            .split(" (")
            .next()
            .unwrap()
            .to_owned();
        (copy, before)
    });
    let (copy, before) = copy;
    let again = machinaut.run(&["backup", &copy]);
    assert!(
        again.code == 1 && again.err.contains("is there already"),
        "{again:?}"
    );
    drop(server);

    // Restored as docs/operations.md says.
    let restored = folder.path().join("restored");
    std::fs::create_dir(&restored).unwrap();
    let database = restored.join("machinaut.db");
    std::fs::rename(&copy, &database).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = database.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let environment = [("MACHINAUT_DATA_DIR", restored.to_str().unwrap())];
    let machinaut = Machinaut {
        environment: &environment,
    };
    let server = machinaut.serve();
    assert_eq!(server.send("GET", "/readyz", &[], "").0, 200);
    let (session, body) = body(0);
    let (status, receipt) = server.ship(&token, body);
    assert_eq!(
        (status, &receipt["appended"]),
        (200, &Value::from(0)),
        "{session}: {receipt}"
    );

    let kept = every_session(&format!("sqlite://{}", database.display())).await;
    for session in &before {
        assert!(
            kept.contains_key(session),
            "{session} was acknowledged before the backup"
        );
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    for (session, records) in kept {
        let shipped = acknowledged[&session].split(|byte| *byte == b'\n').skip(1);
        let shipped: Vec<&[u8]> = shipped.filter(|line| !line.is_empty()).collect();
        assert_eq!(records, shipped, "{session}");
        for line in &records {
            let record = read_record(line, &Limits::default()).unwrap();
            assert_eq!(record.findings, [], "{session}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_whose_server_is_gone_before_it_was_done_is_done_by_the_command_itself() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    let environment = [("MACHINAUT_DATA_DIR", data.as_str())];
    let machinaut = Machinaut {
        environment: &environment,
    };
    machinaut.says(&["admin", "create-org", "acme"]);
    let token = machinaut.token("acme", "shipper");
    let server = machinaut.serve();
    assert_eq!(server.ship(&token, body(1).1).0, 200);
    let database = Database::connect(format!("sqlite://{data}/machinaut.db"))
        .await
        .unwrap();
    until_it_searches(&database).await;
    drop(server);
    std::fs::remove_dir_all(folder.path().join("search")).unwrap();

    // A server that still says that it runs, and never does what was wished for.
    let tell = "UPDATE search_nodes SET position = 0, seen_at = 9000000000000";
    let told = database.execute_unprepared(tell).await.unwrap();
    assert_eq!(told.rows_affected(), 1);
    let mut said = machinaut.begin(&["reindex"]);
    assert_eq!(
        said.next().unwrap(),
        "The running server builds its search index anew."
    );
    let leave = "DELETE FROM search_nodes";
    database.execute_unprepared(leave).await.unwrap();
    database.close().await.unwrap();
    let rest: Vec<String> = said.collect();
    assert!(
        rest.contains(&"No server runs any more: the search index is built here.".to_owned()),
        "{rest:?}"
    );
    assert_eq!(rest.last().unwrap(), "The search index is complete.");
    let examined = machinaut.run(&["doctor"]).out;
    let search = examined
        .lines()
        .find(|line| line.contains("embedded"))
        .unwrap();
    assert!(
        search.starts_with("ok") && !search.contains("has 0 documents"),
        "{search}"
    );
}

/// Waits until a server has said that it searches: it may take ships before.
async fn until_it_searches(database: &DatabaseConnection) {
    let nodes = Statement::from_string(DbBackend::Sqlite, "SELECT id FROM search_nodes");
    while database
        .query_one_raw(nodes.clone())
        .await
        .unwrap()
        .is_none()
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The records of every session in a database, as its owner reads them.
async fn every_session(url: &str) -> HashMap<String, Vec<Vec<u8>>> {
    let control = Control::open(Options::new(SecretString::from(url)))
        .await
        .unwrap();
    let operator = LocalOperator::at_the_console();
    let link = identity::issue_setup_link(operator, &control, "acme")
        .await
        .unwrap();
    let owner = identity::SetUp {
        organisation: None,
        name: "Ada".to_owned(),
        email: "ada@acme.example".to_owned(),
        password: SecretString::from("correct horse battery"),
    };
    let signed_in = identity::setup(&control, &link.secret, owner)
        .await
        .unwrap();
    let scope = identity::scope_for(&control, signed_in.sign_in)
        .await
        .unwrap();
    let mut kept = HashMap::new();
    let mut after = None;
    loop {
        let page = sessions::list(&scope, &control, &Filter::default(), after, 100)
            .await
            .unwrap();
        for row in page.sessions {
            let records = sessions::records(&scope, &control, row.id).await.unwrap();
            kept.insert(row.session_id, records);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    control.close().await.unwrap();
    kept
}

#[test]
fn the_doctor_says_what_is_wrong_and_shows_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let healthy = [
        ("MACHINAUT_DATA_DIR", data.to_str().unwrap()),
        ("MACHINAUT_LISTEN", "127.0.0.1:1"),
    ];
    let machinaut = Machinaut {
        environment: &healthy,
    };
    let state = |ran: &str, name: &str| {
        let report: Value = serde_json::from_str(ran).unwrap();
        let checks = report["checks"].as_array().unwrap().clone();
        let check = checks.iter().find(|check| check["name"] == name).unwrap();
        check["state"].as_str().unwrap().to_owned()
    };

    let new = machinaut.run(&["doctor", "--json"]);
    assert_eq!(
        (new.code, state(&new.out, "database")),
        (0, "warning".to_owned()),
        "{new:?}"
    );
    assert!(!data.exists(), "it only looks");

    machinaut.says(&["migrate"]);
    let migrated = machinaut.run(&["doctor"]);
    assert_eq!(migrated.code, 0, "{migrated:?}");
    assert!(
        migrated.out.contains("its schema is up to date"),
        "{migrated:?}"
    );
    assert!(migrated.out.contains("no server answers"), "{migrated:?}");

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(data.join("machinaut.db"), open).unwrap();
        let ran = machinaut.run(&["doctor", "--json"]);
        assert_eq!(
            (ran.code, state(&ran.out, "data directory")),
            (1, "wrong".to_owned()),
            "{ran:?}"
        );
    }

    let unreachable = [
        (
            "MACHINAUT_DATABASE_URL",
            "postgres://user:hunter2@127.0.0.1:1/db",
        ),
        ("MACHINAUT_PUBLIC_URL", "http://machinaut.example"),
        ("MACHINAUT_LISTEN", "127.0.0.1:1"),
    ];
    let machinaut = Machinaut {
        environment: &unreachable,
    };
    let ran = machinaut.run(&["doctor", "--json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(state(&ran.out, "database"), "wrong", "{ran:?}");
    assert_eq!(state(&ran.out, "address"), "wrong", "{ran:?}");
    assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
    let refused = machinaut.run(&["backup", "/tmp/copy.db"]);
    assert!(
        refused.code == 2 && refused.err.contains("pg_dump"),
        "{refused:?}"
    );
}
