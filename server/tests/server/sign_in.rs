//! How a browser comes in, stays in and goes out.

use machinaut_control::LocalOperator;
use machinaut_control::identity;
use secrecy::ExposeSecret;

use crate::house::House;

const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_link_signs_the_owner_in_once() {
    House::each(async |house| {
        let operator = LocalOperator::at_the_console();
        let link = identity::issue_setup_link(operator, &house.trial.control, "acme")
            .await
            .unwrap();
        let form = format!(
            "secret={}&name=Ada&email=ada%40acme.example&password=correct+horse+battery",
            link.secret.expose_secret()
        );
        let answer = house.post_form("/api/set_up", &[OURS], &form).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let cookie = answer.cookie().unwrap();
        assert_eq!(
            house
                .send("GET", "/inbox", &[("cookie", &cookie)], "")
                .await
                .status,
            200
        );
        let again = house.post_form("/api/set_up", &[OURS], &form).await;
        assert_eq!(again.status, 410);
        assert_eq!(again.cookie(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites() {
    House::each(async |house| {
        let form = "email=owner%40acme.example&password=correct+horse+battery&next=%2Finbox";
        let answer = house.post_form("/api/sign_in", &[OURS], form).await;
        let set = answer.header("set-cookie");
        assert!(
            set.starts_with("machinaut=")
                && set.contains("HttpOnly")
                && set.contains("SameSite=Lax"),
            "{set}"
        );
        assert!(
            set.contains("Path=/") && !set.contains("Secure") && !set.contains("Domain"),
            "{set}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_tls_the_cookie_is_bound_to_this_host_and_to_tls() {
    House::each_reached_at("https://machinaut.example", async |house| {
        let form = "email=owner%40acme.example&password=correct+horse+battery&next=%2Finbox";
        let answer = house.post_form("/api/sign_in", &[OURS], form).await;
        let set = answer.header("set-cookie");
        assert!(
            set.starts_with("__Host-machinaut=") && set.contains("Secure"),
            "{set}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_gives_another_session_than_the_one_that_was_planted() {
    House::each(async |house| {
        let planted = house.cookie().await;
        let form = "email=owner%40acme.example&password=correct+horse+battery&next=%2Finbox";
        let answer = house
            .post_form("/api/sign_in", &[OURS, ("cookie", &planted)], form)
            .await;
        assert_ne!(answer.cookie().unwrap(), planted);
        assert!(house.is_stranger(&planted).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_replayed_after_signing_out_is_worth_nothing() {
    House::each(async |house| {
        let cookie = house.cookie().await;
        assert!(!house.is_stranger(&cookie).await);
        let out = house
            .post_form("/api/sign_out", &[OURS, ("cookie", &cookie)], "")
            .await;
        assert!(
            out.status.is_success() || out.status.is_redirection(),
            "{out:?}"
        );
        assert!(house.is_stranger(&cookie).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_a_restart_of_the_server() {
    House::each(async |house| {
        let cookie = house.cookie().await;
        house
            .beside(async |second| assert!(!second.is_stranger(&cookie).await))
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_another_site_sends_is_refused() {
    House::each(async |house| {
        let cookie = house.cookie().await;
        let form = "email=owner%40acme.example&password=correct+horse+battery&next=%2Finbox";
        for from in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("x-none", ""),
        ] {
            for path in ["/api/sign_in", "/api/sign_out", "/api/create_token"] {
                let answer = house
                    .post_form(path, &[from, ("cookie", &cookie)], form)
                    .await;
                assert_eq!(
                    answer.refusal(),
                    (403, "cross-site".to_owned()),
                    "{path} {from:?}"
                );
            }
        }
        assert!(!house.is_stranger(&cookie).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_signs_nobody_in() {
    House::each(async |house| {
        let form = "email=owner%40acme.example&password=wrong+horse+battery&next=%2Finbox";
        let answer = house.post_form("/api/sign_in", &[OURS], form).await;
        assert_eq!((answer.status.as_u16(), answer.cookie()), (401, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_too_large_is_refused() {
    House::each(async |house| {
        let form = format!("email={}", "a".repeat(64 * 1024));
        let answer = house.post_form("/api/sign_in", &[OURS], &form).await;
        assert_eq!(answer.refusal(), (413, "too-large".to_owned()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tried_too_often_is_told_when_to_come_back() {
    House::with_settings(&[], async |house| {
        let form = "email=owner%40acme.example&password=wrong+wrong+wrong&next=%2Finbox";
        let answer = loop {
            let answer = house.post_form("/api/sign_in", &[OURS], form).await;
            if answer.status != 401 {
                break answer;
            }
            assert!(!answer.headers.contains_key("retry-after"), "{answer:?}");
        };
        assert_eq!(answer.status, 429, "{answer:?}");
        let seconds: u64 = answer.header("retry-after").parse().unwrap();
        assert!((1..=900).contains(&seconds), "{seconds}");
    })
    .await;
}
