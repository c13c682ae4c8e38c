//! Lists of sessions, the last shipped first.

use machinaut_chain::session::{Sensitivity, Summary};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, LikeExpr};
use sea_orm::{Condition, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::counted;
use super::table::session::{Column, Entity, Model};
use crate::clock::Moment;
use crate::ids::{OrgId, SessionKey};
use crate::page::{Cursor, page};
use crate::{Control, Error, Result, Scope};

/// The most sessions of one page of a list.
const PAGE: u64 = 100;

/// Which sessions to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of this project.
    pub project: Option<String>,
    /// Only those with this text in their id, project or agent, whatever its case.
    pub text: Option<String>,
    /// Only those with a finding or an incident.
    pub flagged: bool,
}

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionRow {
    /// Our id of it.
    pub id: SessionKey,
    /// Lodestar's id of its project: data from outside.
    pub project_id: String,
    /// Lodestar's id of it: data from outside.
    pub session_id: String,
    /// Who acted in it, as far as the log tells.
    pub agent: Option<String>,
    /// The highest ceiling that it was shipped with.
    pub ceiling: Sensitivity,
    /// How many events are kept.
    pub events: u64,
    /// How many of them are still withheld.
    pub withheld: u64,
    /// How many actions it has.
    pub actions: u64,
    /// How many holds it has.
    pub holds: u64,
    /// How many findings stand on its events.
    pub findings: u64,
    /// How many incidents there were.
    pub incidents: u64,
    /// How often it was shipped.
    pub ships: u64,
    /// The first `seq` in it.
    pub first_seq: u64,
    /// The last `seq` in it.
    pub last_seq: u64,
    /// When its first event was written, by its own clock.
    pub first_at: Option<Moment>,
    /// When its last event was written, by its own clock.
    pub last_at: Option<Moment>,
    /// When it was shipped first.
    pub first_shipped_at: Moment,
    /// When it was shipped last.
    pub last_shipped_at: Moment,
    /// What its chain comes to.
    pub summary: Summary,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// The sessions.
    pub sessions: Vec<SessionRow>,
    /// Where the next page starts, if there is one.
    pub next: Option<Cursor<SessionKey>>,
}

/// The sessions that `filter` asks for, the last shipped first, from `after` on.
///
/// # Errors
/// [`Error::Database`].
pub async fn list(
    scope: &Scope,
    control: &Control,
    filter: &Filter,
    after: Option<Cursor<SessionKey>>,
    limit: u64,
) -> Result<List> {
    let limit = limit.clamp(1, PAGE);
    let mut query = Entity::find().filter(Column::OrgId.eq(scope.org()));
    if let Some(project) = &filter.project {
        query = query.filter(Column::ProjectId.eq(project));
    }
    if let Some(text) = filter
        .text
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        query = query.filter(
            [Column::SessionId, Column::ProjectId, Column::Agent]
                .into_iter()
                .fold(Condition::any(), |any, column| {
                    any.add(contains(column, text))
                }),
        );
    }
    if filter.flagged {
        query = query.filter(
            Condition::any()
                .add(Column::Findings.gt(0))
                .add(Column::Incidents.gt(0)),
        );
    }
    let columns = (Column::LastShippedAt, Column::Id);
    let (rows, next) = page(control, query, columns, after, limit, |row| Cursor {
        at: row.last_shipped_at,
        id: row.id,
    })
    .await?;
    Ok(List {
        sessions: rows.into_iter().map(row_of).collect::<Result<_>>()?,
        next,
    })
}

/// The projects that sessions were shipped of, in alphabetical order.
///
/// # Errors
/// [`Error::Database`].
pub async fn projects(scope: &Scope, control: &Control) -> Result<Vec<String>> {
    projects_of(control, scope.org()).await
}

async fn projects_of(control: &Control, org: OrgId) -> Result<Vec<String>> {
    Ok(Entity::find()
        .select_only()
        .column(Column::ProjectId)
        .distinct()
        .filter(Column::OrgId.eq(org))
        .order_by_asc(Column::ProjectId)
        .into_tuple()
        .all(control.read())
        .await?)
}

fn contains(column: Column, text: &str) -> sea_orm::sea_query::SimpleExpr {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for char in text.to_lowercase().chars() {
        if matches!(char, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern.push('%');
    Expr::expr(Func::lower(Expr::col(column))).like(LikeExpr::new(pattern).escape('\\'))
}

/// What a list shows of a stored session.
pub(crate) fn row_of(row: Model) -> Result<SessionRow> {
    Ok(SessionRow {
        id: row.id,
        ceiling: row
            .ceiling
            .parse()
            .map_err(|_| Error::Broken("a kept ceiling is one"))?,
        summary: serde_json::from_str(&row.summary)
            .map_err(|_| Error::Broken("a kept summary can be read"))?,
        project_id: row.project_id,
        session_id: row.session_id,
        agent: row.agent,
        events: counted(row.events),
        withheld: counted(row.withheld),
        actions: counted(row.actions),
        holds: counted(row.holds),
        findings: counted(row.findings),
        incidents: counted(row.incidents),
        ships: counted(row.ships),
        first_seq: counted(row.first_seq),
        last_seq: counted(row.last_seq),
        first_at: row.first_at,
        last_at: row.last_at,
        first_shipped_at: row.first_shipped_at,
        last_shipped_at: row.last_shipped_at,
    })
}
