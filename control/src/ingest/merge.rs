//! What a ship means beside what is kept of its session: which events are new, which are opened
//! now, which are known, which have vanished, and whether somebody rewrote one. Pure: the whole
//! rule of re-shipping is in this file.
//!
//! An event is named by its `seq` and id together, and pinned by its commitment. Where two events
//! of one ship carry the same name, an honest second writer or a repeated line, all of them are
//! kept; but once a ship is kept, a new commitment under an old name is a rewrite.

use std::collections::{HashMap, HashSet};

use machinaut_chain::session::FindingKind;

use crate::sessions::segment::{Entry, Openness};

/// What becomes of an offered record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The event was not known.
    Append,
    /// It was known, and less of it: this record opens it.
    Reveal,
    /// It was known.
    Unchanged,
}

/// An event that was kept with one commitment and offered with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rewrite {
    pub(super) seq: u64,
    pub(super) event_id: String,
    pub(super) kept: [u8; 32],
    pub(super) offered: [u8; 32],
}

/// A ship, laid beside what is kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Merge {
    /// One for each offered record, in order.
    pub(super) fates: Vec<Fate>,
    /// What only shows between ships, by kind, `seq` and event id.
    pub(super) findings: Vec<(FindingKind, u64, String)>,
    /// Kept events that the ship no longer has.
    pub(super) vanished: Vec<Entry>,
    /// Verified events whose payload came again as another one under the same hash.
    pub(super) altered: Vec<Entry>,
    /// Any of these refuses the whole ship.
    pub(super) rewritten: Vec<Rewrite>,
}

struct Known {
    commitment: [u8; 32],
    openness: Openness,
    /// Kept by an earlier ship.
    before: bool,
    offered: bool,
}

/// Lays `offered`, in the order of the body, beside `kept`, in the order in which it was kept.
pub(super) fn merge(kept: &[Entry], offered: &[Entry]) -> Merge {
    let mut known = know(kept);
    let kept_ids: HashSet<&str> = kept.iter().map(|entry| entry.event_id.as_str()).collect();
    let kept_seqs: HashSet<u64> = kept.iter().map(|entry| entry.seq).collect();
    let last_seq = kept.iter().map(|entry| entry.seq).max();

    let mut merge = Merge::default();
    for entry in offered {
        let alike = known
            .entry((entry.seq, entry.event_id.as_str()))
            .or_default();
        let fate = if let Some(same) = alike
            .iter_mut()
            .find(|same| same.commitment == entry.commitment)
        {
            same.offered = true;
            if entry.openness == Openness::Mismatched
                && same.openness == Openness::Verified
                && same.before
            {
                merge.altered.push(entry.clone());
            }
            if entry.openness > same.openness {
                same.openness = entry.openness;
                Fate::Reveal
            } else {
                Fate::Unchanged
            }
        } else {
            if let Some(first) = alike.iter().find(|known| known.before) {
                merge.rewritten.push(Rewrite {
                    seq: entry.seq,
                    event_id: entry.event_id.clone(),
                    kept: first.commitment,
                    offered: entry.commitment,
                });
            }
            alike.push(Known {
                commitment: entry.commitment,
                openness: entry.openness,
                before: false,
                offered: true,
            });
            let mut find = |kind| {
                merge
                    .findings
                    .push((kind, entry.seq, entry.event_id.clone()));
            };
            if last_seq.is_some_and(|last| entry.seq <= last) {
                find(FindingKind::InsertedBehind);
            }
            if kept_seqs.contains(&entry.seq) {
                find(FindingKind::SequenceCollision);
            }
            if kept_ids.contains(entry.event_id.as_str()) {
                find(FindingKind::DuplicateEventId);
            }
            Fate::Append
        };
        merge.fates.push(fate);
    }
    merge.vanished = vanished(kept, &known);
    for entry in &merge.vanished {
        merge.findings.push((
            FindingKind::VanishedFromLog,
            entry.seq,
            entry.event_id.clone(),
        ));
    }
    merge
}

fn know(kept: &[Entry]) -> HashMap<(u64, &str), Vec<Known>> {
    let mut known: HashMap<(u64, &str), Vec<Known>> = HashMap::with_capacity(kept.len());
    for entry in kept {
        let alike = known
            .entry((entry.seq, entry.event_id.as_str()))
            .or_default();
        match alike
            .iter_mut()
            .find(|same| same.commitment == entry.commitment)
        {
            Some(same) => same.openness = same.openness.max(entry.openness),
            None => alike.push(Known {
                commitment: entry.commitment,
                openness: entry.openness,
                before: true,
                offered: false,
            }),
        }
    }
    known
}

