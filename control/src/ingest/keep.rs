//! Keeps a body that arrived: lays it beside what is kept of its session, prepares everything outside
//! of the transaction, and writes it all in one. Where another server wrote to the session in
//! between, it is laid beside that again; and when that has happened a few times, the session is held
//! for as long as it takes.

use std::sync::Arc;
use std::time::Duration;

use machinaut_chain::pending::LoggedHold;
use machinaut_chain::session::Summary;
use machinaut_chain::ship::Manifest;
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel as _, QuerySelect as _};

use super::again::{self, Again};
use super::incidents::{self, Breach, note, refuse};
use super::reading::{self, Arrived, Taken};
use super::receipt::Receipt;
use super::rows::{insert_findings, insert_segments, receipt_of, receipt_row, session_row};
use super::usage::{self, Added};
use super::{ours, session_identity};
use crate::database::Write;
use crate::ids::OrgId;
use crate::live::Topic;
use crate::search::outbox::{self, Subject};
use crate::sessions::segment::{self, Entry};
use crate::sessions::table::{finding, receipt, session};
use crate::sessions::{hex, kept_commitments, stored};
use crate::{Control, Credential, Error, Result, holds};

/// How often a ship is laid beside what is kept, because another one came in between.
const TRIES: usize = 8;
/// How often of these without holding the session.
const FREE_TRIES: usize = 3;

/// What is kept of a session now.
pub(super) struct Standing {
    pub(super) session: Option<session::Model>,
    pub(super) entries: Vec<Entry>,
    next_segment: i64,
}

/// Everything that is to be written.
pub(super) struct Plan {
    pub(super) taken: Taken,
    pub(super) summary: Summary,
    holds: Vec<LoggedHold>,
    breaches: Vec<Breach>,
}

