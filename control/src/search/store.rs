//! What of the store is searched: the links of each session, and the holds that no session shows
//! yet.

use std::collections::HashMap;

use machinaut_chain::links::{Facets, Link, Teller, links_of};
use machinaut_chain::session::Sensitivity;
use machinaut_chain::why::Kind;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder as _, QuerySelect as _};
use tracing::Instrument as _;

use super::document::{Document, Group};
use super::engine::Changes;
use super::outbox::Subject;
use super::pieces::{Giver, Pieces, pieces};
use crate::holds::IndexedHold;
use crate::ids::{OrgId, SessionKey};
use crate::sessions::Outline;
use crate::sessions::table::session::{Column, Entity, Model};
use crate::{Control, Error, Result, holds, sessions};

/// How long the text of a hold is, in characters.
const REASON_CHARS: usize = 4_000;
/// From how many bytes of records on a session is told piece by piece. The sessions of tests are short; some
/// of them are long ones all the same.
const LONG: u64 = if cfg!(test) {
    64 * 1024
} else {
    4 * 1024 * 1024
};

/// Adds what a change means for an index, read from the store as it is now.
pub(super) async fn read(
    control: &Control,
    org: OrgId,
    subject: Subject,
    into: &mut Changes,
) -> Result<()> {
    match subject {
        Subject::Session(session) => read_session(control, org, session, into).await,
        Subject::Hold(hold) => {
            let (hold_as_it_is, merged) = holds::indexed(control, org, hold).await?;
            replace(into, Group::Hold(hold), Vec::new());
            for gone in merged {
                replace(into, Group::Hold(gone), Vec::new());
            }
            match hold_as_it_is {
                Some(hold) if hold.is_merged => Ok(()),
                Some(IndexedHold {
                    session: Some(session),
                    ..
                }) => read_session(control, org, session, into).await,
                Some(hold) => {
                    replace(into, Group::Hold(hold.id), documents_of_hold(org, &hold));
                    Ok(())
                }
                None => Ok(()),
            }
        }
    }
}

/// Whether reading what a change means would read no session that is not there already.
pub(super) async fn is_in(
    control: &Control,
    org: OrgId,
    subject: Subject,
    gathered: &Changes,
) -> Result<bool> {
    let session = match subject {
        Subject::Session(session) => Some(session),
        Subject::Hold(hold) => {
            let (hold, _) = holds::indexed(control, org, hold).await?;
            hold.and_then(|hold| hold.session)
        }
    };
    Ok(session.is_some_and(|session| gathered.groups.contains(&Group::Session(session))))
}

/// The next sessions of every organisation, the newest first.
pub(super) async fn sessions_below(
    control: &Control,
    below: Option<Uuid>,
    limit: u64,
) -> Result<Vec<(OrgId, SessionKey)>> {
    let mut query = Entity::find()
        .select_only()
        .columns([Column::OrgId, Column::Id]);
    if let Some(below) = below {
        query = query.filter(Column::Id.lt(SessionKey::from(below)));
    }
    Ok(query
        .order_by_desc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(control.read())
        .await?)
}

/// How many sessions and holds there are to be indexed.
pub(super) async fn count(control: &Control) -> Result<u64> {
    let sessions = Entity::find().count(control.read()).await?;
    Ok(sessions + holds::count_alone(control).await?)
}

