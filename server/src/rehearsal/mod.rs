//! A rehearsal of the whole loop, for someone who has no Lodestar yet: the guard's side of it, played over the same
//! wire, on a session that nobody wrote.
//!
//! It announces a hold, ships the session, asks for the decision, checks it against the pinned keys exactly as the
//! guard does, says that it has it, and ships the session again with what became of it. It rehearses the protocol;
//! it guards nothing, and no agent's action is behind it.

mod channel;
mod pins;
mod play;

pub use channel::{Channel, Trouble};
pub use pins::read_pins;
pub(crate) use play::now;
pub use play::{Ending, Play, Script, Stopped};
