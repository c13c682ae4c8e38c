use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{problem::Problem, text_json::TextJson};

/// A machine token, never with its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    /// Its id.
    pub id: String,
    /// What its people call it.
    pub name: String,
    /// Whether it may ship sessions.
    pub ships: bool,
    /// Whether it may announce holds and fetch decisions.
    pub relays: bool,
    /// The only project that it is good for; none: every one.
    pub project: Option<String>,
    /// How it begins, to tell it from others.
    pub begins: String,
    /// When it was made, in milliseconds since 1970.
    pub created_at_ms: i64,
    /// When it was used last, to the minute.
    pub last_used_at_ms: Option<i64>,
    /// When it was revoked.
    pub revoked_at_ms: Option<i64>,
}

/// A token that was just made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    /// The token.
    pub row: TokenRow,
    /// Its secret, in this answer and nowhere else.
    pub secret: String,
}

/// The tokens of the organisation, the newest first, revoked ones included.
///
/// # Errors
/// [`Problem::SignedOut`].
#[server(endpoint = "tokens", output = TextJson)]
pub async fn tokens() -> Result<Vec<TokenRow>, Problem> {
    let (scope, control) = (crate::problem::scope()?, crate::problem::control()?);
    let tokens = machinaut_control::tokens::list(&scope, &control).await?;
    Ok(tokens.into_iter().map(TokenRow::from).collect())
}

/// Makes a token.
///
/// # Errors
/// [`Problem::Refused`] for a name or a project that cannot be, and for a token that may do nothing.
#[server(endpoint = "create_token", output = TextJson)]
pub async fn create_token(
    name: String,
    #[server(default)] ships: bool,
    #[server(default)] relays: bool,
    #[server(default)] project: String,
) -> Result<NewToken, Problem> {
    use machinaut_control::tokens::Grant;
    let (scope, control) = (crate::problem::scope()?, crate::problem::control()?);
    let project = project.trim();
    let new = machinaut_control::tokens::NewToken {
        name,
        grants: [(ships, Grant::Ship), (relays, Grant::Approvals)]
            .into_iter()
            .filter_map(|(wanted, grant)| wanted.then_some(grant))
            .collect(),
        project: if project.is_empty() {
            None
        } else {
            Some(project.parse()?)
        },
    };
    let (token, secret) = machinaut_control::tokens::create(&scope, &control, new).await?;
    Ok(NewToken {
        row: token.into(),
        secret: secrecy::ExposeSecret::expose_secret(&secret).to_owned(),
    })
}

/// Revokes a token: the next request with it is refused.
///
/// # Errors
/// [`Problem::NotFound`].
#[server(endpoint = "revoke_token", output = TextJson)]
pub async fn revoke_token(id: String) -> Result<(), Problem> {
    let (scope, control) = (crate::problem::scope()?, crate::problem::control()?);
    machinaut_control::tokens::revoke(&scope, &control, id.parse()?).await?;
    crate::problem::redirect_plain_form("/settings/tokens");
    Ok(())
}

#[cfg(feature = "ssr")]
impl From<machinaut_control::tokens::Token> for TokenRow {
    fn from(token: machinaut_control::tokens::Token) -> Self {
        use machinaut_control::{clock::Moment, tokens::Grant};
        Self {
            id: token.id.to_string(),
            name: token.name,
            ships: token.grants.contains(&Grant::Ship),
            relays: token.grants.contains(&Grant::Approvals),
            project: token.project.map(String::from),
            begins: token.begins,
            created_at_ms: token.created_at.millis(),
            last_used_at_ms: token.last_used_at.map(Moment::millis),
            revoked_at_ms: token.revoked_at.map(Moment::millis),
        }
    }
}
