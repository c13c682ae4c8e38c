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
    fn announce(&self, story: &Hold) {
        let bearer = format!("Bearer {}", self.token);
        let headers = [
            ("content-type", "application/json"),
            ("authorization", &*bearer),
        ];
        let (status, _, body) =
            self.first
                .send("POST", "/v1/approvals", &headers, story.request().to_json());
        assert_eq!(status, 202, "{body}");
    }

    /// The holds that the second server shows.
    fn holds(&self) -> Vec<Value> {
        let inbox = self.second.call(&self.cookie, "inbox", &[]);
        inbox["holds"].as_array().unwrap().clone()
    }

    fn fetch(&self, request: &str, wait_ms: u32) -> (u16, String) {
        let bearer = format!("Bearer {}", self.token);
        let path = format!("/v1/approvals/{PROJECT}/{request}?wait_ms={wait_ms}");
        let (status, _, body) = self
            .first
            .send("GET", &path, &[("authorization", &*bearer)], "");
        (status, body)
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
        pair.announce(&story);
        let holds = pair.holds();
        assert_eq!(holds.len(), 1, "{holds:?}");
        let alice = Approver::unregistered(7);
        let key = alice.key().to_pem();
        let form = [
            ("approver_id", APPROVER),
            ("label", "phone"),
            ("public_key", &key),
        ];
        pair.second.call(&pair.cookie, "register_key", &form);

        let began = Clock::now();
        let (status, body) = std::thread::scope(|scope| {
            let guard = scope.spawn(|| pair.fetch("request-1", 14_000));
            // Decided only once the first server is known to hold the question open.
            while pair.holds()[0]["last_polled_at"].is_null() {
                std::thread::yield_now();
            }
            let signed = alice.decides(about(&story), ResolutionKind::Granted, now());
            let hold = pair.holds()[0]["key"].as_str().unwrap().to_owned();
            let form = [("key", hold.as_str()), ("resolution", &signed.to_json())];
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
    const RACES: usize = 8;
    pair(async |trial, pair| {
        let mut events = 0;
        for number in 0..RACES {
            let body = story(number).log().ship_body(Sensitivity::Secret);
            let start = Barrier::new(2);
            let receipts = std::thread::scope(|scope| {
                let ships = [&pair.first, &pair.second].map(|server| {
                    let (start, body, token) = (&start, body.clone(), &pair.token);
                    scope.spawn(move || {
                        start.wait();
                        server.ship(token, body)
                    })
                });
                ships.map(|ship| ship.join().unwrap())
            });
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
        let listed = pair.second.call(&pair.cookie, "sessions", &[]);
        let rows = listed["rows"].as_array().unwrap();
        let sum: u64 = rows
            .iter()
            .map(|row| row["summary"]["events"].as_u64().unwrap())
            .sum();
        assert_eq!(sum, events);
    })
    .await;
}
