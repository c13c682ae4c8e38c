//! Bad news about an event that is kept: what does not add up, said on the event itself.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::envelope::EventId;

/// What does not add up about an event. An event with a finding is never shown as verified.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::sample::Log;
/// use machinaut_chain::ship::{FindingKind, Limits, read_log_line};
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// log.event("agent.note", "0.1.0", Value::from("a note"));
/// let line = String::from_utf8(log.lines())?.replace("a note", "a lie");
/// let record = read_log_line(line.as_bytes(), &Limits::default())?;
/// // Kept, and marked: an honest sender can ship this too.
/// assert_eq!(record.findings, [FindingKind::PayloadHashMismatch]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingKind {
    /// The payload does not hash to what the envelope commits to.
    PayloadHashMismatch,
    /// Two events of the session have the same `seq`.
    SequenceCollision,
    /// Two events of the session have the same id.
    DuplicateEventId,
    /// An object in the payload names a key twice.
    DuplicateJsonKey,
    /// The event came in a later ship, at a `seq` below others that were kept already.
    InsertedBehind,
    /// The event was kept before and is missing from a later ship.
    VanishedFromLog,
}

impl FindingKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::PayloadHashMismatch,
        Self::SequenceCollision,
        Self::DuplicateEventId,
        Self::DuplicateJsonKey,
        Self::InsertedBehind,
        Self::VanishedFromLog,
    ];

    /// Its stable name.
    ///
    /// ```
    /// use machinaut_chain::ship::FindingKind;
    ///
    /// assert_eq!(FindingKind::VanishedFromLog.as_str(), "vanished_from_log");
    /// assert_eq!("vanished_from_log".parse(), Ok(FindingKind::VanishedFromLog));
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PayloadHashMismatch => "payload_hash_mismatch",
            Self::SequenceCollision => "sequence_collision",
            Self::DuplicateEventId => "duplicate_event_id",
            Self::DuplicateJsonKey => "duplicate_json_key",
            Self::InsertedBehind => "inserted_behind",
            Self::VanishedFromLog => "vanished_from_log",
        }
    }

    /// What it means, in one sentence for people.
    ///
    /// ```
    /// use machinaut_chain::ship::FindingKind;
    ///
    /// assert_eq!(
    ///     FindingKind::DuplicateEventId.sentence(),
    ///     "Two events carry the same id, so what refers to it may mean either."
    /// );
    /// ```
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::PayloadHashMismatch => {
                "The payload does not match the hash that the event committed to: it was changed, \
                 or written in a way that could not be hashed."
            }
            Self::SequenceCollision => {
                "Two events claim the same place in the log: a second program wrote to it, or one \
                 of them was added."
            }
            Self::DuplicateEventId => {
                "Two events carry the same id, so what refers to it may mean either."
            }
            Self::DuplicateJsonKey => {
                "The payload names a key twice, so that two readers may read different things."
            }
            Self::InsertedBehind => {
                "The event appeared in a later ship, before events that were shipped already."
            }
            Self::VanishedFromLog => {
                "The event was shipped before and is missing from a later ship: the log was pruned \
                 or cut."
            }
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A text that names no kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no kind of finding has this name")]
pub struct UnknownFinding;

impl FromStr for FindingKind {
    type Err = UnknownFinding;

    fn from_str(text: &str) -> Result<Self, UnknownFinding> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(UnknownFinding)
    }
}

/// A finding, and the event it stands on.
///
/// ```
/// use machinaut_chain::envelope::EventId;
/// use machinaut_chain::ship::{Finding, FindingKind, repeated};
///
/// let id: EventId = "e-1".parse()?;
/// let found = repeated([(7, &id), (9, &id)]);
/// let kind = FindingKind::DuplicateEventId;
/// assert_eq!(found[1], Finding { seq: 9, event_id: id, kind });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The event's place in the log.
    pub seq: u64,
    /// The event's id.
    pub event_id: EventId,
    /// What does not add up about it.
    pub kind: FindingKind,
}

/// The events of a session that share their `seq` or their id with another one. While a body is
/// read only the later of two is known to be a repetition; here both are marked.
///
/// ```
/// use machinaut_chain::envelope::EventId;
/// use machinaut_chain::ship::{FindingKind, repeated};
///
/// let (one, other): (EventId, EventId) = ("e-1".parse()?, "e-2".parse()?);
/// assert!(repeated([(7, &one), (8, &other)]).is_empty());
/// let both = repeated([(7, &one), (7, &other)]);
/// assert_eq!(both.len(), 2);
/// assert!(both.iter().all(|found| found.kind == FindingKind::SequenceCollision));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn repeated<'a>(events: impl IntoIterator<Item = (u64, &'a EventId)>) -> Vec<Finding> {
    let events: Vec<_> = events.into_iter().collect();
    let mut of_seq: HashMap<u64, usize> = HashMap::with_capacity(events.len());
    let mut of_id: HashMap<&EventId, usize> = HashMap::with_capacity(events.len());
    for (seq, id) in &events {
        *of_seq.entry(*seq).or_default() += 1;
        *of_id.entry(id).or_default() += 1;
    }
    let mut findings = Vec::new();
    for (seq, id) in events {
        let mut found = |kind| {
            let event_id = id.clone();
            findings.push(Finding {
                seq,
                event_id,
                kind,
            });
        };
        if of_seq.get(&seq).is_some_and(|&times| times > 1) {
            found(FindingKind::SequenceCollision);
        }
        if of_id.get(id).is_some_and(|&times| times > 1) {
            found(FindingKind::DuplicateEventId);
        }
    }
    findings
}
