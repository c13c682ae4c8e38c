//! What every answer carries.

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers_and_a_request_id_of_our_own() {
    House::each(async |house| {
        for path in [
            "/healthz",
            "/sign-in",
            "/no/such/page",
            "/v1/nothing",
            "/icons.svg",
            "/live",
        ] {
            let answer = house
                .send("GET", path, &[("x-request-id", "mine")], "")
                .await;
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
            assert_eq!(
                answer.header("cross-origin-opener-policy"),
                "same-origin",
                "{path}"
            );
            assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
            assert!(
                answer.header("permissions-policy").contains("camera=()"),
                "{path}"
            );
            assert!(
                answer
                    .header("content-security-policy")
                    .contains("frame-ancestors 'none'"),
                "{path}"
            );
            assert_eq!(answer.header("strict-transport-security"), "", "{path}");
            assert_eq!(answer.header("x-request-id").len(), 36, "{path}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_tls_browsers_are_told_to_stay_there() {
    House::each_reached_at("https://machinaut.example", async |house| {
        let answer = house.get("/healthz").await;
        assert!(
            answer
                .header("strict-transport-security")
                .starts_with("max-age=")
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pages_never_share_a_nonce() {
    House::each(async |house| {
        let (first, second) = (house.get("/sign-in").await, house.get("/sign-in").await);
        let policy = first.header("content-security-policy");
        assert!(
            policy.contains("script-src 'nonce-") && !policy.contains("unsafe-inline"),
            "{policy}"
        );
        assert_ne!(policy, second.header("content-security-policy"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_problem_for_machines_and_a_page_for_people() {
    House::each(async |house| {
        for path in ["/v1/nothing", "/v1", "/api/nothing", "/problems/nothing"] {
            assert_eq!(
                house.get(path).await.refusal(),
                (404, "not-found".to_owned()),
                "{path}"
            );
        }
        let page = house.get("/no/such/page").await;
        assert_eq!(page.status, 404);
        assert!(
            page.header("content-type").starts_with("text/html"),
            "{page:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_method_is_refused_with_those_that_would_do() {
    House::each(async |house| {
        let answer = house.send("PUT", "/healthz", &[], "").await;
        assert_eq!(answer.refusal(), (405, "method-not-allowed".to_owned()));
        assert_eq!(answer.header("allow"), "GET,HEAD");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_can_serve_says_so() {
    House::each(async |house| {
        assert_eq!(house.get("/healthz").await.body, "ok\n");
        assert_eq!(house.get("/readyz").await.status, 200);
    })
    .await;
}
