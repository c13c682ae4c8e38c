//! Speaks to a Meilisearch over its HTTP API. Blocking: not for async threads.

use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use ureq::Agent;

use crate::{Error, Result};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a task may take that was accepted.
const TASK_PATIENCE: Duration = Duration::from_mins(10);
const FIRST_LOOK: Duration = Duration::from_millis(10);
const LONGEST_LOOK: Duration = Duration::from_millis(500);
/// After how many seconds it is asked again where it does not say.
const RETRY: u64 = 5;
const ANSWER_BYTES: u64 = 64 * 1024 * 1024;

const AWAY: Error =
    Error::SearchUnavailable("Meilisearch does not answer. Search is back as soon as it does.");

pub(super) struct Http {
    agent: Agent,
    url: String,
    key: Option<SecretString>,
}

/// What it answered: the status, the body where it is JSON, and after how many seconds it can be
/// asked again.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
    retry_after: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    task_uid: u64,
}

#[derive(Deserialize)]
struct Task {
    status: String,
    error: Option<TaskError>,
}

#[derive(Deserialize)]
struct TaskError {
    code: String,
}

impl Http {
    pub(super) fn new(url: String, key: Option<SecretString>) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Self {
            agent: config.into(),
            url,
            key,
        }
    }

    pub(super) fn get(&self, path: &str) -> Result<Reply> {
        let request = self.agent.get(format!("{}{path}", self.url));
        read(self.with_key(request).call())
    }

    pub(super) fn delete(&self, path: &str) -> Result<Reply> {
        let request = self.agent.delete(format!("{}{path}", self.url));
        read(self.with_key(request).call())
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Reply> {
        let request = self.agent.post(format!("{}{path}", self.url));
        read(self.with_key(request).send_json(body))
    }

    pub(super) fn patch(&self, path: &str, body: &Value) -> Result<Reply> {
        let request = self.agent.patch(format!("{}{path}", self.url));
        read(self.with_key(request).send_json(body))
    }

    fn with_key<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.key {
            Some(key) => request.header("Authorization", format!("Bearer {}", key.expose_secret())),
            None => request,
        }
    }

    /// Waits until a task that was accepted is done. A task that fails for one of the `harmless`
    /// reasons counts as done.
    pub(super) fn done(&self, reply: &Reply, harmless: &[&str]) -> Result<()> {
        if !(200..300).contains(&reply.status) {
            return Err(reply.refusal());
        }
        let accepted: Accepted = serde_json::from_value(reply.body.clone()).map_err(|_| AWAY)?;
        let since = Instant::now();
        let mut look = FIRST_LOOK;
        while since.elapsed() < TASK_PATIENCE {
            let reply = self.get(&format!("/tasks/{}", accepted.task_uid))?;
            if reply.status != 200 {
                return Err(reply.refusal());
            }
            let task: Task = serde_json::from_value(reply.body).map_err(|_| AWAY)?;
            match task.status.as_str() {
                "succeeded" => return Ok(()),
                "failed" | "canceled" => {
                    let code = task.error.map(|error| error.code).unwrap_or_default();
                    if harmless.contains(&code.as_str()) {
                        return Ok(());
                    }
                    tracing::warn!(%code, "a Meilisearch task failed");
                    return Err(Error::SearchUnavailable("Meilisearch refused a change."));
                }
                _ => std::thread::sleep(look),
            }
            look = (look * 2).min(LONGEST_LOOK);
        }
        Err(AWAY)
    }
}

impl Reply {
    /// The code of what went wrong.
    pub(super) fn code(&self) -> &str {
        self.body
            .get("code")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    pub(super) fn refusal(&self) -> Error {
        tracing::warn!(
            status = self.status,
            code = self.code(),
            "Meilisearch refused"
        );
        match self.status {
            401 | 403 => Error::SearchUnavailable(
                "Meilisearch refused the key. Set MACHINAUT_MEILI_KEY to one that may search and write.",
            ),
            429 | 503 => Error::Busy {
                retry_after: Duration::from_secs(self.retry_after.unwrap_or(RETRY)),
            },
            _ => Error::SearchUnavailable("Meilisearch refused what it was asked for."),
        }
    }
}

fn read(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Reply> {
    let mut answer = answer.map_err(|error| {
        tracing::debug!(%error, "Meilisearch does not answer");
        AWAY
    })?;
    let retry_after = answer.headers().get("retry-after");
    let retry_after = retry_after
        .and_then(|after| after.to_str().ok())
        .and_then(|after| after.parse().ok());
    let body = answer
        .body_mut()
        .with_config()
        .limit(ANSWER_BYTES)
        .read_json::<Value>();
    Ok(Reply {
        status: answer.status().as_u16(),
        body: body.unwrap_or(Value::Null),
        retry_after,
    })
}
