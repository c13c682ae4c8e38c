//! What happened that somebody may have to answer for: who did what, and when. A line is written in
//! the transaction that does the thing, so that neither is there without the other, and is never
//! changed or taken away: the database itself refuses that.

mod table;
#[cfg(test)]
mod tests;

use sea_orm::IntoActiveModel as _;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::table::{Column, Entity, Model};
use crate::clock::Moment;
use crate::database::Write;
use crate::ids::{AuditId, IncidentId, MemberId, OrgId, SessionKey, TokenId};
use crate::page::{Cursor, page};
use crate::sessions::IncidentKind;
use crate::{Control, Error, Result, Scope};

/// The most lines of one page.
const PAGE: u64 = 200;

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Actor {
    /// A member.
    Member(MemberId),
    /// A machine, by its token.
    Token(TokenId),
    /// The server itself, or whoever sits at its console.
    System,
}

/// What was done, and to what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Act {
    /// A ship showed a breach of the integrity of a session.
    IncidentFound {
        /// The incident.
        incident: IncidentId,
        /// The session.
        session: SessionKey,
        /// What kind of breach.
        kind: IncidentKind,
    },
}

impl Act {
    /// Its name in the database.
    const fn name(&self) -> &'static str {
        match self {
            Self::IncidentFound { .. } => "incident_found",
        }
    }
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Moment,
    /// Who.
    pub actor: Actor,
    /// What.
    pub act: Act,
}

/// One page of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// The lines, the newest first.
    pub lines: Vec<Line>,
    /// Where the next page starts, if there is one.
    pub next: Option<Cursor<AuditId>>,
}

/// The audit log of the organisation, the newest line first, from `after` on.
///
/// # Errors
/// [`Error::Database`].
pub async fn list(
    scope: &Scope,
    control: &Control,
    after: Option<Cursor<AuditId>>,
    limit: u64,
) -> Result<List> {
    let limit = limit.clamp(1, PAGE);
    let query = Entity::find().filter(Column::OrgId.eq(scope.org()));
    let columns = (Column::At, Column::Id);
    let (rows, next) = page(control, query, columns, after, limit, |row| Cursor {
        at: row.at,
        id: row.id,
    })
    .await?;
    Ok(List {
        next,
        lines: rows.iter().map(line).collect::<Result<_>>()?,
    })
}

/// Writes a line, in the transaction that does what it tells.
pub(crate) async fn note(
    write: &Write,
    control: &Control,
    org: OrgId,
    actor: Actor,
    act: &Act,
) -> Result<()> {
    let (actor_kind, actor_id) = match actor {
        Actor::Member(id) => ("member", Some(Uuid::from(id))),
        Actor::Token(id) => ("token", Some(Uuid::from(id))),
        Actor::System => ("system", None),
    };
    let row = Model {
        id: AuditId::mint(control),
        org_id: org,
        at: control.now(),
        actor_kind: actor_kind.to_owned(),
        actor_id,
        act: act.name().to_owned(),
        detail: serde_json::to_string(act).map_err(|_| Error::Broken("an act can be written"))?,
    };
    Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(&**write)
        .await?;
    Ok(())
}

fn line(row: &Model) -> Result<Line> {
    let broken = || Error::Broken("a line of the audit log can be read");
    let actor = match (row.actor_kind.as_str(), row.actor_id) {
        ("member", Some(id)) => Actor::Member(id.into()),
        ("token", Some(id)) => Actor::Token(id.into()),
        ("system", None) => Actor::System,
        _ => return Err(broken()),
    };
    Ok(Line {
        id: row.id,
        at: row.at,
        actor,
        act: serde_json::from_str(&row.detail).map_err(|_| broken())?,
    })
}
