//! The tables of this room, as SeaORM entities. Nothing outside the crate sees them.

pub(crate) mod decision;
pub(crate) mod hold;
