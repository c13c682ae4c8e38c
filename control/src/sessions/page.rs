//! One session with its receipts and everything that was found wrong with it.

use std::fmt;
use std::str::FromStr;

use machinaut_chain::session::{FindingKind, Sensitivity};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::records::hex;
use super::table::{finding, incident, receipt};
use super::{SessionRow, counted, find, identity, row_of};
use crate::clock::Moment;
use crate::ids::{IncidentId, OrgId, ReceiptId, SessionKey};
use crate::{Control, Error, Result, Scope};

/// How many receipts and findings a page shows.
const RECEIPTS: u64 = 50;
const FINDINGS: u64 = 500;
const INCIDENTS: u64 = 100;

/// One session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionPage {
    /// As lists show it.
    pub row: SessionRow,
    /// Its last ships, the newest first.
    pub receipts: Vec<ReceiptRow>,
    /// What was found wrong with its events, in the order of the log; the first 500.
    pub findings: Vec<Finding>,
    /// Breaches of its integrity, the newest first.
    pub incidents: Vec<Incident>,
}

/// What one ship brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptRow {
    /// Its id.
    pub id: ReceiptId,
    /// With which ceiling it was shipped.
    pub ceiling: Sensitivity,
    /// How many events the body had.
    pub received: u64,
    /// How many of them were new.
    pub appended: u64,
    /// How many known ones it opened.
    pub revealed: u64,
    /// How many were known.
    pub unchanged: u64,
    /// How many were withheld.
    pub redacted: u64,
    /// What was found wrong with it.
    pub findings: Vec<FindingCount>,
    /// SHA-256 of the body, in hex.
    pub body_sha256: String,
    /// Its length in bytes.
    pub body_bytes: u64,
    /// When it was received.
    pub received_at: Moment,
}

/// How many findings of one kind a ship had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingCount {
    /// What was found.
    pub kind: FindingKind,
    /// On how many events.
    pub count: u64,
    /// The `seq` of the first of them.
    pub first_seq: u64,
}

/// Something about an event that does not add up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was found.
    pub kind: FindingKind,
    /// The `seq` of the event.
    pub seq: u64,
    /// The id of the event: data from outside.
    pub event_id: String,
    /// When it was found first.
    pub found_at: Moment,
}

/// What kind of breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentKind {
    /// An event came again with another commitment. That ship was refused whole.
    Rewritten,
    /// Events that were kept were absent from a later ship. We still have them.
    Vanished,
    /// The log went back behind what was shipped: its end is gone, or other events have the places of
    /// those that are gone.
    RolledBack,
    /// A payload came that is not the one its event commits to.
    HashMismatch,
    /// An event whose payload matched its hash came again with a payload that does not.
    PayloadAltered,
}

impl IncidentKind {
    /// All kinds, the gravest first.
    pub const ALL: [Self; 5] = [
        Self::Rewritten,
        Self::PayloadAltered,
        Self::RolledBack,
        Self::Vanished,
        Self::HashMismatch,
    ];

    /// Its name in the database and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rewritten => "rewritten",
            Self::Vanished => "vanished",
            Self::RolledBack => "rolled_back",
            Self::HashMismatch => "hash_mismatch",
            Self::PayloadAltered => "payload_altered",
        }
    }
}

impl fmt::Display for IncidentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for IncidentKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(Error::Broken("a kept incident is of a known kind"))
    }
}

/// A breach of the integrity of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// What happened.
    pub kind: IncidentKind,
    /// The `seq` of the first event concerned.
    pub seq: u64,
    /// Its id: data from outside.
    pub event_id: String,
    /// Its commitment as it was kept first, in hex.
    pub kept: String,
    /// The commitment that came instead, in hex; none where nothing came.
    pub offered: Option<String>,
    /// How many events are concerned.
    pub events: u64,
    /// When it happened first.
    pub first_at: Moment,
    /// When it happened last.
    pub last_at: Moment,
    /// How often it happened.
    pub times: u64,
}

