//! A person decides. What is stored and relayed was signed in the approver's browser; here it is
//! held against the hold, the clock and the registered key, more strictly than the guard will,
//! because nobody may be left to believe in a decision that will not count.

use std::time::Duration;

use machinaut_chain::approval::{Document, Resolution};
use machinaut_chain::signature::{PublicKey, verify_for_relay};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, IntoActiveModel as _, QuerySelect as _};

use super::known::update;
use super::page::{DecisionView, decision_view};
use super::row::signs;
use super::table::{decision, hold};
use crate::clock::Moment;
use crate::database::Write;
use crate::ids::{ApproverId, DecisionId, HoldId, OrgId};
use crate::keys::{self, ApproverKey};
use crate::live::Topic;
use crate::search::outbox::{self, Subject};
use crate::{Control, Error, Result, Role, Scope};

/// How far the clock of the approver's device may be from ours.
const CLOCKS_APART: Duration = Duration::from_mins(5);
/// The longest reason, in characters.
pub const REASON_CHARS: usize = 2_000;

/// Stores a signed decision and relays it to the guard.
///
/// # Errors
/// [`Error::NotFound`], also for a hold of another organisation. [`Error::Conflict`] where the hold
/// was decided already, is past its deadline, or ended in the log. [`Error::Invalid`] where the
/// document is for another request or action, its time is after the deadline or far from ours, its
/// key is not registered, not the member's own or revoked, or the signature is not exactly what
/// that key makes of it.
pub async fn decide(
    scope: &Scope,
    control: &Control,
    id: HoldId,
    resolution: &Resolution,
) -> Result<DecisionView> {
    match scope.role() {
        Role::Owner => {}
    }
    let org = scope.org();
    let mut write = control.begin().await?;
    let hold = locked(&write, org, id).await?;
    let now = control.now();
    let document = resolution.document();
    is_open(&hold, now)?;
    is_for(&hold, &document)?;
    in_time(&hold, resolution, now)?;
    let key = key_of(&write, scope, &document).await?;
    signed_with(resolution, &document, &key)?;

    let earlier = decision::Entity::find()
        .filter(decision::Column::OrgId.eq(org))
        .filter(decision::Column::Hold.eq(id))
        .count(&*write)
        .await?;
    let text = |text: &machinaut_chain::json::Text| text.to_display().into_owned();
    let signature = resolution
        .signature
        .as_ref()
        .map(|signature| text(&signature.signature))
        .unwrap_or_default();
    let row = decision::Model {
        id: DecisionId::mint(control),
        org_id: org,
        hold: id,
        ordinal: crate::sessions::stored(earlier) + 1,
        kind: document.kind.as_str().to_owned(),
        member: scope.member(),
        approver_key: key.id,
        approver_id: key.approver_id.to_string(),
        public_key: key.public_key,
        reason: document.reason.as_ref().map(text),
        at: resolution.at.as_str().to_owned(),
        document: String::from_utf8_lossy(&document.canonical()).into_owned(),
        signature,
        resolution: resolution.to_json(),
        stored_at: now,
        first_served_at: None,
        last_served_at: None,
        serves: 0,
        served_to: None,
        consumed_at: None,
        refused_at: None,
        confirmed_at: None,
        confirmed_seq: None,
        confirmed_event: None,
    };
    decision::Entity::insert(row.clone().into_active_model().reset_all())
        .exec_without_returning(&*write)
        .await?;
    let decided = hold::ActiveModel {
        decision: Set(Some(row.id)),
        changed_at: Set(now),
        ..Default::default()
    };
    update(&write, org, id, decided).await?;
    outbox::note(&write, control, org, Subject::Hold(id)).await?;
    write.tell(org, Topic::Hold(id));
    write.commit().await?;
    Ok(decision_view(&hold, row, true, now))
}

async fn locked(write: &Write, org: OrgId, id: HoldId) -> Result<hold::Model> {
    hold::Entity::find_by_id(id)
        .filter(hold::Column::OrgId.eq(org))
        .filter(hold::Column::Merged.is_null())
        .lock_exclusive()
        .one(&**write)
        .await?
        .ok_or(Error::NotFound("hold"))
}

