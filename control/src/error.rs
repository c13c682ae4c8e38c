//! What can go wrong in the control plane: one list for the whole crate. The HTTP status, the
//! stable problem type and the sentence that a person reads are each derived here, in one place.
//!
//! A sentence never repeats what was sent: neither payloads nor secrets reach it.

use std::time::Duration;

use crate::search::Misunderstood;
use crate::tokens::Grant;

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done. `Display` is the sentence for a person.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in, or the machine token is missing, wrong or revoked.
    #[error("The credentials are missing, wrong or no longer valid.")]
    Unauthenticated,
    /// Email and password do not belong together. It never says which of them was wrong.
    #[error("That email and password do not belong together.")]
    SignInRefused,
    /// The machine token is good, but does not allow this.
    #[error("This token does not have the grant “{0}”.")]
    MissingGrant(Grant),
    /// The machine token is good, but was made for another project.
    #[error("This token was made for another project.")]
    ProjectNotGranted,
    /// There is nothing of that name in the organisation of the one who asks.
    #[error("There is no such {0} here.")]
    NotFound(&'static str),
    /// The one-time link is unknown, used or past its end.
    #[error(
        "This setup link is not valid any more: it was used, has expired, or was never issued. \
         Whoever runs the server can print a fresh one with `machinaut admin setup-link`."
    )]
    SetupLinkSpent,
    /// A value that was given cannot be accepted.
    #[error("The {field} {problem}.")]
    Invalid {
        /// What the value is called in front of people.
        field: &'static str,
        /// What is wrong with it, completing the sentence "The field …", without the value.
        problem: String,
    },
    /// It contradicts what is already there; the sentence says how.
    #[error("{0}")]
    Conflict(String),
    /// The body is not what the contract says. Nothing of it was kept.
    #[error("{}", malformed(*line, expected))]
    Malformed {
        /// The line of the body, from 1, where it has lines.
        line: Option<u64>,
        /// What was expected there.
        expected: String,
    },
    /// The body is longer than allowed. Nothing of it was kept.
    #[error("The body is larger than the {limit} bytes that this server accepts.")]
    TooLarge {
        /// How many bytes are accepted.
        limit: u64,
    },
    /// An event that was kept before came again with another commitment. Nothing was kept.
    #[error(
        "The event with seq {seq} was shipped before with another content. History is not \
         rewritten here: what came first stays, and an incident keeps both commitments."
    )]
    Rewritten {
        /// The `seq` of the event.
        seq: u64,
        /// The id of the event, as the sender wrote it: data, for a field of its own.
        event_id: String,
        /// The commitment that is kept, lower-case hex.
        kept: String,
        /// The commitment that was offered, lower-case hex.
        offered: String,
    },
    /// Too many failed tries; later ones may be heard again.
    #[error("Too many attempts. Try again in {}.", spoken(*retry_after))]
    TooManyAttempts {
        /// When another try will be heard.
        retry_after: Duration,
    },
    /// The tenant has more ships open than its share.
    #[error(
        "Too many ships of this organisation are open at once. Try again in {}.",
        spoken(*retry_after)
    )]
    TooManyShips {
        /// When to try again.
        retry_after: Duration,
    },
    /// The tenant has used up a quota. Nothing of the ship was kept.
    #[error(
        "This organisation has used up its quota of {limit} {what}. Nothing of this ship was kept. \
         Whoever runs the server can raise it."
    )]
    QuotaExhausted {
        /// How much it is.
        limit: u64,
        /// Of what.
        what: &'static str,
        /// When to try again.
        retry_after: Duration,
    },
    /// The body says that it is packed in a way that is not understood here.
    #[error("The `Content-Encoding` is not one of those that this server accepts.")]
    UnknownEncoding,
    /// The body is not packed the way it says, or ends too early. Nothing of it was kept.
    #[error("The body could not be unpacked as its `Content-Encoding` says.")]
    Unpacking,
    /// There is more to do than the server takes on at once.
    #[error("The server is busy. Try again in {}.", spoken(*retry_after))]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The sender stopped in the middle of the body. Nothing of it was kept.
    #[error("The body ended before it was complete.")]
    Interrupted,
    /// A search query was not understood.
    #[error("The query was not understood: {0}")]
    Query(#[from] Misunderstood),
    /// The search engine does not answer, or its index is in use; the sentence says which.
    #[error("{0}")]
    SearchUnavailable(&'static str),
    /// The database did not do what it was asked to.
    #[error("The database could not do this just now. Nothing was changed.")]
    Database(#[from] sea_orm::DbErr),
    /// A record or a computation that must be right was not: a fault of the program.
    #[error("Something that must hold here did not: {0}.")]
    Broken(&'static str),
}

impl Error {
    /// An [`Error::Invalid`].
    pub fn invalid(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            problem: problem.into(),
        }
    }

    /// The HTTP status that says it.
    pub fn status(&self) -> u16 {
        match self {
            Self::Interrupted | Self::Unpacking => 400,
            Self::Unauthenticated | Self::SignInRefused => 401,
            Self::MissingGrant(_) | Self::ProjectNotGranted => 403,
            Self::NotFound(_) => 404,
            Self::Conflict(_) | Self::Rewritten { .. } => 409,
            Self::SetupLinkSpent => 410,
            Self::TooLarge { .. } => 413,
            Self::Invalid { .. } | Self::Malformed { .. } | Self::Query(_) => 422,
            Self::UnknownEncoding => 415,
            Self::TooManyAttempts { .. }
            | Self::TooManyShips { .. }
            | Self::QuotaExhausted { .. } => 429,
            Self::Broken(_) => 500,
            Self::Busy { .. } | Self::Database(_) | Self::SearchUnavailable(_) => 503,
        }
    }

    /// The stable name of the problem, for programs: the last part of an RFC 9457 `type`.
    pub fn problem(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::SignInRefused => "sign-in-refused",
            Self::MissingGrant(_) => "missing-grant",
            Self::ProjectNotGranted => "project-not-granted",
            Self::NotFound(_) => "not-found",
            Self::SetupLinkSpent => "setup-link-spent",
            Self::Invalid { .. } => "invalid",
            Self::Conflict(_) => "conflict",
            Self::Malformed { .. } => "malformed",
            Self::TooLarge { .. } => "too-large",
            Self::Rewritten { .. } => "history-rewritten",
            Self::TooManyAttempts { .. } => "too-many-attempts",
            Self::TooManyShips { .. } => "too-many-ships",
            Self::QuotaExhausted { .. } => "quota-exhausted",
            Self::UnknownEncoding => "unsupported-encoding",
            Self::Unpacking => "unpacking-failed",
            Self::Busy { .. } => "busy",
            Self::Interrupted => "body-interrupted",
            Self::Query(_) => "query-not-understood",
            Self::SearchUnavailable(_) => "search-unavailable",
            Self::Database(_) => "storage-unavailable",
            Self::Broken(_) => "internal",
        }
    }

    /// The line of the body that it is about, from 1.
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::Malformed { line, .. } => *line,
            _ => None,
        }
    }

    /// How long to wait before another try makes sense.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyAttempts { retry_after }
            | Self::TooManyShips { retry_after }
            | Self::QuotaExhausted { retry_after, .. }
            | Self::Busy { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// Whether a row was refused because another has the same unique value.
    pub(crate) fn is_duplicate(error: &sea_orm::DbErr) -> bool {
        matches!(
            error.sql_err(),
            Some(sea_orm::SqlErr::UniqueConstraintViolation(_))
        )
    }
}

fn malformed(line: Option<u64>, expected: &str) -> String {
    line.map_or_else(
        || format!("The body was not understood: expected {expected}."),
        |line| format!("Line {line} was not understood: expected {expected}."),
    )
}

/// A waiting time in words, rounded up so that a try after it is heard.
fn spoken(span: Duration) -> String {
    let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_line_and_what_was_expected() {
        let error = Error::Malformed {
            line: Some(3),
            expected: "a record".to_owned(),
        };
        assert_eq!(
            error.to_string(),
            "Line 3 was not understood: expected a record."
        );
        assert_eq!(
            (error.status(), error.problem(), error.line()),
            (422, "malformed", Some(3))
        );
    }

    #[test]
    fn waiting_times_are_rounded_up() {
        assert_eq!(spoken(Duration::from_millis(1_001)), "2 seconds");
        assert_eq!(spoken(Duration::from_secs(121)), "3 minutes");
    }

    #[test]
    fn a_database_error_does_not_show_what_the_database_said() {
        let error = Error::from(sea_orm::DbErr::Custom(
            "postgres://app:secret@host".to_owned(),
        ));
        assert!(!error.to_string().contains("secret"));
    }
}
