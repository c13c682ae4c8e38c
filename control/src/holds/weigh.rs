//! Counts, once a session was shipped, how many things about each of its open holds should make an
//! approver hesitate, so that the inbox can say it without reading sessions. That takes a reading of the
//! whole session, so no ship waits for it: a ship notes that its session is to be weighed, in its own
//! transaction, and whoever keeps weighing comes to it when there is time, also after a crash.

use std::future::Future;
use std::time::Duration;

use machinaut_chain::why::Reasons;
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, Condition, QueryOrder as _, QuerySelect as _};
use tokio::sync::Notify;

use super::known::one_at_a_time;
use super::table::hold;
use crate::ids::{HoldId, OrgId, ReceiptId, SessionKey};
use crate::live::Topic;
use crate::sessions::table::session;
use crate::{Control, Error, Result, ingest, sessions};

/// How many open holds of one session are counted for.
const HOLDS: u64 = 20;
/// How long it waits first where ships are being read: they want the processor.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a long session waits at most because long bodies are being read: both take much memory.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked whether another server left something.
const TICK: Duration = Duration::from_secs(10);

/// Tells whoever weighs that something was shipped.
#[derive(Default)]
pub(crate) struct Weighing(Notify);

impl Weighing {
    /// There may be something to weigh.
    pub(crate) fn look(&self) {
        self.0.notify_one();
    }
}

/// What was counted for a session, as it was shipped last.
pub(super) struct Weighed {
    org: OrgId,
    session: SessionKey,
    last_receipt: ReceiptId,
    counts: Vec<(HoldId, i64)>,
}

/// Weighs what is shipped until `stop` completes. A failure is logged and tried again.
pub async fn keep_weighed(control: Control, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let weighed = tokio::select! {
            () = &mut stop => return,
            weighed = weigh(&control) => weighed,
        };
        match weighed {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "holds are not being weighed; trying again"),
        }
        tokio::select! {
            () = &mut stop => return,
            () = control.weighing().0.notified() => give_way(&control).await,
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

async fn give_way(control: &Control) {
    if control.ship_turns().traffic().reading > 0 {
        tokio::time::sleep(PAUSE).await;
    }
}

/// Weighs the next session. False where none waits.
pub(super) async fn weigh(control: &Control) -> Result<bool> {
    let Some(weighed) = count_next(control).await? else {
        return Ok(false);
    };
    write_down(control, weighed).await?;
    Ok(true)
}

pub(super) async fn count_next(control: &Control) -> Result<Option<Weighed>> {
    let mut is_due = Condition::all();
    if ingest::reads_long_bodies(control) {
        let is_short = session::Column::LastBodyBytes.lt(sessions::stored(ingest::LONG));
        let waited = session::Column::WeighSince.lt(control.now().before(PATIENCE));
        is_due = is_due.add(Condition::any().add(is_short).add(waited));
    }
    let waiting: Option<(OrgId, SessionKey, ReceiptId)> = session::Entity::find()
        .select_only()
        .columns([
            session::Column::OrgId,
            session::Column::Id,
            session::Column::LastReceipt,
        ])
        .filter(session::Column::WeighSince.is_not_null())
        .filter(is_due)
        .order_by_asc(session::Column::WeighSince)
        .limit(1)
        .into_tuple()
        .one(control.read())
        .await?;
    let Some((org, session, last_receipt)) = waiting else {
        return Ok(None);
    };
    let counts = match count(control, org, session).await {
        Err(Error::Broken(what)) => {
            // It would be as broken the next time.
            tracing::warn!(%session, what, "holds were not weighed");
            Vec::new()
        }
        counts => counts?,
    };
    Ok(Some(Weighed {
        org,
        session,
        last_receipt,
        counts,
    }))
}

/// What has changed for the open holds of a session.
async fn count(control: &Control, org: OrgId, session: SessionKey) -> Result<Vec<(HoldId, i64)>> {
    let open = hold::Entity::find()
        .filter(hold::Column::OrgId.eq(org))
        .filter(hold::Column::Session.eq(session))
        .filter(hold::Column::Merged.is_null())
        .filter(hold::Column::Decision.is_null())
        .filter(hold::Column::LogOutcome.is_null())
        .order_by_desc(hold::Column::KnownAt)
        .limit(HOLDS)
        .all(control.read())
        .await?;
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let read = sessions::read_behind(control, org, session).await?;
    let work = control.background().run(move || {
        let reasons = Reasons::of(&read);
        open.into_iter()
            .filter_map(|hold| {
                let count = reasons.why(hold.action_id.as_deref()?)?.hesitations.len();
                let count = i64::try_from(count).ok()?;
                (hold.to_weigh != Some(count)).then_some((hold.id, count))
            })
            .collect()
    });
    work.await
}

/// Says what was counted. A session that was shipped again meanwhile goes on waiting, behind the others:
/// one that is shipped without end holds up nobody else's.
pub(super) async fn write_down(control: &Control, weighed: Weighed) -> Result<()> {
    let Weighed { org, session, .. } = weighed;
    let mut write = control.begin().await?;
    let found = session::Entity::find_by_id(session)
        .filter(session::Column::OrgId.eq(org))
        .filter(session::Column::WeighSince.is_not_null())
        .lock_exclusive()
        .one(&*write)
        .await?;
    // Another server has weighed it, or it is gone.
    let Some(found) = found else {
        return Ok(());
    };
    one_at_a_time(&write, org).await?;
    let mut is_all = true;
    for (id, count) in weighed.counts {
        let counted = hold::ActiveModel {
            to_weigh: Set(Some(count)),
            ..Default::default()
        };
        let done = hold::Entity::update_many()
            .set(counted)
            .filter(hold::Column::Id.eq(id))
            .filter(hold::Column::OrgId.eq(org))
            .filter(hold::Column::Merged.is_null())
            .exec(&*write)
            .await?;
        // One that was joined with another meanwhile is counted as what it is now.
        is_all &= done.rows_affected > 0;
        write.tell(org, Topic::Hold(id));
    }
    let is_done = is_all && found.last_receipt == weighed.last_receipt;
    session::Entity::update_many()
        .set(session::ActiveModel {
            weigh_since: Set((!is_done).then(|| control.now())),
            ..Default::default()
        })
        .filter(session::Column::Id.eq(session))
        .filter(session::Column::OrgId.eq(org))
        .exec(&*write)
        .await?;
    write.commit().await
}
