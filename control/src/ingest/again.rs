//! The same body again. Most ships of a known session bring nothing new, byte for byte; they are
//! receipted before anything of them is parsed, with one question, and one more while others wait to
//! write.

use std::sync::Arc;

use machinaut_chain::ship::Manifest;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ActiveValue::Set, IntoActiveModel as _, JoinType, QuerySelect as _};

use super::reading::{self, Arrived, LastBody};
use super::receipt::Receipt;
use super::rows::receipt_of;
use super::session_identity;
use super::usage::{self, Added};
use crate::ids::{OrgId, ReceiptId};
use crate::live::Topic;
use crate::sessions::counted;
use crate::sessions::table::{receipt, session};
use crate::{Control, Credential, Error, Result};

/// What a body is beside the last one of its session.
pub(super) enum Again {
    /// It is the same one, and has its receipt.
    Receipted(Receipt),
    /// It was the same one, and another ship came in between.
    Overtaken,
    /// It is another one.
    Other,
    /// There is no such session.
    Unknown,
}

/// Receipts a body that is the last one of its session again.
pub(super) async fn receipt(
    credential: &Credential,
    control: &Control,
    arrived: &Arc<Arrived>,
    manifest: &Manifest,
) -> Result<Again> {
    let Some(last) = find(control, credential.org(), manifest).await? else {
        return Ok(Again::Unknown);
    };
    if !is_again(control, arrived, &last).await? {
        return Ok(Again::Other);
    }
    let receipt = once_more(credential, control, manifest, last).await?;
    Ok(receipt.map_or(Again::Overtaken, Again::Receipted))
}

/// The receipt of the last body of the session.
pub(super) async fn find(
    control: &Control,
    org: OrgId,
    manifest: &Manifest,
) -> Result<Option<receipt::Model>> {
    let last = last_of(org, session_identity(manifest));
    Ok(last.one(control.read()).await?)
}

/// Asks for it. This is all that most ships ask.
pub(super) fn last_of(org: OrgId, identity: Vec<u8>) -> Select<receipt::Entity> {
    let of_session = receipt::Entity::belongs_to(session::Entity)
        .from(receipt::Column::Id)
        .to(session::Column::LastReceipt);
    receipt::Entity::find()
        .join(JoinType::InnerJoin, of_session.into())
        .filter(session::Column::OrgId.eq(org))
        .filter(session::Column::Identity.eq(identity))
}

/// Whether the body is the last one. What has to be unpacked for that is, off the async threads.
async fn is_again(
    control: &Control,
    arrived: &Arc<Arrived>,
    last: &receipt::Model,
) -> Result<bool> {
    let Ok(sha256) = last.body_sha256.as_slice().try_into() else {
        return Ok(false);
    };
    let bytes = counted(last.body_bytes);
    if let Some(is_again) = reading::is_plainly_again(arrived, LastBody { sha256, bytes }) {
        return Ok(is_again);
    }
    let (arrived, limits) = (Arc::clone(arrived), control.limits().clone());
    let work = move || reading::is_again(&arrived, &limits, LastBody { sha256, bytes });
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::Broken("hashing a body ends"))?
}

/// Counts the ship and keeps its receipt; not where another ship came in between, or the session was
/// deleted.
pub(super) async fn once_more(
    credential: &Credential,
    control: &Control,
    manifest: &Manifest,
    last: receipt::Model,
) -> Result<Option<Receipt>> {
    let org = credential.org();
    let now = control.now();
    let row = receipt::Model {
        id: ReceiptId::mint(control),
        token: credential.token(),
        appended: 0,
        revealed: 0,
        unchanged: last.received,
        received_at: now,
        ..last
    };
    let receipt = receipt_of(&row, manifest)?;
    let mut write = control.begin().await?;
    let counted_once_more = session::Entity::update_many()
        .set(session::ActiveModel {
            last_receipt: Set(row.id),
            last_shipped_at: Set(now),
            ..Default::default()
        })
        .col_expr(
            session::Column::Ships,
            Expr::col(session::Column::Ships).add(1),
        )
        .filter(session::Column::Id.eq(row.session))
        .filter(session::Column::OrgId.eq(org))
        // The same body, shipped to another server at the same moment, is no reason to look again.
        .filter(session::Column::LastBodySha256.eq(row.body_sha256.as_slice()))
        .exec(&*write)
        .await?;
    if counted_once_more.rows_affected == 0 {
        return Ok(None);
    }
    write.tell(org, Topic::Session(row.session));
    let added = Added {
        body_bytes: counted(row.body_bytes),
        ..Added::default()
    };
    let mut batch = write.batch();
    batch.add(&receipt::Entity::insert(
        row.into_active_model().reset_all(),
    ));
    usage::commit(write, batch, control, org, added).await?;
    Ok(Some(receipt))
}
