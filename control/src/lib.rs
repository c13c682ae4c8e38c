//! The control plane: what Machinaut does for the organisations it serves.
//!
//! Agents run elsewhere; their logs are shipped here, their holds wait here for a person, and what
//! a person signed is relayed from here. This crate keeps those records and decides who may see or
//! add to them. It knows no HTTP and no user interface: the server translates requests into one
//! call of this crate, and pages read through it.
//!
//! Everything starts with a [`Control`]. A person acts through a [`Scope`], a machine through a
//! [`Credential`], the operator at the console through a [`LocalOperator`]; the first two are made
//! only by authentication, so nothing can be asked without a tenant, and a record of another
//! tenant does not exist.
#![forbid(unsafe_code)]

pub mod audit;
mod background;
pub mod clock;
mod context;
mod database;
mod error;
pub mod holds;
pub mod identity;
pub mod ids;
pub mod ingest;
pub mod keys;
pub mod live;
pub mod members;
mod names;
pub mod orgs;
mod page;
pub mod random;
pub mod search;
mod secrets;
pub mod sessions;
pub mod tokens;
#[cfg(any(test, feature = "trial"))]
pub mod trial;
pub mod upkeep;

pub use context::{Control, Limits, Options};
pub use database::Commits;
pub use database::Connections;
pub use error::{Error, Result};
pub use identity::{LocalOperator, Role, Scope};
pub use tokens::{Credential, Grant};
