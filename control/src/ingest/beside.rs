//! What a ship means beside what is kept of its session: which events are new, which are opened
//! now, which are known, which have vanished, and whether somebody rewrote one. Pure: the whole
//! rule of re-shipping is in this file.
//!
//! An event is named by its `seq` and id together, and pinned by its commitment. Where two events
//! of one ship carry the same name, an honest second writer or a repeated line, all of them are
//! kept; but once a ship is kept, a new commitment under an old name is a rewrite.
//!
//! A ship is in the order of `seq`. So both sides are walked along together, one `seq` after the
//! other, and a first ship of any length needs no memory here.

use std::collections::{HashMap, HashSet};

use machinaut_chain::session::FindingKind;

use crate::sessions::segment::{Entry, Openness};

/// From how many events of one `seq` on they are found by a table.
const CROWD: usize = 8;

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

/// What is to be done with an offered record.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) fate: Fate,
    /// Whether the session is to be read from this record: not where the event was in this ship
    /// already, and not where what is kept is more open.
    pub(super) tells: bool,
    /// What only shows between ships.
    pub(super) findings: Vec<FindingKind>,
}

/// An event that was kept with one commitment and offered with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rewrite {
    pub(super) seq: u64,
    pub(super) event_id: String,
    pub(super) kept: [u8; 32],
    pub(super) offered: [u8; 32],
}

/// A whole ship, laid beside what was kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// How many events the session has now.
    pub(super) events: u64,
    /// How many of them are withheld.
    pub(super) withheld: u64,
    /// Kept events that the ship no longer has, by their places among what is kept.
    pub(super) vanished: Vec<usize>,
    /// Kept records that the session is to be read from, by their places, in order: the vanished
    /// ones, and those that the ship has less of.
    pub(super) ours: Vec<usize>,
    /// Verified events whose payload came again as another one under the same hash.
    pub(super) altered: Vec<Entry>,
    /// The first place where the log went another way: a kept event is gone, and a new one has its
    /// `seq`.
    pub(super) fork: Option<Fork>,
    /// Any of these refuses the whole ship.
    pub(super) rewritten: Vec<Rewrite>,
}

/// An event that is gone, by its place among what is kept, and the commitment of the one that has its
/// `seq` now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fork {
    pub(super) place: usize,
    pub(super) offered: [u8; 32],
}

/// What is kept, and how far a ship has been laid beside it.
pub(super) struct Beside<'a> {
    kept: &'a [Entry],
    /// The places of what is kept, by `seq`.
    order: Vec<usize>,
    walked: usize,
    last_seq: Option<u64>,
    ids: Option<HashSet<&'a str>>,
    here: Here,
    outcome: Outcome,
    most: usize,
}

/// The events of one `seq`.
#[derive(Default)]
struct Here {
    seq: u64,
    known: Vec<Known>,
    places: HashMap<(String, [u8; 32]), usize>,
    /// The commitment that each id was kept with first.
    kept: HashMap<String, [u8; 32]>,
}

struct Known {
    id: String,
    commitment: [u8; 32],
    openness: Openness,
    /// The kept record that is most open, where one is kept.
    place: Option<usize>,
    /// How open it was kept.
    kept: Option<Openness>,
    /// How open the ship had it, where it came first.
    offered: Option<Openness>,
}

impl Known {
    fn offer(&mut self, openness: Openness) {
        self.offered = self.offered.or(Some(openness));
        self.openness = self.openness.max(openness);
    }

    /// Whether what is kept says more than the ship does, or all there is to say.
    fn is_ours(&self) -> bool {
        self.kept.is_some() && self.offered < self.kept
    }
}

impl<'a> Beside<'a> {
    /// Nothing is offered yet. `kept` is in the order in which it was kept. Of rewrites and altered
    /// payloads at most `most` are remembered.
    pub(super) fn new(kept: &'a [Entry], most: usize) -> Self {
        let mut order: Vec<usize> = (0..kept.len()).collect();
        order.sort_by_key(|place| kept.get(*place).map(|entry| entry.seq));
        let mut beside = Self {
            kept,
            last_seq: kept.iter().map(|entry| entry.seq).max(),
            order,
            walked: 0,
            ids: None,
            here: Here::default(),
            outcome: Outcome::default(),
            most,
        };
        beside.arrive(0);
        beside
    }

