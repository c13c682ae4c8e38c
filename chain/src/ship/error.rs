//! Why a ship is refused, and in which line. Nothing of the line itself stands in it.

use std::fmt;

use super::place;
use crate::envelope::{BadId, Problem};
use crate::json::{self, ErrorKind as JsonErrorKind};

/// Why a ship is refused whole.
///
/// ```
/// use machinaut_chain::ship::{Limits, read_record};
///
/// let error = read_record(br#"{"v":2}"#, &Limits::default()).unwrap_err();
/// assert_eq!(error.to_string(), "line 1, column 6: `v` has to be the number 1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in that line, counted from 1: where the value begins that is refused, or where
    /// the object ends that lacks one.
    pub column: usize,
    /// What was wrong there.
    pub kind: ErrorKind,
}

/// What was wrong with a ship that is refused.
///
/// ```
/// use machinaut_chain::ship::{ErrorKind, Limits, Reader};
///
/// let mut reader = Reader::new(Limits::default());
/// reader.push(b"\n", &mut |_| {})?;
/// let error = reader.finish(&mut |_| {}).unwrap_err();
/// assert_eq!(error.kind, ErrorKind::NoManifest);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The body has no line with anything in it.
    #[error("the body is empty; its first line has to be the manifest")]
    NoManifest,
    /// The manifest is followed by nothing.
    #[error("the body carries no events")]
    NoEvents,
    /// The line is not one JSON value.
    #[error("the line is not JSON: {0}")]
    Json(JsonErrorKind),
    /// The line is longer than allowed.
    #[error("the line is longer than {limit} bytes")]
    LineTooLong {
        /// How many bytes a line may have.
        limit: usize,
    },
    /// A field is missing or is something else.
    #[error("`{field}` has to be {expected}")]
    Field {
        /// The path of the field.
        field: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// An id is too long or too strange.
    #[error("`{field}`: {bad}")]
    Id {
        /// The path of the id.
        field: &'static str,
        /// What is wrong with it.
        bad: BadId,
    },
    /// A key stands twice in an object outside of the payload.
    #[error("a key stands twice in the {object}")]
    DuplicateKey {
        /// The object.
        object: &'static str,
    },
    /// The event is of another project than the manifest.
    #[error("`envelope.project_id` differs from the manifest's")]
    OtherProject,
    /// The event is of another session than the manifest.
    #[error("`envelope.session_id` differs from the manifest's")]
    OtherSession,
    /// The event's `seq` is below the one before.
    #[error("`envelope.seq` is below that of the record before")]
    SequenceDecreases,
    /// The record is withheld, yet its payload is not exactly the marker.
    #[error("a withheld record's payload has to be exactly {{\"lodestar.redacted\":true}}")]
    NotTheMarker,
    /// The record is withheld, yet its hash commits to nothing.
    #[error("a withheld record's `payload_hash` has to be 64 lower-case hexadecimal digits")]
    NoCommitment,
    /// The record is withheld although the ceiling allows its sensitivity.
    #[error("a withheld record's `payload_sensitivity` has to be above the manifest's ceiling")]
    WithheldBelowCeiling,
    /// The manifest announces another number of events.
    #[error("the manifest announces {announced} events, the body carries {carried}")]
    EventCount {
        /// By the manifest.
        announced: u64,
        /// In the body.
        carried: u64,
    },
    /// The manifest announces another number of withheld events.
    #[error("the manifest announces {announced} withheld events, the body carries {carried}")]
    WithheldCount {
        /// By the manifest.
        announced: u64,
        /// In the body.
        carried: u64,
    },
}

impl Error {
    /// A refusal of the body as a whole, or of what is not yet a line.
    pub(super) fn at(line: usize, column: usize, kind: ErrorKind) -> Self {
        Self { line, column, kind }
    }

    /// A refusal for the sake of one field.
    pub(super) fn of_field(line: usize, bytes: &[u8], field: &str, kind: ErrorKind) -> Self {
        Self::at(line, place::of_field(bytes, field), kind)
    }

    pub(super) fn of_problem(line: usize, bytes: &[u8], problem: Problem) -> Self {
        match problem {
            Problem::Json(fault) => {
                let error = json::Error::at(bytes, fault);
                Self::at(line, error.column, ErrorKind::Json(error.kind))
            }
            Problem::Field { field, expected } => {
                Self::of_field(line, bytes, field, ErrorKind::Field { field, expected })
            }
            Problem::Id { field, bad } => {
                Self::of_field(line, bytes, field, ErrorKind::Id { field, bad })
            }
            Problem::DuplicateKey { object } => {
                let column = place::of_repeated_key(bytes, object);
                Self::at(line, column, ErrorKind::DuplicateKey { object })
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, kind } = self;
        write!(out, "line {line}, column {column}: {kind}")
    }
}

impl std::error::Error for Error {}
