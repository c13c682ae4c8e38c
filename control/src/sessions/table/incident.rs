//! A breach of a session's integrity that somebody has to know about.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{IncidentId, OrgId, SessionKey, TokenId};

/// A row of `incidents`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "incidents")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: IncidentId,
    pub(crate) org_id: OrgId,
    pub(crate) session: SessionKey,
    /// Digest of what happened to which event: a repetition is counted, not kept again.
    pub(crate) identity: Vec<u8>,
    #[sea_orm(column_type = "Text")]
    pub(crate) kind: String,
    /// The first event concerned.
    pub(crate) seq: i64,
    #[sea_orm(column_type = "Text")]
    pub(crate) event_id: String,
    /// Its commitment as it was kept first.
    pub(crate) kept: Vec<u8>,
    /// The commitment that came instead, where one came.
    pub(crate) offered: Option<Vec<u8>>,
    /// How many events are concerned.
    pub(crate) events: i64,
    /// The token that shipped it.
    pub(crate) token: TokenId,
    pub(crate) first_at: Moment,
    pub(crate) last_at: Moment,
    pub(crate) times: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
