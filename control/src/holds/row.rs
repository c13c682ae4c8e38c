//! The inbox: every hold of the organisation, from whichever side it became known, by where it
//! stands.

use std::collections::HashMap;

use machinaut_chain::approval::ResolutionKind;
use machinaut_chain::model::ActionFacts;
use machinaut_chain::sentence::action_sentence;
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder as _, QuerySelect as _, Select};
use serde::Serialize;

use super::delivery::{Stage, Times, delivery};
use super::ending::{Ending, Proof};
use super::standing::{ASKS_AGAIN_WITHIN, Guard, Signs, Standing};
use super::table::{decision, hold};
use crate::clock::Moment;
use crate::ids::{DecisionId, HoldId, OrgId, SessionKey};
use crate::sessions::{counted, table::session};
use crate::{Control, Error, Result, Scope};

/// The most holds of each part of the inbox.
const OPEN: u64 = 500;
const ENDED: u64 = 50;

/// A hold in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HoldRow {
    /// Our id of it.
    pub id: HoldId,
    /// Its project, once a question or a log has said it: data from outside.
    pub project_id: Option<String>,
    /// Its session, once shipped.
    pub session: Option<SessionKey>,
    /// Lodestar's id of the session: data from outside.
    pub session_id: Option<String>,
    /// Lodestar's id of the request, once known: data from outside.
    pub request_id: Option<String>,
    /// Lodestar's id of the action, once known: data from outside.
    pub action_id: Option<String>,
    /// Why it is held: data from outside.
    pub reason: Option<String>,
    /// What the action is, once shipped: data from outside.
    pub facts: Option<ActionFacts>,
    /// How many things about it should make an approver hesitate, once its session is shipped.
    pub to_weigh: Option<u64>,
    /// When it became known here.
    pub known_at: Moment,
    /// When it was held, by the guard's clock.
    pub requested_at: Option<Moment>,
    /// Until when a decision counts, by the guard's clock.
    pub deadline: Option<Moment>,
    /// When it was announced.
    pub announced_at: Option<Moment>,
    /// When it was first seen in a shipped log.
    pub seen_in_log_at: Option<Moment>,
    /// The guard's sign of life.
    pub guard: Guard,
    /// Where it stands.
    pub standing: Standing,
    /// The decision in force, or else the last one that the guard refused.
    pub decision: Option<DecisionBrief>,
    /// How it ended, as the log says.
    pub log: Option<LogOutcome>,
}

/// A decision in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecisionBrief {
    /// Its id.
    pub id: DecisionId,
    /// What was decided.
    pub kind: ResolutionKind,
    /// Who decided.
    pub approver_id: String,
    /// How far it got.
    pub stage: Stage,
    /// When it was signed and stored.
    pub stored_at: Moment,
}

/// How a hold ended, as a log says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogOutcome {
    /// How.
    pub ending: Ending,
    /// What that rests on.
    pub proof: Proof,
    /// When, by the log.
    pub at: Option<Moment>,
    /// The `seq` of the event that says so.
    pub seq: Option<u64>,
    /// The id of that event: data from outside.
    pub event_id: Option<String>,
    /// Who is said to have answered: data from outside.
    pub approver_id: Option<String>,
}

/// The holds of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Inbox {
    /// Those that wait for a decision, the nearest deadline first, then the oldest.
    pub waiting: Vec<HoldRow>,
    /// Those for which nobody decided in time, and those that no guard waits for any more, the
    /// newest first.
    pub past: Vec<HoldRow>,
    /// Those that were decided here or ended in the log, the newest first.
    pub ended: Vec<HoldRow>,
}

/// Every hold that is open, and the last ones that are not.
///
/// # Errors
/// [`Error::Database`].
pub async fn inbox(scope: &Scope, control: &Control) -> Result<Inbox> {
    let org = scope.org();
    let open = hold::Entity::find()
        .filter(hold::Column::OrgId.eq(org))
        .filter(hold::Column::Merged.is_null())
        .filter(hold::Column::Decision.is_null())
        .filter(hold::Column::LogOutcome.is_null())
        .order_by_desc(hold::Column::Id)
        .limit(OPEN)
        .all(control.read())
        .await?;
    let ended = hold::Entity::find()
        .filter(hold::Column::OrgId.eq(org))
        .filter(hold::Column::Merged.is_null())
        .filter(
            Condition::any()
                .add(hold::Column::Decision.is_not_null())
                .add(hold::Column::LogOutcome.is_not_null()),
        )
        .order_by_desc(hold::Column::ChangedAt)
        .limit(ENDED)
        .all(control.read())
        .await?;
    let mut inbox = Inbox::default();
    for row in rows(control, org, open.into_iter().chain(ended).collect()).await? {
        match row.standing {
            Standing::Waiting => inbox.waiting.push(row),
            Standing::PastDeadline | Standing::Abandoned => inbox.past.push(row),
            Standing::Decided | Standing::Closed => inbox.ended.push(row),
        }
    }
    inbox
        .waiting
        .sort_by_key(|row| urgency(row.deadline, row.known_at));
    Ok(inbox)
}

