//! A server that searches: how far its index has come.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A row of `search_nodes`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "search_nodes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    #[sea_orm(column_type = "Text")]
    pub(crate) engine: String,
    /// Up to which change everything is in its index.
    pub(crate) position: i64,
    /// While the index is being built: how many sessions and holds are in it, of how many.
    pub(crate) done: Option<i64>,
    pub(crate) total: Option<i64>,
    pub(crate) seen_at: Moment,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
