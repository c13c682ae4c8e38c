//! What an operator sets up: the tokens that machines speak to us with.

mod created;
mod new_token;
mod page;
mod server;
mod table;

pub(crate) use page::TokensPage;
pub use server::{NewToken, TokenRow};
