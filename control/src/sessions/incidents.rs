//! The breaches of integrity of a whole organisation, for whoever answers for all of its agents.

use std::collections::HashMap;

use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::page::{Incident, incident_row};
use super::table::{incident, session};
use crate::ids::{IncidentId, SessionKey};
use crate::page::{Cursor, page};
use crate::{Control, Error, Result, Scope};

/// The most incidents of one page of the list.
const PAGE: u64 = 100;

/// A breach, and the session that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRow {
    /// The breach.
    pub incident: Incident,
    /// Our id of the session.
    pub session: SessionKey,
    /// Lodestar's id of its project: data from outside.
    pub project_id: String,
    /// Lodestar's id of it: data from outside.
    pub session_id: String,
    /// Who acted in it, as far as the log tells.
    pub agent: Option<String>,
}

/// One page of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentList {
    /// The incidents, the one that happened last first.
    pub incidents: Vec<IncidentRow>,
    /// Where the next page starts, if there is one.
    pub next: Option<Cursor<IncidentId>>,
}

/// The incidents of the organisation, the one that happened last first, from `after` on.
///
/// # Errors
/// [`Error::Database`].
pub async fn incidents(
    scope: &Scope,
    control: &Control,
    after: Option<Cursor<IncidentId>>,
    limit: u64,
) -> Result<IncidentList> {
    use incident::Column;

    let limit = limit.clamp(1, PAGE);
    let query = incident::Entity::find().filter(Column::OrgId.eq(scope.org()));
    let columns = (Column::LastAt, Column::Id);
    let (rows, next) = page(control, query, columns, after, limit, |row| Cursor {
        at: row.last_at,
        id: row.id,
    })
    .await?;
    let named: HashMap<SessionKey, (String, String, Option<String>)> = session::Entity::find()
        .select_only()
        .columns([
            session::Column::Id,
            session::Column::ProjectId,
            session::Column::SessionId,
            session::Column::Agent,
        ])
        .filter(session::Column::OrgId.eq(scope.org()))
        .filter(session::Column::Id.is_in(rows.iter().map(|row| row.session)))
        .into_tuple::<(SessionKey, String, String, Option<String>)>()
        .all(control.read())
        .await?
        .into_iter()
        .map(|(id, project, session, agent)| (id, (project, session, agent)))
        .collect();
    let incidents = rows.into_iter().map(|row| {
        let (project_id, session_id, agent) = named
            .get(&row.session)
            .cloned()
            .ok_or(Error::Broken("an incident has its session"))?;
        Ok(IncidentRow {
            session: row.session,
            incident: incident_row(row)?,
            project_id,
            session_id,
            agent,
        })
    });
    Ok(IncidentList {
        incidents: incidents.collect::<Result<_>>()?,
        next,
    })
}

/// How many incidents the organisation has.
///
/// # Errors
/// [`Error::Database`].
pub async fn incident_count(scope: &Scope, control: &Control) -> Result<u64> {
    let all = incident::Entity::find().filter(incident::Column::OrgId.eq(scope.org()));
    Ok(all.count(control.read()).await?)
}
