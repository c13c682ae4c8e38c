//! The rows that a ship becomes.

use machinaut_chain::session::FindingKind;
use machinaut_chain::ship::Manifest;
use machinaut_chain::why::Kind;
use sea_orm::IntoActiveModel as _;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use super::intake::Intake;
use super::merge::Fate;
use super::plan::{Plan, Prepared};
use super::receipt::{Receipt, counts};
use super::session_identity;
use crate::database::Write;
use crate::ids::{OrgId, ReceiptId, SessionKey};
use crate::sessions::segment;
use crate::sessions::table::{finding, receipt, segment as segments, session};
use crate::sessions::{FindingCount, counted, finding_identity, hex, stored};
use crate::{Control, Credential, Error, Result};

/// How many rows one statement inserts.
const ROWS: usize = 500;

/// The receipt of a ship that is to be kept.
pub(super) fn receipt_row(
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

/// What the sender is told of a receipt.
pub(super) fn receipt_of(row: &receipt::Model, manifest: &Manifest) -> Result<Receipt> {
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

/// The session as it is after the ship, but for its findings and incidents, which are counted once
/// they are written.
pub(super) fn session_row(
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

pub(super) async fn insert_segments(
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

pub(super) async fn insert_findings(
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
