//! Building every index anew, because somebody asked for it at the console. The wish is a row in
//! the outbox: each server that searches comes across it and does it, and tells how far it is.

use std::time::Duration;

use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder as _, QuerySelect as _};

use super::Progress;
use super::feed::{self, Step};
use super::outbox;
use super::table::{node, outbox as table};
use crate::{Control, Error, LocalOperator, Result};

/// How long a server is taken to be there after it last said where it stands.
const THERE: Duration = Duration::from_secs(15);

/// A wish that every index be built anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuild {
    wish: Uuid,
    /// Whether somebody wished for it before, and it is not done yet: this one goes on with that.
    pub is_under_way: bool,
}

/// A server that searches, and how far it is with a rebuild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Which.
    pub id: Uuid,
    /// How far; none before it has begun.
    pub progress: Option<Progress>,
    /// Whether it is done.
    pub is_done: bool,
}

/// Wishes that every index be built anew. Where that is under way already, it is not wished again.
///
/// # Errors
/// [`Error::Database`].
pub async fn rebuild(_: LocalOperator, control: &Control) -> Result<Rebuild> {
    let last = table::Entity::find()
        .filter(table::Column::Kind.eq("everything"))
        .order_by_desc(table::Column::At)
        .order_by_desc(table::Column::Id)
        .limit(1)
        .one(control.read())
        .await?;
    if let Some(last) = last {
        let before = Rebuild {
            wish: last.id,
            is_under_way: true,
        };
        let nodes = before.nodes(control).await?;
        let own = control.search().engine();
        let own_mark = match own {
            Some(engine) if !engine.is_shared() => engine.mark(control).await?,
            _ => None,
        };
        let own_is_under_way = own_mark.is_some_and(|mark| {
            mark.building.is_some() && last.position.is_some_and(|wish| mark.after.number >= wish)
        });
        if nodes.iter().any(|node| !node.is_done) || (nodes.is_empty() && own_is_under_way) {
            return Ok(before);
        }
    }
    let write = control.begin().await?;
    let wish = outbox::note_everything(&write, control).await?;
    write.commit().await?;
    Ok(Rebuild {
        wish,
        is_under_way: false,
    })
}

impl Rebuild {
    /// The servers that search, and how far each of them is.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn nodes(&self, control: &Control) -> Result<Vec<Node>> {
        outbox::order(control).await?;
        let wish = outbox::find(control, self.wish)
            .await?
            .ok_or(Error::Broken("a wish in the outbox is kept"))?;
        let nodes = node::Entity::find()
            .filter(node::Column::SeenAt.gt(control.now().before(THERE)))
            .order_by_asc(node::Column::Id)
            .all(control.read())
            .await?;
        Ok(nodes
            .into_iter()
            .map(|node| {
                let has_begun = node.position >= wish.number;
                let count = |number: i64| u64::try_from(number).unwrap_or_default();
                let building = node.done.zip(node.total);
                Node {
                    id: node.id,
                    progress: building.filter(|_| has_begun).map(|(done, of)| Progress {
                        done: count(done),
                        of: count(of),
                    }),
                    is_done: has_begun && building.is_none(),
                }
            })
            .collect())
    }

    /// Does the next piece of it in this process, for when no server runs. None once it is done.
    ///
    /// # Errors
    /// [`Error::SearchUnavailable`] where the index is in use by another process.
    pub async fn step(&self, control: &Control) -> Result<Option<Progress>> {
        let Some(engine) = control.search().engine() else {
            return Ok(None);
        };
        match feed::step(control, &*engine).await? {
            Step::NotOurs => Err(Error::SearchUnavailable(
                "Another server feeds the search engine; let it do this.",
            )),
            Step::Idle => Ok(None),
            Step::More => Ok(Some(control.search().progress().unwrap_or_default())),
        }
    }
}
