//! Something about an event of a session that does not add up.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{OrgId, ReceiptId, SessionKey};

/// A row of `findings`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "findings")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) session: SessionKey,
    /// Digest of kind, seq and event id: the same finding is kept once.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) identity: Vec<u8>,
    pub(crate) org_id: OrgId,
    #[sea_orm(column_type = "Text")]
    pub(crate) kind: String,
    pub(crate) seq: i64,
    #[sea_orm(column_type = "Text")]
    pub(crate) event_id: String,
    /// The ship that brought it up first.
    pub(crate) receipt: ReceiptId,
    pub(crate) found_at: Moment,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
