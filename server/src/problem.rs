//! What an error looks like on the wire: `application/problem+json` (RFC 9457), made in this one place.
//!
//! `type` is a stable address that leads to its paragraph in `docs/problems.md`. `detail` is a sentence for the
//! person who reads it. Nothing that the caller sent is repeated, because it may be a payload or a credential.

use std::error::Error as _;

use axum::http::header::{ACCEPT_ENCODING, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use machinaut_control::ingest::Encoding;
use serde::Serialize;

use crate::settings::PublicUrl;

/// The page that explains each problem.
pub const PAGE: &str = include_str!("../../docs/problems.md");

/// What kind of problem it is: its address, its status and its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No credential, or one that nobody knows.
    Unauthenticated,
    /// The session of a browser has ended.
    SignedOut,
    /// Email and password do not belong together.
    SignInRefused,
    /// The token lacks the grant.
    MissingGrant,
    /// The token is bound to another project.
    ProjectNotGranted,
    /// A page of another site made the request.
    CrossSite,
    /// There is nothing here.
    NotFound,
    /// No decision was made yet.
    NoDecisionYet,
    /// The address exists, the method does not.
    MethodNotAllowed,
    /// The sender stopped in the middle of the body.
    SlowBody,
    /// The sender went away in the middle of the body.
    BodyInterrupted,
    /// What is kept already contradicts what was sent.
    Conflict,
    /// An event kept before came again with other content.
    HistoryRewritten,
    /// The one-time link is used or over.
    SetupLinkSpent,
    /// The body is larger than the limit.
    TooLarge,
    /// The body is of another type.
    UnsupportedMediaType,
    /// A value cannot be accepted.
    Invalid,
    /// The body does not say what the contract asks for.
    Malformed,
    /// The body is packed in a way that is not understood.
    UnsupportedEncoding,
    /// The body is not packed as it says.
    UnpackingFailed,
    /// Too many attempts.
    TooManyAttempts,
    /// The organisation has more ships open than its share.
    TooManyShips,
    /// The organisation has used up a quota.
    QuotaExhausted,
    /// Something of ours failed.
    Internal,
    /// There is more to do than is taken on at once.
    Busy,
    /// The database did not do what it was asked to.
    StorageUnavailable,
    /// A search query was not understood.
    QueryNotUnderstood,
    /// The search engine does not answer.
    SearchUnavailable,
    /// The server is being stopped.
    Stopping,
}

impl Kind {
    /// Every kind there is.
    pub const ALL: [Self; 29] = [
        Self::Unauthenticated,
        Self::SignedOut,
        Self::SignInRefused,
        Self::MissingGrant,
        Self::ProjectNotGranted,
        Self::CrossSite,
        Self::NotFound,
        Self::NoDecisionYet,
        Self::MethodNotAllowed,
        Self::SlowBody,
        Self::BodyInterrupted,
        Self::Conflict,
        Self::HistoryRewritten,
        Self::SetupLinkSpent,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Invalid,
        Self::Malformed,
        Self::UnsupportedEncoding,
        Self::UnpackingFailed,
        Self::TooManyAttempts,
        Self::TooManyShips,
        Self::QuotaExhausted,
        Self::Internal,
        Self::Busy,
        Self::StorageUnavailable,
        Self::QueryNotUnderstood,
        Self::SearchUnavailable,
        Self::Stopping,
    ];

