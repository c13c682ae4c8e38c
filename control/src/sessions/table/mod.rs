//! The tables of this room, as SeaORM entities. Nothing outside the crate sees them.

pub(crate) mod finding;
pub(crate) mod incident;
pub(crate) mod receipt;
pub(crate) mod segment;
pub(crate) mod session;
