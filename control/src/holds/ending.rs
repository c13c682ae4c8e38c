//! How a hold ended by a log, and what the answer in it rests on.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How a hold ended, as a log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// An answer granted it.
    Granted,
    /// An answer denied it.
    Denied,
    /// Nobody answered in time.
    Expired,
    /// The answer is withheld; the action went on as approved.
    Approved,
    /// The answer is withheld; the action ended as rejected.
    Rejected,
}

/// What an answer in a log rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// It carries the signature of the decision that was signed here.
    OurDecision,
    /// It carries another signature, of a key that is registered here.
    RegisteredKey,
    /// It carries a signature that no registered key made.
    UnknownKey,
    /// It carries no signature: given inside the guard's own process, or written by anybody.
    Unsigned,
    /// The log does not show the answer.
    NotShown,
}

macro_rules! words {
    ($name:ident { $($variant:ident => $word:literal,)+ }) => {
        impl $name {
            pub(super) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            pub(super) fn parse(text: &str) -> Result<Self> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(Error::Broken("a kept word about a hold is a known one")),
                }
            }
        }
    };
}

words!(Ending {
    Granted => "granted",
    Denied => "denied",
    Expired => "expired",
    Approved => "approved",
    Rejected => "rejected",
});
words!(Proof {
    OurDecision => "our_decision",
    RegisteredKey => "registered_key",
    UnknownKey => "unknown_key",
    Unsigned => "unsigned",
    NotShown => "not_shown",
});