/// Everything of a session; nothing where it is gone.
async fn read_session(
    control: &Control,
    org: OrgId,
    session: SessionKey,
    into: &mut Changes,
) -> Result<()> {
    let group = Group::Session(session);
    if into.groups.contains(&group) {
        return Ok(());
    }
    let row = match sessions::find(control, org, session).await {
        Ok(row) => row,
        Err(Error::NotFound(_)) => {
            replace(into, group, Vec::new());
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let at_once = match at_once(control, &row, LONG).await {
        Err(Error::Broken(what)) => {
            cannot_be_read(session, what);
            Some(Vec::new())
        }
        read => read?,
    };
    if let Some(documents) = at_once {
        replace(into, group, documents);
    } else {
        let making = Making::of(control, &row).await?;
        into.long = Some(in_pieces(control, making));
        replace(into, group, Vec::new());
    }
    Ok(())
}

/// It would be as broken the next time, and everybody else's changes wait behind it.
fn cannot_be_read(session: SessionKey, what: &str) {
    tracing::warn!(%session, what, "a session cannot be indexed");
}

fn replace(into: &mut Changes, group: Group, documents: Vec<Document>) {
    if !into.groups.contains(&group) {
        into.groups.push(group);
    }
    into.documents.extend(documents);
}

/// Every document of a session; none where its records are longer than that.
pub(super) async fn at_once(
    control: &Control,
    row: &Model,
    most: u64,
) -> Result<Option<Vec<Document>>> {
    let Some(read) = sessions::read_short_behind(control, row.org_id, row.id, most).await? else {
        return Ok(None);
    };
    let mut making = Making::of(control, row).await?;
    let work = control.background().run(move || {
        let links = links_of(&read).into_iter();
        links.map(|link| making.document(link)).collect()
    });
    Ok(Some(work.await?))
}

/// Every document of a session that is long. It is read twice, run by run, and no more of it is in memory
/// than a run and what its links tell of each other.
pub(super) fn in_pieces(control: &Control, making: Making) -> Pieces {
    let (giver, pieces) = pieces();
    let control = control.clone();
    let work = async move {
        let told = tell(&control, making, &giver).await;
        giver.end(told).await;
    };
    tokio::spawn(work.in_current_span());
    pieces
}

async fn tell(control: &Control, mut making: Making, giver: &Giver) -> Result<()> {
    let (outline, mut teller) = match learn(control, &making).await {
        Err(Error::Broken(what)) => {
            cannot_be_read(making.session, what);
            return Ok(());
        }
        learned => learned?,
    };
    let background = control.background();
    for run in outline.runs() {
        let events = outline.read_behind(control, run).await?;
        let documents: Vec<Document>;
        (documents, teller, making) = background
            .run(move || {
                let links = events.iter().flat_map(|event| teller.tell(event));
                let documents = links.map(|link| making.document(link)).collect();
                (documents, teller, making)
            })
            .await?;
        giver.give(documents).await?;
    }
    let holds = background.run(move || {
        let links = teller.finish().into_iter();
        links.map(|link| making.document(link)).collect()
    });
    giver.give(holds.await?).await
}

/// Reads the whole session for the first time. Nothing of it is given before that.
async fn learn(control: &Control, making: &Making) -> Result<(Outline, Teller)> {
    let outline = sessions::outline_in(control, making.org, making.session).await?;
    let mut teller = Teller::default();
    for run in outline.runs() {
        let events = outline.read_behind(control, run).await?;
        let work = control.background().run(move || {
            for event in &events {
                teller.learn(event);
            }
            teller
        });
        teller = work.await?;
    }
    Ok((outline, teller))
}

/// Makes the documents of a session of its links.
pub(super) struct Making {
    org: OrgId,
    session: SessionKey,
    project_id: String,
    session_id: String,
    known: Vec<IndexedHold>,
    twins: HashMap<Vec<u8>, u32>,
}

impl Making {
    pub(super) async fn of(control: &Control, row: &Model) -> Result<Self> {
        Ok(Self {
            org: row.org_id,
            session: row.id,
            project_id: row.project_id.clone(),
            session_id: row.session_id.clone(),
            known: holds::indexed_of_session(control, row.org_id, row.id).await?,
            twins: HashMap::new(),
        })
    }

    fn document(&mut self, link: Link) -> Document {
        // A document may have only the beginning of its id.
        let hold = match link.kind {
            Kind::Hold => self.known.iter().find(|hold| is_told_by(hold, &link)),
            _ => None,
        };
        let mut document = Document::of_link(self.org, self.session, link);
        document.project_id = Some(self.project_id.clone());
        document.session_id = Some(self.session_id.clone());
        if let Some(hold) = hold {
            stand(&mut document, hold);
        }
        let twin = self.twins.entry(document.key()).or_default();
        document.twin = *twin;
        *twin += 1;
        document
    }
}

fn is_told_by(hold: &IndexedHold, link: &Link) -> bool {
    let id = link.id.as_deref();
    id.is_some() && (hold.request_id.as_deref() == id || hold.action_id.as_deref() == id)
}

/// What people decided here counts before the log has it.
fn stand(document: &mut Document, hold: &IndexedHold) {
    document.hold = Some(hold.id);
    if let (Some("open"), Some(verdict)) = (document.facets.verdict.as_deref(), &hold.verdict) {
        document.facets.verdict = Some(verdict.clone());
    }
}

/// A hold that was announced or only asked for. That it waits, for which request and in which
/// project, no ceiling hides; why it waits was never classified.
fn documents_of_hold(org: OrgId, hold: &IndexedHold) -> Vec<Document> {
    let bare = Document {
        org,
        group: Group::Hold(hold.id),
        kind: Kind::Hold,
        id: hold.request_id.clone().or_else(|| hold.action_id.clone()),
        seq: None,
        event_id: None,
        at: Some(hold.at),
        withheld: None,
        title: String::new(),
        text: String::new(),
        names: hold.action_id.iter().cloned().collect(),
        facets: Facets {
            verdict: Some(hold.verdict.clone().unwrap_or_else(|| "open".to_owned())),
            ..Facets::default()
        },
        project_id: hold.project_id.clone(),
        session_id: None,
        hold: Some(hold.id),
        from: Sensitivity::Public,
        until: Sensitivity::Confidential,
        twin: 0,
    };
    let facts = hold.facts.as_ref();
    let told = Document {
        title: hold
            .reason
            .as_deref()
            .unwrap_or_default()
            .chars()
            .take(REASON_CHARS)
            .collect(),
        facets: Facets {
            agent: facts.map(|facts| facts.agent.clone()),
            tool: facts.and_then(|facts| facts.tool.clone()),
            sensitivity: Some(Sensitivity::Secret.as_str().to_owned()),
            ..bare.facets.clone()
        },
        from: Sensitivity::Secret,
        until: Sensitivity::Secret,
        ..bare.clone()
    };
    vec![bare, told]
}
