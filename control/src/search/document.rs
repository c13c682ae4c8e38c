//! What an engine keeps of a link: the words it is found by, what it is filtered by, who may see
//! it, and what a result shows.

use machinaut_chain::links::{Facets, Link};
use machinaut_chain::session::Sensitivity;
use machinaut_chain::why::Kind;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::ids::{HoldId, OrgId, SessionKey};
use crate::sessions::identity;

/// What is indexed, and replaced, as one: everything of a session, or a hold that no session
/// shows yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Group {
    /// The links of a session.
    Session(SessionKey),
    /// A hold of its own.
    Hold(HoldId),
}

impl Group {
    /// Its name in an index.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Session(session) => format!("session-{session}"),
            Self::Hold(hold) => format!("hold-{hold}"),
        }
    }
}

/// One link as it is indexed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(super) org: OrgId,
    pub(super) group: Group,
    pub(super) kind: Kind,
    pub(super) id: Option<String>,
    pub(super) seq: Option<u64>,
    pub(super) event_id: Option<String>,
    pub(super) at: Option<Moment>,
    pub(super) withheld: Option<Sensitivity>,
    pub(super) title: String,
    pub(super) text: String,
    /// Ids and hashes; found by, never shown.
    #[serde(skip)]
    pub(super) names: Vec<String>,
    pub(super) facets: Facets,
    pub(super) project_id: Option<String>,
    pub(super) session_id: Option<String>,
    pub(super) hold: Option<HoldId>,
    pub(super) from: Sensitivity,
    pub(super) until: Sensitivity,
    /// Tells apart what has everything else in common.
    pub(super) twin: u32,
}

/// How much of an id, or of what is filtered by, is kept, in bytes: an agent may have written megabytes of it.
const LONGEST_VALUE: usize = 1_024;
/// How much of a name, in bytes: more of it is not compared.
const LONGEST_NAME: usize = 512;

fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.shrink_to_fit();
    }
    text
}

/// Everything that may be any word of a log.
fn cut_facets(facets: Facets) -> Facets {
    let cut = |value: Option<String>| value.map(|value| cut(value, LONGEST_VALUE));
    Facets {
        agent: cut(facets.agent),
        tool: cut(facets.tool),
        phase: cut(facets.phase),
        verdict: cut(facets.verdict),
        truth: cut(facets.truth),
        security: cut(facets.security),
        severity: cut(facets.severity),
        ..facets
    }
}

impl Document {
    /// The document of a link of a session.
    pub(super) fn of_link(org: OrgId, session: SessionKey, link: Link) -> Self {
        Self {
            org,
            group: Group::Session(session),
            kind: link.kind,
            id: link.id.map(|id| cut(id, LONGEST_VALUE)),
            seq: Some(link.seq),
            event_id: Some(link.event_id),
            at: link.at.map(|at| Moment::from_millis(at.millis())),
            withheld: link.withheld,
            title: link.title,
            text: link.text,
            names: link
                .names
                .into_iter()
                .map(|name| cut(name, LONGEST_NAME))
                .collect(),
            facets: cut_facets(link.facets),
            project_id: None,
            session_id: None,
            hold: None,
            from: link.from,
            until: link.until,
            twin: 0,
        }
    }

    /// Every id and hash that it is found by.
    pub(super) fn known_names(&self) -> impl Iterator<Item = &str> {
        let own = [
            self.id.as_deref(),
            self.event_id.as_deref(),
            self.session_id.as_deref(),
            self.project_id.as_deref(),
        ];
        own.into_iter()
            .flatten()
            .chain(self.names.iter().map(String::as_str))
            .filter(|name| !name.is_empty())
    }

    /// A name that no other document of an index has.
    pub(super) fn key(&self) -> Vec<u8> {
        identity(&[
            &self.org.to_string(),
            &self.group.key(),
            self.kind.as_str(),
            &self.seq.map(|seq| seq.to_string()).unwrap_or_default(),
            self.event_id.as_deref().unwrap_or_default(),
            self.from.as_str(),
            &self.twin.to_string(),
        ])
    }

    /// Orders documents of one moment: 52 bits, which every engine keeps exactly.
    pub(super) fn rank(&self) -> u64 {
        let key = self.key();
        u64::from_be_bytes(key.first_chunk().copied().unwrap_or_default()) >> 12
    }

    /// When, in milliseconds since the epoch; before everything else where nobody said.
    pub(super) fn millis(&self) -> i64 {
        self.at.map_or(0, Moment::millis)
    }

    /// The clearances that see it.
    pub(super) fn seen_by(&self) -> impl Iterator<Item = Sensitivity> + use<> {
        let window = self.from..=self.until;
        Sensitivity::ALL
            .into_iter()
            .filter(move |clearance| window.contains(clearance))
    }
}
