//! The way to a collector: the HTTP client that the rest of the house has.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use ureq::Agent;

/// How long a collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
const ANSWER_BYTES: u64 = 64 * 1024;

/// A collector. Blocking: it is asked from the thread that tells traces, and from no other.
#[derive(Debug)]
pub(super) struct Collector {
    agent: Agent,
    /// Whether the last one was told that it takes nothing.
    is_away: AtomicBool,
}

impl Collector {
    pub(super) fn new() -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Self {
            agent: config.into(),
            is_away: AtomicBool::new(false),
        }
    }

    /// Says once that traces are lost, and once that they no longer are.
    fn note(&self, outcome: Result<u16, &ureq::Error>) {
        let is_away = !matches!(outcome, Ok(200..=299));
        if self.is_away.swap(is_away, Ordering::Relaxed) == is_away {
            return;
        }
        match outcome {
            Ok(200..=299) => tracing::info!("the collector takes traces again"),
            Ok(status) => tracing::warn!(status, "the collector refuses traces; they are lost"),
            Err(error) => tracing::warn!(%error, "the collector does not answer; traces are lost"),
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let answer = self.agent.run(Request::from_parts(head, body.as_ref()));
        self.note(answer.as_ref().map(|answer| answer.status().as_u16()));
        let (head, mut body) = answer?.into_parts();
        let body = body.with_config().limit(ANSWER_BYTES).read_to_vec()?;
        Ok(Response::from_parts(head, Bytes::from(body)))
    }
}
