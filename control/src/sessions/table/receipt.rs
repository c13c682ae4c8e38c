//! What one accepted ship brought.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{OrgId, ReceiptId, SessionKey, TokenId};

/// A row of `receipts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: ReceiptId,
    pub(crate) org_id: OrgId,
    pub(crate) session: SessionKey,
    pub(crate) token: TokenId,
    #[sea_orm(column_type = "Text")]
    pub(crate) ceiling: String,
    pub(crate) received: i64,
    pub(crate) appended: i64,
    pub(crate) revealed: i64,
    pub(crate) unchanged: i64,
    pub(crate) redacted: i64,
    /// JSON: how many findings of each kind.
    #[sea_orm(column_type = "Text")]
    pub(crate) findings: String,
    pub(crate) body_sha256: Vec<u8>,
    pub(crate) body_bytes: i64,
    pub(crate) received_at: Moment,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
