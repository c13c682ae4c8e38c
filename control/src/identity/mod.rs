//! Who is asking. Members sign in with an email and a password; the first of them comes in through
//! a one-time setup link that only whoever runs the server can print. Out of this room come the
//! [`Scope`]s that every other room asks for, and they are made nowhere else.

mod failures;
mod passwords;
mod scope;
mod setup;
mod sign_in;
mod sign_ins;
#[cfg(test)]
mod tests;
mod web_sessions_table;

mod setup_links;
pub mod web_sessions;

pub(crate) use passwords::PasswordWork;
pub use scope::{LocalOperator, Role, Scope};
pub use setup::{Invitation, SetUp, SetupLink, first_start, invitation, issue_setup_link, setup};
pub use sign_in::{SignIn, SignedIn, scope_for, sign_in, sign_out};
