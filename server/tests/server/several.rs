//! Two servers on one PostgreSQL: what happens through one is true on the other at once.

use std::sync::Barrier;
use std::time::{Duration, Instant as Clock, SystemTime, UNIX_EPOCH};

use machinaut_chain::approval::{Resolution, ResolutionKind};
use machinaut_chain::sample::{Hold, Story};
use machinaut_chain::ship::Sensitivity;
use machinaut_chain::timestamp::Instant;
use machinaut_control::trial::Trial;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::approver::{APPROVER, Approver, PROJECT, about};
use crate::live::Listener;
use crate::process::{Machinaut, Process};

/// How often two servers are asked for the same at the same moment.
const RACES: usize = 8;

/// Two servers, an owner with a cookie, and a machine with a token.
struct Pair {
    first: Process,
    second: Process,
    cookie: String,
    token: String,
}

fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Instant::from_millis(i64::try_from(since.as_millis()).unwrap())
}

fn story(number: usize) -> Hold {
    Hold::push_to_main(Story {
        project: PROJECT.parse().unwrap(),
        session: format!("session-{number}").parse().unwrap(),
        agent: "agent:release".parse().unwrap(),
        first_seq: 10,
        request_id: format!("request-{number}"),
        action_id: format!("action-{number}"),
        held_at: now(),
        deadline: Some(Instant::from_millis(now().millis() + 300_000)),
    })
}

/// Runs a test against two servers, where there is a PostgreSQL.
async fn pair(test: impl AsyncFn(&Trial, Pair)) {
    let Some(trial) = Trial::postgres().await else {
        return;
    };
    let url = trial.database_url.expose_secret().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let folders = ["first", "second"].map(|name| folder.path().join(name).display().to_string());
    let pair = {
        let environments = folders.each_ref().map(|folder| {
            [
                ("MACHINAUT_DATABASE_URL", url.as_str()),
                ("MACHINAUT_DATA_DIR", folder.as_str()),
            ]
        });
        let [first, second] = environments
            .each_ref()
            .map(|environment| Machinaut { environment });
        first.says(&["admin", "create-org", "acme"]);
        let token = first.token("acme", "guard");
        let link = first.says(&["admin", "setup-link", "--org", "acme"]);
        let (first, second) = (first.serve(), second.serve());
        // A cookie of one is a cookie of the other.
        let cookie = first.set_up(&link, "ada@acme.example");
        Pair {
            first,
            second,
            cookie,
            token,
        }
    };
    test(&trial, pair).await;
    trial.end().await;
}

impl Pair {
    fn both(&self) -> [&Process; 2] {
        [&self.first, &self.second]
    }

    /// Does something on both servers at the same moment.
    fn race<T: Send>(&self, act: impl Fn(&Process) -> T + Sync) -> [T; 2] {
        let start = Barrier::new(2);
        std::thread::scope(|scope| {
            let acts = self.both().map(|server| {
                let (start, act) = (&start, &act);
                scope.spawn(move || {
                    start.wait();
                    act(server)
                })
            });
            acts.map(|act| act.join().unwrap())
        })
    }

    fn is_first(&self, server: &Process) -> bool {
        server.address == self.first.address
    }

    fn announce(&self, server: &Process, story: &Hold) {
        let bearer = format!("Bearer {}", self.token);
        let headers = [
            ("content-type", "application/json"),
            ("authorization", &*bearer),
        ];
        let (status, _, body) =
            server.send("POST", "/v1/approvals", &headers, story.request().to_json());
        assert_eq!(status, 202, "{body}");
    }

    /// The holds that a server shows.
    fn holds(&self, server: &Process) -> Vec<Value> {
        let inbox = server.call(&self.cookie, "inbox", &[]);
        inbox["holds"].as_array().unwrap().clone()
    }

    fn fetch(&self, server: &Process, request: &str, wait_ms: u32) -> (u16, String) {
        let bearer = format!("Bearer {}", self.token);
        let path = format!("/v1/approvals/{PROJECT}/{request}?wait_ms={wait_ms}");
        let (status, _, body) = server.send("GET", &path, &[("authorization", &*bearer)], "");
        (status, body)
    }

