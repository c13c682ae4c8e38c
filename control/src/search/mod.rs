//! Search: every link of every session that a member may know, found while typing.
//!
//! People meet it on the search page of the app ([`find`]). What is searched follows entirely from
//! the store: the outbox tells what changed, [`keep_fresh`] reads it and hands it to an engine,
//! which keeps documents and finds them. There are two engines: an embedded one, with an index in a
//! folder of each server, and Meilisearch. An index can be lost at any time without losing anything.
//!
//! Nobody searches without a [`Scope`]: the organisation and the clearance of the one who asks are
//! part of every question by the way it is made.

mod cursor;
mod document;
mod embedded;
mod engine;
mod facet;
mod feed;
mod meilisearch;
pub(crate) mod outbox;
mod pieces;
mod query;
mod rebuild;
mod saved;
mod snippet;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod words;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use machinaut_chain::session::Sensitivity;
use machinaut_chain::why::Kind;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;
use uuid::Uuid;

use self::engine::{Engine, Found, Mark, Question};
use crate::clock::Moment;
use crate::ids::{HoldId, OrgId, SessionKey};
use crate::ingest::{Turn, Turns};
use crate::{Control, Error, Result, Scope};

pub use engine::{FacetCounts, Sort, ValueCount};
pub use facet::{Facet, UnknownFacet};
pub use feed::keep_fresh;
pub use query::{Filter, Misunderstood, Query, with_filter, without_filter};
pub use rebuild::{Node, Rebuild, rebuild};
pub use saved::{MOST_SAVED, NewSavedSearch, SavedSearch, forget, save, saved};
pub use snippet::Part;

/// The most results of one page.
pub const MOST_HITS: usize = 100;
/// The results of a page where nobody says otherwise.
pub const HITS: usize = 20;

/// How long a search waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);
/// What one that waited for nothing is told to wait.
const RETRY: Duration = Duration::from_secs(1);

/// What does the searching.
#[derive(Clone, Debug)]
pub enum Settings {
    /// An index below this folder, of this server alone.
    Embedded(PathBuf),
    /// A Meilisearch that every server shares.
    Meilisearch {
        /// Its address, without a slash at the end.
        url: String,
        /// Its key.
        key: Option<SecretString>,
        /// The index in it.
        index: String,
    },
}

/// The name of the index in Meilisearch where nobody says otherwise.
pub const MEILISEARCH_INDEX: &str = "machinaut_links";

impl Settings {
    fn open(&self) -> Arc<dyn Engine> {
        match self {
            Self::Embedded(folder) => Arc::new(embedded::Embedded::new(folder)),
            Self::Meilisearch { url, key, index } => Arc::new(meilisearch::Meilisearch::new(
                url.clone(),
                key.clone(),
                index.clone(),
            )),
        }
    }
}

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// What was typed.
    pub text: String,
    /// In which order.
    pub sort: Sort,
    /// Where the page before ended, as it was told with it.
    pub after: Option<String>,
    /// How many results, at most [`MOST_HITS`]; 0 means [`HITS`].
    pub limit: usize,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// One page of it.
    pub hits: Vec<Hit>,
    /// How much there is in all.
    pub total: u64,
    /// Where the next page begins, if there is one. Good for this question only.
    pub next: Option<String>,
    /// How often each value of each facet was found; only told with the first page.
    pub facets: Vec<FacetCounts>,
    /// The filters that the query has.
    pub filters: Vec<Filter>,
    /// How fresh this is.
    pub freshness: Freshness,
}

/// One link that was found. Its words come from the log: untrusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// What it is.
    pub kind: Kind,
    /// Lodestar's id of it; none where it is withheld.
    pub id: Option<String>,
    /// The session that it stands in; none for a hold that no session shows yet.
    pub session: Option<SessionKey>,
    /// The hold that it is, where it is one that was announced, asked for or seen here.
    pub hold: Option<HoldId>,
    /// The `seq` of the event that it rests on.
    pub seq: Option<u64>,
    /// The id of that event.
    pub event_id: Option<String>,
    /// Lodestar's id of the project.
    pub project_id: Option<String>,
    /// Lodestar's id of the session.
    pub session_id: Option<String>,
    /// When, by the clock of the log.
    pub at: Option<Moment>,
    /// How the payload is marked, where it is withheld, or above the clearance of the one who asks.
    pub withheld: Option<Sensitivity>,
    /// What it says, in short.
    pub title: Vec<Part>,
    /// A piece of what else it says, around what was found.
    pub snippet: Vec<Part>,
    /// What it can be filtered by, with its values.
    pub values: Vec<(Facet, String)>,
}

/// How fresh results are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// How far the index is built; none once it is complete.
    pub progress: Option<Progress>,
    /// How many changes are not in it yet.
    pub waiting: u64,
    /// How long ago the oldest of them was made.
    pub behind: Duration,
}

impl Freshness {
    /// Whether everything older than [`Freshness::behind`] is found.
    pub fn is_complete(&self) -> bool {
        self.progress.is_none()
    }
}

/// How far an index is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// How many sessions and holds are in it.
    pub done: u64,
    /// Of how many.
    pub of: u64,
}

impl Progress {
    /// In whole percent, never 100.
    pub fn percent(self) -> u64 {
        let percent = self.done.saturating_mul(100).checked_div(self.of);
        percent.unwrap_or(0).min(99)
    }
}

