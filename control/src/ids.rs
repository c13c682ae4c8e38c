//! The names that records go by. Ids that appear in our addresses are our own: UUIDs of version 7,
//! one type for each kind of record, so that one cannot be taken for another. Names that agents or
//! operators chose (projects, approvers) are text of a limited shape and never more than data.

use std::fmt;
use std::str::FromStr;

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Control, Error};

macro_rules! record_ids {
    ($($(#[$about:meta])* $name:ident: $word:literal;)+) => {$(
        $(#[$about])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            DeriveValueType,
        )]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id. Ids sort by the time at which they were made.
            pub fn mint(control: &Control) -> Self {
                Self(new_uuid(control))
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            /// Text that is no id at all names nothing: it answers as an unknown id does.
            fn from_str(text: &str) -> Result<Self, Error> {
                text.parse().map(Self).map_err(|_| Error::NotFound($word))
            }
        }

        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )+};
}

record_ids! {
    /// An organisation: the tenant that everything belongs to.
    OrgId: "organisation";
    /// A member of an organisation.
    MemberId: "member";
    /// One signing-in of a member, from then until the sign-out or its end.
    SignInId: "sign-in";
    /// A one-time link that sets an organisation up.
    SetupLinkId: "setup link";
    /// A machine token.
    TokenId: "token";
    /// A registered approver key.
    KeyId: "key";
    /// A shipped session.
    SessionKey: "session";
    /// The receipt of one accepted ship.
    ReceiptId: "receipt";
    /// A breach of integrity that somebody has to know about.
    IncidentId: "incident";
    /// An action that waits for a person.
    HoldId: "hold";
    /// A line of the audit log.
    AuditId: "line of the audit log";
    /// A search that a member saved.
    SavedSearchId: "saved search";
    /// A signed decision about a hold.
    DecisionId: "decision";
}

pub(crate) fn new_uuid(control: &Control) -> Uuid {
    let mut bytes = [0; 10];
    control.random().fill(&mut bytes);
    let millis = u64::try_from(control.now().millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

/// The most characters that a name chosen by others may have.
pub const NAME_LIMIT: usize = 1_024;

macro_rules! chosen_names {
    ($($(#[$about:meta])* $name:ident: $field:literal;)+) => {$(
        $(#[$about])*
        #[derive(
            Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            DeriveValueType,
        )]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text as it was chosen.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            /// Refuses an empty name, one of more than [`NAME_LIMIT`] characters, and control
            /// characters.
            fn try_from(text: String) -> Result<Self, Error> {
                check_name($field, &text)?;
                Ok(Self(text))
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

chosen_names! {
    /// A project of Lodestar, as its operator named it.
    ProjectId: "project";
    /// The name under which a guard knows a key: `actor_id` in its `authorized_keys`.
    ApproverId: "approver id";
}

fn check_name(field: &'static str, text: &str) -> Result<(), Error> {
    let problem = if text.is_empty() {
        "must not be empty"
    } else if text.chars().count() > NAME_LIMIT {
        "must have at most 1,024 characters"
    } else if text.chars().any(char::is_control) {
        "must not contain control characters"
    } else {
        return Ok(());
    };
    Err(Error::invalid(field, problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_no_id_names_nothing() {
        assert!(matches!(
            "../etc".parse::<HoldId>(),
            Err(Error::NotFound("hold"))
        ));
    }

    #[test]
    fn names_keep_what_was_chosen_and_refuse_what_cannot_be_shown() {
        assert_eq!(
            "alice@phone".parse::<ApproverId>().unwrap().as_str(),
            "alice@phone"
        );
        assert_eq!(
            "%2e%2e/ü".parse::<ProjectId>().unwrap().as_str(),
            "%2e%2e/ü"
        );
        for bad in ["", "a\nb", "a\u{85}b", &"x".repeat(NAME_LIMIT + 1)] {
            assert!(
                matches!(bad.parse::<ProjectId>(), Err(Error::Invalid { .. })),
                "{bad:?}"
            );
        }
    }
}
