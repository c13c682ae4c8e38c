//! The events of a session as they are known after a ship: those of the body, and in the place of
//! each that the body withholds or lacks, the open one that was kept before.

use std::collections::{HashMap, HashSet};

use machinaut_chain::session::Event;

use crate::sessions::segment::{Entry, Openness};
use crate::sessions::{Kept, read_event};

/// Whether something kept is more open than in the body, or is not in it any more.
pub(super) fn is_needed(kept: &[Entry], offered: &[Entry]) -> bool {
    let offered: HashMap<_, _> = offered
        .iter()
        .map(|entry| (name(entry), entry.openness))
        .collect();
    kept.iter().any(|kept| {
        offered
            .get(&name(kept))
            .is_none_or(|openness| *openness < kept.openness)
    })
}

/// Lays what was kept over the `events` of a body; `offered` are their entries, in the same order.
pub(super) fn overlay(events: Vec<Event>, offered: &[Entry], kept: &[Kept]) -> Vec<Event> {
    let kept_by_name: HashMap<_, _> = kept.iter().map(|kept| (name(&kept.entry), kept)).collect();
    let mut seen = HashSet::new();
    let mut known = Vec::with_capacity(events.len());
    for (event, entry) in events.into_iter().zip(offered) {
        if !seen.insert(name(entry)) {
            continue;
        }
        let more_open = kept_by_name
            .get(&name(entry))
            .filter(|kept| kept.entry.openness > entry.openness);
        known.push(
            more_open
                .and_then(|kept| read_event(&kept.line).ok())
                .unwrap_or(event),
        );
    }
    for vanished in kept
        .iter()
        .filter(|kept| !seen.contains(&name(&kept.entry)))
    {
        known.extend(read_event(&vanished.line));
    }
    known.sort_by_key(|event| event.header.seq);
    known
}

/// How many events a session has after a ship, and how many of them are still withheld.
pub(super) fn count(kept: &[Entry], offered: &[Entry]) -> (u64, u64) {
    let mut openness: HashMap<_, Openness> = HashMap::with_capacity(kept.len() + offered.len());
    for entry in kept.iter().chain(offered) {
        let known = openness.entry(name(entry)).or_insert(entry.openness);
        *known = (*known).max(entry.openness);
    }
    let withheld = openness
        .values()
        .filter(|openness| **openness == Openness::Withheld)
        .count();
    let counted = |number| u64::try_from(number).unwrap_or(u64::MAX);
    (counted(openness.len()), counted(withheld))
}

fn name(entry: &Entry) -> (u64, &str, [u8; 32]) {
    (entry.seq, entry.event_id.as_str(), entry.commitment)
}
