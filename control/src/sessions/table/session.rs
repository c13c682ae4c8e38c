//! One shipped session: its ids, and the sums that lists show.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{OrgId, ReceiptId, SessionKey};

/// A row of `sessions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: SessionKey,
    pub(crate) org_id: OrgId,
    /// Digest of project and session id, unique in the organisation.
    pub(crate) identity: Vec<u8>,
    #[sea_orm(column_type = "Text")]
    pub(crate) project_id: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) session_id: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) agent: Option<String>,
    /// The highest ceiling that it was shipped with.
    #[sea_orm(column_type = "Text")]
    pub(crate) ceiling: String,
    pub(crate) events: i64,
    pub(crate) withheld: i64,
    pub(crate) actions: i64,
    pub(crate) holds: i64,
    pub(crate) first_seq: i64,
    pub(crate) last_seq: i64,
    pub(crate) first_at: Option<Moment>,
    pub(crate) last_at: Option<Moment>,
    pub(crate) findings: i64,
    pub(crate) incidents: i64,
    pub(crate) ships: i64,
    /// JSON: what the chain of the session comes to, for lists.
    #[sea_orm(column_type = "Text")]
    pub(crate) summary: String,
    pub(crate) last_receipt: ReceiptId,
    pub(crate) last_body_sha256: Vec<u8>,
    pub(crate) last_body_bytes: i64,
    pub(crate) first_shipped_at: Moment,
    pub(crate) last_shipped_at: Moment,
    /// Since when its open holds wait to be weighed.
    pub(crate) weigh_since: Option<Moment>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
