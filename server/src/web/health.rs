//! Whether the server runs, and whether it can serve.

use axum::extract::State;
use axum::http::StatusCode;
use machinaut_control::Error;

use super::AppState;
use crate::problem::Problem;

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database is reachable and its schema up to date, and the server is not being stopped.
pub(super) async fn ready(State(app): State<AppState>) -> Result<&'static str, Problem> {
    if app.stopping.is_cancelled() {
        return Err(Problem::stopping());
    }
    app.control
        .ready()
        .await
        .map_err(|error: Error| Problem::from(&error))?;
    Ok("ready\n")
}

/// `GET /problems`: what each problem means.
pub(super) async fn problems() -> &'static str {
    crate::problem::PAGE
}

/// `GET /problems/{kind}`: what one problem means.
pub(super) async fn problem(
    axum::extract::Path(kind): axum::extract::Path<String>,
) -> Result<(StatusCode, &'static str), Problem> {
    crate::problem::explanation(&kind)
        .map(|text| (StatusCode::OK, text))
        .ok_or_else(Problem::no_such_path)
}