/// One session with its receipts, findings and incidents.
///
/// # Errors
/// [`Error::NotFound`], also for a session of another organisation.
pub async fn get(scope: &Scope, control: &Control, id: SessionKey) -> Result<SessionPage> {
    let row = row_of(find(control, scope.org(), id).await?)?;
    let receipts = receipt::Entity::find()
        .filter(receipt::Column::OrgId.eq(scope.org()))
        .filter(receipt::Column::Session.eq(id))
        .order_by_desc(receipt::Column::ReceivedAt)
        .order_by_desc(receipt::Column::Id)
        .limit(RECEIPTS)
        .all(control.read())
        .await?;
    let findings = finding::Entity::find()
        .filter(finding::Column::OrgId.eq(scope.org()))
        .filter(finding::Column::Session.eq(id))
        .order_by_asc(finding::Column::Seq)
        .limit(FINDINGS)
        .all(control.read())
        .await?;
    let incidents = incident::Entity::find()
        .filter(incident::Column::OrgId.eq(scope.org()))
        .filter(incident::Column::Session.eq(id))
        .order_by_desc(incident::Column::LastAt)
        .limit(INCIDENTS)
        .all(control.read())
        .await?;
    Ok(SessionPage {
        row,
        receipts: receipts.iter().map(receipt_row).collect::<Result<_>>()?,
        findings: findings
            .into_iter()
            .map(finding_row)
            .collect::<Result<_>>()?,
        incidents: incidents
            .into_iter()
            .map(incident_row)
            .collect::<Result<_>>()?,
    })
}

/// What was found wrong with one event.
pub(super) async fn findings_of_event(
    control: &Control,
    org: OrgId,
    session: SessionKey,
    seq: u64,
    event_id: &str,
) -> Result<Vec<Finding>> {
    let identities = FindingKind::ALL.map(|kind| finding_identity(kind, seq, event_id));
    finding::Entity::find()
        .filter(finding::Column::OrgId.eq(org))
        .filter(finding::Column::Session.eq(session))
        .filter(finding::Column::Identity.is_in(identities))
        .all(control.read())
        .await?
        .into_iter()
        .map(finding_row)
        .collect()
}

/// What makes a finding the same one when it is found again.
pub(crate) fn finding_identity(kind: FindingKind, seq: u64, event_id: &str) -> Vec<u8> {
    identity(&[kind.as_str(), &seq.to_string(), event_id])
}

fn receipt_row(row: &receipt::Model) -> Result<ReceiptRow> {
    Ok(ReceiptRow {
        id: row.id,
        ceiling: row
            .ceiling
            .parse()
            .map_err(|_| Error::Broken("a kept ceiling is one"))?,
        received: counted(row.received),
        appended: counted(row.appended),
        revealed: counted(row.revealed),
        unchanged: counted(row.unchanged),
        redacted: counted(row.redacted),
        findings: serde_json::from_str(&row.findings)
            .map_err(|_| Error::Broken("the findings of a receipt can be read"))?,
        body_sha256: hex(&row.body_sha256),
        body_bytes: counted(row.body_bytes),
        received_at: row.received_at,
    })
}

fn finding_row(row: finding::Model) -> Result<Finding> {
    Ok(Finding {
        kind: row
            .kind
            .parse()
            .map_err(|_| Error::Broken("a kept finding is of a known kind"))?,
        seq: counted(row.seq),
        event_id: row.event_id,
        found_at: row.found_at,
    })
}

pub(super) fn incident_row(row: incident::Model) -> Result<Incident> {
    Ok(Incident {
        id: row.id,
        kind: row.kind.parse()?,
        seq: counted(row.seq),
        event_id: row.event_id,
        kept: hex(&row.kept),
        offered: row.offered.as_deref().map(hex),
        events: counted(row.events),
        first_at: row.first_at,
        last_at: row.last_at,
        times: counted(row.times),
    })
}
