use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{problem::Problem, text_json::TextJson};

/// Under this name a web session keeps which sign-in it belongs to.
pub const SIGN_IN: &str = "sign_in";

/// What a one-time link is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The organisation that it leads into; none: it founds one.
    pub organisation: Option<String>,
    /// The name of the owner, where there is one.
    pub name: String,
    /// The email of the owner, where there is one.
    pub email: String,
}

/// What the link with this secret is for.
///
/// # Errors
/// [`Problem::Refused`] for a link that is unknown, used or too old.
#[server(endpoint = "invitation", output = TextJson)]
pub async fn read_invitation(secret: String) -> Result<Invitation, Problem> {
    let control = crate::problem::control()?;
    let found = machinaut_control::identity::invitation(&control, &secret.into()).await?;
    let (name, email) = found.owner.unwrap_or_default();
    Ok(Invitation {
        organisation: found.organisation,
        name,
        email,
    })
}

/// Uses a one-time link: founds the organisation where there is none, sets the owner's name, email and password, and
/// signs the owner in. Answers where to go on.
///
/// # Errors
/// [`Problem::Refused`] with what cannot be accepted; the link can still be used then.
#[server(endpoint = "set_up", output = TextJson)]
pub async fn set_up(
    secret: String,
    organisation: Option<String>,
    name: String,
    email: String,
    password: String,
) -> Result<String, Problem> {
    let control = crate::problem::control()?;
    let with = machinaut_control::identity::SetUp {
        organisation,
        name,
        email,
        password: password.into(),
    };
    let signed_in = machinaut_control::identity::setup(&control, &secret.into(), with).await?;
    begin(signed_in, "/inbox").await
}

/// Signs a member in. Answers where to go on.
///
/// # Errors
/// [`Problem::Refused`] without saying what was wrong, and [`Problem::Later`] after too many attempts.
#[server(endpoint = "sign_in", output = TextJson)]
pub async fn sign_in(email: String, password: String, next: String) -> Result<String, Problem> {
    let control = crate::problem::control()?;
    let address = use_context::<http::request::Parts>().and_then(|parts| {
        let info = parts
            .extensions
            .get::<axum::extract::ConnectInfo<std::net::SocketAddr>>()?;
        Some(info.0.ip())
    });
    let with = machinaut_control::identity::SignIn {
        email,
        password: password.into(),
        address,
    };
    let signed_in = machinaut_control::identity::sign_in(&control, with).await?;
    begin(signed_in, super::next::local_path(&next)).await
}

/// Ends the sign-in for good: its cookie is worth nothing afterwards.
///
/// # Errors
/// [`Problem::SignedOut`] where nobody was signed in.
#[server(endpoint = "sign_out", output = TextJson)]
pub async fn sign_out() -> Result<(), Problem> {
    let control = crate::problem::control()?;
    let scope = crate::problem::scope()?;
    machinaut_control::identity::sign_out(&scope, &control).await?;
    web_session()?.flush().await.map_err(|_| Problem::Broken)?;
    leptos_axum::redirect("/sign-in");
    Ok(())
}

#[cfg(feature = "ssr")]
fn web_session() -> Result<tower_sessions::Session, Problem> {
    use_context().ok_or(Problem::Broken)
}

/// Puts the sign-in into a web session with a new id, so that a cookie planted before is worth nothing.
#[cfg(feature = "ssr")]
async fn begin(
    signed_in: machinaut_control::identity::SignedIn,
    next: &str,
) -> Result<String, Problem> {
    let session = web_session()?;
    session.cycle_id().await.map_err(|_| Problem::Broken)?;
    session
        .insert(SIGN_IN, signed_in.sign_in)
        .await
        .map_err(|_| Problem::Broken)?;
    crate::problem::redirect_plain_form(next);
    Ok(next.to_owned())
}
