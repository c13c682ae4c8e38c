//! What a shipped log says about holds: that they exist, what they are about, how they ended. A log
//! is a claim; what an answer in it proves is for `confirm` to say, and an answer that the guard has
//! named as planted is none.

use std::cmp::Reverse;
use std::collections::HashSet;

use machinaut_chain::approval::RequiredAuthority;
use machinaut_chain::json::{Limits, Value};
use machinaut_chain::model::{ActionFacts, AuthorityFacts, Phase};
use machinaut_chain::pending::{LoggedHold, LoggedOutcome};
use machinaut_chain::session::EventRef;
use machinaut_chain::timestamp::Timestamp;
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder as _, QuerySelect as _};

use super::announce::cut;
use super::confirm::{ClaimedKeys, confirm, our_decision};
use super::ending::{Ending, Proof};
use super::known::{Joined, Names, Word, are_new, insert_all, join, make, save};
use super::table::hold;
use crate::clock::Moment;
use crate::database::{Batch, Write};
use crate::ids::{HoldId, OrgId, SessionKey};
use crate::live::Topic;
use crate::sessions::stored;
use crate::{Control, Result};

/// The longest JSON of an action's inputs that is kept for lists, in bytes. All of it is in the
/// session.
const INPUTS_BYTES: usize = 2_048;
/// The longest text of an action that is kept for lists, in characters.
const TEXT_CHARS: usize = 1_000;

/// How many holds of one log get a row.
const MOST_HOLDS: usize = 500;
/// How many holds that guards spoke about are looked through where a log has more.
const SPOKEN_OF: u64 = 2_000;

/// In which log holds were sighted.
pub(crate) struct InLog<'a> {
    pub(crate) org: OrgId,
    pub(crate) session: SessionKey,
    pub(crate) project: &'a str,
    pub(crate) at: Moment,
}

/// Notes everything that the log of one session says about its holds, and gives out those that were
/// known before and changed. Those that are new are found with their session. What nobody else can be
/// about to write goes into the batch.
pub(crate) async fn sighted(
    write: &mut Write,
    batch: &mut Batch,
    control: &Control,
    place: &InLog<'_>,
    holds: &[LoggedHold],
) -> Result<Vec<HoldId>> {
    let telling: Vec<(&LoggedHold, Names<'_>)> = most_telling(write, place.org, holds)
        .await?
        .into_iter()
        .map(|logged| (logged, names(place, logged)))
        .filter(|(_, names)| are_ids(names))
        .collect();
    let all: Vec<Names<'_>> = telling.iter().map(|(_, names)| *names).collect();
    let are_new = are_new(write, place.org, &all).await?;
    let claimed =
        ClaimedKeys::of(&**write, place.org, telling.iter().map(|(hold, _)| *hold)).await?;
    let mut changed = Vec::new();
    let mut made = Vec::new();
    for (logged, names) in telling {
        let joined = if are_new {
            make(control, place.org, &names)
        } else {
            join(write, control, place.org, &names, Word::Log).await?
        };
        let Some(mut joined) = joined else {
            continue;
        };
        let before = joined.hold.clone();
        describe(&mut joined.hold, logged, place.at);
        let ended = conclude(write, &mut joined, logged, &claimed, place.at).await?;
        let Joined { hold, is_new } = joined;
        if !is_new && !ended && hold == before {
            continue;
        }
        write.tell(place.org, Topic::Hold(hold.id));
        if are_new {
            made.push(hold);
            continue;
        }
        if !is_new {
            changed.push(hold.id);
        }
        save(write, Joined { hold, is_new }, place.at).await?;
    }
    insert_all(batch, made, place.at);
    Ok(changed)
}

/// What the log calls a hold.
fn names<'a>(place: &InLog<'a>, logged: &'a LoggedHold) -> Names<'a> {
    Names {
        project: Some(place.project),
        session: Some(place.session),
        request: logged.request_id.as_deref(),
        action: Some(&logged.action_id),
    }
}

/// The holds of a log that are worth a row each: an agent can write as many into it as it likes. Those
/// that a guard spoke about come first, then the open ones, and of them the latest.
async fn most_telling<'a>(
    write: &Write,
    org: OrgId,
    holds: &'a [LoggedHold],
) -> Result<Vec<&'a LoggedHold>> {
    let mut telling: Vec<&LoggedHold> = holds.iter().collect();
    if telling.len() <= MOST_HOLDS {
        return Ok(telling);
    }
    let spoken_of: HashSet<Option<String>> = hold::Entity::find()
        .select_only()
        .column(hold::Column::RequestId)
        .filter(hold::Column::OrgId.eq(org))
        .filter(hold::Column::Merged.is_null())
        .filter(
            Condition::any()
                .add(hold::Column::AnnouncedAt.is_not_null())
                .add(hold::Column::LastPolledAt.is_not_null()),
        )
        .order_by_desc(hold::Column::ChangedAt)
        .limit(SPOKEN_OF)
        .into_tuple()
        .all(&**write)
        .await?
        .into_iter()
        .collect();
    telling.sort_by_key(|hold| {
        let is_spoken_of = hold.request_id.is_some() && spoken_of.contains(&hold.request_id);
        (!is_spoken_of, !hold.is_open(), Reverse(hold.event.seq))
    });
    telling.truncate(MOST_HOLDS);
    Ok(telling)
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
    joined: &mut Joined,
    logged: &LoggedHold,
    claimed: &ClaimedKeys,
    now: Moment,
) -> Result<bool> {
    let Joined { hold, is_new } = joined;
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
        // Nobody can have decided on a hold that nobody had heard of.
        let ours = match is_new {
            true => None,
            false => our_decision(write, hold, ending, event, resolution).await?,
        };
        proof = match ours {
            Some(decision) => {
                confirmed = decision.confirmed_at.is_none();
                confirm(write, hold, &decision, event, now).await?;
                Proof::OurDecision
            }
            None => claimed.proof(ending, resolution),
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
