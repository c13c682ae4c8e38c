//! Whether an answer in a log is the decision that was signed here, and if not, whose it is. It is
//! ours only where it carries the very signature that we relayed, over the very same document, in
//! an event whose hash was computed and found right.

use std::collections::{HashMap, HashSet};

use machinaut_chain::approval::{Document, ResolutionKind};
use machinaut_chain::json::Text;
use machinaut_chain::model::LoggedResolution;
use machinaut_chain::pending::{LoggedHold, LoggedOutcome};
use machinaut_chain::session::EventRef;
use machinaut_chain::signature::{Pins, Signature, verify};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, ConnectionTrait};

use super::ending::{Ending, Proof};
use super::poll::update_decision;
use super::table::{decision, hold};
use crate::clock::Moment;
use crate::database::Write;
use crate::ids::{ApproverId, OrgId};
use crate::keys::ApproverKey;
use crate::sessions::stored;
use crate::{Result, keys};

/// The decision of ours that this answer is, to the signature.
pub(super) async fn our_decision(
    write: &Write,
    hold: &hold::Model,
    ending: Ending,
    event: &EventRef,
    resolution: &LoggedResolution,
) -> Result<Option<decision::Model>> {
    if !event.verified {
        return Ok(None);
    }
    let Some((document, signature)) = signed(ending, resolution) else {
        return Ok(None);
    };
    let canonical = String::from_utf8_lossy(&document.canonical()).into_owned();
    let decisions = decision::Entity::find()
        .filter(decision::Column::OrgId.eq(hold.org_id))
        .filter(decision::Column::Hold.eq(hold.id))
        .all(&**write)
        .await?;
    Ok(decisions.into_iter().find(|decision| {
        decision.document == canonical
            && signature.signature.as_str() == Some(decision.signature.as_str())
            && is_signed_by(
                &document,
                &signature,
                &decision.approver_id,
                &decision.public_key,
            )
    }))
}

/// Notes that an event of the log confirms a decision.
pub(super) async fn confirm(
    write: &Write,
    hold: &mut hold::Model,
    decision: &decision::Model,
    event: &EventRef,
    now: Moment,
) -> Result<()> {
    if decision.confirmed_at.is_some() {
        return Ok(());
    }
    let confirmed = decision::ActiveModel {
        confirmed_at: Set(Some(now)),
        confirmed_seq: Set(Some(stored(event.seq))),
        confirmed_event: Set(Some(event.event_id.clone())),
        ..Default::default()
    };
    update_decision(write, decision, confirmed).await?;
    // It counted after all, whatever its delivery looked like.
    if hold.decision.is_none() {
        hold.decision = Some(decision.id);
    }
    Ok(())
}

/// The keys of those whom the answers of a log claim to be from, all fetched by one question.
pub(super) struct ClaimedKeys(HashMap<ApproverId, ApproverKey>);

impl ClaimedKeys {
    pub(super) async fn of(
        connection: &impl ConnectionTrait,
        org: OrgId,
        holds: impl IntoIterator<Item = &LoggedHold>,
    ) -> Result<Self> {
        let claimed: HashSet<ApproverId> = holds.into_iter().filter_map(claimed_approver).collect();
        if claimed.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let known = keys::approvers(connection, org, claimed).await?;
        let by_id = known.into_iter().map(|key| (key.approver_id.clone(), key));
        Ok(Self(by_id.collect()))
    }

    /// What an answer that is no decision of ours rests on.
    pub(super) fn proof(&self, ending: Ending, resolution: &LoggedResolution) -> Proof {
        if resolution.signature.is_none() {
            return Proof::Unsigned;
        }
        let is_known = signed(ending, resolution).is_some_and(|(document, signature)| {
            let id: Option<ApproverId> =
                document.approver_id.as_str().and_then(|id| id.parse().ok());
            let key = id.and_then(|id| self.0.get(&id));
            key.is_some_and(|key| {
                let approver = key.approver_id.as_str();
                is_signed_by(&document, &signature, approver, &key.public_key)
            })
        });
        if is_known {
            Proof::RegisteredKey
        } else {
            Proof::UnknownKey
        }
    }
}

fn claimed_approver(hold: &LoggedHold) -> Option<ApproverId> {
    let (LoggedOutcome::Granted { resolution, .. } | LoggedOutcome::Denied { resolution, .. }) =
        &hold.outcome
    else {
        return None;
    };
    resolution.signature.as_ref()?;
    resolution.approver_id.as_ref()?.parse().ok()
}

/// The document and the signature that an answer in a log claims.
fn signed(ending: Ending, resolution: &LoggedResolution) -> Option<(Document, Signature)> {
    let kind = match ending {
        Ending::Granted => ResolutionKind::Granted,
        Ending::Denied => ResolutionKind::Denied,
        Ending::Expired | Ending::Approved | Ending::Rejected => return None,
    };
    let text = |text: &String| Text::from(text.as_str());
    let logged = resolution.signature.as_ref()?;
    let document = Document {
        request_id: text(&resolution.request_id),
        action_id: text(resolution.action_id.as_ref()?),
        kind,
        approver_id: text(resolution.approver_id.as_ref()?),
        reason: resolution.reason.as_ref().map(text),
        at: text(resolution.at.as_ref()?),
    };
    let signature = Signature {
        signer_id: text(logged.signer_id.as_ref()?),
        payload_hash: text(logged.payload_hash.as_ref()?),
        algorithm: text(logged.algorithm.as_ref()?),
        signature: text(&logged.signature),
        at: logged.at.as_ref().map_or_else(|| document.at.clone(), text),
    };
    Some((document, signature))
}

/// As lenient as the guard: what it took is what counts.
fn is_signed_by(document: &Document, signature: &Signature, approver: &str, key: &str) -> bool {
    key.parse()
        .is_ok_and(|key| verify(document, Some(signature), &Pins::one(approver, key)).is_ok())
}
