//! A hold becomes known from three sides: a guard announces it, a guard asks for its decision, a
//! shipped log shows it. Each side knows other names of it: the announcement the request and the
//! action, the question the project and the request, a log at a low ceiling only the project, the
//! session and the action. Here the names are joined, so that one hold is one row, whichever side
//! speaks first.
//!
//! Names are joined only where they cannot belong to two holds: within one organisation, never
//! across two projects, and never against what the guard itself announced. A log is written under
//! the influence of an agent; where it contradicts an announcement, the announcement stands.

use std::collections::HashSet;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{SelectStatement, UnionType};
use sea_orm::{
    ActiveValue::Set, DbBackend, IntoActiveModel as _, QueryOrder as _, QuerySelect as _,
    QueryTrait as _, Statement,
};

use super::table::hold::{ActiveModel, Column, Entity, Model};
use crate::clock::Moment;
use crate::database::{Batch, Write};
use crate::ids::{HoldId, OrgId, SessionKey};
use crate::sessions::identity;
use crate::{Control, Result};

/// How many rows one statement writes. More rows make a longer statement, which the connection remembers.
const ROWS: usize = 8;

/// What one side calls a hold.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Names<'a> {
    pub(super) project: Option<&'a str>,
    pub(super) session: Option<SessionKey>,
    pub(super) request: Option<&'a str>,
    pub(super) action: Option<&'a str>,
}

/// How far a side is believed about which action a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// The guard said so, with its token.
    Guard,
    /// It stands in a log.
    Log,
}

/// A hold, found or made, with what changed about it in memory only: [`save`] writes it.
pub(super) struct Joined {
    pub(super) hold: Model,
    pub(super) is_new: bool,
}

/// Finds the hold that these names mean, joins rows that turn out to be the same hold, or makes
/// one. None where the names contradict what is known better.
pub(super) async fn join(
    write: &Write,
    control: &Control,
    org: OrgId,
    names: &Names<'_>,
    word: Word,
) -> Result<Option<Joined>> {
    one_at_a_time(write, org).await?;
    let by_request = match names.request {
        Some(request) => of_request(write, org, names.project, request).await?,
        None => None,
    };
    let by_action = match names.action {
        Some(action) => of_action(write, org, names, action).await?,
        None => None,
    };
    let (mut hold, is_new) = match (by_request, by_action) {
        (Some(hold), Some(twin)) if hold.id != twin.id && may_be_same(&hold, &twin) => {
            (absorb(write, hold, twin).await?, false)
        }
        (Some(hold), _) | (None, Some(hold)) => (hold, false),
        (None, None) => (blank(control, org), true),
    };
    if !agree(&mut hold, names, word) {
        return Ok(None);
    }
    Ok(Some(Joined { hold, is_new }))
}

/// Whether nobody has heard of any of these holds, and no two of them can be one: then each may be
/// made, and one question has stood for two about each.
pub(super) async fn are_new(write: &Write, org: OrgId, all: &[Names<'_>]) -> Result<bool> {
    if all.is_empty() {
        return Ok(true);
    }
    one_at_a_time(write, org).await?;
    let keys = |name: fn(&Names<'_>) -> Option<Vec<u8>>| -> Vec<Vec<u8>> {
        all.iter().filter_map(name).collect()
    };
    let requests = keys(|names| names.request.map(|request| identity(&[request])));
    let actions = keys(|names| names.action.map(|action| identity(&[action])));
    let differ = |keys: &[Vec<u8>]| keys.iter().collect::<HashSet<_>>().len() == keys.len();
    if !differ(&requests) || !differ(&actions) {
        return Ok(false);
    }
    let known = write.query_one(&named_so(org, requests, actions)).await?;
    Ok(known.is_none())
}

/// One hold that has any of these names. As two questions in one: asked for either name at once, SQLite
/// goes through all holds of the organisation.
pub(super) fn named_so(
    org: OrgId,
    requests: Vec<Vec<u8>>,
    actions: Vec<Vec<u8>>,
) -> SelectStatement {
    let having = |name: Column, keys: Vec<Vec<u8>>| {
        Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::OrgId.eq(org))
            .filter(Column::Merged.is_null())
            .filter(name.is_in(keys))
            .into_query()
    };
    let mut either = having(Column::RequestKey, requests);
    either.union(UnionType::All, having(Column::ActionKey, actions));
    either.limit(1);
    either
}

/// A hold that [nobody has heard of](are_new).
pub(super) fn make(control: &Control, org: OrgId, names: &Names<'_>) -> Option<Joined> {
    let mut hold = blank(control, org);
    agree(&mut hold, names, Word::Log).then_some(Joined { hold, is_new: true })
}

