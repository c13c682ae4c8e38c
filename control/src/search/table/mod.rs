//! The tables of this room, as SeaORM entities. Nothing outside the crate sees them.

pub(crate) mod feed;
pub(crate) mod node;
pub(crate) mod outbox;
pub(crate) mod saved;
