//! Logs that no agent wrote, for those who have no log yet.
//!
//! [`Log`] writes events as Lodestar writes them, with hashes that hold, and ships them under any
//! ceiling. [`Hold`] tells one story with it, rich enough to be worth reading: an agent wants to
//! push three commits to `origin/main`, and one of its reasons comes from a document that anyone
//! could have written. Tests of every floor and `machinaut rehearse` are built on it, and so are the
//! examples in this crate: where one of them says `story`, it is the one that [`Story`] shows.
//!
//! All of it is made from the ids and times that the caller gives: the same arguments make the same
//! bytes.

mod action;
mod hold;
mod knowledge;
mod log;

pub use action::{Action, Contract};
pub use hold::{Hold, Story};
pub use knowledge::{Learned, Quality, Seen};
pub use log::Log;

/// An object of these members, in this order.
macro_rules! object {
    ($($key:literal: $value:expr),* $(,)?) => {
        $crate::json::Value::Object(
            [$(($key, $crate::json::Value::from($value))),*].into_iter().collect(),
        )
    };
}
use object;