/// Finds.
///
/// # Errors
/// [`Error::Query`] where the text is not understood, with the place. [`Error::Invalid`] for a
/// place in the results that this question did not give out. [`Error::Busy`] where too many search
/// already, and no turn comes within two seconds. [`Error::SearchUnavailable`] where the engine does
/// not answer.
#[tracing::instrument(name = "search", skip_all)]
pub async fn find(scope: &Scope, control: &Control, ask: &Ask) -> Result<Results> {
    let began = std::time::Instant::now();
    let results = answer(scope, control, ask).await;
    let outcome = match &results {
        Ok(_) => "found",
        Err(Error::Busy { .. }) => "busy",
        Err(_) => "refused",
    };
    metrics::histogram!("machinaut_search_seconds", "outcome" => outcome).record(began.elapsed());
    results
}

async fn answer(scope: &Scope, control: &Control, ask: &Ask) -> Result<Results> {
    let query = Query::parse(&ask.text, control.now())?;
    let limit = match ask.limit {
        0 => HITS,
        limit => limit.min(MOST_HITS),
    };
    let filters = query.filters().to_vec();
    let mut question = Question::within(scope, query, ask.sort, limit);
    let binding = cursor::binding(&question, &ask.text);
    if let Some(after) = &ask.after {
        question.after = Some(cursor::read(after, &binding)?);
        question.counting = false;
    }
    let engine = control.search().engine().ok_or(Error::SearchUnavailable(
        "Search is switched off on this server.",
    ))?;
    let turn = control.search().turn(scope.org()).await?;
    // Asked first: what is told of freshness must not be better than what was searched.
    let freshness = freshness_of(control, Some(scope.org())).await?;
    // The turn goes along: a search that nobody waits for any more still takes its place.
    let searching = async move {
        let _turn = turn;
        engine.search(question).await
    };
    let answer = tokio::spawn(searching.in_current_span())
        .await
        .map_err(|_| Error::Broken("a search ends"))??;
    let next = answer
        .hits
        .last()
        .filter(|_| answer.more)
        .map(|last| cursor::write(&last.place, &binding));
    Ok(Results {
        hits: answer.hits.into_iter().map(hit).collect(),
        total: answer.total,
        next,
        facets: answer.facets,
        filters,
        freshness,
    })
}

/// How fresh the index of this server is.
///
/// # Errors
/// [`Error::Database`].
pub async fn freshness(control: &Control) -> Result<Freshness> {
    freshness_of(control, None).await
}

/// For a member, only changes of the own organisation count, and how much there is in all is not
/// told.
async fn freshness_of(control: &Control, org: Option<OrgId>) -> Result<Freshness> {
    let Some(engine) = control.search().engine() else {
        return Ok(Freshness::default());
    };
    let mark = match control.search().standing() {
        Some(mark) => Some(mark),
        None => engine.mark(control).await?,
    };
    let Some(mark) = mark else {
        return Ok(Freshness {
            progress: Some(Progress::default()),
            ..Freshness::default()
        });
    };
    let behind = outbox::behind(control, mark.after, org).await?;
    Ok(Freshness {
        progress: mark.building.as_ref().map(|building| {
            let progress = Progress {
                done: building.done,
                of: building.of,
            };
            match org {
                Some(_) => Progress {
                    done: progress.percent(),
                    of: 100,
                },
                None => progress,
            }
        }),
        waiting: behind.changes,
        behind: behind
            .oldest
            .map(|oldest| control.now().since(oldest))
            .unwrap_or_default(),
    })
}

/// What is in the index of this server: the name of the engine, and how many documents.
///
/// # Errors
/// [`Error::SearchUnavailable`] where the engine does not answer.
pub async fn size(control: &Control) -> Result<Option<(&'static str, u64)>> {
    match control.search().engine() {
        Some(engine) => Ok(Some((engine.name(), engine.documents().await?))),
        None => Ok(None),
    }
}

fn hit(found: Found) -> Hit {
    let document = found.document;
    let values = Facet::ALL.into_iter().filter_map(|facet| {
        let value = facet.value_of(&document)?;
        Some((facet, value.to_owned()))
    });
    Hit {
        values: values.collect(),
        kind: document.kind,
        session: match document.group {
            document::Group::Session(session) => Some(session),
            document::Group::Hold(_) => None,
        },
        hold: document.hold,
        seq: document.seq,
        title: snippet::whole(&document.title, &found.in_title),
        snippet: snippet::around(&document.text, &found.in_text),
        id: document.id,
        event_id: document.event_id,
        project_id: document.project_id,
        session_id: document.session_id,
        at: document.at,
        withheld: document.withheld,
    }
}

/// The search of one control plane.
pub(crate) struct Desk {
    engine: Option<Arc<dyn Engine>>,
    turns: Turns,
    node: Uuid,
    standing: RwLock<Option<Mark>>,
}

impl Desk {
    pub(crate) fn open(engine: Option<&Settings>, node: Uuid, turns: Turns) -> Self {
        Self {
            engine: engine.map(Settings::open),
            turns,
            node,
            standing: RwLock::new(None),
        }
    }

    pub(crate) fn engine(&self) -> Option<Arc<dyn Engine>> {
        self.engine.clone()
    }

    /// Waits for the turn of a search, but not for long: whoever types has typed on by then.
    pub(crate) async fn turn(&self, org: OrgId) -> Result<Turn> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.take(org, 1)).await;
        turn.unwrap_or(Err(Error::Busy { retry_after: RETRY }))
    }

    /// What this server is called among those that search.
    fn node(&self) -> Uuid {
        self.node
    }

    /// Where the index stood when it was last looked at by the one that feeds it.
    fn standing(&self) -> Option<Mark> {
        let standing = self.standing.read();
        standing.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn stand(&self, mark: Option<Mark>) {
        let standing = self.standing.write();
        *standing.unwrap_or_else(PoisonError::into_inner) = mark;
    }

    fn progress(&self) -> Option<Progress> {
        let mark = self.standing()?;
        let building = mark.building?;
        Some(Progress {
            done: building.done,
            of: building.of,
        })
    }
}
