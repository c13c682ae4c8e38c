//! A line of the audit log.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{AuditId, OrgId};

/// A row of `audit_log`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: AuditId,
    pub(crate) org_id: OrgId,
    pub(crate) at: Moment,
    /// `member`, `token` or `system`.
    #[sea_orm(column_type = "Text")]
    pub(crate) actor_kind: String,
    pub(crate) actor_id: Option<Uuid>,
    /// The name of what was done, to filter by.
    #[sea_orm(column_type = "Text")]
    pub(crate) act: String,
    /// JSON: what was done, and to what.
    #[sea_orm(column_type = "Text")]
    pub(crate) detail: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
