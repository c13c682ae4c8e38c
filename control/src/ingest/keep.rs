//! Keeps a body that was read: lays it beside what is kept, prepares everything outside of the transaction, and
//! writes it all in one. Where another ship of the session came in between, it is laid beside that one again.

use machinaut_chain::pending::{LoggedHold, holds_of};
use machinaut_chain::session::{FindingKind, Session, Summary};
use machinaut_chain::ship::Manifest;
use machinaut_chain::why::Kind;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, IntoActiveModel as _, QuerySelect as _};

use super::intake::{Intake, Run};
use super::merge::{Fate, Merge, Rewrite, merge};
use super::receipt::{Receipt, counts};
use super::{overlay, session_identity};
use crate::clock::Moment;
use crate::database::Write;
use crate::ids::{IncidentId, OrgId, ReceiptId, SessionKey};
use crate::live::Topic;
use crate::sessions::segment::{self, Entry};
use crate::sessions::table::{finding, incident, receipt, segment as segments, session};
use crate::sessions::{
    FindingCount, IncidentKind, counted, finding_identity, hex, identity, kept_entries,
    kept_records, stored,
};
use crate::{Control, Credential, Error, Result, holds};

/// How often a ship is laid beside what is kept anew because another one came in between.
const TRIES: usize = 8;
/// How many incidents one ship leaves at most; one is enough to know, more help to see how far it goes.
const INCIDENTS: usize = 100;
/// How many rows one statement inserts.
const ROWS: usize = 500;
/// How many alerts a kept summary lists.
const ALERTS: usize = 20;

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

/// Everything that is to be written.
struct Plan {
    merge: Merge,
    segments: Vec<Prepared>,
    findings: Vec<(FindingKind, u64, String)>,
    events: u64,
    withheld: u64,
    summary: Summary,
    holds: Vec<LoggedHold>,
    first_at: Option<Moment>,
    last_at: Option<Moment>,
}

struct Prepared {
    entries: Vec<Entry>,
    raw_bytes: usize,
    frame: Vec<u8>,
}

