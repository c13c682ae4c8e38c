//! The table of saved searches.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{MemberId, OrgId, SavedSearchId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saved_searches")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SavedSearchId,
    pub org_id: OrgId,
    pub member_id: MemberId,
    pub name: String,
    pub query: String,
    pub newest_first: bool,
    pub created_at: Moment,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