/// Reads the body and keeps it.
pub(super) async fn keep(
    credential: &Credential,
    control: &Control,
    arrived: Arrived,
    manifest: &Manifest,
) -> Result<Receipt> {
    let org = credential.org();
    let arrived = Arc::new(arrived);
    for attempt in 0..TRIES {
        let is_known = match again::receipt(credential, control, &arrived, manifest).await? {
            Again::Receipted(receipt) => return Ok(receipt),
            Again::Overtaken => continue,
            Again::Other => true,
            Again::Unknown => false,
        };
        let (held, session) = if attempt >= FREE_TRIES {
            let write = control.begin().await?;
            let session = locked(&write, org, manifest).await?;
            (Some(write), session)
        } else if is_known {
            (None, find(control, org, manifest).await?)
        } else {
            (None, None)
        };
        let kept = match (&session, &held) {
            (None, _) => Vec::new(),
            (Some(session), None) => kept_commitments(control.read(), org, session.id).await?,
            (Some(session), Some(write)) => kept_commitments(&**write, org, session.id).await?,
        };
        let (standing, taken, told) = read_beside(control, &arrived, session, kept).await?;
        if let (Some(session), [first, ..]) =
            (&standing.session, taken.outcome.rewritten.as_slice())
        {
            drop(held);
            refuse(credential, control, session.id, &taken.outcome.rewritten).await?;
            return Err(Error::Rewritten {
                seq: first.seq,
                event_id: first.event_id.clone(),
                kept: hex(&first.kept),
                offered: hex(&first.offered),
            });
        }
        let mut plan = plan(control, org, &standing, taken, told).await?;
        match commit(credential, control, held, &standing, &mut plan).await {
            Ok(Some(receipt)) => return Ok(receipt),
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

async fn find(
    control: &Control,
    org: OrgId,
    manifest: &Manifest,
) -> Result<Option<session::Model>> {
    Ok(session::Entity::find()
        .filter(session::Column::OrgId.eq(org))
        .filter(session::Column::Identity.eq(session_identity(manifest)))
        .one(control.read())
        .await?)
}

/// What a session comes to.
type Told = (Summary, Vec<LoggedHold>);

/// Reads off the async threads. Of a new session everything can be told then.
async fn read_beside(
    control: &Control,
    arrived: &Arc<Arrived>,
    session: Option<session::Model>,
    kept: Vec<(i64, Vec<u8>)>,
) -> Result<(Standing, Taken, Option<Told>)> {
    let (arrived, limits) = (Arc::clone(arrived), control.limits().clone());
    let work = tokio::task::spawn_blocking(move || {
        let mut entries = Vec::new();
        for (_, packed) in &kept {
            entries.extend(segment::unpack(packed)?);
        }
        let mut taken = reading::read(&arrived, &limits, &entries)?;
        let told = session.is_none().then(|| taken.projection.finish());
        let standing = Standing {
            session,
            entries,
            next_segment: kept.last().map_or(0, |(ordinal, _)| ordinal + 1),
        };
        Ok((standing, taken, told))
    });
    work.await
        .map_err(|_| Error::Broken("reading a body ends"))?
}

/// Prepares what follows from the body and from what is kept that it does not have.
async fn plan(
    control: &Control,
    org: OrgId,
    standing: &Standing,
    taken: Taken,
    told: Option<Told>,
) -> Result<Plan> {
    let (taken, (summary, holds)) = match (&standing.session, told) {
        (_, Some(told)) => (taken, told),
        (None, None) => finish(taken).await?,
        (Some(session), None) => {
            finish(ours::lay_over(control, org, session.id, taken).await?).await?
        }
    };
    Ok(Plan {
        breaches: incidents::of_ship(&taken, &standing.entries),
        taken,
        summary,
        holds,
    })
}

/// Tells what the session comes to, off the async threads.
async fn finish(mut taken: Taken) -> Result<(Taken, Told)> {
    let work = tokio::task::spawn_blocking(move || {
        let told = taken.projection.finish();
        (taken, told)
    });
    work.await
        .map_err(|_| Error::Broken("preparing a ship ends"))
}

async fn locked(write: &Write, org: OrgId, manifest: &Manifest) -> Result<Option<session::Model>> {
    Ok(session::Entity::find()
        .filter(session::Column::OrgId.eq(org))
        .filter(session::Column::Identity.eq(session_identity(manifest)))
        .lock_exclusive()
        .one(&**write)
        .await?)
}

/// Writes everything, or nothing where another ship came in between; in `held` where the session is
/// held.
async fn commit(
    credential: &Credential,
    control: &Control,
    held: Option<Write>,
    standing: &Standing,
    plan: &mut Plan,
) -> Result<Option<Receipt>> {
    let org = credential.org();
    let now = control.now();
    let mut write = match held {
        Some(write) => write,
        None => control.begin().await?,
    };
    let locked = match standing.session {
        // Where somebody else made it meanwhile, making it fails.
        None => None,
        Some(_) => locked(&write, org, &plan.taken.manifest).await?,
    };
    let before =
        |session: &Option<session::Model>| session.as_ref().map(|session| session.last_receipt);
    if before(&locked) != before(&standing.session) {
        return Ok(None);
    }
    let receipt = receipt_row(
        credential,
        control,
        &plan.taken,
        locked.as_ref().map(|session| session.id),
    );
    let key = receipt.session;
    let mut row = session_row(org, plan, locked.as_ref(), &receipt)?;
    let is_new = locked.is_none();
    let mut batch = write.batch();
    if is_new {
        let row = row.clone().into_active_model().reset_all();
        batch.add(&session::Entity::insert(row));
    }
    let row_of_receipt = receipt.clone().into_active_model().reset_all();
    batch.add(&receipt::Entity::insert(row_of_receipt));
    let segments = &mut plan.taken.segments;
    let next = standing.next_segment;
    let stored_bytes = insert_segments(&write, batch, org, key, receipt.id, next, segments).await?;
    let findings = plan.taken.findings.rows();
    insert_findings(&write, org, key, &receipt, findings).await?;
    for breach in &plan.breaches {
        note(&write, control, credential, key, breach).await?;
    }
    let is_flagged = !findings.is_empty() || !plan.breaches.is_empty();
    if is_flagged {
        let findings = finding::Entity::find().filter(finding::Column::Session.eq(key));
        row.findings = stored(findings.count(&*write).await?);
        row.incidents = incidents::of_session(&write, key).await?;
    }
    let mut batch = write.batch();
    if is_flagged || !is_new {
        batch.add(
            &session::Entity::update_many()
                .set(row.into_active_model().reset_all())
                .filter(session::Column::Id.eq(key))
                .filter(session::Column::OrgId.eq(org)),
        );
    }
    let place = holds::InLog {
        org,
        session: key,
        project: plan.taken.manifest.project_id.as_str(),
        at: now,
    };
    let sighted = holds::sighted(&mut write, &mut batch, control, &place, &plan.holds).await?;
    let mut changed: Vec<Subject> = sighted.into_iter().map(Subject::Hold).collect();
    changed.push(Subject::Session(key));
    outbox::note_all(&mut batch, control, org, &changed);
    let added = Added {
        sessions: u64::from(is_new),
        body_bytes: plan.taken.body_bytes,
        stored_bytes,
    };
    write.tell(org, Topic::Session(key));
    usage::commit(write, batch, control, org, added).await?;
    Ok(Some(receipt_of(&receipt, &plan.taken.manifest)?))
}
