//! Counts, once a session was shipped, how many things about each of its open holds should make an
//! approver hesitate, so that the inbox can say it without reading sessions.

use machinaut_chain::why::Reasons;
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder as _, QuerySelect as _};

use super::known::update;
use super::table::hold;
use crate::ids::{OrgId, SessionKey};
use crate::live::Topic;
use crate::{Control, Error, Result, sessions};

/// How many open holds of one session are counted for.
const HOLDS: u64 = 20;

/// Counts for the open holds of a session that was just shipped.
pub(crate) async fn weigh(control: &Control, org: OrgId, session: SessionKey) -> Result<()> {
    let open = hold::Entity::find()
        .filter(hold::Column::OrgId.eq(org))
        .filter(hold::Column::Session.eq(session))
        .filter(hold::Column::Merged.is_null())
        .filter(hold::Column::Decision.is_null())
        .filter(hold::Column::LogOutcome.is_null())
        .order_by_desc(hold::Column::Id)
        .limit(HOLDS)
        .all(control.read())
        .await?;
    if open.is_empty() {
        return Ok(());
    }
    let read = sessions::read_in(control, org, session).await?;
    let counted = tokio::task::spawn_blocking(move || {
        let reasons = Reasons::of(&read);
        open.into_iter()
            .filter_map(|hold| {
                let count = reasons.why(hold.action_id.as_deref()?)?.hesitations.len();
                let count = i64::try_from(count).ok()?;
                (hold.to_weigh != Some(count)).then_some((hold.id, count))
            })
            .collect::<Vec<_>>()
    })
    .await
    .map_err(|_| Error::Broken("reading a why ends"))?;
    if counted.is_empty() {
        return Ok(());
    }
    let mut write = control.begin().await?;
    for (id, count) in counted {
        update(
            &write,
            org,
            id,
            hold::ActiveModel {
                to_weigh: Set(Some(count)),
                ..Default::default()
            },
        )
        .await?;
        write.tell(org, Topic::Hold(id));
    }
    write.commit().await
}
