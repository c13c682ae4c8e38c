//! One hold, with everything that its sources said about it.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{DecisionId, HoldId, OrgId, SessionKey, TokenId};

/// A row of `holds`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "holds")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: HoldId,
    pub(crate) org_id: OrgId,
    /// Digest of the ids that it is known by, unique in the organisation.
    pub(crate) identity: Vec<u8>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) request_id: Option<String>,
    /// Digest of the request id, to look it up.
    pub(crate) request_key: Option<Vec<u8>>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) action_id: Option<String>,
    /// Digest of the action id, to look it up.
    pub(crate) action_key: Option<Vec<u8>>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) project_id: Option<String>,
    pub(crate) session: Option<SessionKey>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) reason: Option<String>,
    /// JSON, as the guard gave it.
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) required_authority: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) requested_at: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) deadline: Option<String>,
    pub(crate) requested_ms: Option<Moment>,
    pub(crate) deadline_ms: Option<Moment>,
    /// JSON: what the action is, for a line in a list.
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) facts: Option<String>,
    /// How many things about it should make an approver hesitate, where that was counted.
    pub(crate) to_weigh: Option<i64>,
    pub(crate) known_at: Moment,
    pub(crate) announced_at: Option<Moment>,
    pub(crate) announced_by: Option<TokenId>,
    pub(crate) seen_in_log_at: Option<Moment>,
    pub(crate) first_polled_at: Option<Moment>,
    pub(crate) last_polled_at: Option<Moment>,
    /// Until when the present question of the guard may be waiting for its answer.
    pub(crate) waiting_until: Option<Moment>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) log_outcome: Option<String>,
    pub(crate) log_outcome_at: Option<Moment>,
    pub(crate) log_outcome_seq: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) log_outcome_event: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) log_approver: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) log_proof: Option<String>,
    /// When the log says that the guard refused a signature for this hold.
    pub(crate) log_rejected_at: Option<Moment>,
    /// The decision in force.
    pub(crate) decision: Option<DecisionId>,
    /// The hold that this one turned out to be.
    pub(crate) merged: Option<HoldId>,
    pub(crate) changed_at: Moment,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