    /// The last part of its address, for ever.
    pub const fn slug(self) -> &'static str {
        self.row().0
    }

    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        self.row().1
    }

    /// The title: the same for every problem of this kind.
    pub const fn title(self) -> &'static str {
        self.row().2
    }

    fn of(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    const fn row(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::Unauthenticated => (
                "unauthenticated",
                StatusCode::UNAUTHORIZED,
                "A valid token is needed",
            ),
            Self::SignedOut => ("signed-out", StatusCode::UNAUTHORIZED, "You are signed out"),
            Self::SignInRefused => (
                "sign-in-refused",
                StatusCode::UNAUTHORIZED,
                "That did not sign you in",
            ),
            Self::MissingGrant => (
                "missing-grant",
                StatusCode::FORBIDDEN,
                "This token may not do that",
            ),
            Self::ProjectNotGranted => (
                "project-not-granted",
                StatusCode::FORBIDDEN,
                "This token is for another project",
            ),
            Self::CrossSite => (
                "cross-site",
                StatusCode::FORBIDDEN,
                "The request came from another site",
            ),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND, "There is nothing here"),
            Self::NoDecisionYet => ("no-decision-yet", StatusCode::NOT_FOUND, "Not yet"),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                StatusCode::METHOD_NOT_ALLOWED,
                "This address does not take that method",
            ),
            Self::SlowBody => (
                "slow-body",
                StatusCode::REQUEST_TIMEOUT,
                "The body stopped arriving",
            ),
            Self::BodyInterrupted => (
                "body-interrupted",
                StatusCode::BAD_REQUEST,
                "The body ended too early",
            ),
            Self::Conflict => (
                "conflict",
                StatusCode::CONFLICT,
                "This contradicts what is kept",
            ),
            Self::HistoryRewritten => (
                "history-rewritten",
                StatusCode::CONFLICT,
                "An event was rewritten",
            ),
            Self::SetupLinkSpent => (
                "setup-link-spent",
                StatusCode::GONE,
                "This link is not valid any more",
            ),
            Self::TooLarge => (
                "too-large",
                StatusCode::PAYLOAD_TOO_LARGE,
                "The body is too large",
            ),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body is of another type",
            ),
            Self::Invalid => (
                "invalid",
                StatusCode::UNPROCESSABLE_ENTITY,
                "A value cannot be accepted",
            ),
            Self::Malformed => (
                "malformed",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The body breaks the contract",
            ),
            Self::UnsupportedEncoding => (
                "unsupported-encoding",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body is packed in another way",
            ),
            Self::UnpackingFailed => (
                "unpacking-failed",
                StatusCode::BAD_REQUEST,
                "The body could not be unpacked",
            ),
            Self::TooManyShips => (
                "too-many-ships",
                StatusCode::TOO_MANY_REQUESTS,
                "Too many ships at once",
            ),
            Self::QuotaExhausted => (
                "quota-exhausted",
                StatusCode::TOO_MANY_REQUESTS,
                "A quota is used up",
            ),
            Self::TooManyAttempts => (
                "too-many-attempts",
                StatusCode::TOO_MANY_REQUESTS,
                "Too many attempts",
            ),
            Self::Internal => (
                "internal",
                StatusCode::INTERNAL_SERVER_ERROR,
                "The server failed",
            ),
            Self::Busy => (
                "busy",
                StatusCode::SERVICE_UNAVAILABLE,
                "The server is busy",
            ),
            Self::StorageUnavailable => (
                "storage-unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
                "The database is not available",
            ),
            Self::QueryNotUnderstood => (
                "query-not-understood",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The query was not understood",
            ),
            Self::SearchUnavailable => (
                "search-unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
                "The search is not available",
            ),
            Self::Stopping => (
                "stopping",
                StatusCode::SERVICE_UNAVAILABLE,
                "The server is being stopped",
            ),
        }
    }
}

/// One problem, ready to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    kind: Kind,
    detail: String,
    line: Option<u64>,
    header: Option<(axum::http::HeaderName, HeaderValue)>,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
}

