//! The links of a session's chain, as things that people search for: what each says, the words it
//! is found by, and who may know it.
//!
//! A session holds payloads of several sensitivities. A member with a clearance must find exactly
//! what would be here had the session been shipped at that ceiling: no word from above it, but
//! everything below it, told without what is above. A link therefore says for which clearances it
//! is the right telling ([`Link::from`] to [`Link::until`]), and a thing that more clearance tells
//! differently has several links, of which each clearance sees one. What is withheld at a clearance
//! is still a link, with what no ceiling withholds: its kind, who wrote it and when, and no text.

mod class;
mod read;
mod relations;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use self::relations::Relations;
use crate::sentence::excerpt;
use crate::session::{Event, Payload, Sensitivity, Session};
use crate::sorting;
use crate::timestamp::Instant;
use crate::why::Kind;

/// The longest title of a link, in characters; what is cut ends with `…` besides.
///
/// ```
/// use machinaut_chain::json::{Object, Value};
/// use machinaut_chain::links::{LONGEST_TITLE, links_of};
/// use machinaut_chain::sample::Log;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// let claim: Object =
///     [("id", Value::from("c-1")), ("statement", "so ".repeat(1000).into())].into_iter().collect();
/// log.event("claim.extracted", "0.1.0", claim.into());
/// let lines = log.lines();
/// let session = Session::from_log_lines([lines.as_slice()])?;
/// let told = links_of(&session).into_iter().find(|link| !link.title.is_empty()).unwrap();
/// let begun = told.title.strip_suffix('…').unwrap();
/// assert_eq!(begun.chars().count(), LONGEST_TITLE);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const LONGEST_TITLE: usize = 300;
/// About how long the text of a link can be, in characters.
///
/// ```
/// use machinaut_chain::json::{Object, Value};
/// use machinaut_chain::links::{LONGEST_TEXT, links_of};
/// use machinaut_chain::sample::{Contract, Log};
/// use machinaut_chain::session::Session;
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// let inputs: Object = [("body", "word ".repeat(10_000))].into_iter().collect();
/// log.propose("a-1", None, "write a letter", "mail", inputs.into(), Contract::EXTERNAL);
/// let lines = log.lines();
/// let session = Session::from_log_lines([lines.as_slice()])?;
/// let told = links_of(&session).into_iter().find(|link| !link.text.is_empty()).unwrap();
/// assert!(told.text.starts_with("mail\nbody: word word"));
/// assert!(told.text.chars().count() < LONGEST_TEXT + 100);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const LONGEST_TEXT: usize = 4_000;

/// One thing of a chain, as it is found. All of its words come from the log: untrusted.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::links::links_of;
/// use machinaut_chain::sample::{Contract, Log};
/// use machinaut_chain::session::Session;
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 7, Instant::from_millis(0));
/// log.propose("a-1", None, "push 3 commits", "git.push", Value::Null, Contract::EXTERNAL);
/// let lines = log.lines();
/// let session = Session::from_log_lines([lines.as_slice()])?;
/// let hash = session.events()[0].header.payload_hash.clone();
/// let links = links_of(&session);
/// let link = links.iter().find(|link| link.withheld.is_none()).unwrap();
/// assert_eq!((link.seq, link.title.as_str()), (7, "push 3 commits"));
/// // It is found by the hash of its event as well as by its id.
/// assert!(link.names.contains(&hash));
/// assert!(link.names.contains(&"a-1".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What it is.
    pub kind: Kind,
    /// Lodestar's id of it; none where it is withheld or has none.
    pub id: Option<String>,
    /// The place of the event that it rests on.
    pub seq: u64,
    /// The id of that event.
    pub event_id: String,
    /// When that event was written, by its own clock.
    pub at: Option<Instant>,
    /// How its payload is marked, where it is withheld.
    pub withheld: Option<Sensitivity>,
    /// What it says, in short.
    pub title: String,
    /// What else it says.
    pub text: String,
    /// Its ids, and the ids and hashes of every event that tells of it.
    pub names: Vec<String>,
    /// What it is filtered by.
    pub facets: Facets,
    /// The lowest clearance that this is the right telling for.
    pub from: Sensitivity,
    /// The highest one.
    pub until: Sensitivity,
}

/// What a link is filtered by, as far as it applies. Words of closed vocabularies are as on the
/// wire.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::links::{Facets, links_of};
/// use machinaut_chain::sample::{Contract, Log};
/// use machinaut_chain::session::Session;
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// log.propose("a-1", None, "push", "git.push", Value::Null, Contract::EXTERNAL);
/// let lines = log.lines();
/// let session = Session::from_log_lines([lines.as_slice()])?;
/// let links = links_of(&session);
/// let facets = &links.iter().find(|link| link.withheld.is_none()).unwrap().facets;
/// assert_eq!(facets.tool.as_deref(), Some("git.push"));
/// assert_eq!(facets.level.as_deref(), Some("L4"));
/// assert_eq!(facets.truth, None, "an action is not a belief");
/// assert_eq!(Facets::default().agent, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Facets {
    /// Who acted, or wrote the event.
    pub agent: Option<String>,
    /// The tool.
    pub tool: Option<String>,
    /// The level that an action requires.
    pub level: Option<String>,
    /// Where an action stands.
    pub phase: Option<String>,
    /// How a hold or an action was answered, or how an outcome went.
    pub verdict: Option<String>,
    /// How sensitive the payload is.
    pub sensitivity: Option<String>,
    /// Whether a belief is held to be true.
    pub truth: Option<String>,
    /// Whether a belief is suspected of being planted.
    pub security: Option<String>,
    /// How loud an alert is.
    pub severity: Option<String>,
}

