//! What the pages of a session show without a script in the browser.

use axum::http::StatusCode;
use machinaut_chain::json::{Object, Value};
use machinaut_chain::sample::Log;
use machinaut_chain::ship::Sensitivity;
use machinaut_chain::timestamp::Instant;
use machinaut_control::Grant;
use machinaut_control::sessions::{self, Filter};

use crate::house::House;

/// More than two pages of events; every third one is a claim.
const EVENTS: u64 = 450;

/// Ships a long session, and gives its address and the ids of its events.
async fn shipped(house: &House<'_>) -> (String, Vec<String>) {
    let (project, session, agent) = ("p", "long", "agent:a");
    let ids = (project.parse(), session.parse(), agent.parse());
    let (project, session, agent) = (ids.0.unwrap(), ids.1.unwrap(), ids.2.unwrap());
    let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    let mut events = Vec::new();
    for number in 0..EVENTS {
        let statement = format!("statement {number}!");
        let claim: Object = [("id", format!("c-{number}")), ("statement", statement)]
            .into_iter()
            .collect();
        let event_type = if number % 3 == 0 {
            "claim.extracted"
        } else {
            "agent.note"
        };
        events.push(log.event(event_type, "0.1.0", Value::from(claim)));
    }
    let bearer = format!("Bearer {}", house.token(&[Grant::Ship]).await);
    let headers = [
        ("content-type", "application/x-ndjson"),
        ("authorization", bearer.as_str()),
    ];
    let body = log.ship_body(Sensitivity::Secret);
    let answer = house.send("POST", "/v1/events", &headers, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let filter = Filter::default();
    let control = &house.trial.control;
    let list = sessions::list(&house.scope, control, &filter, None, 1).await;
    (
        format!("/sessions/{}", list.unwrap().sessions[0].id),
        events,
    )
}

#[tokio::test]
async fn a_long_session_is_shown_page_by_page_by_kind_and_around_an_event() {
    House::each(async |house| {
        let (session, ids) = shipped(house).await;
        let cookie = house.cookie().await;
        let page = async |path: &str| {
            let headers = [("cookie", cookie.as_str()), ("accept", "text/html")];
            let answer = house.send("GET", path, &headers, "").await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            answer.body
        };
        let shows = |page: &str, seq: usize| {
            page.contains(&format!("{session}/events/{seq}?event={}", ids[seq]))
        };

        let first = page(&session).await;
        assert!(first.contains("page 1 of 3"));
        assert!(shows(&first, 0) && shows(&first, 199) && !shows(&first, 200));
        assert!(first.contains("statement 198!") && !first.contains("statement 201!"));

        let last = page(&format!("{session}?page=99")).await;
        assert!(last.contains("page 3 of 3"));
        assert!(shows(&last, 400) && shows(&last, 449) && !shows(&last, 399));

        let claims = page(&format!("{session}?kind=claim")).await;
        assert!(shows(&claims, 0) && shows(&claims, 447) && !shows(&claims, 1));
        assert!(claims.contains("statement 447!"));

        let around = page(&format!("{session}?at=205&event={}", ids[205])).await;
        assert!(around.contains("page 2 of 3") && around.contains("id=\"sought\""));
        assert!(shows(&around, 205));

        let one = page(&format!("{session}/events/205?event={}", ids[205])).await;
        assert!(one.contains("one of 450 events") && one.contains("statement 205!"));
        assert!(shows(&one, 204) && shows(&one, 206));
        let absent = house
            .send(
                "GET",
                &format!("{session}/events/205?event={}", ids[204]),
                &[("cookie", cookie.as_str()), ("accept", "text/html")],
                "",
            )
            .await;
        assert!(!absent.body.contains("statement 20"));
    })
    .await;
}
