//! Who may call what. The table of routes is made of these, and the checks are mounted from it, so that a route
//! without an answer to "who?" cannot exist.

use std::fmt;

use axum::http::Method;
use machinaut_control::tokens::Grant;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anyone who reaches the server.
    Anyone,
    /// A machine token with this grant.
    Token(Grant),
    /// A browser that is signed in.
    SignedIn,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The method.
    pub method: Method,
    /// The path, as the router writes it.
    pub path: String,
    /// Who may call it.
    pub who: Who,
}

impl Entry {
    pub(super) fn new(method: Method, path: impl Into<String>, who: Who) -> Self {
        Self {
            method,
            path: path.into(),
            who,
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}
