//! The approval channel: announce, fetch, consume.

use std::time::Duration;

use machinaut_chain::approval::{Resolution, ResolutionKind};
use machinaut_chain::ship::Sensitivity;
use machinaut_chain::signature::{Binding, guard_check};
use machinaut_chain::timestamp::Instant;
use machinaut_control::Grant;
use machinaut_control::holds;
use machinaut_control::holds::delivery::Stage;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::approver::{Approver, PROJECT, about, decide, held};
use crate::house::{Answer, House, until};

const JSON: (&str, &str) = ("content-type", "application/json");

struct Guard<'a> {
    house: &'a House<'a>,
    bearer: String,
}

impl<'a> Guard<'a> {
    async fn of(house: &'a House<'a>) -> Self {
        Self {
            house,
            bearer: format!("Bearer {}", house.token(&Grant::ALL).await),
        }
    }

    async fn announce(&self, body: &str) -> Answer {
        let headers = [JSON, ("authorization", self.bearer.as_str())];
        self.house
            .send("POST", "/v1/approvals", &headers, body)
            .await
    }

    async fn fetch(&self, request: &str, query: &str) -> Answer {
        let path = format!("/v1/approvals/{PROJECT}/{request}{query}");
        self.house
            .send("GET", &path, &[("authorization", &self.bearer)], "")
            .await
    }

    async fn consume(&self, request: &str) -> Answer {
        let path = format!("/v1/approvals/{PROJECT}/{request}");
        self.house
            .send("DELETE", &path, &[("authorization", &self.bearer)], "")
            .await
    }

    async fn ship(&self, body: Vec<u8>) -> Answer {
        let headers = [
            ("content-type", "application/x-ndjson"),
            ("authorization", self.bearer.as_str()),
        ];
        self.house.send("POST", "/v1/events", &headers, body).await
    }
}

fn now(house: &House<'_>) -> Instant {
    Instant::from_millis(house.trial.control.now().millis())
}

