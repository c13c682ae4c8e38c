//! The table of machine tokens.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{OrgId, ProjectId, TokenId};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "machine_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TokenId,
    pub org_id: OrgId,
    pub name: String,
    pub project_id: Option<ProjectId>,
    pub grant_ship: bool,
    pub grant_approvals: bool,
    #[sea_orm(unique)]
    pub prefix: String,
    pub token_hash: Vec<u8>,
    pub created_at: Moment,
    pub last_used_at: Option<Moment>,
    pub revoked_at: Option<Moment>,
}

/// Without the hash.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
