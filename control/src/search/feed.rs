//! Keeps the index fresh: reads what changed from the outbox, what it means from the store, and
//! hands both to the engine, together with the mark that says how far it came. What was handed over
//! before a crash comes again and changes nothing. An index that has no mark is built from the
//! store, piece by piece between the changes, so that what is shipped meanwhile is found at once.

use std::collections::HashSet;
use std::future::Future;
use std::time::Duration;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, IntoActiveModel as _};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::document::Group;
use super::engine::{Building, Changes, Engine, Mark, Stage, VERSION};
use super::outbox::{self, Position};
use super::store;
use super::table::{feed, node};
use crate::database::Write;
use crate::{Control, Error, Result, holds};

/// How many changes are taken at once.
const CHANGES: u64 = 256;
/// How many sessions are looked for at once while an index is built.
const SESSIONS: u64 = 64;
/// How long changes are gathered after the first one, so that many ships share one commit.
const GATHER: Duration = Duration::from_millis(200);
/// How much longer where ships are being read by then: they want the processor, and one large commit
/// takes much less of it than many small ones.
const GATHER_MORE: Duration = Duration::from_millis(800);
/// How often it is looked whether something changed that nobody told, and whether the index is
/// still whole.
const TICK: Duration = Duration::from_secs(2);
/// How long a server is believed to feed a shared engine after it last said so.
const LEASE: Duration = Duration::from_secs(15);
/// How often a server says where it stands while nothing happens.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
const SWEEP: Duration = Duration::from_mins(10);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What a step brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Everything is in the index.
    Idle,
    /// There is more to do.
    More,
    /// Another server feeds the engine.
    NotOurs,
}

/// Keeps the index fresh until `stop` completes. A failure is logged and tried again, later and
/// later.
pub async fn keep_fresh(control: Control, stop: impl Future<Output = ()>) {
    let Some(engine) = control.search().engine() else {
        stop.await;
        return;
    };
    keep(&control, &*engine, stop).await;
    // Whoever waits for this server need not wait until it is missed.
    if let Err(error) = leave(&control).await {
        tracing::warn!(%error, "this server was not taken off the list of those that search");
    }
}

