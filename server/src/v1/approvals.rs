//! The approval channel: a guard announces a hold, fetches the decision, and says that it has it.

use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use machinaut_control::{Credential, holds};
use serde::Deserialize;

use super::body::{self, Incoming};
use crate::problem::{Kind, Problem};
use crate::web::AppState;

/// How long a fetch may ask to be held.
#[derive(Debug, Deserialize)]
pub struct Wait {
    wait_ms: Option<u64>,
}

/// `POST /v1/approvals`: a hold has come up. The guard does not wait for the answer.
pub async fn announce(
    State(app): State<AppState>,
    Extension(credential): Extension<Credential>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    body::is(&headers, "application/json")?;
    body::is_plain(&headers)?;
    let limit = u64::try_from(app.limits.form_bytes).unwrap_or(u64::MAX);
    let request = Incoming::new(&headers, body, limit, &app.limits)?
        .whole()
        .await?;
    holds::announce(&credential, &app.control, &request).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `GET /v1/approvals/{project}/{request}`: the decision, or 404 while there is none. The answer is held for a
/// while, and given at once when a decision lands.
pub async fn fetch(
    State(app): State<AppState>,
    Extension(credential): Extension<Credential>,
    path: Result<Path<(String, String)>, PathRejection>,
    query: Result<Query<Wait>, QueryRejection>,
) -> Result<Response, Problem> {
    let (project, request) = ids(path)?;
    let Query(asked) = query.map_err(|_| {
        Problem::new(
            Kind::Invalid,
            "`wait_ms` must be a whole number of milliseconds.",
        )
    })?;
    let wait = asked
        .wait_ms
        .map_or(app.approvals_wait, Duration::from_millis);
    let _waiter = app.waiting.enter();
    let decision = holds::fetch(&credential, &app.control, &project, &request, wait);
    let resolution = tokio::select! {
        outcome = decision => outcome?,
        // The guard asks again, of the next server.
        () = app.stopping.cancelled() => None,
    };
    let body = resolution.ok_or_else(Problem::no_decision_yet)?;
    Ok((
        [
            (CONTENT_TYPE, "application/json"),
            (CACHE_CONTROL, "no-store"),
        ],
        body,
    )
        .into_response())
}

/// `DELETE /v1/approvals/{project}/{request}`: the guard is done with the decision that it fetched last.
pub async fn consume(
    State(app): State<AppState>,
    Extension(credential): Extension<Credential>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let (project, request) = ids(path)?;
    holds::consume(&credential, &app.control, &project, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn ids(path: Result<Path<(String, String)>, PathRejection>) -> Result<(String, String), Problem> {
    // What is not UTF-8 is nobody's id.
    path.map(|Path(ids)| ids)
        .map_err(|_| Problem::no_such_path())
}
