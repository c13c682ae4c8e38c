//! What the sender is told, and what stays of a ship to be shown later.

use std::collections::BTreeMap;

use machinaut_chain::session::FindingKind;
use serde::Serialize;

use crate::clock::Moment;
use crate::ids::ReceiptId;
use crate::sessions::FindingCount;

/// Says what a ship brought, and that all of it is durable. Serialises as the answer to the sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Its id.
    pub receipt_id: ReceiptId,
    /// The project, as Lodestar names it.
    pub project_id: String,
    /// The session, as Lodestar names it.
    pub session_id: String,
    /// How many events the body had.
    pub received: u64,
    /// How many of them were new.
    pub appended: u64,
    /// How many known ones it opened.
    pub revealed: u64,
    /// How many were known.
    pub unchanged: u64,
    /// How many were withheld.
    pub redacted: u64,
    /// What was found wrong with it, by kind.
    pub findings: Vec<FindingCount>,
    /// SHA-256 of the body, in hex.
    pub body_sha256: String,
    /// When it was received.
    #[serde(serialize_with = "rfc3339")]
    pub received_at: Moment,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn rfc3339<S: serde::Serializer>(at: &Moment, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339())
}

/// Counts findings by kind.
pub(super) fn counts<'a>(
    findings: impl IntoIterator<Item = &'a (FindingKind, u64, String)>,
) -> Vec<FindingCount> {
    let mut counts: BTreeMap<FindingKind, FindingCount> = BTreeMap::new();
    for (kind, seq, _) in findings {
        let count = counts.entry(*kind).or_insert(FindingCount {
            kind: *kind,
            count: 0,
            first_seq: *seq,
        });
        count.count += 1;
        count.first_seq = count.first_seq.min(*seq);
    }
    counts.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_counted_by_kind_with_the_first_place_of_each() {
        let found = |kind, seq| (kind, seq, "e".to_owned());
        let counted = counts(&[
            found(FindingKind::SequenceCollision, 9),
            found(FindingKind::PayloadHashMismatch, 4),
            found(FindingKind::SequenceCollision, 7),
        ]);
        assert_eq!(
            counted,
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
}
