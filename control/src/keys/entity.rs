//! The table of approver keys: public halves only.

use sea_orm::entity::prelude::*;

use super::Tier;
use crate::clock::Moment;
use crate::ids::{ApproverId, KeyId, MemberId, OrgId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "approver_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: KeyId,
    pub org_id: OrgId,
    pub member_id: MemberId,
    pub approver_id: ApproverId,
    pub label: String,
    pub public_key: String,
    pub fingerprint: String,
    pub tier: Tier,
    pub created_at: Moment,
    pub revoked_at: Option<Moment>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
