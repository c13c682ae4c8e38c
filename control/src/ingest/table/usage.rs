//! How much a tenant shipped in a day.

use sea_orm::entity::prelude::*;

use crate::ids::OrgId;

/// A row of `ship_usage`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ship_usage")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) org_id: OrgId,
    /// Days since 1970, UTC.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) day: i64,
    pub(crate) ships: i64,
    pub(crate) sessions: i64,
    pub(crate) body_bytes: i64,
    /// What was added to the store that day.
    pub(crate) stored_bytes: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
