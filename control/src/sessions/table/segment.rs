//! A compressed run of a session's records as they were shipped, with their commitments beside
//! them. Segments are only ever added.

use sea_orm::entity::prelude::*;

use crate::ids::{OrgId, ReceiptId, SessionKey};

/// A row of `segments`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "segments")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) session: SessionKey,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) ordinal: i64,
    pub(crate) org_id: OrgId,
    pub(crate) first_seq: i64,
    pub(crate) last_seq: i64,
    pub(crate) events: i64,
    pub(crate) raw_bytes: i64,
    /// The records, one a line, as one zstd frame.
    pub(crate) lines: Vec<u8>,
    /// One entry for each record, in the same order.
    pub(crate) commitments: Vec<u8>,
    pub(crate) receipt: ReceiptId,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
