//! Coming in and going out: the one-time set-up link, signing in, signing out.
//!
//! Signing in shows a person things. It approves nothing: a decision is signed by a key that never reaches the server.
//! The forms work without scripts.

mod credentials;
mod next;
mod server;
mod set_up_page;
mod sign_in_page;
mod sign_out;

pub(crate) use next::sign_in_first;
pub use server::{Invitation, SIGN_IN};
pub(crate) use set_up_page::SetUpPage;
pub(crate) use sign_in_page::SignInPage;
pub(crate) use sign_out::SignOut;
