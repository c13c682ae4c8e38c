//! `POST /v1/events`: a shipped session comes in, a receipt goes out.
//!
//! A success means that all of it is durable; any other status, that nothing of it was kept.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::{Extension, Json};
use futures::TryStreamExt;
use machinaut_control::Credential;
use machinaut_control::ingest::{self, Receipt};

use super::body::{self, Incoming};
use crate::figures::Ingest;
use crate::problem::Problem;
use crate::web::AppState;

/// Takes a session as `lodestar ship` sends it.
pub async fn ship(
    State(app): State<AppState>,
    Extension(credential): Extension<Credential>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Receipt>, Problem> {
    let counted = Ingest::begin();
    let answer = take(&app, &credential, &headers, body).await;
    counted.end(answer.as_ref());
    answer.map(Json)
}

async fn take(
    app: &AppState,
    credential: &Credential,
    headers: &HeaderMap,
    body: Body,
) -> Result<Receipt, Problem> {
    body::is(headers, "application/x-ndjson")?;
    let encoding = body::encoding(headers)?;
    let mut incoming = Incoming::new(headers, body, app.limits.body_bytes, &app.limits)?;
    let length = body::length(headers);
    let pieces = incoming
        .pieces()
        .inspect_ok(|piece| Ingest::arrived(piece.len()));
    let receipt = ingest::receive(credential, &app.control, pieces, length, encoding).await;
    receipt.map_err(|error| incoming.problem(error))
}
