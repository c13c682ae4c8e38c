//! The machine API: what Lodestar's `ship` command and its approval channel talk to. `docs/api.md` describes it
//! for those who call it.

pub mod approvals;
mod body;
pub mod events;
mod token;

pub(crate) use token::authorise;
