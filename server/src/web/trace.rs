//! One id, one log line and one span for every request.
//!
//! The id is ours, never the caller's. The line names the route as it is written in the program, because the path
//! that was asked for carries ids that strangers chose, and set-up links that are secrets.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use tracing::field::Empty;
use uuid::Uuid;

use crate::{figures, traces};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request its id, writes its line, and puts the id on the answer.
pub(super) async fn trace(request: Request, next: Next) -> Response {
    let id = Uuid::now_v7();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "no route".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let began = Instant::now();
    let known = figures::name_of(&method);
    let span = tracing::info_span!(
        "request",
        %id,
        method = known,
        route,
        otel.kind = Empty,
        otel.name = Empty
    );
    traces::follow(&span, request.headers(), &method, &route);
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status();
    traces::answered(&span, status);
    figures::answered(&method, &route, status, began.elapsed());
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        if status.is_server_error() {
            tracing::error!(status = status.as_u16(), millis, "failed");
        } else if route == "/v1/events" {
            tracing::info!(status = status.as_u16(), millis, "answered");
        } else {
            tracing::debug!(status = status.as_u16(), millis, "answered");
        }
    });
    response
}
