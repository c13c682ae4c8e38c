//! Who a browser is: its cookie, the stored session behind it, and the scope that follows.
//!
//! Sessions are kept in the database, so that a restart or a second server does not sign anyone out. The cookie
//! holds nothing but the session's id.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use machinaut_app::auth::SIGN_IN;
use machinaut_control::Scope;
use machinaut_control::identity;
use machinaut_control::ids::SignInId;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, Session, SessionManagerLayer};

use super::AppState;
use super::web_sessions::Store;
use crate::problem::Problem;

/// Reads and writes the session cookie.
pub(super) fn cookies(app: &AppState) -> SessionManagerLayer<Store> {
    // The prefix makes browsers refuse a cookie that a neighbouring site or a plain connection planted.
    let (name, secure) = if app.public_url.is_https() {
        ("__Host-machinaut", true)
    } else {
        ("machinaut", false)
    };
    let idle = Duration::try_from(app.session_idle).unwrap_or(Duration::MAX);
    SessionManagerLayer::new(Store::new(app.control.clone()))
        .with_name(name)
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(idle))
}

/// Finds out who is signed in, and puts their [`Scope`] among the request's extensions. The right is looked up for
/// every request, so that it ends when it is taken away and not when the cookie does.
pub(super) async fn identify(
    State(app): State<AppState>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let sign_in = session
        .get::<SignInId>(SIGN_IN)
        .await
        .map_err(|_| Problem::storage())?;
    if let Some(sign_in) = sign_in {
        match identity::scope_for(&app.control, sign_in).await {
            Ok(scope) => {
                request.extensions_mut().insert(scope);
            }
            Err(machinaut_control::Error::Unauthenticated) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(next.run(request).await)
}

/// Refuses those who are not signed in.
pub(super) async fn required(request: Request, next: Next) -> Response {
    if request.extensions().get::<Scope>().is_some() {
        next.run(request).await
    } else {
        Problem::signed_out().into_response()
    }
}
