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

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

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
/// let told = links_of(session).into_iter().find(|link| !link.title.is_empty()).unwrap();
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
/// let told = links_of(session).into_iter().find(|link| !link.text.is_empty()).unwrap();
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
/// let links = links_of(session);
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
/// let links = links_of(session);
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
/// let links = links_of(Session::from_log_lines([lines.as_slice()])?);
///
/// // The action's data is private, which is internal: the public learns only that it is there.
/// let [below, above] = links.as_slice() else { panic!("two tellings of one action") };
/// assert_eq!((below.from, below.until), (Sensitivity::Public, Sensitivity::Public));
/// assert_eq!((below.title.as_str(), below.withheld), ("", Some(Sensitivity::Internal)));
/// assert_eq!((above.from, above.until), (Sensitivity::Internal, Sensitivity::Secret));
/// assert_eq!(above.title, "push 3 commits");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn links_of(session: Session) -> Vec<Link> {
    let mut session = session;
    let mut links: Vec<Link> = Vec::new();
    // The latest telling of each thing, to be extended while less clearance tells the same.
    let mut places: HashMap<(Kind, u64, String), usize> = HashMap::new();
    let mut above: Option<Sensitivity> = None;
    for clearance in Sensitivity::ALL.into_iter().rev() {
        let is_less;
        (session, is_less) = withheld_above(session, clearance);
        if let (Some(above), false) = (above, is_less) {
            for link in links.iter_mut().filter(|link| link.from == above) {
                link.from = clearance;
            }
        } else {
            for link in read::links(&session) {
                let link = Link {
                    from: clearance,
                    until: clearance,
                    ..link
                };
                let key = (link.kind, link.seq, link.event_id.clone());
                let known = places.get(&key).copied();
                match known.and_then(|place| links.get_mut(place)) {
                    Some(known) if is_same_telling(known, &link, above) => known.from = clearance,
                    _ => {
                        places.insert(key, links.len());
                        links.push(link);
                    }
                }
            }
        }
        above = Some(clearance);
    }
    sorting::sorted(links, |one, other| place_of(one).cmp(&place_of(other)))
}

fn place_of(link: &Link) -> (u64, &str, &str, Sensitivity) {
    (link.seq, &link.event_id, link.kind.as_str(), link.from)
}

fn is_same_telling(known: &Link, link: &Link, above: Option<Sensitivity>) -> bool {
    Some(known.from) == above
        && (&known.id, known.at, known.withheld) == (&link.id, link.at, link.withheld)
        && (&known.title, &known.text) == (&link.title, &link.text)
        && (&known.names, &known.facets) == (&link.names, &link.facets)
}

/// The session as it would be here had it been shipped at that ceiling, and whether that is less. A
/// long session takes much memory: it is there once, and what is withheld is gone.
fn withheld_above(session: Session, clearance: Sensitivity) -> (Session, bool) {
    let is_above = |event: &Event| class::of(event).is_some_and(|class| class > clearance);
    if !session.events().iter().any(is_above) {
        return (session, false);
    }
    let events = session.into_events().into_iter();
    let known = events.map(|event| match class::of(&event) {
        Some(class) if class > clearance => Event {
            payload: Payload::Withheld(class),
            verified: false,
            ..event
        },
        _ => event,
    });
    (Session::from_events(known.collect()), true)
}