fn vanished(kept: &[Entry], known: &HashMap<(u64, &str), Vec<Known>>) -> Vec<Entry> {
    let mut told = HashSet::new();
    kept.iter()
        .filter(|entry| {
            let missing = known
                .get(&(entry.seq, entry.event_id.as_str()))
                .is_some_and(|alike| {
                    alike
                        .iter()
                        .any(|known| known.commitment == entry.commitment && !known.offered)
                });
            missing && told.insert((entry.seq, &entry.event_id, entry.commitment))
        })
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u64, id: &str) -> Entry {
        Entry {
            seq,
            event_id: id.to_owned(),
            commitment: [u8::try_from(seq % 251).unwrap(); 32],
            openness: Openness::Verified,
        }
    }

    fn withheld(seq: u64, id: &str) -> Entry {
        Entry {
            openness: Openness::Withheld,
            ..event(seq, id)
        }
    }

    fn mismatched(seq: u64, id: &str) -> Entry {
        Entry {
            openness: Openness::Mismatched,
            ..event(seq, id)
        }
    }

    fn committing(commitment: u8, entry: Entry) -> Entry {
        Entry {
            commitment: [commitment; 32],
            ..entry
        }
    }

    fn kinds(merge: &Merge) -> Vec<FindingKind> {
        merge.findings.iter().map(|(kind, ..)| *kind).collect()
    }

    #[test]
    fn a_first_ship_is_all_new_and_finds_nothing() {
        let merge = merge(&[], &[event(3, "a"), withheld(7, "b")]);
        assert_eq!(
            merge,
            Merge {
                fates: vec![Fate::Append; 2],
                ..Merge::default()
            }
        );
    }

    #[test]
    fn a_grown_session_costs_only_its_end() {
        let merge = merge(
            &[event(3, "a"), event(4, "b")],
            &[event(3, "a"), event(4, "b"), event(9, "c")],
        );
        assert_eq!(
            merge.fates,
            [Fate::Unchanged, Fate::Unchanged, Fate::Append]
        );
        assert!(merge.findings.is_empty() && merge.vanished.is_empty());
    }

    #[test]
    fn a_withheld_event_that_arrives_open_is_revealed() {
        assert_eq!(
            merge(&[withheld(3, "a")], &[event(3, "a")]).fates,
            [Fate::Reveal]
        );
    }

    #[test]
    fn an_open_event_that_arrives_withheld_stays_open() {
        assert_eq!(
            merge(&[event(3, "a")], &[withheld(3, "a")]).fates,
            [Fate::Unchanged]
        );
    }

    #[test]
    fn an_event_revealed_by_a_later_segment_counts_as_open() {
        let merge = merge(&[withheld(3, "a"), event(3, "a")], &[event(3, "a")]);
        assert_eq!(merge.fates, [Fate::Unchanged]);
    }

    #[test]
    fn the_payload_that_was_committed_to_replaces_one_that_was_not() {
        assert_eq!(
            merge(&[mismatched(3, "a")], &[event(3, "a")]).fates,
            [Fate::Reveal]
        );
    }

    #[test]
    fn another_payload_under_the_hash_of_a_verified_one_is_noticed_and_not_taken() {
        let merge = merge(&[event(3, "a")], &[mismatched(3, "a")]);
        assert_eq!(merge.fates, [Fate::Unchanged]);
        assert_eq!(merge.altered, [mismatched(3, "a")]);
    }

    #[test]
    fn another_commitment_under_an_old_name_is_a_rewrite_that_names_both() {
        let merge = merge(&[event(3, "a")], &[committing(99, event(3, "a"))]);
        assert_eq!(
            merge.rewritten,
            [Rewrite {
                seq: 3,
                event_id: "a".to_owned(),
                kept: [3; 32],
                offered: [99; 32]
            }]
        );
    }

    #[test]
    fn a_rewrite_stays_one_when_the_old_event_is_shipped_beside_it() {
        let merge = merge(
            &[event(3, "a")],
            &[event(3, "a"), committing(99, event(3, "a"))],
        );
        assert_eq!(merge.rewritten.len(), 1);
    }

    #[test]
    fn two_events_of_one_name_in_a_first_ship_are_both_kept_and_both_known_later() {
        let body = [event(3, "a"), committing(99, event(3, "a"))];
        let first = merge(&[], &body);
        assert_eq!(first.fates, [Fate::Append; 2]);
        assert!(first.rewritten.is_empty());
        let second = merge(&body, &body);
        assert_eq!(second.fates, [Fate::Unchanged; 2]);
        assert!(second.rewritten.is_empty());
    }

    #[test]
    fn a_repeated_line_is_kept_once() {
        assert_eq!(
            merge(&[], &[event(3, "a"), event(3, "a")]).fates,
            [Fate::Append, Fate::Unchanged]
        );
    }

    #[test]
    fn an_event_that_is_no_longer_there_has_vanished() {
        let merge = merge(&[event(3, "a"), event(4, "b")], &[event(4, "b")]);
        assert_eq!(merge.vanished, [event(3, "a")]);
        assert_eq!(kinds(&merge), [FindingKind::VanishedFromLog]);
    }

    #[test]
    fn an_event_pushed_in_behind_what_was_shipped_is_found() {
        let merge = merge(
            &[event(3, "a"), event(9, "b")],
            &[event(3, "a"), event(5, "x"), event(9, "b")],
        );
        assert_eq!(
            merge.fates,
            [Fate::Unchanged, Fate::Append, Fate::Unchanged]
        );
        assert_eq!(
            merge.findings,
            [(FindingKind::InsertedBehind, 5, "x".to_owned())]
        );
    }

    #[test]
    fn a_changed_id_under_a_known_seq_shows_as_vanished_inserted_and_colliding() {
        let merge = merge(&[event(3, "a")], &[event(3, "forged")]);
        assert_eq!(
            kinds(&merge),
            [
                FindingKind::InsertedBehind,
                FindingKind::SequenceCollision,
                FindingKind::VanishedFromLog
            ]
        );
    }
}
