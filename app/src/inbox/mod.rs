//! Where people meet holds: the inbox, and the page of one hold.
//!
//! The inbox lists what waits for a decision, by deadline, and stays live. The page of a hold answers
//! one question, *should this run?*: it says who wants what, what should make one hesitate, why the
//! agent wants it, and what exactly would be signed; then it lets one decide and follows the decision
//! to the guard and into the log.

mod arrangement;
mod delivery;
mod empty;
mod hold;
mod keyboard;
mod list;
mod model;
mod outline;
mod refresh;
mod refusal;
mod row;
pub(crate) mod server;

pub use empty::FirstSteps;
pub use hold::HoldPage;
pub use list::InboxPage;
pub use model::{HoldCard, HoldKey, HoldView, InboxView};
pub use outline::shown_word;
pub use server::waiting_count;
