//! Breaches of a session's integrity, kept so that somebody gets to know, each with the commitments
//! concerned and with a line in the audit log.
//!
//! - **Rewritten**: an event came again with another commitment. That ship was refused whole.
//! - **Payload altered**: an event that was verified came again with another payload under its hash.
//! - **Hash mismatch**: a new event came with a payload that is not the one it commits to.
//! - **Vanished**: events that were kept are absent from a later ship, which goes on behind them.
//! - **Rolled back**: the log went back behind what was shipped. Either its end is gone: the ship ends
//!   at a lower `seq` than what is kept. Or it went another way: an event is gone, and a new one has
//!   its `seq`.
//!
//! What is honest evidence, and what is not: a `seq` belongs to the log of a project on one machine.
//! Within one session each of these facts is about one log, and holds whoever ships it. An honest
//! cause of an end that is gone is an older copy of the log that arrives late; there is none for
//! another event in the place of one that is gone. That a *new* session begins below what other
//! sessions of its project reached says nothing: two machines that run one project each count from
//! zero. So nothing is concluded between sessions.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, IntoActiveModel as _, QuerySelect as _};
use sha2::{Digest as _, Sha256};

use super::beside::Rewrite;
use super::reading::Taken;
use crate::audit::{self, Act, Actor};
use crate::database::Write;
use crate::ids::{IncidentId, SessionKey};
use crate::live::Topic;
use crate::sessions::segment::Entry;
use crate::sessions::table::{incident, session};
use crate::sessions::{IncidentKind, hex, identity, stored};
use crate::{Control, Credential, Result};

/// How many incidents of one session are kept: whoever rewrites a log again and again is known by then.
const MOST: i64 = 1_000;

/// An incident to be noted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Breach {
    kind: IncidentKind,
    identity: Vec<u8>,
    seq: u64,
    event_id: String,
    kept: [u8; 32],
    offered: Option<[u8; 32]>,
    events: u64,
}

impl Breach {
    /// Of one event, or of the first of several.
    fn of(kind: IncidentKind, entry: &Entry, events: u64) -> Self {
        let seq = entry.seq.to_string();
        Self {
            kind,
            identity: identity(&[kind.as_str(), &seq, &entry.event_id]),
            seq: entry.seq,
            event_id: entry.event_id.clone(),
            kept: entry.commitment,
            offered: None,
            events,
        }
    }
}

/// The incidents of a ship that is kept beside `kept`.
pub(super) fn of_ship(taken: &Taken, kept: &[Entry]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let gone: Vec<&Entry> = taken
        .outcome
        .vanished
        .iter()
        .filter_map(|place| kept.get(*place))
        .collect();
    let rolled_back = rolled_back(taken, kept, &gone);
    // What lies behind the place to which the log went back is told with it.
    let from = rolled_back.as_ref().map_or(u64::MAX, |breach| breach.seq);
    let vanished: Vec<&Entry> = gone.into_iter().filter(|entry| entry.seq < from).collect();
    if let Some(first) = vanished.first() {
        breaches.push(Breach {
            identity: names(IncidentKind::Vanished, &vanished),
            ..Breach::of(IncidentKind::Vanished, first, count(vanished.len()))
        });
    }
    breaches.extend(rolled_back);
    if let Some((first, events)) = &taken.mismatched {
        breaches.push(Breach::of(IncidentKind::HashMismatch, first, *events));
    }
    let altered = taken.outcome.altered.iter();
    breaches.extend(altered.map(|entry| Breach::of(IncidentKind::PayloadAltered, entry, 1)));
    breaches
}

fn rolled_back(taken: &Taken, kept: &[Entry], gone: &[&Entry]) -> Option<Breach> {
    let kind = IncidentKind::RolledBack;
    let fork = taken.outcome.fork.as_ref();
    let first = match fork.and_then(|fork| kept.get(fork.place)) {
        Some(first) => first,
        None => gone
            .iter()
            .find(|entry| entry.seq > taken.seqs.1)
            .copied()?,
    };
    let behind: Vec<&Entry> = gone
        .iter()
        .filter(|entry| entry.seq >= first.seq)
        .copied()
        .collect();
    Some(Breach {
        identity: names(kind, &behind),
        offered: fork.map(|fork| fork.offered),
        ..Breach::of(kind, first, count(behind.len()))
    })
}

/// What makes an incident with these events the same one when it happens again.
fn names(kind: IncidentKind, entries: &[&Entry]) -> Vec<u8> {
    let mut names = Sha256::new();
    for entry in entries {
        names.update(entry.commitment);
    }
    identity(&[kind.as_str(), &hex(&names.finalize())])
}

fn count(entries: usize) -> u64 {
    u64::try_from(entries).unwrap_or(u64::MAX)
}

/// Notes a refused rewrite, in a transaction of its own: nothing of the ship is in it.
pub(super) async fn refuse(
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
    let room = MOST.saturating_sub(of_session(&write, session).await?);
    let room = usize::try_from(room).unwrap_or_default();
    for rewrite in rewritten.iter().take(room) {
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
    let incidents = of_session(&write, session).await?;
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
pub(super) async fn note(
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
        events: stored(breach.events),
        token: credential.token(),
        first_at: now,
        last_at: now,
        times: 1,
    };
    let act = Act::IncidentFound {
        incident: row.id,
        session,
        kind: breach.kind,
    };
    incident::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(&**write)
        .await?;
    audit::note(write, control, org, Actor::Token(credential.token()), &act).await
}

/// How many incidents a session has.
pub(super) async fn of_session(write: &Write, session: SessionKey) -> Result<i64> {
    let incidents = incident::Entity::find().filter(incident::Column::Session.eq(session));
    Ok(stored(incidents.count(&**write).await?))
}
