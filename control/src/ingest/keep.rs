//! Keeps a body that was read: lays it beside what is kept, prepares everything outside of the
//! transaction, and writes it all in one. Where another ship of the session came in between, it is
//! laid beside that one again.

use std::time::Duration;

use machinaut_chain::ship::Manifest;
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, IntoActiveModel as _, QueryOrder as _, QuerySelect as _};

use super::incidents::{self, note, refuse};
use super::intake::Intake;
use super::plan::{Plan, plan};
use super::receipt::Receipt;
use super::rows::{insert_findings, insert_segments, receipt_of, receipt_row, session_row};
use super::{overlay, session_identity};
use crate::database::Write;
use crate::ids::{OrgId, ReceiptId, SessionKey};
use crate::live::Topic;
use crate::search::outbox::{self, Subject};
use crate::sessions::segment::Entry;
use crate::sessions::table::{finding, receipt, session};
use crate::sessions::{hex, kept_entries, kept_records, stored};
use crate::{Control, Credential, Error, Result, holds};

/// How often a ship is laid beside what is kept anew because another one came in between.
const TRIES: usize = 8;

/// A ship that was kept.
pub(super) struct Done {
    pub(super) session: SessionKey,
    pub(super) receipt: Receipt,
}

/// What is kept of a session now.
struct Standing {
    session: Option<session::Model>,
    entries: Vec<Entry>,
    next_segment: i64,
}

/// Keeps what was read.
pub(super) async fn keep(
    credential: &Credential,
    control: &Control,
    mut intake: Box<Intake>,
) -> Result<Done> {
    let org = credential.org();
    for _ in 0..TRIES {
        let standing = stand(control, org, &intake.manifest).await?;
        let before = match &standing.session {
            Some(session) if overlay::is_needed(&standing.entries, &intake.entries) => {
                kept_records(control.read(), org, session.id).await?
            }
            _ => Vec::new(),
        };
        let work = tokio::task::spawn_blocking(move || {
            let plan = plan(&mut intake, &standing.entries, &before);
            (intake, standing, plan)
        });
        let (returned, standing, planned) = work
            .await
            .map_err(|_| Error::Broken("preparing a ship ends"))?;
        intake = returned;
        let planned = planned?;
        if let (Some(session), [first, ..]) =
            (&standing.session, planned.merge.rewritten.as_slice())
        {
            refuse(credential, control, session.id, &planned.merge.rewritten).await?;
            return Err(Error::Rewritten {
                seq: first.seq,
                event_id: first.event_id.clone(),
                kept: hex(&first.kept),
                offered: hex(&first.offered),
            });
        }
        match commit(credential, control, &intake, &standing, &planned).await {
            Ok(Some(done)) => return Ok(done),
            Ok(None) => {}
            // Another ship, or an announcement, made the same row at the same moment.
            Err(Error::Database(error)) if Error::is_duplicate(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Busy {
        retry_after: Duration::from_secs(1),
    })
}

/// Receipts a body that is the last one again, byte for byte.
pub(super) async fn same_again(
    credential: &Credential,
    control: &Control,
    manifest: &Manifest,
    body_sha256: [u8; 32],
) -> Result<Receipt> {
    let org = credential.org();
    let mut write = control.begin().await?;
    let session = locked(&write, org, manifest)
        .await?
        .ok_or(Error::Broken("a session that was recognised is kept"))?;
    // Not always the last receipt: another ship may have come in between.
    let last = receipt::Entity::find()
        .filter(receipt::Column::OrgId.eq(org))
        .filter(receipt::Column::Session.eq(session.id))
        .filter(receipt::Column::BodySha256.eq(body_sha256.to_vec()))
        .order_by_desc(receipt::Column::ReceivedAt)
        .one(&*write)
        .await?
        .ok_or(Error::Broken("a body that was recognised has its receipt"))?;
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
    let key = session.id;
    let ships = session.ships + 1;
    receipt::Entity::insert(row.clone().into_active_model().reset_all())
        .exec_without_returning(&*write)
        .await?;
    session::Entity::update_many()
        .set(session::ActiveModel {
            ships: Set(ships),
            last_receipt: Set(row.id),
            last_shipped_at: Set(now),
            ..Default::default()
        })
        .filter(session::Column::Id.eq(key))
        .filter(session::Column::OrgId.eq(org))
        .exec(&*write)
        .await?;
    write.tell(org, Topic::Session(key));
    write.commit().await?;
    Ok(receipt)
}

async fn stand(control: &Control, org: OrgId, manifest: &Manifest) -> Result<Standing> {
    let session = session::Entity::find()
        .filter(session::Column::OrgId.eq(org))
        .filter(session::Column::Identity.eq(session_identity(manifest)))
        .one(control.read())
        .await?;
    let (entries, next_segment) = match &session {
        Some(session) => kept_entries(control.read(), org, session.id).await?,
        None => (Vec::new(), 0),
    };
    Ok(Standing {
        session,
        entries,
        next_segment,
    })
}

async fn locked(write: &Write, org: OrgId, manifest: &Manifest) -> Result<Option<session::Model>> {
    Ok(session::Entity::find()
        .filter(session::Column::OrgId.eq(org))
        .filter(session::Column::Identity.eq(session_identity(manifest)))
        .lock_exclusive()
        .one(&**write)
        .await?)
}

/// Writes everything, or nothing where another ship came in between.
async fn commit(
    credential: &Credential,
    control: &Control,
    intake: &Intake,
    standing: &Standing,
    plan: &Plan,
) -> Result<Option<Done>> {
    let org = credential.org();
    let now = control.now();
    let mut write = control.begin().await?;
    let locked = locked(&write, org, &intake.manifest).await?;
    let before =
        |session: &Option<session::Model>| session.as_ref().map(|session| session.last_receipt);
    if before(&locked) != before(&standing.session) {
        return Ok(None);
    }
    let receipt = receipt_row(
        credential,
        control,
        intake,
        plan,
        locked.as_ref().map(|session| session.id),
    );
    let key = receipt.session;
    let mut row = session_row(org, intake, plan, locked.as_ref(), &receipt)?;
    if locked.is_none() {
        session::Entity::insert(row.clone().into_active_model().reset_all())
            .exec_without_returning(&*write)
            .await?;
    }
    receipt::Entity::insert(receipt.clone().into_active_model().reset_all())
        .exec_without_returning(&*write)
        .await?;
    insert_segments(
        &write,
        org,
        key,
        receipt.id,
        standing.next_segment,
        &plan.segments,
    )
    .await?;
    insert_findings(&write, org, key, &receipt, &plan.findings).await?;
    for incident in incidents::of_merge(&plan.merge) {
        note(&write, control, credential, key, &incident).await?;
    }
    let findings = finding::Entity::find().filter(finding::Column::Session.eq(key));
    row.findings = stored(findings.count(&*write).await?);
    row.incidents = incidents::count(&write, key).await?;
    session::Entity::update_many()
        .set(row.into_active_model().reset_all())
        .filter(session::Column::Id.eq(key))
        .filter(session::Column::OrgId.eq(org))
        .exec(&*write)
        .await?;
    let place = holds::InLog {
        org,
        session: key,
        project: intake.manifest.project_id.as_str(),
        at: now,
    };
    holds::sighted(&mut write, control, &place, &plan.holds).await?;
    outbox::note(&write, control, org, Subject::Session(key)).await?;
    write.tell(org, Topic::Session(key));
    write.commit().await?;
    Ok(Some(Done {
        session: key,
        receipt: receipt_of(&receipt, &intake.manifest)?,
    }))
}
