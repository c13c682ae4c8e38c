//! The database schema, one file a step, for SQLite and PostgreSQL alike.
//!
//! Every table carries the organisation that its rows belong to. Conventions: ids are UUIDs, times
//! are whole milliseconds since 1970 (UTC), hashes are 32 raw bytes, JSON is text, and names that
//! others chose are text that is only ever compared byte by byte.
#![forbid(unsafe_code)]

mod m20261123_000001_identity;
mod m20261123_000002_machine_tokens;
mod m20261123_000003_approver_keys;
mod m20261123_000010_sessions;
mod m20261123_000011_holds;
mod m20261123_000020_usage_and_audit;
mod m20261123_000030_search;
mod m20261123_000031_saved_searches;
mod m20261123_000032_weighing;
mod m20261123_000033_holds_waiting;

use sea_orm_migration::prelude::async_trait;
pub use sea_orm_migration::prelude::{MigrationTrait, MigratorTrait};

/// Every step, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_identity::Migration),
            Box::new(m20261123_000002_machine_tokens::Migration),
            Box::new(m20261123_000003_approver_keys::Migration),
            Box::new(m20261123_000010_sessions::Migration),
            Box::new(m20261123_000011_holds::Migration),
            Box::new(m20261123_000020_usage_and_audit::Migration),
            Box::new(m20261123_000030_search::Migration),
            Box::new(m20261123_000031_saved_searches::Migration),
            Box::new(m20261123_000032_weighing::Migration),
            Box::new(m20261123_000033_holds_waiting::Migration),
        ]
    }
}
