//! One signed decision, and how far it got.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{DecisionId, HoldId, KeyId, MemberId, OrgId, TokenId};

/// A row of `decisions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "decisions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: DecisionId,
    pub(crate) org_id: OrgId,
    pub(crate) hold: HoldId,
    /// 1 for the first decision on the hold.
    pub(crate) ordinal: i64,
    #[sea_orm(column_type = "Text")]
    pub(crate) kind: String,
    pub(crate) member: MemberId,
    pub(crate) approver_key: KeyId,
    #[sea_orm(column_type = "Text")]
    pub(crate) approver_id: String,
    /// The public key that the signature was verified with, as PEM.
    #[sea_orm(column_type = "Text")]
    pub(crate) public_key: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) reason: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub(crate) at: String,
    /// What was signed, as canonical JSON.
    #[sea_orm(column_type = "Text")]
    pub(crate) document: String,
    /// Base64.
    #[sea_orm(column_type = "Text")]
    pub(crate) signature: String,
    /// What the guard gets, to the byte.
    #[sea_orm(column_type = "Text")]
    pub(crate) resolution: String,
    pub(crate) stored_at: Moment,
    pub(crate) first_served_at: Option<Moment>,
    pub(crate) last_served_at: Option<Moment>,
    pub(crate) serves: i64,
    /// The token that fetched it last.
    pub(crate) served_to: Option<TokenId>,
    pub(crate) consumed_at: Option<Moment>,
    /// When the guard asked again after it had consumed this decision.
    pub(crate) refused_at: Option<Moment>,
    pub(crate) confirmed_at: Option<Moment>,
    pub(crate) confirmed_seq: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) confirmed_event: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