    /// Registers the key of somebody who decides.
    fn approver(&self) -> Approver {
        let alice = Approver::unregistered(7);
        let key = alice.key().to_pem();
        let form = [
            ("approver_id", APPROVER),
            ("label", "phone"),
            ("public_key", &key),
        ];
        self.second.call(&self.cookie, "register_key", &form);
        alice
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_revoked_through_one_server_is_refused_by_the_other_at_once() {
    pair(async |_, pair| {
        let body = story(1).log().ship_body(Sensitivity::Internal);
        assert_eq!(pair.first.ship(&pair.token, body.clone()).0, 200);
        assert_eq!(pair.second.ship(&pair.token, body.clone()).0, 200);
        let tokens = pair.second.call(&pair.cookie, "tokens", &[]);
        let id = tokens[0]["id"].as_str().unwrap();
        pair.second
            .call(&pair.cookie, "revoke_token", &[("id", id)]);
        assert_eq!(pair.first.ship(&pair.token, body.clone()).0, 401);
        assert_eq!(pair.second.ship(&pair.token, body).0, 401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_open_on_one_server_hears_what_was_shipped_to_the_other() {
    pair(async |_, pair| {
        let mut page = Listener::at(pair.first.address, &pair.cookie).await;
        let body = story(1).log().ship_body(Sensitivity::Internal);
        assert_eq!(pair.second.ship(&pair.token, body).0, 200);
        assert!(page.until("\"topic\":\"session\"").await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_announced_to_one_server_is_decided_on_the_other_and_wakes_who_waits_on_the_first() {
    pair(async |_, pair| {
        let story = story(1);
        pair.announce(&pair.first, &story);
        let holds = pair.holds(&pair.second);
        assert_eq!(holds.len(), 1, "{holds:?}");
        let alice = pair.approver();

        let began = Clock::now();
        let (status, body) = std::thread::scope(|scope| {
            let guard = scope.spawn(|| pair.fetch(&pair.first, "request-1", 14_000));
            // Decided only once the first server is known to hold the question open.
            while pair.holds(&pair.second)[0]["last_polled_at"].is_null() {
                std::thread::yield_now();
            }
            let signed = alice.decides(about(&story), ResolutionKind::Granted, now());
            let hold = holds[0]["key"].as_str().unwrap();
            let form = [("key", hold), ("resolution", &signed.to_json())];
            pair.second.call(&pair.cookie, "decide", &form);
            guard.join().unwrap()
        });
        assert_eq!(status, 200, "{body}");
        let waited = began.elapsed();
        assert!(
            waited < Duration::from_secs(13),
            "it came by waking, not by the end of the wait: {waited:?}"
        );
        let resolution = Resolution::parse(body.as_bytes()).unwrap();
        assert_eq!(resolution.kind, ResolutionKind::Granted);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_session_shipped_to_both_servers_at_the_same_moment_is_kept_once() {
    pair(async |trial, pair| {
        let mut events = 0;
        for number in 0..RACES {
            let body = story(number).log().ship_body(Sensitivity::Secret);
            let receipts = pair.race(|server| server.ship(&pair.token, body.clone()));
            let mut appended = 0;
            for (status, receipt) in &receipts {
                assert_eq!(*status, 200, "{receipt}");
                assert!(
                    receipt["findings"].as_array().unwrap().is_empty(),
                    "{receipt}"
                );
                appended += receipt["appended"].as_u64().unwrap();
            }
            let received = receipts[0].1["received"].as_u64().unwrap();
            assert_eq!(appended, received, "{receipts:?}");
            events += received;
        }
        assert_eq!(trial.count("sessions").await, i64::try_from(RACES).unwrap());
        assert_eq!(trial.count("incidents").await, 0);
        let listed = pair
            .second
            .call(&pair.cookie, "sessions", &[("flagged", "false")]);
        let rows = listed["rows"].as_array().unwrap();
        let sum: u64 = rows
            .iter()
            .map(|row| row["summary"]["events"].as_u64().unwrap())
            .sum();
        assert_eq!(sum, events);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_hold_announced_to_both_servers_at_the_same_moment_is_one_hold() {
    pair(async |trial, pair| {
        for number in 0..RACES {
            let story = story(number);
            pair.race(|server| pair.announce(server, &story));
        }
        for server in pair.both() {
            assert_eq!(pair.holds(server).len(), RACES);
        }
        assert_eq!(trial.count("holds").await, i64::try_from(RACES).unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_decisions_made_on_both_servers_at_the_same_moment_one_counts_on_both() {
    pair(async |_, pair| {
        let alice = pair.approver();
        for number in 0..RACES {
            let story = story(number);
            pair.announce(&pair.first, &story);
            let request = format!("request-{number}");
            let holds = pair.holds(&pair.second);
            let hold = holds
                .iter()
                .find(|hold| hold["action_id"] == format!("action-{number}"))
                .unwrap();
            let hold = hold["key"].as_str().unwrap();
            let answers = pair.race(|server| {
                let kind = if pair.is_first(server) {
                    ResolutionKind::Granted
                } else {
                    ResolutionKind::Denied
                };
                let signed = alice.decides(about(&story), kind, now()).to_json();
                let form = [("key", hold), ("resolution", &signed)];
                let (status, answer) = server.try_call(&pair.cookie, "decide", &form);
                (kind, status, answer)
            });
            let [(won, 200, _), (_, 409, refused)] = (match &answers {
                [_, (_, 200, _)] => [&answers[1], &answers[0]],
                _ => [&answers[0], &answers[1]],
            }) else {
                panic!("{answers:?}");
            };
            assert!(refused.contains("decided already"), "{refused}");
            for server in pair.both() {
                let (status, served) = pair.fetch(server, &request, 0);
                assert_eq!(status, 200, "{served}");
                assert_eq!(Resolution::parse(served.as_bytes()).unwrap().kind, *won);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_shipped_to_one_server_is_found_through_the_other() {
    pair(async |_, pair| {
        let search = |server: &Process, address: &str| {
            server.call(&pair.cookie, "search", &[("address", address)])
        };
        // Each has an index of its own, and reads what changed by itself.
        let until_found = |server: &Process, number: usize| {
            let began = Clock::now();
            let address = format!("q=push&session=session-{number}");
            while search(server, &address)["total"] == 0 {
                assert!(
                    began.elapsed() < Duration::from_mins(1),
                    "session-{number} is found"
                );
                std::thread::yield_now();
            }
        };
        for (number, server) in pair.both().into_iter().enumerate() {
            let body = story(number).log().ship_body(Sensitivity::Secret);
            assert_eq!(server.ship(&pair.token, body).0, 200);
        }
        for server in pair.both() {
            until_found(server, 0);
            until_found(server, 1);
        }
        let [first, second] = pair.both().map(|server| search(server, "q=push"));
        assert_eq!(first["hits"], second["hits"]);
        assert_eq!(first["facets"], second["facets"]);
    })
    .await;
}
