//! The tables of this room, as SeaORM entities. Nothing outside the crate sees them.

pub(super) mod usage;