/// Lets no two sides join names in one organisation at the same moment: each would find nothing
/// yet, and make a row of its own. SQLite has one writer anyway. Locked after the session and
/// before any hold, everywhere.
pub(super) async fn one_at_a_time(write: &Write, org: OrgId) -> Result<()> {
    if write.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let digest = identity(&["holds of", &org.to_string()]);
    let key = digest.first_chunk().copied().unwrap_or_default();
    let lock = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT pg_advisory_xact_lock($1)",
        [i64::from_be_bytes(key).into()],
    );
    write.execute_raw(lock).await?;
    Ok(())
}

/// Writes a hold as it is in memory.
pub(super) async fn save(write: &Write, joined: Joined, now: Moment) -> Result<HoldId> {
    let Joined { hold, is_new } = joined;
    let (id, org) = (hold.id, hold.org_id);
    if is_new {
        let mut batch = write.batch();
        insert_all(&mut batch, vec![hold], now);
        write.run(batch).await?;
    } else {
        update(write, org, id, row(hold, now)).await?;
    }
    Ok(id)
}

/// Writes holds that were [made](make), with what else is written.
pub(super) fn insert_all(batch: &mut Batch, holds: Vec<Model>, now: Moment) {
    let mut rows = holds.into_iter().map(|hold| row(hold, now)).peekable();
    while rows.peek().is_some() {
        batch.add(&Entity::insert_many(rows.by_ref().take(ROWS)));
    }
}

fn row(mut hold: Model, now: Moment) -> ActiveModel {
    hold.identity = identity_of(&hold);
    hold.request_key = hold.request_id.as_deref().map(|id| identity(&[id]));
    hold.action_key = hold.action_id.as_deref().map(|id| identity(&[id]));
    hold.changed_at = now;
    hold.into_active_model().reset_all()
}

/// Writes some columns of a hold.
pub(super) async fn update(write: &Write, org: OrgId, id: HoldId, row: ActiveModel) -> Result<()> {
    Entity::update_many()
        .set(row)
        .filter(Column::Id.eq(id))
        .filter(Column::OrgId.eq(org))
        .exec(&**write)
        .await?;
    Ok(())
}

/// The hold of a request: that of this project, or else one whose project nobody has said yet.
pub(super) async fn of_request(
    write: &Write,
    org: OrgId,
    project: Option<&str>,
    request: &str,
) -> Result<Option<Model>> {
    let rows = Entity::find()
        .filter(Column::OrgId.eq(org))
        .filter(Column::RequestKey.eq(identity(&[request])))
        .filter(Column::Merged.is_null())
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(&**write)
        .await?;
    Ok(fitting(rows, project))
}

/// Of the rows of one request, the one that a project means.
pub(super) fn fitting(rows: Vec<Model>, project: Option<&str>) -> Option<Model> {
    let exact = rows
        .iter()
        .position(|row| row.project_id.as_deref() == project);
    let place = exact.or_else(|| match project {
        Some(_) => rows.iter().position(|row| row.project_id.is_none()),
        // Announced without a project: only where no two projects can be meant.
        None => (rows.len() == 1).then_some(0),
    })?;
    rows.into_iter().nth(place)
}

/// A hold that so far is only known by its action, where exactly one can be meant.
async fn of_action(
    write: &Write,
    org: OrgId,
    names: &Names<'_>,
    action: &str,
) -> Result<Option<Model>> {
    let rows = Entity::find()
        .filter(Column::OrgId.eq(org))
        .filter(Column::ActionKey.eq(identity(&[action])))
        .filter(Column::Merged.is_null())
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(&**write)
        .await?;
    let mut fitting = rows.into_iter().filter(|row| {
        let one_side_open = names.request.is_none() || row.request_id.is_none();
        let same_request = row.request_id.as_deref() == names.request;
        let project = names.project.is_none()
            || row.project_id.is_none()
            || row.project_id.as_deref() == names.project;
        let session =
            names.session.is_none() || row.session.is_none() || row.session == names.session;
        (one_side_open || same_request) && project && session
    });
    let first = fitting.next();
    Ok(if fitting.next().is_some() {
        None
    } else {
        first
    })
}

fn may_be_same(hold: &Model, twin: &Model) -> bool {
    fn fits<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
        one.is_none() || other.is_none() || one == other
    }
    twin.decision.is_none()
        && twin.request_id.is_none()
        && fits(hold.project_id.as_ref(), twin.project_id.as_ref())
        && fits(hold.session.as_ref(), twin.session.as_ref())
        && fits(hold.action_id.as_ref(), twin.action_id.as_ref())
}

