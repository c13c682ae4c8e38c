//! The keys that decisions are signed with.
//!
//! A key is made in the browser and stays there; only its public half is registered. It counts only
//! where the operator has pinned it in the guard's own configuration, which nobody here can do.

#[cfg(any(feature = "hydrate", test))]
mod device;
mod make_sheet;
mod page;
mod pin_panel;
mod server;
mod table;

pub(crate) use page::KeysPage;
pub use server::{KeyRow, keys};
