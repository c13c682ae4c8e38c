//! How much of a session may be told more than once.
//!
//! Some of what follows from a log repeats parts of it: a lesson carries its claim, and a sample its
//! belief. A log made to harm could ask for the square of its own length that way. What is repeated
//! is therefore weighed, and when it comes to more than [`FACTOR`] times the session and
//! [`AT_LEAST`], the rest is left out. No real session comes near.

use crate::json::{Object, Value};
use crate::session::{Event, Session};

/// How often the whole session may be repeated.
const FACTOR: usize = 2;

/// What even the smallest session may repeat, in bytes.
const AT_LEAST: usize = 1 << 20;

/// What one value costs besides its text, in bytes.
const VALUE: usize = 32;

/// What may still be repeated.
pub(crate) struct Allowance<'a> {
    left: usize,
    /// The session, until it had to be weighed.
    session: Option<&'a Session>,
    is_spent: bool,
}

impl<'a> Allowance<'a> {
    pub(crate) fn of(session: &'a Session) -> Self {
        Self {
            left: AT_LEAST,
            session: Some(session),
            is_spent: false,
        }
    }

    /// Whether nothing more may be repeated.
    pub(crate) fn is_spent(&self) -> bool {
        self.is_spent
    }

    /// Whether so many bytes may be repeated; if so they are taken off. Once they may not, nothing
    /// more may be, and nothing more is weighed.
    pub(crate) fn take(&mut self, bytes: impl FnOnce() -> usize) -> bool {
        if self.is_spent {
            return false;
        }
        let bytes = bytes();
        if self.left < bytes
            && let Some(session) = self.session.take()
        {
            let payloads = session.events().iter().filter_map(Event::open);
            let whole = payloads.map(weight).fold(0, usize::saturating_add);
            self.left = self.left.saturating_add(whole.saturating_mul(FACTOR));
        }
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => self.is_spent = true,
        }
        !self.is_spent
    }
}

/// About how many bytes a value takes in memory, and as JSON at most as many.
pub(crate) fn weight(value: &Value) -> usize {
    VALUE
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.bytes(),
            Value::Array(items) => items.iter().map(weight).sum(),
            Value::Object(members) => weight_of(members),
        }
}

/// The same of the members of an object.
pub(crate) fn weight_of(members: &Object) -> usize {
    let members = members.iter();
    members
        .map(|(key, value)| VALUE + key.bytes() + weight(value))
        .sum()
}
