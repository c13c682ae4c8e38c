//! The guard's side of a decision: it asks until it gets one, and deletes what it got. Every
//! question is also the guard's sign of life, and the one way to learn what it made of a decision
//! that it deleted.

use std::time::Duration;

use machinaut_chain::envelope::EventId;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::announce::TRIES;
use super::known::{Joined, Names, Word, fitting, join, of_request, save, update};
use super::standing::Guard;
use super::table::{decision, hold};
use crate::clock::Moment;
use crate::database::Write;
use crate::ids::{HoldId, OrgId};
use crate::live::Topic;
use crate::search::outbox::{self, Subject};
use crate::sessions::identity;
use crate::{Control, Credential, Error, Grant, Result};

/// How long a question is held where the guard does not say.
pub const DEFAULT_WAIT: Duration = Duration::from_secs(10);
/// The longest that a question is held: the guard gives up after 15 seconds.
pub const LONGEST_WAIT: Duration = Duration::from_secs(14);

/// How exactly the last question is known, where nothing else changes.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);
/// How many holds of an organisation may be known by questions alone; more are answered and not
/// noted.
const MOST_ONLY_ASKED_FOR: u64 = 1_000;

/// What a look at the hold found.
enum Look {
    /// What the guard gets.
    Resolution(String),
    /// Nothing yet. The hold to wait for, and until when a decision could count.
    Nothing(Option<HoldId>, Option<Moment>),
}

/// Answers the guard's question for the decision on a request: with the resolution, to the byte, as
/// soon as there is one, and with none after `wait` at the latest. Ids are as Lodestar means them,
/// percent-decoded.
///
/// # Errors
/// [`Error::MissingGrant`], [`Error::ProjectNotGranted`], [`Error::Database`].
pub async fn fetch(
    credential: &Credential,
    control: &Control,
    project: &str,
    request: &str,
    wait: Duration,
) -> Result<Option<String>> {
    if !may_ask(credential, project, request)? {
        return Ok(None);
    }
    // Before the first look, so that nothing is missed between looking and waiting.
    let mut changes = control.live().subscribe(credential.org());
    let end = tokio::time::Instant::now() + wait.min(LONGEST_WAIT);
    let mut is_new = true;
    loop {
        let left = end.saturating_duration_since(tokio::time::Instant::now());
        let question = Question {
            project,
            request,
            is_new,
            left,
        };
        let (hold, deadline) = match look(credential, control, &question).await? {
            Look::Resolution(resolution) => return Ok(Some(resolution)),
            Look::Nothing(hold, deadline) => (hold, deadline),
        };
        is_new = false;
        let left = deadline.map_or(left, |deadline| left.min(deadline.since(control.now())));
        let change = tokio::time::timeout(left, async {
            loop {
                match changes.next().await {
                    Topic::Hold(other) if hold != Some(other) => {}
                    Topic::Hold(_) | Topic::Everything => return,
                    _ => {}
                }
            }
        });
        if change.await.is_err() {
            return Ok(None);
        }
    }
}

/// Notes that the guard deleted the resolution that it got last. Deleting again, or what is not
/// there, changes nothing.
///
/// # Errors
/// [`Error::MissingGrant`], [`Error::ProjectNotGranted`], [`Error::Database`].
pub async fn consume(
    credential: &Credential,
    control: &Control,
    project: &str,
    request: &str,
) -> Result<()> {
    if !may_ask(credential, project, request)? {
        return Ok(());
    }
    let org = credential.org();
    let mut write = control.begin().await?;
    let Some(hold) = of_request(&write, org, Some(project), request).await? else {
        return Ok(());
    };
    let Some(decision) = in_force(&write, &hold).await? else {
        return Ok(());
    };
    let got_it = decision.served_to == Some(credential.token());
    if !got_it || decision.consumed_at.is_some() {
        return Ok(());
    }
    let now = control.now();
    let consumed = decision::ActiveModel {
        consumed_at: Set(Some(now)),
        ..Default::default()
    };
    update_decision(&write, &decision, consumed).await?;
    update(
        &write,
        org,
        hold.id,
        hold::ActiveModel {
            changed_at: Set(now),
            ..Default::default()
        },
    )
    .await?;
    write.tell(org, Topic::Hold(hold.id));
    write.commit().await
}

struct Question<'a> {
    project: &'a str,
    request: &'a str,
    /// Asked just now, and not a second look because something changed.
    is_new: bool,
    left: Duration,
}

/// Whether it is a question at all: an id that no guard could mean is simply unknown.
fn may_ask(credential: &Credential, project: &str, request: &str) -> Result<bool> {
    credential.require(Grant::Approvals)?;
    if credential
        .project()
        .is_some_and(|only| only.as_str() != project)
    {
        return Err(Error::ProjectNotGranted);
    }
    let is_id = |text: &str| text.parse::<EventId>().is_ok();
    Ok(is_id(project) && is_id(request) && !request.is_empty())
}

async fn look(credential: &Credential, control: &Control, question: &Question<'_>) -> Result<Look> {
    if let Some(nothing) = nothing_new(credential.org(), control, question).await? {
        return Ok(nothing);
    }
    for _ in 0..TRIES {
        match look_and_note(credential, control, question).await {
            Err(Error::Database(error)) if Error::is_duplicate(&error) => {}
            done => return done,
        }
    }
    Err(Error::Busy {
        retry_after: Duration::from_secs(1),
    })
}

