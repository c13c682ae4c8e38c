//! Carries what the SDK of Meilisearch asks over the HTTP client that the rest of the house has: no
//! redirect is followed, an answer has a size and a time, and the key is in no error and no log.

use std::pin::pin;
use std::time::Duration;

use async_trait::async_trait;
use futures::io::{AsyncRead, AsyncReadExt};
use meilisearch_sdk::errors::{Error as SdkError, MeilisearchCommunicationError, MeilisearchError};
use meilisearch_sdk::request::{HttpClient, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::{Method as Verb, Request, Response, header};

use crate::{Error, Result};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// After how many seconds it is asked again where it does not say.
const RETRY: u64 = 5;
const ANSWER_BYTES: u64 = 64 * 1024 * 1024;

pub(super) const AWAY: Error =
    Error::SearchUnavailable("Meilisearch does not answer. Search is back as soon as it does.");

#[derive(Clone)]
pub(super) struct Http {
    agent: Agent,
    key: Option<SecretString>,
}

/// What it answered.
struct Reply {
    status: u16,
    body: String,
}

impl Http {
    pub(super) fn new(key: Option<SecretString>) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Self {
            agent: config.into(),
            key,
        }
    }

    /// Blocks: not for async threads.
    fn send(&self, verb: Verb, url: &str, body: Option<(String, Vec<u8>)>) -> Result<Reply> {
        let mut request = Request::builder().method(verb).uri(url);
        if let Some(key) = &self.key {
            let bearer = format!("Bearer {}", key.expose_secret());
            request = request.header(header::AUTHORIZATION, bearer);
        }
        let answer = match body {
            Some((content_type, body)) => request
                .header(header::CONTENT_TYPE, content_type)
                .body(body)
                .map_err(ureq::Error::from)
                .and_then(|request| self.agent.run(request)),
            None => request
                .body(())
                .map_err(ureq::Error::from)
                .and_then(|request| self.agent.run(request)),
        };
        let mut answer = answer.map_err(|error| away(&error))?;
        let status = answer.status().as_u16();
        if matches!(status, 429 | 503) {
            return Err(Error::Busy {
                retry_after: Duration::from_secs(retry_after(&answer).unwrap_or(RETRY)),
            });
        }
        let body = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES)
            .read_to_string()
            .map_err(|error| away(&error))?;
        Ok(Reply { status, body })
    }
}

#[async_trait]
impl HttpClient for Http {
    async fn stream_request<
        Query: Serialize + Send + Sync,
        Body: AsyncRead + Send + Sync + 'static,
        Output: DeserializeOwned + 'static,
    >(
        &self,
        url: &str,
        method: Method<Query, Body>,
        content_type: &str,
        expected_status_code: u16,
    ) -> Result<Output, SdkError> {
        let url = format!("{url}{}", yaup::to_string(method.query())?);
        let verb = verb(&method);
        let body = match method.into_body() {
            Some(body) => {
                let mut bytes = Vec::new();
                let read = pin!(body).read_to_end(&mut bytes).await;
                read.map_err(|_| ours(Error::Broken("a body that is in memory can be read")))?;
                Some((content_type.to_owned(), bytes))
            }
            None => None,
        };
        let http = self.clone();
        let Reply { status, body } =
            tokio::task::spawn_blocking(move || http.send(verb, &url, body))
                .await
                .unwrap_or(Err(Error::Broken("asking Meilisearch ends")))
                .map_err(ours)?;
        if status == expected_status_code {
            return Ok(serde_json::from_str(&body)?);
        }
        // The SDK's own reading of it would log each index that is not there as a warning.
        Err(match serde_json::from_str::<MeilisearchError>(&body) {
            Ok(error) => error.into(),
            Err(_) => MeilisearchCommunicationError {
                status_code: status,
                message: None,
                url: String::new(),
            }
            .into(),
        })
    }
}

/// An error of ours on its way through the SDK.
fn ours(error: Error) -> SdkError {
    SdkError::Other(Box::new(error))
}

fn away(error: &ureq::Error) -> Error {
    tracing::debug!(%error, "Meilisearch does not answer");
    AWAY
}

