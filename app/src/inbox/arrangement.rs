//! Which hold stands in which group of the inbox, and in what order.
//!
//! A pure function of the holds and the time, so that the server and the browser agree on it and the
//! browser can go on without asking: a deadline that passes moves its hold by itself.

use super::model::{HoldCard, HoldKey, Standing};

/// The groups of the inbox, each in the order in which it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    /// A decision still counts: the nearest deadline first, those without one after them.
    pub waiting: Vec<HoldKey>,
    /// A decision would no longer count, or nobody asks for it any more: the latest first.
    pub late: Vec<HoldKey>,
    /// Decided or resolved: the latest first.
    pub decided: Vec<HoldKey>,
}

/// One of the three groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// A decision still counts.
    Waiting,
    /// Past its deadline, or abandoned.
    Late,
    /// Decided, or resolved in the log.
    Decided,
}

impl Arrangement {
    /// How many holds wait here that `shown` does not show yet.
    pub fn new_since(&self, shown: &Self) -> usize {
        self.waiting
            .iter()
            .filter(|key| !shown.waiting.contains(key))
            .count()
    }

    /// Nothing in any group.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.late.is_empty() && self.decided.is_empty()
    }
}

/// The group of one hold at a time.
pub fn group(card: &HoldCard, now: i64) -> Group {
    match card.standing {
        Standing::Decided { .. } | Standing::Resolved { .. } => Group::Decided,
        Standing::Abandoned => Group::Late,
        Standing::Open | Standing::Refused { .. } => match card.deadline {
            Some(deadline) if deadline <= now => Group::Late,
            Some(_) | None => Group::Waiting,
        },
    }
}

/// Puts every hold in its place.
pub fn arrange(cards: &[HoldCard], now: i64) -> Arrangement {
    let mut placed: Vec<_> = cards.iter().map(|card| (group(card, now), card)).collect();
    placed.sort_by(|(_, a), (_, b)| a.key.cmp(&b.key));
    let take = |wanted: Group, rank: fn(&HoldCard) -> i64| {
        let mut chosen: Vec<_> = placed
            .iter()
            .filter(|(group, _)| *group == wanted)
            .map(|(_, card)| *card)
            .collect();
        chosen.sort_by_key(|card| rank(card));
        chosen.into_iter().map(|card| card.key.clone()).collect()
    };
    Arrangement {
        waiting: take(Group::Waiting, |card| card.deadline.unwrap_or(i64::MAX)),
        late: take(Group::Late, |card| {
            -card.deadline.unwrap_or(card.requested_at)
        }),
        decided: take(Group::Decided, |card| -card.settled_at()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::model::sample::card;
    use crate::inbox::model::{DeliveryState, Verdict};

    const NOW: i64 = 1_795_410_833_299;
    const MINUTE: i64 = 60_000;

    fn keys(keys: &[HoldKey]) -> Vec<&str> {
        keys.iter().map(|key| key.0.as_str()).collect()
    }

    #[test]
    fn the_nearest_deadline_comes_first_and_none_comes_last() {
        let cards = [
            card("endless", NOW),
            card("later", NOW).with_deadline(NOW + 9 * MINUTE),
            card("soon", NOW).with_deadline(NOW + MINUTE),
        ];
        assert_eq!(
            keys(&arrange(&cards, NOW).waiting),
            ["soon", "later", "endless"]
        );
    }

    #[test]
    fn a_deadline_that_passes_moves_its_hold_without_asking_the_server() {
        let cards = [card("a", NOW).with_deadline(NOW + MINUTE)];
        assert_eq!(keys(&arrange(&cards, NOW).waiting), ["a"]);
        assert_eq!(keys(&arrange(&cards, NOW + MINUTE).late), ["a"]);
    }

    #[test]
    fn a_hold_that_no_guard_waits_for_is_late_whatever_its_deadline() {
        let abandoned = card("a", NOW)
            .with_deadline(NOW + MINUTE)
            .with_standing(Standing::Abandoned);
        assert_eq!(group(&abandoned, NOW), Group::Late);
    }

    #[test]
    fn a_hold_whose_decision_the_guard_refused_waits_again_while_there_is_time() {
        let refused = card("a", NOW)
            .with_deadline(NOW + MINUTE)
            .with_standing(Standing::Refused { at: NOW });
        assert_eq!(group(&refused, NOW), Group::Waiting);
        assert_eq!(group(&refused, NOW + 2 * MINUTE), Group::Late);
    }

    #[test]
    fn the_latest_decision_comes_first_also_after_its_deadline() {
        let decided = |key, at| {
            card(key, NOW)
                .with_deadline(NOW)
                .with_standing(Standing::Decided {
                    verdict: Verdict::Granted,
                    approver: "human:operator".to_owned(),
                    at,
                    delivery: DeliveryState::Relayed,
                })
        };
        let cards = [decided("first", NOW - MINUTE), decided("second", NOW)];
        assert_eq!(
            keys(&arrange(&cards, NOW + MINUTE).decided),
            ["second", "first"]
        );
    }

    #[test]
    fn only_holds_that_wait_count_as_new() {
        let shown = arrange(&[card("a", NOW)], NOW);
        let target = arrange(&[card("a", NOW), card("b", NOW)], NOW);
        assert_eq!(target.new_since(&shown), 1);
        assert_eq!(shown.new_since(&target), 0);
    }
}
