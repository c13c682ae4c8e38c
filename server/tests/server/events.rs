//! `POST /v1/events`.

use std::path::PathBuf;

use machinaut_chain::ship::Sensitivity;
use machinaut_control::{Grant, ingest};
use secrecy::ExposeSecret;
use serde::Deserialize;

use crate::approver::held;
use crate::house::{Answer, BODY_LIMIT, House, until};

const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");

async fn ship(house: &House<'_>, token: &str, body: impl Into<Vec<u8>>) -> Answer {
    let bearer = format!("Bearer {token}");
    house
        .send(
            "POST",
            "/v1/events",
            &[NDJSON, ("authorization", &bearer)],
            body,
        )
        .await
}

#[derive(Deserialize)]
struct Case {
    file: String,
    status: u16,
    why: String,
}

/// The bodies that the real Lodestar, and those who would break it, could send.
fn bad_bodies() -> Option<(PathBuf, Vec<Case>)> {
    let data = std::env::var("MACHINAUT_LODESTAR_DATA").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/lodestar").to_owned()
    });
    let folder = PathBuf::from(data).join("ship/bad");
    let Ok(index) = std::fs::read(folder.join("index.json")) else {
        eprintln!(
            "!!! NO CONFORMANCE DATA in {}: Lodestar's bodies are not shipped !!!",
            folder.display()
        );
        return None;
    };
    Some((folder, serde_json::from_slice(&index).unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_body_gets_the_answer_of_its_index_and_a_refused_one_leaves_nothing() {
    let Some((folder, cases)) = bad_bodies() else {
        return;
    };
    assert!(cases.len() > 100);
    // Many, and each is a body of its own: one database is enough for what the control plane tests on both.
    House::on_sqlite("67108864", async |house| {
        for (number, case) in cases.iter().enumerate() {
            // They are one session many times over, so each is shipped for an organisation of its own.
            let scope = house.trial.organisation(&format!("org-{number}")).await;
            let token = house.trial.token(&scope, &[Grant::Ship], None).await;
            let before = house.kept().await;
            let body = std::fs::read(folder.join(&case.file)).unwrap();
            let answer = ship(house, token.expose_secret(), body).await;
            let said = format!("{} ({}): {}", case.file, case.why, answer.body);
            assert_eq!(answer.status.as_u16(), case.status, "{said}");
            if case.status == 422 {
                assert_eq!(answer.problem(), "malformed", "{said}");
                assert_eq!(house.kept().await, before, "{said}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_says_what_was_kept_and_a_second_ship_of_the_same_costs_nothing() {
    House::each(async |house| {
        let token = house.token(&[Grant::Ship]).await;
        let body = held(&house.trial.control, "r")
            .log()
            .ship_body(Sensitivity::Internal);
        let first: serde_json::Value =
            serde_json::from_str(&ship(house, &token, body.clone()).await.body).unwrap();
        assert_eq!(first["appended"], first["received"]);
        let again: serde_json::Value =
            serde_json::from_str(&ship(house, &token, body).await.body).unwrap();
        assert_eq!(
            (&again["appended"], &again["unchanged"]),
            (&0.into(), &first["received"])
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_token_nothing_is_read() {
    House::each(async |house| {
        let body = held(&house.trial.control, "r")
            .log()
            .ship_body(Sensitivity::Internal);
        let without = house
            .send("POST", "/v1/events", &[NDJSON], body.clone())
            .await;
        assert_eq!(without.refusal(), (401, "unauthenticated".to_owned()));
        assert_eq!(without.header("www-authenticate"), "Bearer");
        let unknown = format!("mnt_{}_{}", "0".repeat(12), "0".repeat(64));
        for token in ["nonsense", unknown.as_str()] {
            assert_eq!(
                ship(house, token, body.clone()).await.refusal(),
                (401, "unauthenticated".to_owned())
            );
        }
        assert_eq!(house.kept().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_approval_channel_cannot_ship() {
    House::each(async |house| {
        let token = house.token(&[Grant::Approvals]).await;
        assert_eq!(
            ship(house, &token, "").await.refusal(),
            (403, "missing-grant".to_owned())
        );
    })
    .await;
}

async fn ship_packed(house: &House<'_>, token: &str, packed: Vec<u8>, encoding: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [
        NDJSON,
        ("authorization", bearer.as_str()),
        ("content-encoding", encoding),
    ];
    house.send("POST", "/v1/events", &headers, packed).await
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_type_is_refused() {
    House::each(async |house| {
        let bearer = format!("Bearer {}", house.token(&[Grant::Ship]).await);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let json = house.send("POST", "/v1/events", &headers, "{}").await;
        assert_eq!(json.refusal(), (415, "unsupported-media-type".to_owned()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_body_is_unpacked_and_one_packed_otherwise_is_told_how() {
    House::each(async |house| {
        let token = house.token(&[Grant::Ship]).await;
        let body = held(&house.trial.control, "r")
            .log()
            .ship_body(Sensitivity::Internal);
        let packed = gzip(&body);
        assert!(packed.len() < body.len());
        let first: serde_json::Value =
            serde_json::from_str(&ship_packed(house, &token, packed, "gzip").await.body).unwrap();
        assert_eq!(first["appended"], first["received"]);
        let packed = zstd::stream::encode_all(body.as_slice(), 3).unwrap();
        let again: serde_json::Value =
            serde_json::from_str(&ship_packed(house, &token, packed, "zstd").await.body).unwrap();
        assert_eq!(
            (&again["unchanged"], &again["body_sha256"]),
            (&first["received"], &first["body_sha256"])
        );
        for other in ["br", "deflate", "gzip, gzip"] {
            let answer = ship_packed(house, &token, body.clone(), other).await;
            assert_eq!(answer.refusal(), (415, "unsupported-encoding".to_owned()));
            assert_eq!(answer.header("accept-encoding"), "gzip, zstd, identity");
        }
        let lie = ship_packed(house, &token, body, "zstd").await;
        assert_eq!(lie.refusal(), (400, "unpacking-failed".to_owned()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zip_bomb_is_too_large_and_leaves_nothing() {
    House::with_settings(&[], async |house| {
        let token = house.token(&[Grant::Ship]).await;
        let mut bomb = held(&house.trial.control, "r")
            .log()
            .ship_body(Sensitivity::Internal);
        bomb.extend(vec![b' '; 64 * BODY_LIMIT]);
        let bomb = gzip(&bomb);
        assert!(bomb.len() < BODY_LIMIT);
        let answer = ship_packed(house, &token, bomb, "gzip").await;
        assert_eq!(answer.refusal(), (413, "too-large".to_owned()));
        assert_eq!(house.kept().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_floods_is_told_to_wait_and_another_one_ships() {
    use tokio::io::AsyncWriteExt;
    let settings = [
        ("MACHINAUT_LIMITS_SHIPS_OPEN", "4"),
        ("MACHINAUT_LIMITS_SHIPS_OPEN_PER_ORGANISATION", "3"),
    ];
    House::with_settings(&settings, async |house| {
        let token = house.token(&[Grant::Ship]).await;
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
             content-type: application/x-ndjson\r\ncontent-length: 100000\r\n\r\n{{"
        );
        let mut flood = Vec::new();
        for _ in 0..3 {
            let mut connection = tokio::net::TcpStream::connect(house.address).await.unwrap();
            connection.write_all(head.as_bytes()).await.unwrap();
            flood.push(connection);
        }
        let open = async || ingest::traffic(&house.trial.control).open == 3;
        until(open).await;
        let body = held(&house.trial.control, "r")
            .log()
            .ship_body(Sensitivity::Internal);
        let refused = ship(house, &token, body.clone()).await;
        assert_eq!(refused.refusal(), (429, "too-many-ships".to_owned()));
        assert_eq!(refused.header("retry-after"), "2");
        let other = house.trial.organisation("globex").await;
        let other = house.trial.token(&other, &[Grant::Ship], None).await;
        let other = other.expose_secret();
        assert_eq!(ship(house, other, body.clone()).await.status, 200);
        drop(flood);
        until(async || ingest::traffic(&house.trial.control).open == 0).await;
        assert_eq!(ship(house, &token, body).await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_is_used_up_is_said_with_the_time_to_come_back() {
    House::with_settings(
        &[("MACHINAUT_QUOTAS_BYTES_PER_DAY", "9000")],
        async |house| {
            let token = house.token(&[Grant::Ship]).await;
            let body = held(&house.trial.control, "r")
                .log()
                .ship_body(Sensitivity::Internal);
            let ships = 9_000 / body.len();
            for _ in 0..ships {
                assert_eq!(ship(house, &token, body.clone()).await.status, 200);
            }
            let kept = house.kept().await;
            let refused = ship(house, &token, body).await;
            assert_eq!(refused.refusal(), (429, "quota-exhausted".to_owned()));
            assert_eq!(refused.header("retry-after"), "43200", "it is noon");
            assert_eq!(house.kept().await, kept);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_and_slow_heads_are_given_up() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let settings = [
        ("MACHINAUT_LIMITS_BODY_IDLE_MS", "200"),
        ("MACHINAUT_LIMITS_HEAD_MS", "200"),
    ];
    House::with_settings(&settings, async |house| {
        let token = house.token(&[Grant::Ship]).await;
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
             content-type: application/x-ndjson\r\ncontent-length: 100000\r\n\r\n{{"
        );
        for (sent, answer) in [
            (head.as_str(), "HTTP/1.1 408"),
            ("GET / HTTP/1.1\r\nho", ""),
        ] {
            let mut connection = tokio::net::TcpStream::connect(house.address).await.unwrap();
            connection.write_all(sent.as_bytes()).await.unwrap();
            let mut said = Vec::new();
            connection.read_to_end(&mut said).await.unwrap();
            let said = String::from_utf8(said).unwrap();
            assert!(said.starts_with(answer), "{said}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused_and_leaves_nothing() {
    House::each(async |house| {
        let token = house.token(&[Grant::Ship]).await;
        let answer = ship(house, &token, vec![b' '; BODY_LIMIT + 1]).await;
        assert_eq!(answer.refusal(), (413, "too-large".to_owned()));
        assert_eq!(house.kept().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_the_format_is_refused_with_its_line_and_without_an_echo() {
    House::each(async |house| {
        let token = house.token(&[Grant::Ship]).await;
        let mut body = held(&house.trial.control, "r")
            .log()
            .ship_body(Sensitivity::Secret);
        body.extend_from_slice(b"{\"api_key\":\"hunter2\"}\n");
        let lines = body.split_inclusive(|byte| *byte == b'\n').count();
        let answer = ship(house, &token, body).await;
        assert_eq!(answer.refusal(), (422, "malformed".to_owned()));
        let document: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(document["line"], lines, "{}", answer.body);
        assert!(
            !answer.body.contains("hunter2") && !answer.body.contains("api_key"),
            "{}",
            answer.body
        );
        assert_eq!(house.kept().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_goes_away_in_the_middle_leaves_nothing() {
    use tokio::io::AsyncWriteExt;
    House::each(async |house| {
        let token = house.token(&[Grant::Ship]).await;
        let body = held(&house.trial.control, "r")
            .log()
            .ship_body(Sensitivity::Secret);
        let mut connection = tokio::net::TcpStream::connect(house.address).await.unwrap();
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
             content-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(&body[..body.len() / 2]).await.unwrap();
        connection.shutdown().await.unwrap();
        drop(connection);
        // The same session, whole, is new to the server whenever the broken one was noticed.
        let receipt: serde_json::Value =
            serde_json::from_str(&ship(house, &token, body).await.body).unwrap();
        assert_eq!(receipt["appended"], receipt["received"]);
    })
    .await;
}
