//! What a shipped log says about holds: that they exist, what they are about, how they ended. A log
//! is a claim. An answer in it confirms a decision of ours only where it carries the very signature
//! that we relayed, over the very same document, in an event whose hash was computed and found
//! right, and where the guard has not named that event as planted.

use machinaut_chain::approval::{Document, RequiredAuthority, ResolutionKind};
use machinaut_chain::json::{Limits, Text, Value};
use machinaut_chain::model::{ActionFacts, AuthorityFacts, LoggedResolution, Phase};
use machinaut_chain::pending::{LoggedHold, LoggedOutcome};
use machinaut_chain::session::EventRef;
use machinaut_chain::signature::{Pins, Signature, verify};
use machinaut_chain::timestamp::Timestamp;
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, ConnectionTrait};
use serde::{Deserialize, Serialize};

use super::announce::cut;
use super::known::{Joined, Names, Word, join, save};
use super::poll::update_decision;
use super::table::{decision, hold};
use crate::clock::Moment;
use crate::database::Write;
use crate::ids::{ApproverId, OrgId, SessionKey};
use crate::live::Topic;
use crate::sessions::stored;
use crate::{Control, Error, Result, keys};

/// The longest JSON of an action's inputs that is kept for lists, in bytes. All of it is in the
/// session.
const INPUTS_BYTES: usize = 2_048;
/// The longest text of an action that is kept for lists, in characters.
const TEXT_CHARS: usize = 1_000;

/// In which log holds were sighted.
pub(crate) struct InLog<'a> {
    pub(crate) org: OrgId,
    pub(crate) session: SessionKey,
    pub(crate) project: &'a str,
    pub(crate) at: Moment,
}

/// How a hold ended, as a log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// An answer granted it.
    Granted,
    /// An answer denied it.
    Denied,
    /// Nobody answered in time.
    Expired,
    /// The answer is withheld; the action went on as approved.
    Approved,
    /// The answer is withheld; the action ended as rejected.
    Rejected,
}

/// What an answer in a log rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// It carries the signature of the decision that was signed here.
    OurDecision,
    /// It carries another signature, of a key that is registered here.
    RegisteredKey,
    /// It carries a signature that no registered key made.
    UnknownKey,
    /// It carries no signature: given inside the guard's own process, or written by anybody.
    Unsigned,
    /// The log does not show the answer.
    NotShown,
}

/// Notes everything that the log of one session says about its holds.
pub(crate) async fn sighted(
    write: &mut Write,
    control: &Control,
    place: &InLog<'_>,
    holds: &[LoggedHold],
) -> Result<()> {
    for logged in holds {
        let names = Names {
            project: Some(place.project),
            session: Some(place.session),
            request: logged.request_id.as_deref(),
            action: Some(&logged.action_id),
        };
        if !are_ids(&names) {
            continue;
        }
        let Some(joined) = join(write, control, place.org, &names, Word::Log).await? else {
            continue;
        };
        let before = joined.hold.clone();
        let (is_new, mut hold) = (joined.is_new, joined.hold);
        describe(&mut hold, logged, place.at);
        let ended = conclude(write, &mut hold, logged, place.at).await?;
        if is_new || ended || hold != before {
            write.tell(place.org, Topic::Hold(hold.id));
            save(write, Joined { hold, is_new }, place.at).await?;
        }
    }
    Ok(())
}

/// Ids that no guard could be asked about are not made into holds.
fn are_ids(names: &Names<'_>) -> bool {
    let is_id =
        |id: &str| !id.is_empty() && id.parse::<machinaut_chain::envelope::EventId>().is_ok();
    names.request.is_none_or(is_id) && names.action.is_some_and(is_id)
}

/// What the hold is about. What the guard announced stands.
fn describe(hold: &mut hold::Model, logged: &LoggedHold, now: Moment) {
    hold.seen_in_log_at = hold.seen_in_log_at.or(Some(now));
    if hold.announced_at.is_none() {
        hold.reason = logged
            .reason
            .as_deref()
            .map(|reason| cut(reason, TEXT_CHARS))
            .or(hold.reason.take());
        hold.requested_at = Some(logged.requested_at.clone());
        hold.requested_ms = moment(&logged.requested_at);
        if logged.request_id.is_some() {
            hold.deadline_ms = logged.deadline.as_deref().and_then(moment);
            hold.deadline.clone_from(&logged.deadline);
            hold.required_authority =
                serde_json::to_string(&authority(&logged.required_authority)).ok();
        }
    }
    if let Some(facts) = &logged.action {
        hold.facts = serde_json::to_string(&bounded(facts)).ok();
    }
}

fn authority(facts: &AuthorityFacts) -> RequiredAuthority {
    let scope = facts
        .scope
        .as_deref()
        .filter(|json| json.len() <= INPUTS_BYTES);
    RequiredAuthority {
        min_trust_baseline: facts.min_trust_baseline,
        sensitivity_clearance: facts
            .sensitivity_clearance
            .as_deref()
            .and_then(|word| word.parse().ok()),
        scope: scope.and_then(|json| Value::parse(json.as_bytes(), &Limits::default()).ok()),
    }
}