async fn keep(control: &Control, engine: &dyn Engine, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let mut news = control.live().subscribe_to_all();
    let mut pause = FIRST_PAUSE;
    let mut told: Option<Instant> = None;
    let mut swept = Instant::now();
    // Its first step may take long, and whoever asks what servers search asks now.
    if let Err(error) = tell(control, engine).await {
        tracing::warn!(%error, "the other servers were not told that this one is there");
    }
    loop {
        let outcome = tokio::select! {
            biased;
            () = &mut stop => return,
            done = step_and_tell(control, engine, &mut told) => done,
        };
        match outcome {
            Ok(done) => {
                pause = FIRST_PAUSE;
                if done == Step::More {
                    continue;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "search is not being kept fresh; trying again");
                tokio::select! {
                    () = &mut stop => return,
                    () = tokio::time::sleep(pause) => {}
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
                continue;
            }
        }
        if swept.elapsed() > SWEEP {
            swept = Instant::now();
            if let Err(error) = outbox::prune(control).await {
                tracing::warn!(%error, "the outbox was not swept");
            }
        }
        tokio::select! {
            () = &mut stop => return,
            () = news.next() => gather(control).await,
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

/// Lets more come before it is taken.
async fn gather(control: &Control) {
    tokio::time::sleep(GATHER).await;
    if control.ship_turns().traffic().reading > 0 {
        tokio::time::sleep(GATHER_MORE).await;
    }
}

async fn step_and_tell(
    control: &Control,
    engine: &dyn Engine,
    told: &mut Option<Instant>,
) -> Result<Step> {
    let tell_on = async || tell(control, engine).await.map(|()| true);
    let step = Box::pin(step(control, engine));
    let step = alive(SIGN_OF_LIFE, tell_on, step).await;
    let step = step.unwrap_or(Ok(Step::NotOurs))?;
    let is_due = told.is_none_or(|told| told.elapsed() > SIGN_OF_LIFE);
    let is_building = control.search().progress().is_some();
    let soon = told.is_none_or(|told| told.elapsed() > Duration::from_millis(500));
    if step != Step::NotOurs && (is_due || (is_building && soon)) {
        tell(control, engine).await?;
        *told = Some(Instant::now());
    }
    Ok(step)
}

/// Does a piece of work, and gives a sign every now and then meanwhile: an engine may take longer
/// for it than others wait before they take the work over. Once a sign says that they have, the work
/// ends where it is: what it has not done is theirs.
pub(super) async fn alive<T, Sign: Future<Output = Result<bool>>>(
    every: Duration,
    sign: impl Fn() -> Sign,
    work: impl Future<Output = T>,
) -> Option<T> {
    let is_theirs = async {
        loop {
            tokio::time::sleep(every).await;
            match sign().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, "the other servers were not told that this one is there");
                }
            }
        }
    };
    tokio::select! {
        done = work => Some(done),
        () = is_theirs => None,
    }
}

/// Does the next piece of work, and keeps the right to it meanwhile.
pub(super) async fn step(control: &Control, engine: &dyn Engine) -> Result<Step> {
    let still_ours = async || Ok(!engine.is_shared() || lease(control, engine).await?);
    let done = alive(SIGN_OF_LIFE, still_ours, next(control, engine)).await;
    done.unwrap_or(Ok(Step::NotOurs))
}

async fn next(control: &Control, engine: &dyn Engine) -> Result<Step> {
    if engine.is_shared() && !lease(control, engine).await? {
        let mark = engine.mark(control).await?;
        control.search().stand(mark);
        return Ok(Step::NotOurs);
    }
    outbox::order(control).await?;
    let mark = engine.mark(control).await?;
    let mark = mark.filter(|mark| mark.version == VERSION);
    control.search().stand(mark.clone());
    let Some(mut mark) = mark else {
        tracing::info!("the search index is built from the store");
        return begin(control, engine, outbox::last(control.read()).await?).await;
    };
    let Some(changes) = outbox::after(control, mark.after, CHANGES).await? else {
        tracing::warn!("the search index is older than what is known of changes; it is built anew");
        return begin(control, engine, outbox::last(control.read()).await?).await;
    };
    // What came before it is in the store that is read after it.
    let everything = changes.iter().rev().find(|change| change.about.is_none());
    if let Some(everything) = everything {
        tracing::info!("the search index is built anew, as was asked for");
        return begin(control, engine, everything.position).await;
    }

    let mut gathered = Changes::default();
    let mut seen = HashSet::new();
    let mut taken = 0;
    for change in &changes {
        if let Some((org, subject)) = change.about
            && seen.insert((org, subject))
        {
            // What is there already costs nothing more: the many holds of a long session come with it.
            if gathered.is_full() && !store::is_in(control, org, subject, &gathered).await? {
                break;
            }
            store::read(control, org, subject, &mut gathered).await?;
        }
        mark.after = change.position;
        taken += 1;
    }
    let mut is_more = taken < changes.len() || u64::try_from(taken).is_ok_and(|n| n >= CHANGES);
    if let Some(building) = mark.building.take() {
        mark.building = if gathered.is_full() {
            Some(building)
        } else {
            build(control, building, &mut gathered).await?
        };
        is_more = true;
    } else if taken == 0 {
        return Ok(Step::Idle);
    }
    let span = tracing::info_span!("index", documents = gathered.documents.len());
    engine
        .apply(control, gathered, &mark)
        .instrument(span)
        .await?;
    control.search().stand(Some(mark));
    Ok(if is_more { Step::More } else { Step::Idle })
}

/// Empties the index and begins to build it: from the store as it is now, and then from what
/// changes after `after`.
async fn begin(control: &Control, engine: &dyn Engine, after: Position) -> Result<Step> {
    let mark = Mark {
        version: VERSION,
        after,
        building: Some(Building {
            stage: Stage::Sessions,
            below: None,
            done: 0,
            of: store::count(control).await?,
            since: control.now(),
        }),
    };
    engine.wipe(control, &mark).await?;
    control.search().stand(Some(mark));
    Ok(Step::More)
}

/// Adds the next piece of the store; none once everything is there.
async fn build(
    control: &Control,
    mut building: Building,
    into: &mut Changes,
) -> Result<Option<Building>> {
    match building.stage {
        Stage::Sessions => {
            let next = store::sessions_below(control, building.below, SESSIONS).await?;
            if next.is_empty() {
                building.stage = Stage::Holds;
                building.below = None;
                return Ok(Some(building));
            }
            for (org, session) in next {
                if into.is_full() {
                    break;
                }
                let subject = outbox::Subject::Session(session);
                store::read(control, org, subject, into).await?;
                building.below = Some(session.into());
                building.done += 1;
            }
        }
        Stage::Holds => {
            let next = holds::indexed_alone(control, building.below, SESSIONS).await?;
            if next.is_empty() {
                return Ok(None);
            }
            for (org, hold) in next {
                if into.is_full() {
                    break;
                }
                building.below = Some(hold.id.into());
                building.done += 1;
                if !into.groups.contains(&Group::Hold(hold.id)) {
                    let subject = outbox::Subject::Hold(hold.id);
                    store::read(control, org, subject, into).await?;
                }
            }
        }
    }
    Ok(Some(building))
}

/// Takes, or keeps, the right to feed an engine that several servers share.
pub(super) async fn lease(control: &Control, engine: &dyn Engine) -> Result<bool> {
    let holder = control.search().node();
    let now = control.now();
    let write = control.begin().await?;
    let fresh = feed::Model {
        name: engine.name().to_owned(),
        mark: None,
        holder,
        until: now + LEASE,
    };
    let made = feed::Entity::insert(fresh.into_active_model().reset_all())
        .on_conflict(
            OnConflict::column(feed::Column::Name)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(&*write)
        .await?;
    let taken = feed::Entity::update_many()
        .set(feed::ActiveModel {
            holder: Set(holder),
            until: Set(now + LEASE),
            ..Default::default()
        })
        .filter(feed::Column::Name.eq(engine.name()))
        .filter(
            sea_orm::Condition::any()
                .add(feed::Column::Holder.eq(holder))
                .add(feed::Column::Until.lt(now)),
        )
        .exec(&*write)
        .await?;
    write.commit().await?;
    Ok(made > 0 || taken.rows_affected > 0)
}

/// The mark of a shared engine.
pub(super) async fn shared_mark(control: &Control, engine: &dyn Engine) -> Result<Option<Mark>> {
    let row = feed::Entity::find_by_id(engine.name())
        .one(control.read())
        .await?;
    let mark = row.and_then(|row| row.mark);
    Ok(mark.and_then(|mark| serde_json::from_str(&mark).ok()))
}

/// Moves the mark of a shared engine, where this server still feeds it.
pub(super) async fn set_shared_mark(
    control: &Control,
    engine: &dyn Engine,
    mark: &Mark,
) -> Result<()> {
    let text = serde_json::to_string(mark).map_err(|_| Error::Broken("a mark can be written"))?;
    let write = control.begin().await?;
    let moved = feed::Entity::update_many()
        .set(feed::ActiveModel {
            mark: Set(Some(text)),
            until: Set(control.now() + LEASE),
            ..Default::default()
        })
        .filter(feed::Column::Name.eq(engine.name()))
        .filter(feed::Column::Holder.eq(control.search().node()))
        .exec(&*write)
        .await?;
    write.commit().await?;
    if moved.rows_affected == 0 {
        return Err(Error::SearchUnavailable(
            "Another server feeds the search engine now.",
        ));
    }
    Ok(())
}

/// Says where this server stands.
pub(super) async fn tell(control: &Control, engine: &dyn Engine) -> Result<()> {
    let mark = control.search().standing();
    let building = mark.as_ref().and_then(|mark| mark.building.as_ref());
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let row = node::Model {
        id: control.search().node(),
        engine: engine.name().to_owned(),
        position: mark.as_ref().map_or(0, |mark| mark.after.number),
        done: building.map(|building| count(building.done)),
        total: building.map(|building| count(building.of)),
        seen_at: control.now(),
    };
    let write = control.begin().await?;
    upsert_node(&write, row).await?;
    node::Entity::delete_many()
        .filter(node::Column::SeenAt.lt(control.now().before(SWEEP)))
        .exec(&*write)
        .await?;
    write.commit().await
}

/// Takes this server off the list of those that search.
async fn leave(control: &Control) -> Result<()> {
    let write = control.begin().await?;
    node::Entity::delete_many()
        .filter(node::Column::Id.eq(control.search().node()))
        .exec(&*write)
        .await?;
    write.commit().await
}

async fn upsert_node(write: &Write, row: node::Model) -> Result<()> {
    let replace = OnConflict::column(node::Column::Id)
        .update_columns([
            node::Column::Engine,
            node::Column::Position,
            node::Column::Done,
            node::Column::Total,
            node::Column::SeenAt,
        ])
        .to_owned();
    node::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(replace)
        .exec_without_returning(&**write)
        .await?;
    Ok(())
}
