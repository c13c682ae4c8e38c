//! The envelope around every event: who wrote what when, and the hash that commits to the payload.
//!
//! A type is a claim, not a proof of who wrote it: an agent can emit events of any type itself.

mod fields;
mod header;
mod ids;

pub use header::{Header, Versions};
pub use ids::{ActorId, BadId, EventId, ID_CHARS, ProjectId, SessionId};

pub(crate) use fields::{Problem, required};
pub(crate) use header::{EnvelopeReader, ReadEnvelope};
pub(crate) use ids::check as check_id;

/// The largest `seq` and `logical_clock`: the largest integer that JavaScript counts to exactly.
pub const MAX_SEQ: u64 = (1 << 53) - 1;
