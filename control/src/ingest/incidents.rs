//! Breaches of a session's integrity, kept so that somebody gets to know: a rewrite that was
//! refused, events that are gone, a payload that came again as another one.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, IntoActiveModel as _, QuerySelect as _};

use super::merge::{Merge, Rewrite};
use crate::database::Write;
use crate::ids::{IncidentId, SessionKey};
use crate::live::Topic;
use crate::sessions::table::{incident, session};
use crate::sessions::{IncidentKind, hex, identity, stored};
use crate::{Control, Credential, Result};

/// How many incidents one ship leaves at most; one is enough to know, more help to see how far it
/// goes.
const INCIDENTS: usize = 100;

/// An incident to be noted.
pub(super) struct Breach {
    kind: IncidentKind,
    identity: Vec<u8>,
    seq: u64,
    event_id: String,
    kept: [u8; 32],
    offered: Option<[u8; 32]>,
    events: usize,
}

/// The incidents of a ship that is kept.
pub(super) fn of_merge(merge: &Merge) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if let Some(first) = merge.vanished.first() {
        let names: Vec<String> = merge
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
            events: merge.vanished.len(),
        });
    }
    breaches.extend(merge.altered.iter().take(INCIDENTS).map(|entry| Breach {
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
    }));
    breaches
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
    let incidents = count(&write, session).await?;
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

/// How many incidents a session has.
pub(super) async fn count(write: &Write, session: SessionKey) -> Result<i64> {
    let incidents = incident::Entity::find().filter(incident::Column::Session.eq(session));
    Ok(stored(incidents.count(&**write).await?))
}