    /// Lays the next record of the ship beside what is kept.
    pub(super) fn offer(&mut self, entry: &Entry) -> Verdict {
        while self.here.seq < entry.seq {
            self.leave();
            let next = self.next_kept().unwrap_or(entry.seq);
            self.arrive(next.min(entry.seq));
        }
        if let Some(same) = self.here.find(&entry.event_id, &entry.commitment) {
            let is_first = same.offered.is_none();
            let fate = if entry.openness > same.openness {
                Fate::Reveal
            } else {
                Fate::Unchanged
            };
            same.offer(entry.openness);
            let tells = is_first && !same.is_ours();
            if entry.openness == Openness::Mismatched
                && same.kept == Some(Openness::Verified)
                && self.outcome.altered.len() < self.most
            {
                self.outcome.altered.push(entry.clone());
            }
            return Verdict {
                fate,
                tells,
                findings: Vec::new(),
            };
        }
        if let Some(kept) = self.here.kept.get(&entry.event_id)
            && self.outcome.rewritten.len() < self.most
        {
            self.outcome.rewritten.push(Rewrite {
                seq: entry.seq,
                event_id: entry.event_id.clone(),
                kept: *kept,
                offered: entry.commitment,
            });
        }
        let findings = self.findings_of_new(entry);
        self.here.add(Known {
            id: entry.event_id.clone(),
            commitment: entry.commitment,
            openness: entry.openness,
            place: None,
            kept: None,
            offered: Some(entry.openness),
        });
        Verdict {
            fate: Fate::Append,
            tells: true,
            findings,
        }
    }

    /// The ship has ended.
    pub(super) fn finish(mut self) -> Outcome {
        self.leave();
        while let Some(next) = self.next_kept() {
            self.arrive(next);
            self.leave();
        }
        self.outcome.ours.sort_unstable();
        self.outcome
    }

    fn findings_of_new(&mut self, entry: &Entry) -> Vec<FindingKind> {
        let mut findings = Vec::new();
        let Some(last) = self.last_seq else {
            return findings;
        };
        if entry.seq <= last {
            findings.push(FindingKind::InsertedBehind);
        }
        if !self.here.kept.is_empty() {
            findings.push(FindingKind::SequenceCollision);
        }
        let kept = self.kept;
        let ids = self
            .ids
            .get_or_insert_with(|| kept.iter().map(|entry| entry.event_id.as_str()).collect());
        if ids.contains(entry.event_id.as_str()) {
            findings.push(FindingKind::DuplicateEventId);
        }
        findings
    }

    /// The `seq` of what is kept next.
    fn next_kept(&self) -> Option<u64> {
        let place = self.order.get(self.walked)?;
        self.kept.get(*place).map(|entry| entry.seq)
    }

    /// Collects what is kept of this `seq`.
    fn arrive(&mut self, seq: u64) {
        self.here.seq = seq;
        while self.next_kept() == Some(seq) {
            let place = self.order.get(self.walked).copied();
            self.walked += 1;
            let Some((place, entry)) = place.and_then(|at| Some((at, self.kept.get(at)?))) else {
                continue;
            };
            if let Some(same) = self.here.find(&entry.event_id, &entry.commitment) {
                if entry.openness > same.openness {
                    same.openness = entry.openness;
                    same.kept = Some(entry.openness);
                    same.place = Some(place);
                }
                continue;
            }
            let id = entry.event_id.clone();
            self.here.kept.entry(id).or_insert(entry.commitment);
            self.here.add(Known {
                id: entry.event_id.clone(),
                commitment: entry.commitment,
                openness: entry.openness,
                place: Some(place),
                kept: Some(entry.openness),
                offered: None,
            });
        }
    }

    /// Counts the events of this `seq`, now that all of them have come.
    fn leave(&mut self) {
        if self.outcome.fork.is_none() {
            self.outcome.fork = self.here.fork();
        }
        for known in self.here.known.drain(..) {
            self.outcome.events += 1;
            self.outcome.withheld += u64::from(known.openness == Openness::Withheld);
            if let Some(place) = known.place {
                if known.offered.is_none() {
                    self.outcome.vanished.push(place);
                }
                if known.is_ours() {
                    self.outcome.ours.push(place);
                }
            }
        }
        self.here.places.clear();
        self.here.kept.clear();
    }
}

impl Here {
    fn fork(&self) -> Option<Fork> {
        let gone = self.known.iter().find(|known| known.offered.is_none())?;
        let new = self.known.iter().find(|known| known.place.is_none())?;
        Some(Fork {
            place: gone.place?,
            offered: new.commitment,
        })
    }

    fn find(&mut self, id: &str, commitment: &[u8; 32]) -> Option<&mut Known> {
        let place = if self.known.len() < CROWD {
            self.known
                .iter()
                .position(|known| known.id == id && known.commitment == *commitment)
        } else {
            self.places.get(&(id.to_owned(), *commitment)).copied()
        };
        self.known.get_mut(place?)
    }