async fn stage(house: &House<'_>) -> Stage {
    let inbox = holds::inbox(&house.scope, &house.trial.control)
        .await
        .unwrap();
    let row = inbox
        .waiting
        .iter()
        .chain(&inbox.past)
        .chain(&inbox.ended)
        .next()
        .unwrap();
    row.decision.as_ref().unwrap().stage
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loop_runs_over_the_wire_until_the_log_confirms_it() {
    House::each(async |house| {
        let guard = Guard::of(house).await;
        let alice = Approver::registered(&house.scope, &house.trial.control).await;
        let mut story = held(&house.trial.control, "request-1");

        assert_eq!(guard.announce(&story.request().to_json()).await.status, 202);
        assert_eq!(
            guard
                .ship(story.log().ship_body(Sensitivity::Internal))
                .await
                .status,
            200
        );
        let not_yet = guard.fetch("request-1", "?wait_ms=0").await;
        assert_eq!(not_yet.refusal(), (404, "no-decision-yet".to_owned()));

        let signed = alice.decides(about(&story), ResolutionKind::Granted, now(house));
        decide(&house.scope, &house.trial.control, &signed).await;
        let fetched = guard.fetch("request-1", "?wait_ms=0").await;
        assert_eq!(
            (fetched.status.as_u16(), fetched.header("content-type")),
            (200, "application/json")
        );
        let resolution = Resolution::parse(fetched.body.as_bytes()).unwrap();
        let binding = Binding {
            request_id: "request-1".into(),
            action_id: story.request().action_id.as_str().into(),
            deadline: story.request().deadline.clone(),
        };
        assert_eq!(guard_check(&resolution, &binding, &alice.pins()), Ok(()));

        assert_eq!(guard.consume("request-1").await.status, 204);
        assert_eq!(guard.consume("request-1").await.status, 204);
        house.trial.clock.advance(Duration::from_secs(4));
        assert_eq!(stage(house).await, Stage::Accepted);

        story.resolve(&resolution, now(house));
        assert_eq!(
            guard
                .ship(story.log().ship_body(Sensitivity::Secret))
                .await
                .status,
            200
        );
        assert_eq!(stage(house).await, Stage::Confirmed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_that_consumes_and_asks_on_has_refused() {
    House::each(async |house| {
        let guard = Guard::of(house).await;
        let alice = Approver::registered(&house.scope, &house.trial.control).await;
        let story = held(&house.trial.control, "request-1");
        guard.announce(&story.request().to_json()).await;
        guard.fetch("request-1", "?wait_ms=0").await;
        let signed = alice.decides(about(&story), ResolutionKind::Granted, now(house));
        decide(&house.scope, &house.trial.control, &signed).await;
        assert_eq!(guard.fetch("request-1", "?wait_ms=0").await.status, 200);
        assert_eq!(guard.consume("request-1").await.status, 204);
        house.trial.clock.advance(Duration::from_millis(100));
        assert_eq!(guard.fetch("request-1", "?wait_ms=0").await.status, 404);
        assert_eq!(stage(house).await, Stage::Refused);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_answer_comes_the_moment_a_decision_lands() {
    House::each(async |house| {
        let guard = Guard::of(house).await;
        let alice = Approver::registered(&house.scope, &house.trial.control).await;
        let story = held(&house.trial.control, "request-1");
        guard.announce(&story.request().to_json()).await;
        let began = std::time::Instant::now();
        let signed = alice.decides(about(&story), ResolutionKind::Denied, now(house));
        let (answer, ()) = tokio::join!(guard.fetch("request-1", "?wait_ms=14000"), async {
            // Only once the guard is known to wait.
            until(async || house.guard_waits().await).await;
            decide(&house.scope, &house.trial.control, &signed).await;
        });
        assert_eq!(answer.status, 200);
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "it came by waking, not by the end of the wait"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_answers_those_who_wait() {
    House::each(async |house| {
        let guard = Guard::of(house).await;
        let story = held(&house.trial.control, "request-1");
        guard.announce(&story.request().to_json()).await;
        let (answer, ()) = tokio::join!(guard.fetch("request-1", "?wait_ms=14000"), async {
            until(async || house.guard_waits().await).await;
            house.stop_waiting();
        });
        assert_eq!(answer.refusal(), (404, "no-decision-yet".to_owned()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_that_hangs_up_while_it_waits_leaves_nothing_running() {
    House::each(async |house| {
        let guard = Guard::of(house).await;
        let story = held(&house.trial.control, "request-1");
        guard.announce(&story.request().to_json()).await;
        let mut connection = tokio::net::TcpStream::connect(house.address).await.unwrap();
        let head = format!(
            "GET /v1/approvals/{PROJECT}/request-1?wait_ms=14000 HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n\r\n",
            guard.bearer
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        until(async || house.guard_waits().await).await;
        assert_eq!(house.waiting(), 1);
        drop(connection);
        until(async || house.waiting() == 0).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn announcements_that_break_the_schema_are_refused() {
    House::each(async |house| {
        let guard = Guard::of(house).await;
        for body in [
            "",
            "null",
            "{}",
            "{\"request_id\":7}",
            "[",
            "{\"request_id\":\"r\",\"action_id\":\"a\"}",
        ] {
            assert_eq!(
                guard.announce(body).await.refusal(),
                (422, "malformed".to_owned()),
                "{body}"
            );
        }
        let inbox = holds::inbox(&house.scope, &house.trial.control)
            .await
            .unwrap();
        assert_eq!(inbox.waiting, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announcement_of_another_type_or_too_large_is_refused() {
    House::each(async |house| {
        let guard = Guard::of(house).await;
        let text = [
            ("content-type", "text/plain"),
            ("authorization", guard.bearer.as_str()),
        ];
        let answer = house.send("POST", "/v1/approvals", &text, "{}").await;
        assert_eq!(answer.refusal(), (415, "unsupported-media-type".to_owned()));
        assert_eq!(
            guard.announce(&" ".repeat(64 * 1024 + 1)).await.refusal(),
            (413, "too-large".to_owned())
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn announcing_twice_is_one_hold() {
    House::each(async |house| {
        let guard = Guard::of(house).await;
        let story = held(&house.trial.control, "request-1");
        for _ in 0..2 {
            assert_eq!(guard.announce(&story.request().to_json()).await.status, 202);
        }
        let inbox = holds::inbox(&house.scope, &house.trial.control)
            .await
            .unwrap();
        assert_eq!(inbox.waiting.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_only_ships_cannot_use_the_channel() {
    House::each(async |house| {
        let bearer = format!("Bearer {}", house.token(&[Grant::Ship]).await);
        for (method, path) in [
            ("POST", "/v1/approvals"),
            ("GET", "/v1/approvals/p/r"),
            ("DELETE", "/v1/approvals/p/r"),
        ] {
            let answer = house
                .send(method, path, &[JSON, ("authorization", &bearer)], "")
                .await;
            assert_eq!(
                answer.refusal(),
                (403, "missing-grant".to_owned()),
                "{method}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_hold_line_breaks_or_slashes_are_only_ids() {
    House::each(async |house| {
        let guard = Guard::of(house).await;
        for id in [
            "a%0d%0aset-cookie:%20x=1",
            "..%2f..%2fetc%2fpasswd",
            "%00",
            "%ff",
            "%F0%9F%A6%86",
        ] {
            let answer = guard.fetch(id, "?wait_ms=0").await;
            assert_eq!(answer.status, 404, "{id}");
            assert_eq!(answer.header("set-cookie"), "", "{id}");
            assert!(
                !answer.body.contains("set-cookie") && !answer.body.contains("passwd"),
                "{}",
                answer.body
            );
            assert!(!guard.consume(id).await.status.is_server_error(), "{id}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patience_that_is_no_number_is_refused() {
    House::each(async |house| {
        let guard = Guard::of(house).await;
        for query in ["?wait_ms=soon", "?wait_ms=-1"] {
            assert_eq!(
                guard.fetch("r", query).await.refusal(),
                (422, "invalid".to_owned()),
                "{query}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_of_another_organisation_is_not_there() {
    House::each(async |house| {
        let guard = Guard::of(house).await;
        let alice = Approver::registered(&house.scope, &house.trial.control).await;
        let story = held(&house.trial.control, "request-1");
        guard.announce(&story.request().to_json()).await;
        guard.fetch("request-1", "?wait_ms=0").await;
        let signed = alice.decides(about(&story), ResolutionKind::Granted, now(house));
        decide(&house.scope, &house.trial.control, &signed).await;

        let stranger = house.trial.organisation("other").await;
        let token = house.trial.token(&stranger, &Grant::ALL, None).await;
        let bearer = format!("Bearer {}", secrecy::ExposeSecret::expose_secret(&token));
        let path = format!("/v1/approvals/{PROJECT}/request-1");
        let theirs = house
            .send(
                "GET",
                &format!("{path}?wait_ms=0"),
                &[("authorization", &bearer)],
                "",
            )
            .await;
        assert_eq!(theirs.status, 404);
        assert_eq!(
            house
                .send("DELETE", &path, &[("authorization", &bearer)], "")
                .await
                .status,
            204
        );
        assert_eq!(guard.fetch("request-1", "?wait_ms=0").await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_smuggled_in_a_header_is_refused() {
    House::each(async |house| {
        let mut connection = tokio::net::TcpStream::connect(house.address).await.unwrap();
        let twice = "POST /v1/approvals HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\
                     connection: close\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
        connection.write_all(twice.as_bytes()).await.unwrap();
        let mut answers = String::new();
        connection.read_to_string(&mut answers).await.unwrap();
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
    })
    .await;
}
