//! What the pages about sessions show: plain structs, made by the server functions.

use machinaut_chain::session::{EventRef, FindingKind, Sensitivity, Summary};
use machinaut_chain::why::Kind;
use serde::{Deserialize, Serialize};

/// A page of the list of sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionsView {
    /// The newest first.
    pub rows: Vec<SessionRow>,
    /// Every project that has sessions, for the filter.
    pub projects: Vec<String>,
    /// The project that is filtered by.
    pub project: Option<String>,
    /// Whether only those are listed that have a finding or an incident.
    pub flagged: bool,
    /// How many integrity incidents all sessions have.
    pub incidents: u64,
    /// Whether this is the first page.
    pub is_first: bool,
    /// Where the next page starts, if there is one.
    pub next: Option<String>,
}

/// A page of the list of incidents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentsView {
    /// The last one first.
    pub rows: Vec<IncidentRow>,
    /// Whether this is the first page.
    pub is_first: bool,
    /// Where the next page starts, if there is one.
    pub next: Option<String>,
}

/// An incident, and the session that it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentRow {
    /// What happened.
    pub incident: IncidentView,
    /// Our id of the session.
    pub session: String,
    /// Lodestar's id of it.
    pub session_id: String,
    /// Its project.
    pub project_id: String,
    /// Who acted in it.
    pub agent: Option<String>,
}

/// A session as a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionRow {
    /// Our id of it, as it stands in addresses.
    pub key: String,
    /// What is known about it.
    pub summary: Summary,
    /// When it was shipped last, in milliseconds.
    pub last_shipped_at: i64,
    /// How many findings stand on its events.
    pub findings: u64,
    /// How many incidents stand against it.
    pub incidents: u64,
}

/// The head of a session's page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionView {
    /// Our id of it.
    pub key: String,
    /// What is known about it.
    pub summary: Summary,
    /// Its ships, the latest first; at most a few.
    pub receipts: Vec<ReceiptView>,
    /// How many ships there were.
    pub ships: u64,
    /// What does not add up about its events; the first of it.
    pub findings: Vec<FindingView>,
    /// How many findings there are.
    pub findings_total: u64,
    /// Ships that contradicted what was kept.
    pub incidents: Vec<IncidentView>,
    /// How its `seq` runs.
    pub gaps: u64,
    /// Its holds.
    pub holds: Vec<HoldLink>,
    /// The events that this page of the timeline shows.
    pub lines: Vec<EventLine>,
    /// What the timeline shows.
    pub shown: Shown,
}

/// What of a session's events is shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Only this kind.
    pub kind: Option<String>,
    /// Which page, from 1.
    pub page: u32,
    /// How many pages.
    pub pages: u32,
    /// How many events match.
    pub total: usize,
}

/// A ship that was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReceiptView {
    /// Its id.
    pub id: String,
    /// When, in milliseconds.
    pub received_at: i64,
    /// At which ceiling.
    pub ceiling: Sensitivity,
    /// How many records it held.
    pub received: u64,
    /// How many of them were new.
    pub appended: u64,
    /// How many opened what was withheld.
    pub revealed: u64,
    /// How many were withheld.
    pub withheld: u64,
    /// The hash of the whole body, hex.
    pub body_sha256: String,
}

/// Something that does not add up about an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// What.
    pub kind: FindingKind,
    /// The event's place.
    pub seq: u64,
    /// The event's id.
    pub event_id: String,
}

/// A ship that contradicted what was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentView {
    /// `rewritten`, `payload_altered`, `rolled_back`, `vanished` or `hash_mismatch`.
    pub kind: String,
    /// The event's place.
    pub seq: u64,
    /// The event's id.
    pub event_id: String,
    /// How many events are concerned; the one named here is the first.
    pub events: u64,
    /// The commitment that was kept first, hex.
    pub kept: String,
    /// The commitment that came later, hex.
    pub offered: Option<String>,
    /// When it happened last, in milliseconds.
    pub at: i64,
    /// How often it happened.
    pub times: u64,
}

/// A hold of a session as a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HoldLink {
    /// The address of its page.
    pub href: String,
    /// Who wants what.
    pub sentence: Option<machinaut_chain::sentence::Sentence>,
    /// Whether nobody has decided.
    pub is_open: bool,
}

/// An event as a line of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventLine {
    /// Which event.
    pub event: EventRef,
    /// What it is, for its glyph.
    pub kind: Option<Kind>,
    /// How many numbers of `seq` are missing before it.
    pub gap_before: u64,
    /// What it says, in a few words.
    pub gist: Gist,
    /// Whether it is the one that was asked for.
    pub is_sought: bool,
}

/// What an event says, in a few words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Gist {
    /// Nothing that fits in a line.
    Nothing,
    /// An agent's words.
    Said(String),
    /// A tool and what it is used on.
    Act {
        /// The tool.
        tool: String,
        /// What on.
        object: Option<String>,
    },
    /// A belief: how sure, and its truth.
    Belief {
        /// From 0 to 1.
        confidence: Option<f64>,
        /// The word of the truth axis.
        truth: Option<String>,
    },
    /// Our own words.
    Ours(String),
}

/// One event, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventView {
    /// Our id of the session.
    pub session_key: String,
    /// Which event, and what the server says about it.
    pub event: EventRef,
    /// What it is.
    pub kind: Option<Kind>,
    /// What it says.
    pub gist: Gist,
    /// Its project.
    pub project_id: String,
    /// Its session.
    pub session_id: String,
    /// The version of its schema.
    pub schema_version: String,
    /// Its place within the session.
    pub logical_clock: u64,
    /// The events that it names as its causes.
    pub causal_parent_ids: Vec<String>,
    /// The commitment over the envelope without its payload, hex.
    pub commitment: String,
    /// The record line as it was shipped.
    pub line: String,
    /// The payload as it stands in the line; none when withheld or absent.
    pub payload: Option<String>,
    /// The text of a tool's answer, where the payload is one.
    pub excerpt: Option<String>,
    /// How many events the session has.
    pub of: usize,
    /// The address of the event before.
    pub previous: Option<String>,
    /// The address of the event after.
    pub next: Option<String>,
    /// The ids of other events that claim the same place.
    pub rivals: Vec<String>,
    /// When the event was first shipped, in milliseconds.
    pub first_shipped_at: Option<i64>,
}
