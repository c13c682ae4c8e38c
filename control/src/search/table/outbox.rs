//! Something changed that is told to others after the commit.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A row of `outbox`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    /// Its place in the order in which changes became known; none where it has none yet.
    pub(crate) position: Option<i64>,
    /// The organisation; none where it is about the whole store.
    pub(crate) org_id: Option<Uuid>,
    #[sea_orm(column_type = "Text")]
    pub(crate) kind: String,
    pub(crate) subject: Option<Uuid>,
    pub(crate) at: Moment,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
