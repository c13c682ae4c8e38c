//! Ids as Lodestar writes them. They are data from outside: never a path, never markup, and never
//! longer or stranger than a person could compare by eye.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The most characters an id may have where nobody says otherwise.
///
/// ```
/// use machinaut_chain::envelope::{ID_CHARS, SessionId};
///
/// assert!("ä".repeat(ID_CHARS).parse::<SessionId>().is_ok(), "characters, not bytes");
/// assert!("ä".repeat(ID_CHARS + 1).parse::<SessionId>().is_err());
/// ```
pub const ID_CHARS: usize = 1024;

/// A text that is not accepted as an id.
///
/// ```
/// use machinaut_chain::envelope::{BadId, EventId};
///
/// let long = "x".repeat(1025);
/// assert_eq!(long.parse::<EventId>(), Err(BadId::TooLong(1024)));
/// // A right-to-left override makes one id look like another.
/// assert_eq!("agent\u{202E}a".parse::<EventId>(), Err(BadId::Control));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadId {
    /// It is longer than allowed.
    #[error("an id has at most {0} characters")]
    TooLong(usize),
    /// A control character stands in it, or one that changes the direction of text.
    #[error("an id holds no control characters and none that change the direction of text")]
    Control,
}

/// Checks an id that will be kept: at most `chars` characters, none of which is obeyed by a
/// terminal, a database or the eye instead of being seen. An empty id is accepted, as Lodestar
/// does.
pub(crate) fn check(text: &str, chars: usize) -> Result<(), BadId> {
    if text.len() > chars && text.chars().count() > chars {
        return Err(BadId::TooLong(chars));
    }
    let ordinary = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !ordinary && text.chars().any(is_obeyed) {
        return Err(BadId::Control);
    }
    Ok(())
}

fn is_obeyed(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
        )
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            pub(crate) fn bounded(text: &str, chars: usize) -> Result<Self, BadId> {
                check(text, chars)?;
                Ok(Self(text.to_owned()))
            }

            /// The id as it was written.
            ///
            /// ```
            #[doc = concat!("use machinaut_chain::envelope::", stringify!($name), ";")]
            ///
            #[doc = concat!("let id: ", stringify!($name), " = \" spaces stay \".parse()?;")]
            /// assert_eq!(id.as_str(), " spaces stay ");
            /// # Ok::<(), machinaut_chain::envelope::BadId>(())
            /// ```
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                Self::bounded(text, ID_CHARS)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

id!(
    /// The id of an event. Unique by intent; a log may repeat one, and then says so by a finding.
    ///
    /// ```
    /// use machinaut_chain::envelope::EventId;
    ///
    /// let id: EventId = "0192f3a1-7c4e-7b61".parse()?;
    /// assert_eq!(id.as_str(), "0192f3a1-7c4e-7b61");
    /// assert!("two\nlines".parse::<EventId>().is_err());
    /// # Ok::<(), machinaut_chain::envelope::BadId>(())
    /// ```
    EventId
);
id!(
    /// The id of a project: the partition in which `seq` counts.
    ///
    /// ```
    /// use machinaut_chain::envelope::ProjectId;
    ///
    /// // What comes from outside stays a name: it is never resolved as a path.
    /// let id: ProjectId = "../payments".parse()?;
    /// assert_eq!(id.to_string(), "../payments");
    /// # Ok::<(), machinaut_chain::envelope::BadId>(())
    /// ```
    ProjectId
);
id!(
    /// The id of a session within its project.
    ///
    /// ```
    /// use machinaut_chain::envelope::SessionId;
    ///
    /// let (one, other): (SessionId, SessionId) = ("night".parse()?, "Night".parse()?);
    /// assert_ne!(one, other, "ids are compared byte by byte");
    /// # Ok::<(), machinaut_chain::envelope::BadId>(())
    /// ```
    SessionId
);
id!(
    /// The id of whoever is said to have written an event.
    ///
    /// ```
    /// use machinaut_chain::envelope::ActorId;
    ///
    /// let id: ActorId = "agent:release-bot".parse()?;
    /// assert_eq!(id.as_str().strip_prefix("agent:"), Some("release-bot"));
    /// # Ok::<(), machinaut_chain::envelope::BadId>(())
    /// ```
    ActorId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_would_be_obeyed_instead_of_seen_is_refused() {
        for text in [
            "a\0b",
            "a\nb",
            "a\u{7F}",
            "a\u{85}",
            "a\u{202E}b",
            "\u{2067}",
            "\u{2028}",
        ] {
            assert_eq!(text.parse::<SessionId>(), Err(BadId::Control), "{text:?}");
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!("é".repeat(ID_CHARS).parse::<EventId>().is_ok());
        assert_eq!(
            "é".repeat(ID_CHARS + 1).parse::<EventId>(),
            Err(BadId::TooLong(ID_CHARS))
        );
    }

    #[test]
    fn empty_ids_and_paths_are_only_data() {
        assert!("".parse::<EventId>().is_ok());
        assert!("../../etc".parse::<ProjectId>().is_ok());
    }
}
