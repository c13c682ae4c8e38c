//! The rows that a ship becomes.

use machinaut_chain::session::FindingKind;
use machinaut_chain::ship::Manifest;
use machinaut_chain::why::Kind;
use sea_orm::IntoActiveModel as _;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use super::keep::Plan;
use super::reading::Taken;
use super::receipt::Receipt;
use super::segments::{Next, Segments};
use super::session_identity;
use crate::database::{Batch, Write};
use crate::ids::{OrgId, ReceiptId, SessionKey};
use crate::sessions::table::{finding, receipt, segment as segments, session};
use crate::sessions::{counted, finding_identity, hex, stored};
use crate::{Control, Credential, Error, Result};

/// How many rows one statement inserts.
const ROWS: usize = 500;
/// How many bytes of segments are in memory until they are written.
const AT_ONCE: u64 = 512 * 1024;

/// The receipt of a ship that is to be kept.
pub(super) fn receipt_row(
    credential: &Credential,
    control: &Control,
    taken: &Taken,
    session: Option<SessionKey>,
) -> receipt::Model {
    let unchanged = taken
        .received
        .saturating_sub(taken.appended)
        .saturating_sub(taken.revealed);
    receipt::Model {
        id: ReceiptId::mint(control),
        org_id: credential.org(),
        session: session.unwrap_or_else(|| SessionKey::mint(control)),
        token: credential.token(),
        ceiling: taken.manifest.ceiling.as_str().to_owned(),
        received: stored(taken.received),
        appended: stored(taken.appended),
        revealed: stored(taken.revealed),
        unchanged: stored(unchanged),
        redacted: stored(taken.redacted),
        findings: serde_json::to_string(&taken.findings.counts()).unwrap_or_default(),
        body_sha256: taken.body_sha256.to_vec(),
        body_bytes: stored(taken.body_bytes),
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

/// The session as it is after the ship, but for findings and incidents that the ship adds, which are
/// counted once they are written.
pub(super) fn session_row(
    org: OrgId,
    plan: &Plan,
    before: Option<&session::Model>,
    receipt: &receipt::Model,
) -> Result<session::Model> {
    let Plan { taken, summary, .. } = plan;
    let (first_seq, last_seq) = (stored(taken.seqs.0), stored(taken.seqs.1));
    let ceiling = before
        .and_then(|before| before.ceiling.parse().ok())
        .map_or(taken.manifest.ceiling, |before| {
            taken.manifest.ceiling.max(before)
        });
    let actions = summary
        .kinds
        .iter()
        .find(|count| count.kind == Kind::Action);
    let actions = actions.map_or(0, |count| count.count + count.withheld);
    Ok(session::Model {
        id: receipt.session,
        org_id: org,
        identity: session_identity(&taken.manifest),
        project_id: taken.manifest.project_id.as_str().to_owned(),
        session_id: taken.manifest.session_id.as_str().to_owned(),
        agent: summary.agent.clone(),
        ceiling: ceiling.as_str().to_owned(),
        events: stored(taken.outcome.events),
        withheld: stored(taken.outcome.withheld),
        actions: i64::try_from(actions).unwrap_or(i64::MAX),
        holds: i64::try_from(summary.holds).unwrap_or(i64::MAX),
        first_seq: before.map_or(first_seq, |before| before.first_seq.min(first_seq)),
        last_seq: before.map_or(last_seq, |before| before.last_seq.max(last_seq)),
        first_at: taken.projection.first_at,
        last_at: taken.projection.last_at,
        findings: before.map_or(0, |before| before.findings),
        incidents: before.map_or(0, |before| before.incidents),
        ships: before.map_or(0, |before| before.ships) + 1,
        summary: serde_json::to_string(summary)
            .map_err(|_| Error::Broken("a summary can be written"))?,
        last_receipt: receipt.id,
        last_body_sha256: taken.body_sha256.to_vec(),
        last_body_bytes: stored(taken.body_bytes),
        first_shipped_at: before.map_or(receipt.received_at, |before| before.first_shipped_at),
        last_shipped_at: receipt.received_at,
        weigh_since: (summary.holds > 0).then(|| {
            let waits_already = before.and_then(|before| before.weigh_since);
            waits_already.unwrap_or(receipt.received_at)
        }),
    })
}

/// Writes the segments after what is in the batch, and says how many bytes they take.
pub(super) async fn insert_segments(
    write: &Write,
    mut batch: Batch,
    org: OrgId,
    session: SessionKey,
    receipt: ReceiptId,
    next: i64,
    prepared: &mut Segments,
) -> Result<u64> {
    let mut ordinal = next;
    let mut bytes = 0;
    let mut written = 0;
    let mut drain = prepared.drain()?;
    while let Some(Next {
        prepared,
        lines,
        commitments,
    }) = drain.next()?
    {
        bytes += u64::try_from(lines.len() + commitments.len()).unwrap_or_default();
        let row = segments::Model {
            session,
            ordinal,
            org_id: org,
            first_seq: stored(prepared.first_seq),
            last_seq: stored(prepared.last_seq),
            events: stored(prepared.events),
            raw_bytes: i64::try_from(prepared.raw_bytes).unwrap_or(i64::MAX),
            lines,
            commitments,
            receipt,
        };
        batch.add(&segments::Entity::insert(
            row.into_active_model().reset_all(),
        ));
        ordinal += 1;
        if bytes - written > AT_ONCE {
            written = bytes;
            write
                .run(std::mem::replace(&mut batch, write.batch()))
                .await?;
        }
    }
    write.run(batch).await?;
    Ok(bytes)
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
