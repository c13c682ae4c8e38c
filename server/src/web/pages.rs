//! The pages and server functions of the app, and the files that go with them.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::context::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use machinaut_app::{App, Assets, ServerNow, Viewer, shell};
use machinaut_control::{Control, Scope, members, orgs};
use server_fn::error::FromServerFnError;
use tower_sessions::Session;

use super::access::{Entry, Who};
use super::{AppState, site};
use crate::problem::Problem;

/// The pages that somebody who is not signed in may see.
const OPEN_PAGES: [&str; 2] = ["/sign-in", "/setup/{secret}"];

/// The server functions that somebody who is not signed in may call.
const OPEN_FUNCTIONS: [&str; 3] = ["/api/invitation", "/api/set_up", "/api/sign_in"];

/// Pages and server functions, with those who may call them.
pub(super) fn table() -> Vec<Entry> {
    let pages = generate_route_list(App).into_iter().map(|page| {
        let who = if OPEN_PAGES.contains(&page.path()) {
            Who::Anyone
        } else {
            Who::SignedIn
        };
        Entry::new(Method::GET, page.path(), who)
    });
    let functions = server_fn::axum::server_fn_paths().map(|(path, method)| {
        let who = if OPEN_FUNCTIONS.contains(&path) {
            Who::Anyone
        } else {
            Who::SignedIn
        };
        Entry::new(method, path, who)
    });
    pages.chain(functions).collect()
}

/// The pages, and `/api` with the server functions.
pub(super) fn router(app: &AppState) -> Router<AppState> {
    let context = context(app.control.clone());
    Router::new()
        .leptos_routes_with_context(app, generate_route_list(App), context, shell)
        .layer(from_fn(admit))
        .layer(from_fn_with_state(app.clone(), look))
        .layer(from_fn_with_state(app.clone(), limit))
}

/// Notes who is looking, for the frame around every page.
async fn look(
    State(app): State<AppState>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if let Some(scope) = request.extensions().get::<Scope>() {
        let organisation = orgs::current(scope, &app.control).await?;
        let member = members::current(scope, &app.control).await?;
        let viewer = Viewer {
            organisation: organisation.name,
            name: member.name,
            email: member.email,
            public_url: app.public_url.origin(),
        };
        request.extensions_mut().insert(viewer);
    }
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = next.run(request).await;
    if is_page && response.status() == StatusCode::OK && response.headers().contains_key(LOCATION) {
        // The app's redirects keep the status of a page for those who do not say that they take HTML.
        *response.status_mut() = StatusCode::SEE_OTHER;
    }
    Ok(response)
}

/// Lets nobody through to a server function who may not call it. Each asks for the scope again.
async fn admit(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_open = !path.starts_with("/api/") || OPEN_FUNCTIONS.contains(&path);
    if is_open || request.extensions().get::<Scope>().is_some() {
        return next.run(request).await;
    }
    if wants_html(&request) {
        return Redirect::to("/sign-in").into_response();
    }
    // In the words that the app's own half understands.
    let body = machinaut_app::problem::Problem::SignedOut.ser();
    (
        StatusCode::UNAUTHORIZED,
        [(CONTENT_TYPE, "application/json")],
        body,
    )
        .into_response()
}

/// A form that is sent without scripts.
fn wants_html(request: &Request) -> bool {
    let accepted = request
        .headers()
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

/// What pages and server functions find in their context.
fn context(control: Control) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        provide_context(control.clone());
        provide_context(ServerNow(control.now().millis()));
        if let Some(site::Assets { js, wasm, css }) = site::assets() {
            provide_context(Assets { js, wasm, css });
        }
        let Some(parts) = use_context::<Parts>() else {
            return;
        };
        if let Some(session) = parts.extensions.get::<Session>() {
            provide_context(session.clone());
        }
        if let Some(scope) = parts.extensions.get::<Scope>() {
            provide_context(scope.clone());
        }
        provide_context(parts.extensions.get::<Viewer>().cloned());
    }
}

/// Bounds what a form or a server function may be sent.
async fn limit(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let limit = app.limits.form_bytes;
    let declared = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Problem::too_large(u64::try_from(limit).unwrap_or(u64::MAX)).into_response();
    }
    let request = request.map(|body| Body::new(http_body_util::Limited::new(body, limit)));
    next.run(request).await
}

/// What no route answers: a file of the site, or else the page that says that nothing is here.
pub(super) async fn file_or_not_found(State(app): State<AppState>, request: Request) -> Response {
    let readable = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.uri().path();
    let machine = ["/v1", "/api", "/live", "/session-records", "/problems"]
        .iter()
        .any(|floor| {
            path.strip_prefix(floor)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
    if !readable || machine {
        return Problem::no_such_path().into_response();
    }
    if let Some(file) = site::file(path, request.headers()) {
        return file;
    }
    let page = render_app_async_with_context(context(app.control), shell);
    let mut response = page(request).await.into_response();
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
