//! The table of routes, and the router that is made of it.
//!
//! Every route stands here with the answer to "who may call it?", and the check is mounted together with the
//! handler. Pages and server functions come from the app's own lists.

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post};
use machinaut_control::tokens::Grant;

use super::access::{Entry, Who};
use super::{AppState, headers, health, live, origin, pages, records, sign_in, trace};
use crate::problem::Problem;
use crate::v1::{approvals, authorise, events};

type Handler = MethodRouter<AppState>;

/// The machine API.
fn machine() -> Vec<(Entry, Handler)> {
    const APPROVAL: &str = "/v1/approvals/{project}/{request}";
    let ship = Who::Token(Grant::Ship);
    let approve = Who::Token(Grant::Approvals);
    vec![
        (
            Entry::new(Method::POST, "/v1/events", ship),
            post(events::ship),
        ),
        (
            Entry::new(Method::POST, "/v1/approvals", approve),
            post(approvals::announce),
        ),
        (
            Entry::new(Method::GET, APPROVAL, approve),
            get(approvals::fetch),
        ),
        (
            Entry::new(Method::DELETE, APPROVAL, approve),
            delete(approvals::consume),
        ),
    ]
}

/// What needs no session and no token.
fn open() -> Vec<(Entry, Handler)> {
    vec![
        (
            Entry::new(Method::GET, "/healthz", Who::Anyone),
            get(health::alive),
        ),
        (
            Entry::new(Method::GET, "/readyz", Who::Anyone),
            get(health::ready),
        ),
        (
            Entry::new(Method::GET, "/problems", Who::Anyone),
            get(health::problems),
        ),
        (
            Entry::new(Method::GET, "/problems/{kind}", Who::Anyone),
            get(health::problem),
        ),
    ]
}

/// What a signed-in browser asks for beside pages.
fn browser() -> Vec<(Entry, Handler)> {
    vec![
        (
            Entry::new(Method::GET, "/live", Who::SignedIn),
            get(live::live),
        ),
        (
            Entry::new(Method::GET, "/session-records/{session}", Who::SignedIn),
            get(records::records),
        ),
    ]
}

/// Every route there is, with those who may call it. Files of the site are not routes: anyone may read them.
pub fn table() -> Vec<Entry> {
    let ours = [machine(), open(), browser()]
        .into_iter()
        .flatten()
        .map(|(entry, _)| entry);
    ours.chain(pages::table()).collect()
}

/// Everything that this server answers.
pub fn router(app: &AppState) -> Router {
    let control = app.control.clone();
    let machine = mount(machine(), |who, handler| match who {
        Who::Token(grant) => {
            handler.route_layer(from_fn_with_state((control.clone(), grant), authorise))
        }
        Who::Anyone | Who::SignedIn => handler,
    });
    let browser = mount(browser(), |who, handler| match who {
        Who::SignedIn => handler.route_layer(from_fn(sign_in::required)),
        Who::Anyone | Who::Token(_) => handler,
    })
    .merge(pages::router(app))
    .layer(from_fn_with_state(app.clone(), sign_in::identify))
    .layer(sign_in::cookies(app))
    .layer(from_fn_with_state(
        app.public_url.clone(),
        origin::same_site,
    ));

    Router::new()
        .merge(machine)
        .merge(mount(open(), |_, handler| handler))
        .merge(browser)
        .fallback(pages::file_or_not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(app.public_url.clone(), headers::secure))
        .layer(from_fn(trace::trace))
        .with_state(app.clone())
}

fn mount(
    routes: Vec<(Entry, Handler)>,
    guard: impl Fn(Who, Handler) -> Handler,
) -> Router<AppState> {
    routes
        .into_iter()
        .fold(Router::new(), |router, (entry, handler)| {
            let handler = guard(entry.who, handler);
            router.route(&entry.path, handler)
        })
}

async fn method_not_allowed(_: Request) -> Response {
    Problem::method_not_allowed().into_response()
}