    fn add(&mut self, known: Known) {
        self.known.push(known);
        if self.known.len() < CROWD {
            return;
        }
        let added = self.places.len();
        for (place, known) in self.known.iter().enumerate().skip(added) {
            self.places
                .insert((known.id.clone(), known.commitment), place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ship laid beside what is kept, with everything that was said of its records.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct Merge {
        fates: Vec<Fate>,
        tells: Vec<bool>,
        findings: Vec<(FindingKind, u64, String)>,
        outcome: Outcome,
    }

    fn merge(kept: &[Entry], offered: &[Entry]) -> Merge {
        let mut beside = Beside::new(kept, 100);
        let mut merge = Merge::default();
        for entry in offered {
            let verdict = beside.offer(entry);
            merge.fates.push(verdict.fate);
            merge.tells.push(verdict.tells);
            let named = |kind| (kind, entry.seq, entry.event_id.clone());
            merge
                .findings
                .extend(verdict.findings.into_iter().map(named));
        }
        merge.outcome = beside.finish();
        merge
    }

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
        let outcome = Outcome {
            events: 2,
            withheld: 1,
            ..Outcome::default()
        };
        assert_eq!(
            merge,
            Merge {
                fates: vec![Fate::Append; 2],
                tells: vec![true; 2],
                findings: Vec::new(),
                outcome,
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
        assert!(merge.findings.is_empty() && merge.outcome.vanished.is_empty());
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
        let merge = merge(&[event(3, "a")], &[withheld(3, "a")]);
        assert_eq!(
            (merge.fates, merge.tells),
            (vec![Fate::Unchanged], vec![false])
        );
        assert_eq!((merge.outcome.ours, merge.outcome.withheld), (vec![0], 0));
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
        assert_eq!(merge.outcome.altered, [mismatched(3, "a")]);
    }

    #[test]
    fn another_commitment_under_an_old_name_is_a_rewrite_that_names_both() {
        let merge = merge(&[event(3, "a")], &[committing(99, event(3, "a"))]);
        assert_eq!(
            merge.outcome.rewritten,
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
        assert_eq!(merge.outcome.rewritten.len(), 1);
    }

    #[test]
    fn two_events_of_one_name_in_a_first_ship_are_both_kept_and_both_known_later() {
        let body = [event(3, "a"), committing(99, event(3, "a"))];
        let first = merge(&[], &body);
        assert_eq!(first.fates, [Fate::Append; 2]);
        assert!(first.outcome.rewritten.is_empty());
        let second = merge(&body, &body);
        assert_eq!(second.fates, [Fate::Unchanged; 2]);
        assert!(second.outcome.rewritten.is_empty());
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
        assert_eq!(
            (
                merge.outcome.vanished,
                merge.outcome.ours,
                merge.outcome.events
            ),
            (vec![0], vec![0], 2)
        );
    }

    #[test]
    fn a_second_event_under_a_seq_is_no_fork_as_long_as_the_first_one_is_there() {
        let merge = merge(&[event(3, "a")], &[event(3, "a"), event(3, "x")]);
        assert_eq!((merge.outcome.fork, merge.outcome.events), (None, 2));
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
            [FindingKind::InsertedBehind, FindingKind::SequenceCollision]
        );
        assert_eq!(merge.outcome.vanished, [0]);
        let fork = Fork {
            place: 0,
            offered: [3; 32],
        };
        assert_eq!(merge.outcome.fork, Some(fork), "the log went another way");
    }

    #[test]
    fn what_is_read_of_a_session_is_each_event_once_as_open_as_it_is_known() {
        let kept = [
            withheld(3, "a"),
            event(4, "b"),
            event(3, "a"),
            event(8, "z"),
        ];
        let merge = merge(&kept, &[event(3, "a"), withheld(4, "b"), event(9, "c")]);
        assert_eq!(merge.tells, [true, false, true]);
        assert_eq!(
            (merge.outcome.ours, merge.outcome.vanished),
            (vec![1, 3], vec![3])
        );
        assert_eq!((merge.outcome.events, merge.outcome.withheld), (4, 0));
    }

    #[test]
    fn a_crowd_of_events_under_one_seq_is_found_as_a_few_are() {
        let names: Vec<String> = (0..1_000).map(|number| format!("e{number}")).collect();
        let crowd: Vec<Entry> = names.iter().map(|name| event(3, name)).collect();
        let first = merge(&[], &crowd);
        assert_eq!(first.outcome.events, 1_000);
        let again = merge(&crowd, &crowd);
        assert_eq!(again.fates, vec![Fate::Unchanged; 1_000]);
        assert_eq!(
            (again.outcome.events, again.outcome.vanished),
            (1_000, vec![])
        );
    }
}