/// The holds that wait for a decision and say `text` where a list shows them, the most urgent first,
/// at most `most` of them.
///
/// # Errors
/// [`Error::Database`].
pub async fn waiting(
    scope: &Scope,
    control: &Control,
    text: &str,
    most: usize,
) -> Result<Vec<HoldRow>> {
    let text = text.to_lowercase();
    let mut holds = waiting_of(control, scope.org()).await?;
    holds.retain(|hold| text.is_empty() || says(hold, &text));
    holds.sort_by_key(|hold| urgency(hold.deadline_ms, hold.known_at));
    holds.truncate(most);
    rows(control, scope.org(), holds).await
}

/// How many holds wait for a decision.
///
/// # Errors
/// [`Error::Database`].
pub async fn open_count(scope: &Scope, control: &Control) -> Result<u64> {
    let waiting = waiting_of(control, scope.org()).await?;
    Ok(u64::try_from(waiting.len()).unwrap_or(u64::MAX))
}

async fn waiting_of(control: &Control, org: OrgId) -> Result<Vec<hold::Model>> {
    let now = control.now();
    let mut holds = may_wait(org, now).all(control.read()).await?;
    holds.retain(|hold| signs(hold, now).standing(now) == Standing::Waiting);
    Ok(holds)
}

/// The holds that may wait, the newest first.
pub(super) fn may_wait(org: OrgId, now: Moment) -> Select<hold::Entity> {
    hold::Entity::find()
        .filter(hold::Column::OrgId.eq(org))
        .filter(hold::Column::Merged.is_null())
        .filter(hold::Column::Decision.is_null())
        // In the words of the index of holds that may wait, or it is not used.
        .filter(
            Condition::any()
                .add(hold::Column::LogOutcome.is_null())
                .add(hold::Column::WaitingUntil.is_not_null()),
        )
        .filter(
            Condition::any()
                .add(hold::Column::LogOutcome.is_null())
                .add(hold::Column::WaitingUntil.gte(now.before(ASKS_AGAIN_WITHIN))),
        )
        .filter(
            Condition::any()
                .add(hold::Column::DeadlineMs.is_null())
                .add(hold::Column::DeadlineMs.gte(now)),
        )
        .order_by_desc(hold::Column::Id)
        .limit(OPEN)
}

/// What is due first comes first; without a deadline, what has waited longest.
fn urgency(deadline: Option<Moment>, known_at: Moment) -> (Moment, Moment) {
    (deadline.unwrap_or(Moment::from_millis(i64::MAX)), known_at)
}

/// Whether a list shows this text, in lower case, for the hold.
fn says(hold: &hold::Model, text: &str) -> bool {
    let facts = hold.facts.as_deref();
    let facts = facts.and_then(|facts| serde_json::from_str::<ActionFacts>(facts).ok());
    let sentence = facts.map(|facts| action_sentence(&facts).to_text());
    [&sentence, &hold.reason, &hold.project_id]
        .into_iter()
        .flatten()
        .any(|said| said.to_lowercase().contains(text))
}

/// The holds of one session, in the order in which they became known.
///
/// # Errors
/// [`Error::Database`]. A session of another organisation has none.
pub async fn of_session(
    scope: &Scope,
    control: &Control,
    session: SessionKey,
) -> Result<Vec<HoldRow>> {
    let holds = hold::Entity::find()
        .filter(hold::Column::OrgId.eq(scope.org()))
        .filter(hold::Column::Session.eq(session))
        .filter(hold::Column::Merged.is_null())
        .order_by_asc(hold::Column::Id)
        .limit(OPEN)
        .all(control.read())
        .await?;
    rows(control, scope.org(), holds).await
}

/// What lists show of stored holds of one organisation.
pub(super) async fn rows(
    control: &Control,
    org: OrgId,
    holds: Vec<hold::Model>,
) -> Result<Vec<HoldRow>> {
    let now = control.now();
    let ids: Vec<HoldId> = holds.iter().map(|hold| hold.id).collect();
    let mut decisions: HashMap<HoldId, decision::Model> = HashMap::new();
    let found = decision::Entity::find()
        .filter(decision::Column::OrgId.eq(org))
        .filter(decision::Column::Hold.is_in(ids))
        .order_by_asc(decision::Column::Ordinal)
        .all(control.read())
        .await?;
    // The last one of each hold: the one in force where there is one.
    decisions.extend(found.into_iter().map(|decision| (decision.hold, decision)));
    let sessions: Vec<SessionKey> = holds.iter().filter_map(|hold| hold.session).collect();
    let session_ids: HashMap<SessionKey, String> = session::Entity::find()
        .select_only()
        .columns([session::Column::Id, session::Column::SessionId])
        .filter(session::Column::OrgId.eq(org))
        .filter(session::Column::Id.is_in(sessions))
        .into_tuple::<(SessionKey, String)>()
        .all(control.read())
        .await?
        .into_iter()
        .collect();
    holds
        .into_iter()
        .map(|hold| {
            let decision = decisions.get(&hold.id);
            let session_id = hold
                .session
                .and_then(|session| session_ids.get(&session).cloned());
            row(hold, decision, session_id, now)
        })
        .collect()
}

