//! The body of a ship: what `lodestar ship` posts.
//!
//! The first line is a manifest, then comes one record for each event, in the order of `seq`. A
//! record carries its event open, or withheld: then the payload is a marker, and its hash is a
//! commitment that a later ship can open. [`Reader`] takes a body in pieces of any size and hands
//! out each record as soon as its line is complete; it holds one line and never the body.
//!
//! What is malformed is refused with its line. Bad news that an honest sender can produce, such as
//! a payload that does not match its hash, is kept and marked with a [`FindingKind`].

mod error;
mod finding;
mod manifest;
mod place;
mod reader;
mod record;

pub use error::{Error, ErrorKind};
pub use finding::{Finding, FindingKind, repeated};
pub use manifest::{Manifest, Sensitivity};
pub use reader::{Reader, Summary};
pub use record::{Payload, Record, read_log_line, read_record, type_of_record};

/// How large a ship may be, beyond what its format says.
///
/// ```
/// use machinaut_chain::ship::{ErrorKind, Limits, Reader};
///
/// let limits = Limits { line_bytes: 64, ..Limits::default() };
/// let refused = Reader::new(limits).push(&[b'x'; 65], &mut |_| {}).unwrap_err();
/// assert_eq!(refused.kind, ErrorKind::LineTooLong { limit: 64 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in one line. 16 MiB.
    pub line_bytes: usize,
    /// Arrays and objects open at once in one line. 256.
    pub nesting: usize,
    /// Characters in an id. 1,024.
    pub id_chars: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: 16 * 1024 * 1024,
            nesting: crate::json::Limits::NESTING,
            id_chars: crate::envelope::ID_CHARS,
        }
    }
}
