//! What was found wrong with a ship: each finding with its event, as far as a list makes sense, and
//! how many there are of each kind, however many that is.

use std::collections::BTreeMap;

use machinaut_chain::session::FindingKind;

use crate::sessions::FindingCount;

/// How many findings of one ship are kept one by one. An agent can write a log in which every event
/// has several; the counts tell how many there were.
const MOST: usize = 5_000;

/// The findings of one ship.
#[derive(Debug, Default)]
pub(super) struct Findings {
    rows: Vec<(FindingKind, u64, String)>,
    counts: BTreeMap<FindingKind, FindingCount>,
}

impl Findings {
    pub(super) fn add(&mut self, kind: FindingKind, seq: u64, event_id: &str) {
        let count = self.counts.entry(kind).or_insert(FindingCount {
            kind,
            count: 0,
            first_seq: seq,
        });
        count.count += 1;
        count.first_seq = count.first_seq.min(seq);
        if self.rows.len() < MOST {
            self.rows.push((kind, seq, event_id.to_owned()));
        }
    }

    /// The first of them, each with its `seq` and event id.
    pub(super) fn rows(&self) -> &[(FindingKind, u64, String)] {
        &self.rows
    }

    /// All of them, by kind.
    pub(super) fn counts(&self) -> Vec<FindingCount> {
        self.counts.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_counted_by_kind_with_the_first_place_of_each() {
        let mut findings = Findings::default();
        findings.add(FindingKind::SequenceCollision, 9, "e");
        findings.add(FindingKind::PayloadHashMismatch, 4, "e");
        findings.add(FindingKind::SequenceCollision, 7, "e");
        assert_eq!(
            findings.counts(),
            [
                FindingCount {
                    kind: FindingKind::PayloadHashMismatch,
                    count: 1,
                    first_seq: 4
                },
                FindingCount {
                    kind: FindingKind::SequenceCollision,
                    count: 2,
                    first_seq: 7
                },
            ]
        );
    }

    #[test]
    fn a_flood_of_findings_is_counted_whole_and_listed_in_part() {
        let mut findings = Findings::default();
        for seq in 0..100_000 {
            findings.add(FindingKind::PayloadHashMismatch, seq, "e");
        }
        assert_eq!(
            (findings.counts()[0].count, findings.rows().len()),
            (100_000, MOST)
        );
    }
}
