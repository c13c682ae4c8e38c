//! The table of one-time setup links.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{OrgId, SetupLinkId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "setup_links")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SetupLinkId,
    pub org_id: Option<OrgId>,
    pub secret_hash: Vec<u8>,
    pub created_at: Moment,
    pub expires_at: Moment,
    pub used_at: Option<Moment>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