/// Every link of a session, for every clearance.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::links::links_of;
/// use machinaut_chain::sample::{Contract, Log};
/// use machinaut_chain::session::{Sensitivity, Session};
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// log.propose("a-1", None, "push 3 commits", "git.push", Value::Null, Contract::EXTERNAL);
/// let lines = log.lines();
/// let links = links_of(&Session::from_log_lines([lines.as_slice()])?);
///
/// // The action's data is private, which is internal: the public learns only that it is there.
/// let [below, above] = links.as_slice() else { panic!("two tellings of one action") };
/// assert_eq!((below.from, below.until), (Sensitivity::Public, Sensitivity::Public));
/// assert_eq!((below.title.as_str(), below.withheld), ("", Some(Sensitivity::Internal)));
/// assert_eq!((above.from, above.until), (Sensitivity::Internal, Sensitivity::Secret));
/// assert_eq!(above.title, "push 3 commits");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn links_of(session: &Session) -> Vec<Link> {
    let mut teller = Teller::default();
    for event in session.events() {
        teller.learn(event);
    }
    let mut links = Vec::new();
    for event in session.events() {
        links.extend(teller.tell(event));
    }
    links.extend(teller.finish());
    sorting::sorted(links, |one, other| place_of(one).cmp(&place_of(other)))
}

/// Tells the links of a session while its events pass by, twice: first it learns from each event what
/// others are told with, then it tells the links. A long session need never be in memory for that: what is
/// remembered of it are ids, a few words of each action, and the events that tell of holds.
///
/// ```
/// use machinaut_chain::links::{Teller, links_of};
/// use machinaut_chain::sample::{Hold, Story};
/// use machinaut_chain::session::Session;
/// # use machinaut_chain::timestamp::Instant;
/// # let story = Story {
/// #     project: "p".parse()?, session: "s".parse()?, agent: "agent:a".parse()?, first_seq: 0,
/// #     request_id: "r".to_owned(), action_id: "a".to_owned(), held_at: Instant::from_millis(0),
/// #     deadline: None,
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let mut teller = Teller::default();
/// session.events().iter().for_each(|event| teller.learn(event));
/// let mut told = 0;
/// for event in session.events() {
///     told += teller.tell(event).len();
/// }
/// // Holds are told at the end.
/// let holds = teller.finish();
/// assert_eq!(told + holds.len(), links_of(&session).len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Teller {
    relations: Relations,
    windows: Windows,
    told: usize,
    of_holds: Vec<Event>,
}

/// Clearances that a session looks the same at: from the first of each pair until the second.
type Windows = Vec<(Sensitivity, Sensitivity)>;

impl Teller {
    /// Learns from the next event of the session, in the order of the log. Nothing is told before it has
    /// learned from all of them.
    pub fn learn(&mut self, event: &Event) {
        self.relations.learn(event);
    }

    /// The links that are told at the next event: the same events as were learned from, in the same order.
    pub fn tell(&mut self, event: &Event) -> Vec<Link> {
        if self.windows.is_empty() {
            self.windows = self.relations.windows();
        }
        let place = self.told;
        self.told += 1;
        if self.relations.is_of_hold(event) {
            self.of_holds.push(event.clone());
        }
        let mut links: Vec<Link> = Vec::new();
        let mut below = None;
        for (from, until) in self.windows.iter().copied() {
            let told = read::link_at(&self.relations, event, place, from);
            match (told, links.last_mut()) {
                (Some(told), Some(last))
                    if Some(last.until) == below && is_same_telling(last, &told) =>
                {
                    last.until = until;
                }
                (Some(told), _) => links.push(Link {
                    from,
                    until,
                    ..told
                }),
                (None, _) => {}
            }
            below = Some(until);
        }
        links
    }

    /// The links of the holds, once everything else was told.
    pub fn finish(self) -> Vec<Link> {
        let mut links: Vec<Link> = Vec::new();
        // The latest telling of each hold, to be extended while less clearance tells the same.
        let mut places: HashMap<(u64, String), usize> = HashMap::new();
        let mut above = None;
        let mut events = self.of_holds;
        for (from, until) in self.windows.into_iter().rev() {
            let seen = Session::from_events(withheld_above(events, from));
            for link in read::holds(&self.relations, &seen, from) {
                let key = (link.seq, link.event_id.clone());
                let known = places.get(&key).copied();
                match known.and_then(|place| links.get_mut(place)) {
                    Some(known) if Some(known.from) == above && is_same_telling(known, &link) => {
                        known.from = from;
                    }
                    _ => {
                        places.insert(key, links.len());
                        links.push(Link {
                            from,
                            until,
                            ..link
                        });
                    }
                }
            }
            events = seen.into_events();
            above = Some(from);
        }
        links
    }
}

fn place_of(link: &Link) -> (u64, &str, &str, Sensitivity) {
    (link.seq, &link.event_id, link.kind.as_str(), link.from)
}

/// Whether two clearances are told the same.
fn is_same_telling(known: &Link, link: &Link) -> bool {
    (&known.id, known.at, known.withheld) == (&link.id, link.at, link.withheld)
        && (&known.title, &known.text) == (&link.title, &link.text)
        && (&known.names, &known.facets) == (&link.names, &link.facets)
}

/// The events as they would be here had they been shipped at that ceiling.
fn withheld_above(events: Vec<Event>, clearance: Sensitivity) -> Vec<Event> {
    let known = events.into_iter().map(|event| match class::of(&event) {
        Some(class) if class > clearance => Event {
            payload: Payload::Withheld(class),
            verified: false,
            ..event
        },
        _ => event,
    });
    known.collect()
}

fn titled(text: Option<String>) -> String {
    excerpt(text.unwrap_or_default().trim(), LONGEST_TITLE)
}