impl Problem {
    /// A problem of this kind; `detail` is a sentence that repeats nothing of what the caller sent.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let header = match kind {
            Kind::Unauthenticated => Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            Kind::Stopping => Some((RETRY_AFTER, HeaderValue::from_static("5"))),
            // RFC 9110, 15.5.16: what would be accepted.
            Kind::UnsupportedEncoding => Some((
                ACCEPT_ENCODING,
                HeaderValue::from_static(Encoding::SUPPORTED),
            )),
            _ => None,
        };
        Self {
            kind,
            detail: detail.into(),
            line: None,
            header,
        }
    }

    /// The same problem; the caller may try again after so many seconds.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.header = Some((RETRY_AFTER, HeaderValue::from(seconds)));
        self
    }

    /// What kind it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Nothing is at this address.
    pub fn no_such_path() -> Self {
        Self::new(
            Kind::NotFound,
            "This server has nothing at this address. The machine API is described in docs/api.md.",
        )
    }

    /// The address exists, the method does not. The router adds the header that names those that do.
    pub fn method_not_allowed() -> Self {
        Self::new(
            Kind::MethodNotAllowed,
            "This address does not take that method; the header `Allow` names those that it takes.",
        )
    }

    /// What must be remembered between requests could not be read.
    pub fn storage() -> Self {
        Self::new(
            Kind::StorageUnavailable,
            "The database could not do this just now. Nothing was changed.",
        )
    }

    /// No token came with the request.
    pub fn no_token() -> Self {
        Self::new(
            Kind::Unauthenticated,
            "Send the header `Authorization: Bearer TOKEN` with a token of this server. \
             Make one on the page Settings, Tokens, or with `machinaut admin create-token`.",
        )
    }

    /// The body's Content-Type is another one.
    pub fn wrong_type(expected: &'static str) -> Self {
        Self::new(
            Kind::UnsupportedMediaType,
            format!("The body must be sent as `Content-Type: {expected}`."),
        )
    }

    /// The body's Content-Encoding is another one.
    pub fn unsupported_encoding() -> Self {
        Self::new(
            Kind::UnsupportedEncoding,
            format!(
                "The body may be sent with one of these as its `Content-Encoding`, or with none: {}.",
                Encoding::SUPPORTED
            ),
        )
    }

    /// The body is packed, and here it must not be.
    pub fn unsupported_encoding_here() -> Self {
        let mut problem = Self::new(
            Kind::UnsupportedEncoding,
            "This body must be sent without a `Content-Encoding`.",
        );
        problem.header = Some((ACCEPT_ENCODING, HeaderValue::from_static("identity")));
        problem
    }

    /// The body is larger than `limit` bytes.
    pub fn too_large(limit: u64) -> Self {
        Self::new(
            Kind::TooLarge,
            format!("The body may have at most {limit} bytes. Nothing of it was kept."),
        )
    }

    /// The sender was silent for too long.
    pub fn slow_body() -> Self {
        Self::new(
            Kind::SlowBody,
            "The body stopped arriving, so the server gave up. Nothing of it was kept; send it again.",
        )
    }

    /// No decision was made yet.
    pub fn no_decision_yet() -> Self {
        Self::new(Kind::NoDecisionYet, "Nobody has decided yet. Ask again.")
    }

    /// The request was provoked by another site, or does not say where it comes from.
    pub fn cross_site(public_url: &PublicUrl) -> Self {
        Self::new(
            Kind::CrossSite,
            format!(
                "This request did not come from a page of {public_url}. If that is not the address in your browser, \
                 set MACHINAUT_PUBLIC_URL to the one that is."
            ),
        )
    }

    /// The browser is not signed in.
    pub fn signed_out() -> Self {
        Self::new(Kind::SignedOut, "Sign in and try again.")
    }

    /// The server is being stopped.
    pub fn stopping() -> Self {
        Self::new(
            Kind::Stopping,
            "The server is being stopped. Try again in a moment.",
        )
    }
}

impl From<&machinaut_control::Error> for Problem {
    fn from(error: &machinaut_control::Error) -> Self {
        let kind = Kind::of(error.problem()).unwrap_or(Kind::Internal);
        let mut problem = Self::new(kind, error.to_string());
        problem.line = error.line();
        match error.retry_after() {
            Some(wait) => problem.retry_after(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
            None => problem,
        }
    }
}

impl From<machinaut_control::Error> for Problem {
    fn from(error: machinaut_control::Error) -> Self {
        let problem = Self::from(&error);
        if problem.kind.status().is_server_error() {
            tracing::error!(
                error = error.source().map(tracing::field::display),
                "{error}"
            );
        }
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = Document {
            r#type: format!("/problems/{}", self.kind.slug()),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: &self.detail,
            line: self.line,
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = (self.kind.status(), body).into_response();
        response.headers_mut().insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// The paragraph of `docs/problems.md` that explains a kind; none for a kind that does not exist.
pub fn explanation(slug: &str) -> Option<&'static str> {
    PAGE.split("\n## ")
        .skip(1)
        .find(|part| part.lines().next() == Some(slug))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Kind, explanation};

    #[test]
    fn every_kind_has_its_own_address_and_its_paragraph_in_the_documentation() {
        let slugs: HashSet<_> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(slugs.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            let said = explanation(kind.slug()).unwrap_or_default();
            let status = format!("`{}`", kind.status().as_u16());
            assert!(
                said.contains(&status) && said.contains(kind.title()),
                "{}: {said}",
                kind.slug()
            );
        }
    }

    #[test]
    fn a_kind_that_does_not_exist_has_no_paragraph() {
        assert_eq!(explanation("no-such-kind"), None);
    }
}