/// What its standing follows from.
pub(super) fn signs(hold: &hold::Model, now: Moment) -> Signs {
    let guard = Guard::of(hold.last_polled_at, hold.waiting_until, now);
    Signs {
        decided: hold.decision.is_some(),
        closed_in_log: hold.log_outcome.is_some() && !asks_on(hold, guard),
        deadline: hold.deadline_ms,
        known: hold.known_at,
        guard,
    }
}

/// Whether the guard still asks, after the end that the log tells of. An agent can write an end into
/// the log; it cannot make the guard wait.
fn asks_on(hold: &hold::Model, guard: Guard) -> bool {
    match guard {
        Guard::Waiting { last_asked } => {
            hold.log_outcome_at.is_some_and(|ended| last_asked > ended)
        }
        Guard::NeverAsked | Guard::Silent { .. } => false,
    }
}

fn row(
    hold: hold::Model,
    decision: Option<&decision::Model>,
    session_id: Option<String>,
    now: Moment,
) -> Result<HoldRow> {
    let signs = signs(&hold, now);
    let decision = decision.map(|decision| brief(decision, &hold, now));
    let log = match (&hold.log_outcome, &hold.log_proof) {
        (Some(ending), Some(proof)) => Some(LogOutcome {
            ending: Ending::parse(ending)?,
            proof: Proof::parse(proof)?,
            at: hold.log_outcome_at,
            seq: hold.log_outcome_seq.map(counted),
            event_id: hold.log_outcome_event,
            approver_id: hold.log_approver,
        }),
        _ => None,
    };
    let facts = hold.facts.as_deref().map(serde_json::from_str).transpose();
    Ok(HoldRow {
        id: hold.id,
        project_id: hold.project_id,
        session: hold.session,
        session_id,
        request_id: hold.request_id,
        action_id: hold.action_id,
        reason: hold.reason,
        facts: facts.map_err(|_| Error::Broken("the kept facts of an action can be read"))?,
        to_weigh: hold.to_weigh.map(counted),
        known_at: hold.known_at,
        requested_at: hold.requested_ms,
        deadline: hold.deadline_ms,
        announced_at: hold.announced_at,
        seen_in_log_at: hold.seen_in_log_at,
        guard: signs.guard,
        standing: signs.standing(now),
        decision: decision.transpose()?,
        log,
    })
}

fn brief(decision: &decision::Model, hold: &hold::Model, now: Moment) -> Result<DecisionBrief> {
    Ok(DecisionBrief {
        id: decision.id,
        kind: kind(decision)?,
        approver_id: decision.approver_id.clone(),
        stage: delivery(&times(decision, hold), now).stage,
        stored_at: decision.stored_at,
    })
}

pub(super) fn kind(decision: &decision::Model) -> Result<ResolutionKind> {
    decision
        .kind
        .parse()
        .map_err(|_| Error::Broken("a kept decision is granted or denied"))
}

/// When what happened to a decision on a hold.
pub(super) fn times(decision: &decision::Model, hold: &hold::Model) -> Times {
    Times {
        stored: decision.stored_at,
        first_served: decision.first_served_at,
        last_served: decision.last_served_at,
        serves: counted(decision.serves),
        consumed: decision.consumed_at,
        refused: decision.refused_at,
        confirmed: decision.confirmed_at,
        ended_otherwise: ended_otherwise(decision, hold),
        deadline: hold.deadline_ms,
    }
}

/// Whether the log shows an end that this decision cannot have brought about.
fn ended_otherwise(decision: &decision::Model, hold: &hold::Model) -> bool {
    let granted = decision.kind == ResolutionKind::Granted.as_str();
    let ending = hold
        .log_outcome
        .as_deref()
        .and_then(|word| Ending::parse(word).ok());
    match ending {
        None => false,
        // Confirmed decisions are told apart before this is asked.
        Some(Ending::Granted | Ending::Denied | Ending::Expired) => true,
        Some(Ending::Approved) => !granted,
        Some(Ending::Rejected) => granted,
    }
}
