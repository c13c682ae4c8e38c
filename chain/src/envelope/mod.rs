//! The envelope around every event: who wrote what when, and the hash that commits to the payload.
//!
//! A type is a claim, not a proof of who wrote it: an agent can emit events of any type itself.
//!
//! ```
//! use machinaut_chain::json::Value;
//! use machinaut_chain::sample::Log;
//! use machinaut_chain::session::Session;
//! use machinaut_chain::timestamp::Instant;
//!
//! let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
//! let mut log = Log::new(project, session, agent, 7, Instant::from_millis(0));
//! log.event("agent.note", "0.1.0", Value::from("a note"));
//! let lines = log.lines();
//! let session = Session::from_log_lines([lines.as_slice()])?;
//!
//! let header = &session.events()[0].header;
//! assert_eq!((header.seq, header.event_type.as_str()), (7, "agent.note"));
//! assert_eq!(header.timestamp.as_str(), "1970-01-01T00:00:00.000Z");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod fields;
mod header;
mod ids;

pub use header::{Header, Versions};
pub use ids::{ActorId, BadId, EventId, ID_CHARS, ProjectId, SessionId};

pub(crate) use fields::{Problem, required};
pub(crate) use header::{EnvelopeReader, ReadEnvelope};
pub(crate) use ids::check as check_id;

/// The largest `seq` and `logical_clock`: the largest integer that JavaScript counts to exactly.
///
/// ```
/// use machinaut_chain::envelope::MAX_SEQ;
/// use machinaut_chain::json::Value;
///
/// // One more, and JavaScript no longer tells two places in a log apart.
/// let seq = |seq: u64| Value::parse(seq.to_string().as_bytes(), &Default::default());
/// assert_ne!(seq(MAX_SEQ)?, seq(MAX_SEQ - 1)?);
/// assert_eq!(seq(MAX_SEQ + 2)?, seq(MAX_SEQ + 1)?);
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
pub const MAX_SEQ: u64 = (1 << 53) - 1;
