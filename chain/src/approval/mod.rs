//! What travels over Lodestar's approval channel: a request that announces a hold, the resolution
//! that answers it, and the document that an approver signs.

mod document;
mod request;
mod resolution;
mod schema;

pub use document::Document;
pub use request::{Request, RequiredAuthority};
pub use resolution::{Resolution, ResolutionKind};
pub use schema::{Expected, SchemaError};

/// The largest body of a resolution that the guard reads, in bytes.
pub const MAX_RESOLUTION_BYTES: usize = 64 * 1024;
