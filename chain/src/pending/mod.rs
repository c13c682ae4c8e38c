//! The holds of a session, as its log tells them.
//!
//! A guard that holds an action logs `action.pending_approval` and `approval.requested`, and later
//! how the hold ended. [`holds_of`] joins these events, minding that a log may hold answers that
//! were planted: the guard names them in `guard.approval.signature_rejected`. Where the sender
//! withheld the `approval.*` events, a hold is still seen by its action.

mod holds;
mod projection;

pub use holds::{ForgedAnswer, LoggedHold, LoggedOutcome, RefusedAnswer, holds_of};
pub use projection::pending_approvals;
