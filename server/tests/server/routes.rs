//! Every route, and who may call it. A route that is not in this table fails the test, so that nobody adds one
//! without saying who it is for.

use machinaut_control::Grant;
use machinaut_server::web::{Entry, Who, table};

use crate::house::House;

const TABLE: &[(&str, &str, Who)] = &[
    ("POST", "/v1/events", Who::Token(Grant::Ship)),
    ("POST", "/v1/approvals", Who::Token(Grant::Approvals)),
    (
        "GET",
        "/v1/approvals/{project}/{request}",
        Who::Token(Grant::Approvals),
    ),
    (
        "DELETE",
        "/v1/approvals/{project}/{request}",
        Who::Token(Grant::Approvals),
    ),
    ("GET", "/healthz", Who::Anyone),
    ("GET", "/readyz", Who::Anyone),
    ("GET", "/problems", Who::Anyone),
    ("GET", "/problems/{kind}", Who::Anyone),
    ("GET", "/live", Who::SignedIn),
    ("GET", "/session-records/{session}", Who::SignedIn),
    ("GET", "/sign-in", Who::Anyone),
    ("GET", "/setup/{secret}", Who::Anyone),
    ("GET", "/", Who::SignedIn),
    ("GET", "/inbox", Who::SignedIn),
    ("GET", "/holds/{id}", Who::SignedIn),
    ("GET", "/sessions", Who::SignedIn),
    ("GET", "/incidents", Who::SignedIn),
    ("GET", "/sessions/{session}", Who::SignedIn),
    ("GET", "/sessions/{session}/events/{seq}", Who::SignedIn),
    ("GET", "/search", Who::SignedIn),
    ("GET", "/keys", Who::SignedIn),
    ("GET", "/settings/tokens", Who::SignedIn),
    ("POST", "/api/invitation", Who::Anyone),
    ("POST", "/api/set_up", Who::Anyone),
    ("POST", "/api/sign_in", Who::Anyone),
    ("POST", "/api/sign_out", Who::SignedIn),
    ("POST", "/api/inbox", Who::SignedIn),
    ("POST", "/api/waiting_count", Who::SignedIn),
    ("POST", "/api/hold", Who::SignedIn),
    ("POST", "/api/decide", Who::SignedIn),
    ("POST", "/api/incidents", Who::SignedIn),
    ("POST", "/api/sessions", Who::SignedIn),
    ("POST", "/api/session", Who::SignedIn),
    ("POST", "/api/event", Who::SignedIn),
    ("POST", "/api/search", Who::SignedIn),
    ("POST", "/api/find_anything", Who::SignedIn),
    ("POST", "/api/save_search", Who::SignedIn),
    ("POST", "/api/forget_search", Who::SignedIn),
    ("POST", "/api/keys", Who::SignedIn),
    ("POST", "/api/register_key", Who::SignedIn),
    ("POST", "/api/revoke_key", Who::SignedIn),
    ("POST", "/api/tokens", Who::SignedIn),
    ("POST", "/api/create_token", Who::SignedIn),
    ("POST", "/api/revoke_token", Who::SignedIn),
];

fn lines(entries: impl IntoIterator<Item = (String, Who)>) -> Vec<String> {
    let mut lines: Vec<String> = entries
        .into_iter()
        .map(|(route, who)| format!("{route} for {who:?}"))
        .collect();
    lines.sort();
    lines
}

#[test]
fn the_table_has_every_route_and_no_other() {
    let expected = lines(
        TABLE
            .iter()
            .map(|(method, path, who)| (format!("{method} {path}"), *who)),
    );
    let mounted = lines(
        table()
            .into_iter()
            .map(|entry| (entry.to_string(), entry.who)),
    );
    assert_eq!(mounted, expected);
}

