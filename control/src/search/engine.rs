//! The seam between what search means and what does the searching. An engine keeps documents by
//! group, replaces groups whole, and keeps with them a mark that says how far it has come.

use std::ops::Range;

use async_trait::async_trait;
use machinaut_chain::session::Sensitivity;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::document::{Document, Group};
use super::facet::Facet;
use super::outbox::Position;
use super::pieces::Pieces;
use super::query::Query;
use crate::clock::Moment;
use crate::ids::OrgId;
use crate::{Control, Result, Scope};

/// Rises when what is indexed changes: an index of another version is built anew.
pub(super) const VERSION: u32 = 3;

/// How far an index has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// What kind of documents is in it.
    pub(super) version: u32,
    /// Up to which change everything is in it.
    pub(super) after: Position,
    /// What of the store is not in it yet, while it is being built.
    pub(super) building: Option<Building>,
}

/// An index that is being built from the store, the newest sessions first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Building {
    pub(super) stage: Stage,
    /// The last one that was read of the stage.
    pub(super) below: Option<Uuid>,
    pub(super) done: u64,
    pub(super) of: u64,
    pub(super) since: Moment,
}

/// What of the store is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    Sessions,
    Holds,
}

/// Groups to be replaced by documents: a group without any is taken out.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(super) groups: Vec<Group>,
    pub(super) documents: Vec<Document>,
    /// Those of a session that is too long to be in memory at once.
    pub(super) long: Option<Pieces>,
}

/// How many documents are gathered before they are handed over.
const DOCUMENTS: usize = 5_000;

impl Changes {
    /// Whether it is time to hand them over.
    pub(super) fn is_full(&self) -> bool {
        self.long.is_some() || self.documents.len() >= DOCUMENTS
    }
}

/// In which order results come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The latest first.
    #[default]
    Newest,
    /// What fits the words best first, and of what fits alike the latest.
    Best,
}

/// A query as an engine gets it. It can be made only from a [`Scope`], so that none is without a
/// tenant and a clearance.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    org: OrgId,
    clearance: Sensitivity,
    pub(super) query: Query,
    pub(super) sort: Sort,
    pub(super) after: Option<Place>,
    pub(super) limit: usize,
    /// Whether to count facets, too.
    pub(super) counting: bool,
}

impl Question {
    pub(super) fn within(scope: &Scope, query: Query, sort: Sort, limit: usize) -> Self {
        Self {
            org: scope.org(),
            clearance: scope.clearance(),
            query,
            sort,
            after: None,
            limit,
            counting: true,
        }
    }

    pub(super) fn org(&self) -> OrgId {
        self.org
    }

    pub(super) fn clearance(&self) -> Sensitivity {
        self.clearance
    }
}

/// Where in its results a hit stands; the next page begins after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    /// How well it fits, where that orders the results.
    pub(super) fit: u32,
    pub(super) at: i64,
    pub(super) rank: u64,
    /// How many results came before, for an engine that can only count.
    pub(super) before: u64,
}

/// What an engine found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(super) hits: Vec<Found>,
    pub(super) total: u64,
    pub(super) more: bool,
    pub(super) facets: Vec<FacetCounts>,
}

/// A document that was found, with the places of what was asked for in its title and its text.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(super) document: Document,
    pub(super) in_title: Vec<Range<usize>>,
    pub(super) in_text: Vec<Range<usize>>,
    pub(super) place: Place,
}

/// How often each value of a facet was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetCounts {
    /// The facet.
    pub facet: Facet,
    /// Its values, the most frequent first; at most 50 of them. What the query filters by this same
    /// facet is left aside, so that other values can be chosen instead.
    pub values: Vec<ValueCount>,
}

/// How often a value was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueCount {
    /// The value: for project, session, agent and tool words from outside.
    pub value: String,
    /// How many results have it.
    pub count: u64,
}

/// The most values of a facet that are told.
pub(super) const MOST_VALUES: usize = 50;

/// Something that keeps documents and finds them.
#[async_trait]
pub(crate) trait Engine: Send + Sync {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// Whether every server searches in the same one, so that only one of them may feed it.
    fn is_shared(&self) -> bool;

    /// How far it has come; none where it has to be built, or built again. Looks whether it is
    /// still whole.
    async fn mark(&self, control: &Control) -> Result<Option<Mark>>;

    /// Replaces groups, and moves the mark. After a crash in between, the mark is the old one: the
    /// same changes come again.
    async fn apply(&self, control: &Control, changes: Changes, mark: &Mark) -> Result<()>;

    /// Takes everything out, whatever state it is in, and sets the mark.
    async fn wipe(&self, control: &Control, mark: &Mark) -> Result<()>;

    /// Finds.
    async fn search(&self, question: Question) -> Result<Answer>;

    /// Lets go of what no other process may have at the same time.
    fn close(&self) {}

    /// How many documents there are, those that were replaced and not yet swept away included.
    async fn documents(&self) -> Result<u64>;
}