fn verb<Query, Body>(method: &Method<Query, Body>) -> Verb {
    match method {
        Method::Get { .. } => Verb::GET,
        Method::Post { .. } => Verb::POST,
        Method::Patch { .. } => Verb::PATCH,
        Method::Put { .. } => Verb::PUT,
        Method::Delete { .. } => Verb::DELETE,
    }
}

fn retry_after(answer: &Response<ureq::Body>) -> Option<u64> {
    let after = answer.headers().get(header::RETRY_AFTER)?;
    after.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::super::Meilisearch;
    use super::*;

    /// What the engine makes of an answer to one request, and that request.
    async fn answered(answer: &str) -> (Result<bool>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let key = SecretString::from("the-key");
        let engine = Meilisearch::new(url, Some(key), "links".to_owned());
        let once = async {
            let (mut caller, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4_096];
            let length = caller.read(&mut request).await.unwrap();
            caller.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        };
        futures::join!(engine.is_there(), once)
    }

    fn with_body(head: &str, body: &str) -> String {
        format!(
            "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    }

    fn refused(status: u16, code: &str, kind: &str) -> String {
        let body = format!(
            r#"{{"message":"the-key","code":"{code}","type":"{kind}","link":"https://x.example"}}"#
        );
        with_body(&format!("{status} X"), &body)
    }

    #[tokio::test]
    async fn the_key_goes_with_every_request_and_an_index_is_there_or_not() {
        let (there, request) = answered(&with_body("200 OK", r#"{"uid":"links"}"#)).await;
        assert!(there.unwrap());
        assert!(
            request.starts_with("GET /indexes/links HTTP/1.1\r\n"),
            "{request}"
        );
        assert!(
            request
                .to_lowercase()
                .contains("authorization: bearer the-key\r\n")
        );
        let (there, _) = answered(&refused(404, "index_not_found", "invalid_request")).await;
        assert!(!there.unwrap());
    }

    #[tokio::test]
    async fn a_meilisearch_with_too_much_to_do_is_asked_again_when_it_says() {
        for (head, seconds) in [
            ("503 Busy\r\nRetry-After: 17", 17),
            ("429 Slow down\r\nRetry-After: 3", 3),
            ("503 Busy", RETRY),
            ("503 Busy\r\nRetry-After: soon", RETRY),
        ] {
            let (there, _) = answered(&with_body(head, "")).await;
            let retry_after = there.unwrap_err().retry_after();
            assert_eq!(retry_after, Some(Duration::from_secs(seconds)), "{head}");
        }
    }

    #[tokio::test]
    async fn what_meilisearch_refuses_is_told_without_its_words() {
        for (answer, said) in [
            (refused(403, "invalid_api_key", "auth"), "refused the key"),
            (with_body("401 Who?", "<html>the-key"), "refused the key"),
            (
                refused(400, "bad_request", "invalid_request"),
                "refused what it was asked",
            ),
            (
                refused(500, "of_tomorrow", "unheard_of"),
                "refused what it was asked",
            ),
            (
                with_body("502 Bad gateway", "<html>the-key"),
                "refused what it was asked",
            ),
            (with_body("200 OK", "<html>the-key"), "something unknown"),
            (with_body("200 OK", "\u{0}\u{1}{"), "something unknown"),
        ] {
            let (there, _) = answered(&answer).await;
            let error = there.unwrap_err();
            assert!(matches!(error, Error::SearchUnavailable(_)), "{error:?}");
            assert!(error.to_string().contains(said), "{answer} {error}");
            assert!(!format!("{error} {error:?}").contains("the-key"));
        }
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let head = format!(
            "302 Found\r\nLocation: http://{}/",
            elsewhere.local_addr().unwrap()
        );
        let (there, _) = answered(&with_body(&head, "")).await;
        assert!(matches!(there, Err(Error::SearchUnavailable(_))));
        let nobody = futures::FutureExt::now_or_never(elsewhere.accept());
        assert!(nobody.is_none());
    }

    #[tokio::test]
    async fn a_meilisearch_that_is_away_is_told_as_that() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let engine = Meilisearch::new(url, None, "links".to_owned());
        let error = engine.is_there().await.unwrap_err();
        assert!(error.to_string().contains("does not answer"), "{error}");
    }
}
