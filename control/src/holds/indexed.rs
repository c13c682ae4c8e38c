//! What search knows of holds: those that no session shows yet, and how those of a session stand.

use machinaut_chain::model::ActionFacts;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder as _, QuerySelect as _};

use super::table::{decision, hold};
use crate::clock::Moment;
use crate::ids::{HoldId, OrgId, SessionKey};
use crate::{Control, Result};

/// A hold, as search takes it.
#[derive(Clone, Debug)]
pub(crate) struct IndexedHold {
    pub(crate) id: HoldId,
    pub(crate) session: Option<SessionKey>,
    /// Whether it turned out to be another one, which is the one to be found.
    pub(crate) is_merged: bool,
    pub(crate) project_id: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) action_id: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) facts: Option<ActionFacts>,
    pub(crate) at: Moment,
    /// `granted` or `denied` where it was decided here, else how a log says that it ended.
    pub(crate) verdict: Option<String>,
}

/// That hold of this organisation, with those that turned out to be it.
pub(crate) async fn indexed(
    control: &Control,
    org: OrgId,
    id: HoldId,
) -> Result<(Option<IndexedHold>, Vec<HoldId>)> {
    let hold = hold::Entity::find_by_id(id)
        .filter(hold::Column::OrgId.eq(org))
        .one(control.read())
        .await?;
    let merged = hold::Entity::find()
        .select_only()
        .column(hold::Column::Id)
        .filter(hold::Column::OrgId.eq(org))
        .filter(hold::Column::Merged.eq(id))
        .into_tuple()
        .all(control.read())
        .await?;
    let hold = match hold {
        Some(hold) => told(control, vec![hold]).await?.pop(),
        None => None,
    };
    Ok((hold, merged))
}

/// The holds of a session.
pub(crate) async fn indexed_of_session(
    control: &Control,
    org: OrgId,
    session: SessionKey,
) -> Result<Vec<IndexedHold>> {
    let holds = hold::Entity::find()
        .filter(hold::Column::OrgId.eq(org))
        .filter(hold::Column::Session.eq(session))
        .filter(hold::Column::Merged.is_null())
        .all(control.read())
        .await?;
    told(control, holds).await
}

/// Holds that no session shows yet, the newest first, of every organisation: for building an index.
pub(crate) async fn indexed_alone(
    control: &Control,
    below: Option<Uuid>,
    limit: u64,
) -> Result<Vec<(OrgId, IndexedHold)>> {
    let mut query = alone();
    if let Some(below) = below {
        query = query.filter(hold::Column::Id.lt(HoldId::from(below)));
    }
    let holds = query
        .order_by_desc(hold::Column::Id)
        .limit(limit)
        .all(control.read())
        .await?;
    let orgs: Vec<OrgId> = holds.iter().map(|hold| hold.org_id).collect();
    Ok(orgs.into_iter().zip(told(control, holds).await?).collect())
}

/// How many holds no session shows yet.
pub(crate) async fn count_alone(control: &Control) -> Result<u64> {
    Ok(alone().count(control.read()).await?)
}

fn alone() -> sea_orm::Select<hold::Entity> {
    hold::Entity::find()
        .filter(hold::Column::Session.is_null())
        .filter(hold::Column::Merged.is_null())
}

async fn told(control: &Control, holds: Vec<hold::Model>) -> Result<Vec<IndexedHold>> {
    let in_force: Vec<_> = holds.iter().filter_map(|hold| hold.decision).collect();
    let decisions: Vec<(HoldId, String)> = decision::Entity::find()
        .select_only()
        .columns([decision::Column::Hold, decision::Column::Kind])
        .filter(decision::Column::Id.is_in(in_force))
        .into_tuple()
        .all(control.read())
        .await?;
    let holds = holds.into_iter().map(|hold| {
        let decided = decisions.iter().find(|(of, _)| *of == hold.id);
        IndexedHold {
            id: hold.id,
            session: hold.session,
            is_merged: hold.merged.is_some(),
            project_id: hold.project_id,
            request_id: hold.request_id,
            action_id: hold.action_id,
            reason: hold.reason,
            facts: hold
                .facts
                .as_deref()
                .and_then(|facts| serde_json::from_str(facts).ok()),
            at: hold.requested_ms.unwrap_or(hold.known_at),
            verdict: decided.map(|(_, kind)| kind.clone()).or(hold.log_outcome),
        }
    });
    Ok(holds.collect())
}
