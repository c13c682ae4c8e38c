//! How far an engine that several servers share has come, and which of them feeds it.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A row of `search_feeds`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "search_feeds")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) name: String,
    /// JSON: the mark; none where it has to be built.
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) mark: Option<String>,
    /// The server that feeds it.
    pub(crate) holder: Uuid,
    /// Until when.
    pub(crate) until: Moment,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
