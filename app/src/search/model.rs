//! What the search page shows: few plain structs, made by the server functions.

use machinaut_chain::why::Kind;
use serde::{Deserialize, Serialize};

/// A text in pieces: what was asked for stands at every odd place. Untrusted.
pub type Marked = Vec<String>;

/// The answer to a search.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchView {
    /// One page of what was found.
    pub hits: Vec<HitView>,
    /// How much there is in all.
    pub total: u64,
    /// The address of the next page, if there is one.
    pub next: Option<String>,
    /// What can be filtered by; empty on all but the first page.
    pub facets: Vec<FacetView>,
    /// What is filtered by.
    pub chips: Vec<ValueView>,
    /// The whole query, filters included, as it can be typed.
    pub text: String,
    /// How long it took, in milliseconds.
    pub took: u64,
    /// Up to when everything is found, in milliseconds.
    pub fresh_to: i64,
    /// By how many seconds it is behind, where that is worth a word.
    pub behind: Option<u64>,
    /// How many percent of the index are rebuilt, while it is.
    pub rebuilt: Option<u64>,
    /// What was typed, what was found in its place, and the address that finds the first and
    /// nothing else; or nothing.
    pub instead: Vec<String>,
    /// The query before what was not understood, that, the query after it, and why; or nothing.
    pub misunderstood: Vec<String>,
    /// The searches that the member saved; told only where nothing is asked.
    pub saved: Vec<SavedView>,
    /// Whether nothing was ever shipped.
    pub is_new_here: bool,
}

/// One thing that was found. Its words are an agent's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HitView {
    /// Where it is read.
    pub href: String,
    /// What it is; none is a session.
    pub kind: Option<Kind>,
    /// What it says, in short.
    pub title: Marked,
    /// A piece of what else it says.
    pub snippet: Marked,
    /// How the payload is marked, where it is withheld.
    pub withheld: Option<String>,
    /// Its project.
    pub project: Option<String>,
    /// Who acted.
    pub agent: Option<String>,
    /// The level of an action.
    pub level: Option<String>,
    /// How it stands or went.
    pub state: Option<String>,
    /// Its place in the log.
    pub seq: Option<u64>,
    /// When, in milliseconds.
    pub at: Option<i64>,
}

/// A facet with its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FacetView {
    /// Its name.
    pub name: String,
    /// The most frequent first.
    pub values: Vec<ValueView>,
}

/// A value to filter by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueView {
    /// The name of its facet, with a minus in front where the others are wanted.
    pub name: String,
    /// The value: for project, session, agent and tool words from outside.
    pub value: String,
    /// How often it was found.
    pub count: u64,
    /// Whether it is filtered by.
    pub is_chosen: bool,
    /// The address with the filter turned on, or off where it is on.
    pub href: String,
}

/// A search that the member saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its address.
    pub href: String,
}