/// How the hold ended by this log, and whether that is a decision of ours.
async fn conclude(
    write: &Write,
    hold: &mut hold::Model,
    logged: &LoggedHold,
    now: Moment,
) -> Result<bool> {
    let refused = logged
        .rejected
        .first()
        .and_then(|refused| moment(&refused.event.timestamp));
    hold.log_rejected_at = refused.or(hold.log_rejected_at);
    let (ending, event, resolution) = match &logged.outcome {
        LoggedOutcome::Open => {
            if logged.request_id.is_some() {
                set_ending(hold, None);
            }
            return Ok(false);
        }
        LoggedOutcome::Granted { event, resolution } => (Ending::Granted, event, Some(resolution)),
        LoggedOutcome::Denied { event, resolution } => (Ending::Denied, event, Some(resolution)),
        LoggedOutcome::Expired { event } => (Ending::Expired, event, None),
        LoggedOutcome::Ended { event, phase, .. } => {
            let ending = if *phase == Phase::Rejected {
                Ending::Rejected
            } else {
                Ending::Approved
            };
            (ending, event, None)
        }
    };
    let mut proof = Proof::NotShown;
    let mut confirmed = false;
    if let Some(resolution) = resolution {
        let ours = our_decision(write, hold, ending, event, resolution).await?;
        proof = match ours {
            Some(decision) => {
                confirmed = decision.confirmed_at.is_none();
                confirm(write, hold, &decision, event, now).await?;
                Proof::OurDecision
            }
            None => proof_of(&**write, hold.org_id, ending, resolution).await?,
        };
    }
    set_ending(
        hold,
        Some((
            ending,
            event,
            resolution.and_then(|resolution| resolution.approver_id.as_deref()),
            proof,
        )),
    );
    Ok(confirmed)
}

fn set_ending(hold: &mut hold::Model, ending: Option<(Ending, &EventRef, Option<&str>, Proof)>) {
    hold.log_outcome = ending.map(|(ending, ..)| ending.as_str().to_owned());
    hold.log_outcome_at = ending.and_then(|(_, event, ..)| moment(&event.timestamp));
    hold.log_outcome_seq = ending.map(|(_, event, ..)| stored(event.seq));
    hold.log_outcome_event = ending.map(|(_, event, ..)| event.event_id.clone());
    hold.log_approver =
        ending.and_then(|(_, _, approver, _)| approver.map(|text| cut(text, TEXT_CHARS)));
    hold.log_proof = ending.map(|(.., proof)| proof.as_str().to_owned());
}

/// The decision of ours that this answer is, to the signature.
async fn our_decision(
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

async fn confirm(
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

async fn proof_of(
    connection: &impl ConnectionTrait,
    org: OrgId,
    ending: Ending,
    resolution: &LoggedResolution,
) -> Result<Proof> {
    if resolution.signature.is_none() {
        return Ok(Proof::Unsigned);
    }
    let Some((document, signature)) = signed(ending, resolution) else {
        return Ok(Proof::UnknownKey);
    };
    let id: Option<ApproverId> = document.approver_id.as_str().and_then(|id| id.parse().ok());
    let key = match id {
        Some(id) => keys::approver(connection, org, &id).await?,
        None => None,
    };
    let is_known = key.is_some_and(|key| {
        is_signed_by(
            &document,
            &signature,
            key.approver_id.as_str(),
            &key.public_key,
        )
    });
    Ok(if is_known {
        Proof::RegisteredKey
    } else {
        Proof::UnknownKey
    })
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

fn bounded(facts: &ActionFacts) -> ActionFacts {
    let mut facts = facts.clone();
    facts.inputs = facts.inputs.filter(|inputs| inputs.len() <= INPUTS_BYTES);
    facts.intent = facts.intent.map(|intent| cut(&intent, TEXT_CHARS));
    facts.detail = facts.detail.map(|detail| cut(&detail, TEXT_CHARS));
    facts.object = facts.object.map(|mut object| {
        object.value = cut(&object.value, TEXT_CHARS);
        object
    });
    facts.preconditions.truncate(8);
    for precondition in &mut facts.preconditions {
        *precondition = cut(precondition, TEXT_CHARS);
    }
    facts
}

fn moment(text: &str) -> Option<Moment> {
    let at: Timestamp = text.parse().ok()?;
    at.instant().map(|at| Moment::from_millis(at.millis()))
}

macro_rules! words {
    ($name:ident { $($variant:ident => $word:literal,)+ }) => {
        impl $name {
            const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            pub(super) fn parse(text: &str) -> Result<Self> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(Error::Broken("a kept word about a hold is a known one")),
                }
            }
        }
    };
}

words!(Ending {
    Granted => "granted",
    Denied => "denied",
    Expired => "expired",
    Approved => "approved",
    Rejected => "rejected",
});
words!(Proof {
    OurDecision => "our_decision",
    RegisteredKey => "registered_key",
    UnknownKey => "unknown_key",
    Unsigned => "unsigned",
    NotShown => "not_shown",
});