/// Why a decision on this hold would not count, as a sentence; none where it would.
pub(super) fn obstacle(hold: &hold::Model, now: Moment) -> Option<&'static str> {
    if hold.decision.is_some() {
        Some(
            "This hold is decided already. Only a decision that the guard refused can be followed \
             by another one.",
        )
    } else if signs(hold, now).closed_in_log {
        Some("The log says that this hold has ended. A decision would no longer count.")
    } else if hold.deadline_ms.is_some_and(|deadline| now > deadline) {
        Some(
            "The deadline has passed. The guard takes that as a denial; a decision would no longer \
             count.",
        )
    } else if hold.request_id.is_none() {
        Some(
            "Only the action of this hold is known, not the request that a decision must name. \
             Ship the session with `--sensitivity-ceiling secret`, or let the guard announce its \
             holds.",
        )
    } else if hold.action_id.is_none() {
        Some(
            "A guard asks about this hold, but has not announced it: the action that a decision \
             must name is not known. Ship the session with `--sensitivity-ceiling secret` to see it.",
        )
    } else {
        None
    }
}

fn is_open(hold: &hold::Model, now: Moment) -> Result<()> {
    obstacle(hold, now).map_or(Ok(()), |why| Err(Error::Conflict(why.to_owned())))
}

fn is_for(hold: &hold::Model, document: &Document) -> Result<()> {
    if document.request_id.as_str() != hold.request_id.as_deref() {
        return Err(Error::invalid("signed document", "is for another request"));
    }
    if document.action_id.as_str() != hold.action_id.as_deref() {
        return Err(Error::invalid("signed document", "is for another action"));
    }
    let too_long =
        |text: &machinaut_chain::json::Text| text.to_display().chars().count() > REASON_CHARS;
    if document.reason.as_ref().is_some_and(too_long) {
        return Err(Error::invalid(
            "reason",
            "must have at most 2,000 characters",
        ));
    }
    Ok(())
}

fn in_time(hold: &hold::Model, resolution: &Resolution, now: Moment) -> Result<()> {
    let at = resolution
        .at
        .instant()
        .map(|at| Moment::from_millis(at.millis()))
        .ok_or_else(|| Error::invalid("time of the decision", "is no point in time"))?;
    if hold.deadline_ms.is_some_and(|deadline| at > deadline) {
        return Err(Error::invalid(
            "time of the decision",
            "is after the deadline; the guard would refuse it",
        ));
    }
    if at > now + CLOCKS_APART || now > at + CLOCKS_APART {
        return Err(Error::invalid(
            "time of the decision",
            "is more than five minutes from the server's clock; set the clock of the device right",
        ));
    }
    Ok(())
}

async fn key_of(write: &Write, scope: &Scope, document: &Document) -> Result<ApproverKey> {
    let refused = |problem: &str| Err(Error::invalid("approver key", problem.to_owned()));
    let id: Option<ApproverId> = document.approver_id.as_str().and_then(|id| id.parse().ok());
    let key = match id {
        Some(id) => keys::approver(&**write, scope.org(), &id).await?,
        None => None,
    };
    match key {
        None => refused("is not registered"),
        Some(key) if key.member != scope.member() => refused("is registered by another member"),
        Some(key) if key.revoked_at.is_some() => refused("is revoked"),
        Some(key) => Ok(key),
    }
}

fn signed_with(resolution: &Resolution, document: &Document, key: &ApproverKey) -> Result<()> {
    let public_key: PublicKey = key
        .public_key
        .parse()
        .map_err(|_| Error::Broken("a registered key can be read"))?;
    let signature = resolution
        .signature
        .as_ref()
        .ok_or_else(|| Error::invalid("signature", "is missing"))?;
    verify_for_relay(document, signature, &public_key)
        .map_err(|refusal| Error::invalid("signature", format!("does not count: {refusal}")))?;
    if resolution.fits() {
        Ok(())
    } else {
        Err(Error::invalid("decision", "is longer than the guard reads"))
    }
}
