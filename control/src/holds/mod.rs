//! Holds: actions that wait for a person, the decisions that people sign, and what became of them.
//! People meet holds in the inbox of the app; the guard meets them over the approval channel.
//!
//! A hold becomes known from three sides, joined in `known`: a guard announces it ([`announce`]), a
//! guard asks for its decision ([`fetch`]), a shipped log shows it (`sighted`, called by
//! [`ingest`](crate::ingest)). A person reads it ([`inbox`], [`get`], [`why`]) and decides
//! ([`decide`]); the guard fetches the decision and deletes it ([`consume`]); how far it got is
//! [`delivery`].

mod announce;
mod confirm;
mod decide;
pub mod delivery;
mod ending;
mod indexed;
mod known;
mod page;
mod poll;
mod row;
mod sighted;
mod standing;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod weigh;

pub use announce::{MOST_ANNOUNCED_BYTES, announce};
pub use decide::{REASON_CHARS, decide};
pub use ending::{Ending, Proof};
pub use page::{Decidable, DecisionView, HoldPage, get, why};
pub use poll::{DEFAULT_WAIT, LONGEST_WAIT, consume, fetch};
pub use row::{DecisionBrief, HoldRow, Inbox, LogOutcome, inbox, of_session, open_count, waiting};
pub use standing::{Guard, Standing};

pub(crate) use indexed::{IndexedHold, count_alone, indexed, indexed_alone, indexed_of_session};
pub(crate) use sighted::{InLog, sighted};
pub(crate) use weigh::Weighing;
pub use weigh::keep_weighed;