/// Keeps what was read.
pub(super) async fn keep(
    credential: &Credential,
    control: &Control,
    intake: Intake,
) -> Result<Done> {
    let org = credential.org();
    let mut intake = Box::new(intake);
    for _ in 0..TRIES {
        let standing = stand(control, org, &intake.manifest).await?;
        let before = match &standing.session {
            Some(session) if overlay::is_needed(&standing.entries, &intake.entries) => {
                kept_records(control.read(), org, session.id).await?
            }
            _ => Vec::new(),
        };
        let work = tokio::task::spawn_blocking(move || {
            let plan = plan(&intake, &standing.entries, &before);
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
        retry_after: std::time::Duration::from_secs(1),
    })
}

/// Receipts a body that is the last one again, byte for byte.
pub(super) async fn same_again(
    credential: &Credential,
    control: &Control,
    manifest: &Manifest,
) -> Result<Receipt> {
    let org = credential.org();
    let mut write = control.begin().await?;
    let session = locked(&write, org, manifest)
        .await?
        .ok_or(Error::Broken("a session that was recognised is kept"))?;
    let last = receipt::Entity::find_by_id(session.last_receipt)
        .filter(receipt::Column::OrgId.eq(org))
        .one(&*write)
        .await?
        .ok_or(Error::Broken("a session has its last receipt"))?;
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

fn plan(intake: &Intake, kept: &[Entry], before: &[crate::sessions::Kept]) -> Result<Plan> {
    let merge = merge(kept, &intake.entries);
    let segments = segments_of(&intake.entries, &intake.runs, &merge.fates)?;
    let (events, withheld) = overlay::count(kept, &intake.entries);
    let mut findings = intake.findings.clone();
    findings.extend(merge.findings.iter().cloned());
    findings.sort();
    findings.dedup();

    let known = overlay::overlay(intake.events.clone(), &intake.entries, before);
    let instants = || {
        known
            .iter()
            .filter_map(|event| event.header.timestamp.instant())
    };
    let moment =
        |instant: machinaut_chain::timestamp::Instant| Moment::from_millis(instant.millis());
    let (first_at, last_at) = (instants().min().map(moment), instants().max().map(moment));
    let session = Session::from_events(known);
    let mut summary = Summary::of(&session);
    summary.alerts.truncate(ALERTS);
    Ok(Plan {
        holds: holds_of(&session),
        merge,
        segments,
        findings,
        events,
        withheld,
        summary,
        first_at,
        last_at,
    })
}

/// The runs with a record that is to be kept. One that is kept whole is not compressed again.
fn segments_of(entries: &[Entry], runs: &[Run], fates: &[Fate]) -> Result<Vec<Prepared>> {
    let mut prepared = Vec::new();
    let mut place = 0;
    for run in runs {
        let range = place..place + run.records;
        place = range.end;
        let entries = entries.get(range.clone()).unwrap_or_default();
        let fates = fates.get(range).unwrap_or_default();
        let is_kept = |fate: &Fate| *fate != Fate::Unchanged;
        if !fates.iter().any(is_kept) {
            continue;
        }
        let entries_kept = entries
            .iter()
            .zip(fates)
            .filter(|(_, fate)| is_kept(fate))
            .map(|(entry, _)| entry.clone());
        if fates.iter().all(is_kept) {
            prepared.push(Prepared {
                entries: entries_kept.collect(),
                raw_bytes: run.raw_bytes,
                frame: run.frame.clone(),
            });
            continue;
        }
        let raw = segment::decompress(&run.frame, run.raw_bytes)?;
        let mut lines = Vec::new();
        for (line, _) in segment::lines(&raw)
            .zip(fates)
            .filter(|(_, fate)| is_kept(fate))
        {
            lines.extend_from_slice(line);
            lines.push(b'\n');
        }
        prepared.push(Prepared {
            entries: entries_kept.collect(),
            raw_bytes: lines.len(),
            frame: segment::compress(&lines)?,
        });
    }
    Ok(prepared)
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
    for incident in incidents_of(plan) {
        note(&write, control, credential, key, &incident).await?;
    }
    row.findings = count(
        finding::Entity::find().filter(finding::Column::Session.eq(key)),
        &write,
    )
    .await?;
    row.incidents = count(
        incident::Entity::find().filter(incident::Column::Session.eq(key)),
        &write,
    )
    .await?;
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
    write.tell(org, Topic::Session(key));
    write.commit().await?;
    Ok(Some(Done {
        session: key,
        receipt: receipt_of(&receipt, &intake.manifest)?,
    }))
}

async fn count<E: EntityTrait>(query: sea_orm::Select<E>, write: &Write) -> Result<i64>
where
    E::Model: Sync,
{
    Ok(stored(query.count(&**write).await?))
}

fn receipt_row(
    credential: &Credential,
    control: &Control,
    intake: &Intake,
    plan: &Plan,
    session: Option<SessionKey>,
) -> receipt::Model {
    let fates = |wanted: Fate| {
        let number = plan
            .merge
            .fates
            .iter()
            .filter(|fate| **fate == wanted)
            .count();
        i64::try_from(number).unwrap_or(i64::MAX)
    };
    let findings: Vec<FindingCount> = counts(&plan.findings);
    receipt::Model {
        id: ReceiptId::mint(control),
        org_id: credential.org(),
        session: session.unwrap_or_else(|| SessionKey::mint(control)),
        token: credential.token(),
        ceiling: intake.manifest.ceiling.as_str().to_owned(),
        received: i64::try_from(intake.entries.len()).unwrap_or(i64::MAX),
        appended: fates(Fate::Append),
        revealed: fates(Fate::Reveal),
        unchanged: fates(Fate::Unchanged),
        redacted: stored(intake.redacted),
        findings: serde_json::to_string(&findings).unwrap_or_default(),
        body_sha256: intake.body_sha256.to_vec(),
        body_bytes: stored(intake.body_bytes),
        received_at: control.now(),
    }
}

fn receipt_of(row: &receipt::Model, manifest: &Manifest) -> Result<Receipt> {
    Ok(Receipt {
        receipt_id: row.id,
        project_id: manifest.project_id.as_str().to_owned(),
        session_id: manifest.session_id.as_str().to_owned(),
        received: counted(row.received),
        appended: counted(row.appended),
        revealed: counted(row.revealed),
        unchanged: counted(row.unchanged),
        redacted: counted(row.redacted),
        findings: serde_json::from_str(&row.findings)
            .map_err(|_| Error::Broken("the findings of a receipt can be read"))?,
        body_sha256: hex(&row.body_sha256),
        received_at: row.received_at,
    })
}

fn session_row(
    org: OrgId,
    intake: &Intake,
    plan: &Plan,
    before: Option<&session::Model>,
    receipt: &receipt::Model,
) -> Result<session::Model> {
    let seqs = || intake.entries.iter().map(|entry| stored(entry.seq));
    let first_seq = seqs().min().unwrap_or_default();
    let last_seq = seqs().max().unwrap_or_default();
    let ceiling = before
        .and_then(|before| before.ceiling.parse().ok())
        .map_or(intake.manifest.ceiling, |before| {
            intake.manifest.ceiling.max(before)
        });
    let actions = plan
        .summary
        .kinds
        .iter()
        .find(|count| count.kind == Kind::Action);
    let actions = actions.map_or(0, |count| count.count + count.withheld);
    Ok(session::Model {
        id: receipt.session,
        org_id: org,
        identity: session_identity(&intake.manifest),
        project_id: intake.manifest.project_id.as_str().to_owned(),
        session_id: intake.manifest.session_id.as_str().to_owned(),
        agent: plan.summary.agent.clone(),
        ceiling: ceiling.as_str().to_owned(),
        events: stored(plan.events),
        withheld: stored(plan.withheld),
        actions: i64::try_from(actions).unwrap_or(i64::MAX),
        holds: i64::try_from(plan.summary.holds).unwrap_or(i64::MAX),
        first_seq: before.map_or(first_seq, |before| before.first_seq.min(first_seq)),
        last_seq: before.map_or(last_seq, |before| before.last_seq.max(last_seq)),
        first_at: plan.first_at,
        last_at: plan.last_at,
        findings: before.map_or(0, |before| before.findings),
        incidents: before.map_or(0, |before| before.incidents),
        ships: before.map_or(0, |before| before.ships) + 1,
        summary: serde_json::to_string(&plan.summary)
            .map_err(|_| Error::Broken("a summary can be written"))?,
        last_receipt: receipt.id,
        last_body_sha256: intake.body_sha256.to_vec(),
        last_body_bytes: stored(intake.body_bytes),
        first_shipped_at: before.map_or(receipt.received_at, |before| before.first_shipped_at),
        last_shipped_at: receipt.received_at,
    })
}

async fn insert_segments(
    write: &Write,
    org: OrgId,
    session: SessionKey,
    receipt: ReceiptId,
    next: i64,
    prepared: &[Prepared],
) -> Result<()> {
    for (ordinal, segment) in (next..).zip(prepared) {
        let seqs = || segment.entries.iter().map(|entry| stored(entry.seq));
        let row = segments::Model {
            session,
            ordinal,
            org_id: org,
            first_seq: seqs().min().unwrap_or_default(),
            last_seq: seqs().max().unwrap_or_default(),
            events: i64::try_from(segment.entries.len()).unwrap_or(i64::MAX),
            raw_bytes: i64::try_from(segment.raw_bytes).unwrap_or(i64::MAX),
            lines: segment.frame.clone(),
            commitments: segment::pack(&segment.entries)?,
            receipt,
        };
        segments::Entity::insert(row.into_active_model().reset_all())
            .exec_without_returning(&**write)
            .await?;
    }
    Ok(())
}

async fn insert_findings(
    write: &Write,
    org: OrgId,
    session: SessionKey,
    receipt: &receipt::Model,
    findings: &[(FindingKind, u64, String)],
) -> Result<()> {
    let once = || {
        OnConflict::columns([finding::Column::Session, finding::Column::Identity])
            .do_nothing()
            .to_owned()
    };
    for rows in findings.chunks(ROWS) {
        let rows = rows.iter().map(|(kind, seq, event_id)| {
            let row = finding::Model {
                session,
                identity: finding_identity(*kind, *seq, event_id),
                org_id: org,
                kind: kind.as_str().to_owned(),
                seq: stored(*seq),
                event_id: event_id.clone(),
                receipt: receipt.id,
                found_at: receipt.received_at,
            };
            row.into_active_model().reset_all()
        });
        finding::Entity::insert_many(rows)
            .on_conflict(once())
            .exec_without_returning(&**write)
            .await?;
    }
    Ok(())
}

/// An incident to be noted.
struct Breach {
    kind: IncidentKind,
    identity: Vec<u8>,
    seq: u64,
    event_id: String,
    kept: [u8; 32],
    offered: Option<[u8; 32]>,
    events: usize,
}

/// The incidents of a ship that is kept.
fn incidents_of(plan: &Plan) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if let Some(first) = plan.merge.vanished.first() {
        let names: Vec<String> = plan
            .merge
            .vanished
            .iter()
            .map(|entry| format!("{} {}", entry.seq, entry.event_id))
            .collect();
        let mut parts = vec![IncidentKind::Vanished.as_str()];
        parts.extend(names.iter().map(String::as_str));
        breaches.push(Breach {
            kind: IncidentKind::Vanished,
            identity: identity(&parts),
            seq: first.seq,
            event_id: first.event_id.clone(),
            kept: first.commitment,
            offered: None,
            events: plan.merge.vanished.len(),
        });
    }
    breaches.extend(
        plan.merge
            .altered
            .iter()
            .take(INCIDENTS)
            .map(|entry| Breach {
                kind: IncidentKind::PayloadAltered,
                identity: identity(&[
                    IncidentKind::PayloadAltered.as_str(),
                    &entry.seq.to_string(),
                    &entry.event_id,
                ]),
                seq: entry.seq,
                event_id: entry.event_id.clone(),
                kept: entry.commitment,
                offered: None,
                events: 1,
            }),
    );
    breaches
}

/// Notes a refused rewrite, in a transaction of its own: nothing of the ship is in it.
async fn refuse(
    credential: &Credential,
    control: &Control,
    session: SessionKey,
    rewritten: &[Rewrite],
) -> Result<()> {
    let org = credential.org();
    let mut write = control.begin().await?;
    session::Entity::find_by_id(session)
        .filter(session::Column::OrgId.eq(org))
        .lock_exclusive()
        .one(&*write)
        .await?;
    for rewrite in rewritten.iter().take(INCIDENTS) {
        let kind = IncidentKind::Rewritten;
        let breach = Breach {
            kind,
            identity: identity(&[
                kind.as_str(),
                &rewrite.seq.to_string(),
                &rewrite.event_id,
                &hex(&rewrite.kept),
                &hex(&rewrite.offered),
            ]),
            seq: rewrite.seq,
            event_id: rewrite.event_id.clone(),
            kept: rewrite.kept,
            offered: Some(rewrite.offered),
            events: 1,
        };
        note(&write, control, credential, session, &breach).await?;
    }
    let incidents = count(
        incident::Entity::find().filter(incident::Column::Session.eq(session)),
        &write,
    )
    .await?;
    session::Entity::update_many()
        .set(session::ActiveModel {
            incidents: Set(incidents),
            ..Default::default()
        })
        .filter(session::Column::Id.eq(session))
        .filter(session::Column::OrgId.eq(org))
        .exec(&*write)
        .await?;
    write.tell(org, Topic::Session(session));
    write.commit().await
}

/// Notes a breach, or that it happened again.
async fn note(
    write: &Write,
    control: &Control,
    credential: &Credential,
    session: SessionKey,
    breach: &Breach,
) -> Result<()> {
    use sea_orm::sea_query::ExprTrait as _;

    let org = credential.org();
    let now = control.now();
    let again = incident::Entity::update_many()
        .col_expr(
            incident::Column::Times,
            Expr::col(incident::Column::Times).add(1),
        )
        .col_expr(incident::Column::LastAt, Expr::value(now))
        .filter(incident::Column::OrgId.eq(org))
        .filter(incident::Column::Session.eq(session))
        .filter(incident::Column::Identity.eq(breach.identity.clone()))
        .exec(&**write)
        .await?;
    if again.rows_affected > 0 {
        return Ok(());
    }
    let row = incident::Model {
        id: IncidentId::mint(control),
        org_id: org,
        session,
        identity: breach.identity.clone(),
        kind: breach.kind.as_str().to_owned(),
        seq: stored(breach.seq),
        event_id: breach.event_id.clone(),
        kept: breach.kept.to_vec(),
        offered: breach.offered.map(|offered| offered.to_vec()),
        events: i64::try_from(breach.events).unwrap_or(i64::MAX),
        token: credential.token(),
        first_at: now,
        last_at: now,
        times: 1,
    };
    incident::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(&**write)
        .await?;
    Ok(())
}
