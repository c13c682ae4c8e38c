//! What travels over Lodestar's approval channel: a request that announces a hold, the resolution
//! that answers it, and the document that an approver signs.
//!
//! ```
//! use machinaut_chain::approval::{Request, Resolution, ResolutionKind};
//!
//! let request = Request::parse(
//!     br#"{"request_id":"r-1","action_id":"a-1","reason":"L4 always requires approval",
//!         "required_authority":{"min_trust_baseline":0.5},"requested_at":"2026-03-01T09:00:00Z"}"#,
//! )?;
//! let resolution = Resolution {
//!     request_id: request.request_id.into(),
//!     action_id: request.action_id.into(),
//!     kind: ResolutionKind::Denied,
//!     approver_id: "alice@phone".into(),
//!     reason: Some("not on a Sunday".into()),
//!     at: "2026-03-01T09:01:00Z".parse()?,
//!     signature: None,
//! };
//! // This is what the approver signs; until then the guard refuses the resolution.
//! assert_eq!(resolution.document().signing_message().len(), 64);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod document;
mod request;
mod resolution;
mod schema;

pub use document::Document;
pub use request::{Request, RequiredAuthority};
pub use resolution::{Resolution, ResolutionKind};
pub use schema::{Expected, SchemaError};

/// The largest body of a resolution that the guard reads, in bytes.
///
/// ```
/// use machinaut_chain::approval::{MAX_RESOLUTION_BYTES, Resolution};
///
/// let mut resolution = Resolution::parse(
///     br#"{"request_id":"r-1","action_id":"a-1","kind":"denied","approver_id":"alice@phone",
///         "at":"2026-03-01T09:01:00Z"}"#,
/// )?;
/// assert!(resolution.fits());
/// resolution.reason = Some("no ".repeat(MAX_RESOLUTION_BYTES / 3).into());
/// assert!(!resolution.fits());
/// # Ok::<(), machinaut_chain::approval::SchemaError>(())
/// ```
pub const MAX_RESOLUTION_BYTES: usize = 64 * 1024;