/// The path with something in the place of each parameter.
fn filled(entry: &Entry) -> String {
    let parts = entry.path.split('/').map(|part| {
        if part.starts_with('{') {
            "01a2076d-8546-747b-9d85-58fc818369ee"
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_gets_through_to_nothing_but_what_is_for_anyone() {
    House::each(async |house| {
        for entry in table() {
            let path = filled(&entry);
            let headers = [("sec-fetch-site", "same-origin"), ("accept", "text/html")];
            let answer = house.send(entry.method.as_str(), &path, &headers, "").await;
            match entry.who {
                Who::Token(_) => assert_eq!(answer.status, 401, "{entry}"),
                Who::SignedIn if answer.status == 302 || answer.status == 303 => {
                    assert!(
                        answer.header("location").starts_with("/sign-in"),
                        "{entry}: {answer:?}"
                    );
                }
                Who::SignedIn => assert_eq!(answer.status, 401, "{entry}: {answer:?}"),
                Who::Anyone => assert_ne!(answer.status, 401, "{entry}"),
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_cookie_opens_no_machine_route_and_a_token_opens_no_page() {
    House::each(async |house| {
        let cookie = house.cookie().await;
        let bearer = format!("Bearer {}", house.token(&Grant::ALL).await);
        for entry in table() {
            let path = filled(&entry);
            let ours = ("sec-fetch-site", "same-origin");
            match entry.who {
                Who::Token(_) => {
                    let answer = house
                        .send(
                            entry.method.as_str(),
                            &path,
                            &[ours, ("cookie", &cookie)],
                            "",
                        )
                        .await;
                    assert_eq!(answer.status, 401, "{entry}");
                }
                Who::SignedIn => {
                    let headers = [
                        ours,
                        ("accept", "text/html"),
                        ("authorization", bearer.as_str()),
                    ];
                    let answer = house.send(entry.method.as_str(), &path, &headers, "").await;
                    assert!(
                        [302, 303, 401].contains(&answer.status.as_u16()),
                        "{entry}: {answer:?}"
                    );
                }
                Who::Anyone => {}
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_gets_through_only_with_the_grant_of_the_table() {
    House::each(async |house| {
        for grant in Grant::ALL {
            let bearer = format!("Bearer {}", house.token(&[grant]).await);
            for entry in table() {
                let Who::Token(needed) = entry.who else {
                    continue;
                };
                let path = format!("{}?wait_ms=0", filled(&entry));
                let answer = house
                    .send(
                        entry.method.as_str(),
                        &path,
                        &[("authorization", &bearer)],
                        "",
                    )
                    .await;
                assert_eq!(answer.status == 403, needed != grant, "{entry}: {answer:?}");
                assert_ne!(answer.status, 401, "{entry}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_opens_for_the_owner_and_reads_without_scripts() {
    House::each(async |house| {
        let cookie = house.cookie().await;
        for path in [
            "/inbox",
            "/sessions",
            "/incidents",
            "/search",
            "/keys",
            "/settings/tokens",
        ] {
            let answer = house
                .send(
                    "GET",
                    path,
                    &[("cookie", &cookie), ("accept", "text/html")],
                    "",
                )
                .await;
            assert_eq!(answer.status, 200, "{path}");
            assert!(answer.body.contains("<h1"), "{path}: {}", answer.body);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_organisation_is_not_there() {
    House::each(async |house| {
        let session = house.ship_sample().await;
        let path = format!("/session-records/{session}");
        let ours = house.cookie().await;
        let records = house.send("GET", &path, &[("cookie", &ours)], "").await;
        assert_eq!(
            (records.status.as_u16(), records.header("content-type")),
            (200, "application/x-ndjson")
        );
        assert!(
            records
                .body
                .lines()
                .all(|line| line.starts_with("{\"v\":1")),
            "{}",
            records.body
        );

        let theirs = house.cookie_of("other").await;
        let refused = house.send("GET", &path, &[("cookie", &theirs)], "").await;
        assert_eq!(refused.refusal(), (404, "not-found".to_owned()));
    })
    .await;
}
