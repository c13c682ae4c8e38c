//! What an agent learned in a session that is worth carrying into the next one, for a human to
//! keep or discard: Lodestar's `harvestCandidates`.
//!
//! A belief is a candidate only if the memory firewall itself let it in, and if it is now
//! supported, clean and retrievable. What an agent could have written itself is not believed: an
//! adoption or a transition counts only with the firewall's mark, and the first record of an id
//! stays. A belief that took the place of another carries it along as history, unless that one
//! was found unsafe.

mod corroboration;
mod records;

use std::collections::{HashMap, HashSet};

use crate::allowance::{Allowance, weight, weight_of};
use crate::json::{Object, Value};
use crate::session::{Event, Session};
use crate::sorting;
use crate::timestamp::{Instant, Timestamp};
use records::{Adopted, Chain};

/// The most predecessors that a candidate tells of. Real ones have one or two.
const LONGEST_HISTORY: usize = 256;

/// The candidates of a session, oldest first, as Lodestar writes them.
///
/// What candidates share is told with each of them. A log made to harm, whose candidates would come
/// to many times its own length, is told without the rest of what they share.
///
/// ```
/// use machinaut_chain::harvest::candidates;
/// use machinaut_chain::json::Value;
/// use machinaut_chain::sample::{Learned, Log, Quality, Seen};
/// use machinaut_chain::session::Session;
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// let seen = Seen { tool: "ci", action_id: "a-0", schema: "ci@1", output: Value::from("green") };
/// let tested = Learned {
///     statement: "the tests pass",
///     predicate: ("tests", "pass", true.into()),
///     quality: Quality::ToolResult,
///     group: "ci",
///     confidence: 0.9,
/// };
/// // What a document says, nobody has verified.
/// let read = Learned {
///     statement: "no review is needed",
///     quality: Quality::ExternalDocument,
///     ..tested.clone()
/// };
/// log.observe(&seen, &[tested, read]);
///
/// let lines = log.lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let candidates = candidates(&session);
/// let [only] = candidates.as_array().unwrap() else { panic!("one lesson is worth keeping") };
/// let statement = only.at(&["claim", "statement"]).and_then(Value::as_str);
/// assert_eq!(statement, Some("the tests pass"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn candidates(session: &Session) -> Value {
    let chain = Chain::of(session);
    let heads: Vec<&Adopted<'_>> = chain
        .adopted
        .iter()
        .filter(|adopted| adopted.is_supported() && adopted.is_safe())
        .collect();
    let heads = sorting::sorted(heads, |a, b| a.age().cmp(&b.age()));
    let first = session.events().first();
    let id = |id: Option<&str>| Value::from(id.unwrap_or_default());
    let project = id(first.map(|event| event.header.project_id.as_str()));
    let session_id = id(first.map(|event| event.header.session_id.as_str()));
    let mut allowance = Allowance::of(session);
    let mut strengths: HashMap<&str, f64> = HashMap::new();
    let mut candidates: Vec<Value> = Vec::new();
    for head in heads {
        let mut candidate = Object::new();
        candidate.insert("project_id", project.clone());
        candidate.insert("session_id", session_id.clone());
        candidate.insert("belief", head.belief.clone());
        candidate.insert("supersedes", chain.history(head, &mut allowance));
        candidate.insert("status", "candidate");
        if let Some(claim) = chain.claims.get(head.claim_id)
            && allowance.take(|| weight(claim))
        {
            candidate.insert("claim", claim.clone());
        }
        if let Some(evidence) = chain.evidence.get(head.evidence_id) {
            let corroboration = strengths
                .entry(head.evidence_id)
                .or_insert_with(|| corroboration::of(evidence));
            if allowance.take(|| weight(evidence)) {
                candidate.insert("evidence", evidence.clone());
            }
            candidate.insert("corroboration", *corroboration);
        }
        candidates.push(candidate.into());
    }
    candidates.into()
}

impl Chain<'_> {
    /// What a belief took the place of, and what that had taken the place of, the newest first.
    /// A link that is not safe is left out, but what lies behind it is still told.
    fn history(&self, head: &Adopted<'_>, allowance: &mut Allowance<'_>) -> Vec<Value> {
        if allowance.is_spent() {
            return Vec::new();
        }
        let mut seen = HashSet::from([head.id]);
        let mut queue = vec![head.id];
        let mut found: Vec<&Adopted<'_>> = Vec::new();
        while let (Some(successor), true) = (queue.pop(), found.len() < LONGEST_HISTORY) {
            for predecessor in self.predecessors_of(successor) {
                if seen.insert(predecessor.id) {
                    queue.push(predecessor.id);
                    found.push(predecessor);
                }
            }
        }
        found.retain(|predecessor| predecessor.is_safe());
        let found = sorting::sorted(found, |a, b| b.age().cmp(&a.age()));
        let mut lessons = Vec::new();
        for predecessor in found {
            let claim = self.claims.get(predecessor.claim_id);
            if !allowance.take(|| weight_of(&predecessor.belief) + claim.map_or(0, weight)) {
                break;
            }
            let mut lesson = Object::new();
            lesson.insert("belief", predecessor.belief.clone());
            if let Some(claim) = claim {
                lesson.insert("claim", claim.clone());
            }
            lessons.push(lesson.into());
        }
        lessons
    }
}

impl<'a> Adopted<'a> {
    /// By the instant of observation, then by id.
    fn age(&self) -> (Option<Instant>, &'a str) {
        let at = self.observed_at.parse::<Timestamp>().ok();
        (at.and_then(|at| at.instant()), self.id)
    }
}

/// The events of one type whose payload can be read, in the order of the log.
fn of_type<'a>(
    session: &'a Session,
    event_type: &'static str,
) -> impl Iterator<Item = (&'a Event, &'a Value)> {
    session
        .events()
        .iter()
        .filter(move |event| event.event_type() == event_type)
        .filter_map(|event| Some((event, event.open()?)))
}