/// Makes `hold` the one row of a hold that was known as two. The address of the other leads here
/// from now on.
async fn absorb(write: &Write, mut hold: Model, twin: Model) -> Result<Model> {
    fn fill<T>(into: &mut Option<T>, from: Option<T>) {
        if into.is_none() {
            *into = from;
        }
    }
    let gone = ActiveModel {
        merged: Set(Some(hold.id)),
        request_key: Set(None),
        action_key: Set(None),
        identity: Set(identity(&["merged", &twin.id.to_string()])),
        ..Default::default()
    };
    update(write, twin.org_id, twin.id, gone).await?;
    hold.known_at = hold.known_at.min(twin.known_at);
    fill(&mut hold.action_id, twin.action_id);
    fill(&mut hold.project_id, twin.project_id);
    fill(&mut hold.session, twin.session);
    fill(&mut hold.reason, twin.reason);
    fill(&mut hold.required_authority, twin.required_authority);
    fill(&mut hold.requested_at, twin.requested_at);
    fill(&mut hold.requested_ms, twin.requested_ms);
    fill(&mut hold.deadline, twin.deadline);
    fill(&mut hold.deadline_ms, twin.deadline_ms);
    fill(&mut hold.facts, twin.facts);
    fill(&mut hold.to_weigh, twin.to_weigh);
    fill(&mut hold.seen_in_log_at, twin.seen_in_log_at);
    fill(&mut hold.log_outcome, twin.log_outcome);
    fill(&mut hold.log_outcome_at, twin.log_outcome_at);
    fill(&mut hold.log_outcome_seq, twin.log_outcome_seq);
    fill(&mut hold.log_outcome_event, twin.log_outcome_event);
    Ok(hold)
}

/// Adds the names to the hold. False where they contradict what is known, and are not believed
/// more.
fn agree(hold: &mut Model, names: &Names<'_>, word: Word) -> bool {
    if let (Some(known), Some(said)) = (&hold.action_id, names.action)
        && known != said
    {
        let was_announced = hold.announced_at.is_some();
        if word == Word::Log || was_announced || hold.decision.is_some() {
            return false;
        }
        // The log was wrong about the action: nothing that it said about it may stand by the
        // button.
        hold.action_id = None;
        hold.facts = None;
        hold.to_weigh = None;
        hold.session = None;
        hold.seen_in_log_at = None;
        hold.log_outcome = None;
    }
    if let (Some(known), Some(said)) = (hold.session, names.session)
        && known != said
    {
        return false;
    }
    if hold.action_id.is_none() {
        hold.action_id = names.action.map(str::to_owned);
    }
    if hold.request_id.is_none() {
        hold.request_id = names.request.map(str::to_owned);
    }
    if hold.project_id.is_none() {
        hold.project_id = names.project.map(str::to_owned);
    }
    hold.session = hold.session.or(names.session);
    true
}

/// What makes a hold the only one of its kind in the organisation.
fn identity_of(hold: &Model) -> Vec<u8> {
    let project = hold.project_id.as_deref();
    let project = [
        if project.is_some() {
            "of"
        } else {
            "of no project"
        },
        project.unwrap_or_default(),
    ];
    match (&hold.request_id, &hold.action_id) {
        (Some(request), _) => identity(&["request", project[0], project[1], request]),
        (None, action) => {
            let session = hold
                .session
                .map(|session| session.to_string())
                .unwrap_or_default();
            identity(&[
                "action",
                project[0],
                project[1],
                &session,
                action.as_deref().unwrap_or_default(),
            ])
        }
    }
}

fn blank(control: &Control, org: OrgId) -> Model {
    let now = control.now();
    Model {
        id: HoldId::mint(control),
        org_id: org,
        identity: Vec::new(),
        request_id: None,
        request_key: None,
        action_id: None,
        action_key: None,
        project_id: None,
        session: None,
        reason: None,
        required_authority: None,
        requested_at: None,
        deadline: None,
        requested_ms: None,
        deadline_ms: None,
        facts: None,
        to_weigh: None,
        known_at: now,
        announced_at: None,
        announced_by: None,
        seen_in_log_at: None,
        first_polled_at: None,
        last_polled_at: None,
        waiting_until: None,
        log_outcome: None,
        log_outcome_at: None,
        log_outcome_seq: None,
        log_outcome_event: None,
        log_approver: None,
        log_proof: None,
        log_rejected_at: None,
        decision: None,
        merged: None,
        changed_at: now,
    }
}
