//! `GET /session-records/{session}`: the records of a session exactly as they were shipped, so that a browser can
//! hash them again for itself.

use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use machinaut_control::ids::SessionKey;
use machinaut_control::{Scope, sessions};

use super::AppState;
use crate::problem::Problem;

/// One record a line, in the order of the session.
pub(super) async fn records(
    State(app): State<AppState>,
    Extension(scope): Extension<Scope>,
    path: Result<Path<SessionKey>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(session) = path.map_err(|_| Problem::no_such_path())?;
    let records = sessions::records(&scope, &app.control, session).await?;
    let lines = records
        .into_iter()
        .flat_map(|line| [Bytes::from(line), Bytes::from_static(b"\n")]);
    let body = Body::from_stream(futures::stream::iter(
        lines.map(Ok::<_, std::convert::Infallible>),
    ));
    Ok((
        [
            (CONTENT_TYPE, "application/x-ndjson"),
            (CACHE_CONTROL, "private, no-store"),
        ],
        body,
    )
        .into_response())
}