/// The common case, without writing: nothing is decided, and the last question is fresh.
async fn nothing_new(
    org: OrgId,
    control: &Control,
    question: &Question<'_>,
) -> Result<Option<Look>> {
    let rows = hold::Entity::find()
        .filter(hold::Column::OrgId.eq(org))
        .filter(hold::Column::RequestKey.eq(identity(&[question.request])))
        .filter(hold::Column::Merged.is_null())
        .all(control.read())
        .await?;
    let Some(hold) = fitting(rows, Some(question.project)) else {
        return Ok(None);
    };
    let now = control.now();
    let is_fresh = hold
        .last_polled_at
        .is_some_and(|last| now.since(last) < SIGN_OF_LIFE)
        && hold
            .waiting_until
            .is_some_and(|until| until + SIGN_OF_LIFE >= now + question.left);
    let is_bound = hold.project_id.as_deref() == Some(question.project);
    let nothing = hold.decision.is_none() && is_bound && is_fresh;
    Ok(nothing.then_some(Look::Nothing(Some(hold.id), hold.deadline_ms)))
}

async fn look_and_note(
    credential: &Credential,
    control: &Control,
    question: &Question<'_>,
) -> Result<Look> {
    let org = credential.org();
    let mut write = control.begin().await?;
    let names = Names {
        project: Some(question.project),
        request: Some(question.request),
        ..Names::default()
    };
    let Some(Joined { mut hold, is_new }) = join(&write, control, org, &names, Word::Guard).await?
    else {
        return Ok(Look::Nothing(None, None));
    };
    if is_new && only_asked_for(&write, org).await? >= MOST_ONLY_ASKED_FOR {
        return Ok(Look::Nothing(None, None));
    }
    let now = control.now();
    let was = Guard::of(hold.last_polled_at, hold.waiting_until, now);
    hold.first_polled_at = hold.first_polled_at.or(Some(now));
    hold.last_polled_at = Some(now);
    hold.waiting_until = Some(now + question.left);
    let (id, deadline) = (hold.id, hold.deadline_ms);

    let resolution = match in_force(&write, &hold).await? {
        Some(decision) if decision.confirmed_at.is_some() => None,
        Some(decision) if decision.consumed_at.is_some() => {
            if question.is_new {
                refuse(&write, &decision, now).await?;
                hold.decision = None;
                outbox::note(&write, control, org, Subject::Hold(id)).await?;
                write.tell(org, Topic::Hold(id));
            }
            None
        }
        Some(decision) => {
            serve(&write, credential, &decision, now).await?;
            write.tell(org, Topic::Hold(id));
            Some(decision.resolution)
        }
        None => None,
    };
    if is_new {
        outbox::note(&write, control, org, Subject::Hold(id)).await?;
    }
    if is_new || !matches!(was, Guard::Waiting { .. }) {
        write.tell(org, Topic::Hold(id));
    }
    save(&write, Joined { hold, is_new }, now).await?;
    write.commit().await?;
    Ok(resolution.map_or(Look::Nothing(Some(id), deadline), Look::Resolution))
}

async fn only_asked_for(write: &Write, org: OrgId) -> Result<u64> {
    Ok(hold::Entity::find()
        .filter(hold::Column::OrgId.eq(org))
        .filter(hold::Column::ActionKey.is_null())
        .filter(hold::Column::Merged.is_null())
        .count(&**write)
        .await?)
}

/// The decision in force on a hold that is locked.
pub(super) async fn in_force(write: &Write, hold: &hold::Model) -> Result<Option<decision::Model>> {
    let Some(id) = hold.decision else {
        return Ok(None);
    };
    Ok(decision::Entity::find_by_id(id)
        .filter(decision::Column::OrgId.eq(hold.org_id))
        .one(&**write)
        .await?)
}

async fn serve(
    write: &Write,
    credential: &Credential,
    decision: &decision::Model,
    now: Moment,
) -> Result<()> {
    let served = decision::ActiveModel {
        first_served_at: Set(decision.first_served_at.or(Some(now))),
        last_served_at: Set(Some(now)),
        serves: Set(decision.serves.saturating_add(1)),
        served_to: Set(Some(credential.token())),
        ..Default::default()
    };
    update_decision(write, decision, served).await
}

/// The guard deleted it and asks on: it did not take the signature. Another decision can be made
/// now.
async fn refuse(write: &Write, decision: &decision::Model, now: Moment) -> Result<()> {
    let refused = decision::ActiveModel {
        refused_at: Set(Some(now)),
        ..Default::default()
    };
    update_decision(write, decision, refused).await
}

/// Writes some columns of a decision.
pub(super) async fn update_decision(
    write: &Write,
    decision: &decision::Model,
    row: decision::ActiveModel,
) -> Result<()> {
    decision::Entity::update_many()
        .set(row)
        .filter(decision::Column::Id.eq(decision.id))
        .filter(decision::Column::OrgId.eq(decision.org_id))
        .exec(&**write)
        .await?;
    Ok(())
}
