//! Where a hold stands: whether a decision would still count, and whether anybody waits for it.
//! Lodestar's own list of pending holds has no clock, so a hold of a stopped proxy stays open there
//! for ever; here time closes it.

use std::time::Duration;

use serde::Serialize;

use crate::clock::Moment;

/// A guard that waits asks again about 100 ms after each answer; a pause longer than this means
/// that it has stopped.
pub(crate) const ASKS_AGAIN_WITHIN: Duration = Duration::from_secs(3);

/// How long a guard must have been silent until the hold counts as abandoned.
const ABANDONED_AFTER_SILENCE: Duration = Duration::from_mins(5);

/// How long a hold for which no guard ever asked is offered, where it has no deadline.
const OFFERED_UNASKED: Duration = Duration::from_hours(24);

/// The guard's sign of life for one hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Guard {
    /// No guard has asked about it.
    NeverAsked,
    /// A guard is waiting for the decision.
    Waiting {
        /// When it asked last.
        last_asked: Moment,
    },
    /// A guard has asked, and stopped.
    Silent {
        /// When it asked last.
        last_asked: Moment,
    },
}

impl Guard {
    /// The sign of life by `now`.
    pub(crate) fn of(
        last_asked: Option<Moment>,
        waiting_until: Option<Moment>,
        now: Moment,
    ) -> Self {
        match last_asked {
            None => Self::NeverAsked,
            Some(last_asked) => {
                let until = waiting_until.unwrap_or(last_asked) + ASKS_AGAIN_WITHIN;
                if now <= until {
                    Self::Waiting { last_asked }
                } else {
                    Self::Silent { last_asked }
                }
            }
        }
    }
}

/// Where a hold stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It waits for a decision.
    Waiting,
    /// Nobody decided in time; a decision would no longer count.
    PastDeadline,
    /// No guard waits for it any more.
    Abandoned,
    /// A decision was signed here and is in force.
    Decided,
    /// The log says how it ended.
    Closed,
}

/// What [`Standing`] follows from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signs {
    pub(crate) decided: bool,
    pub(crate) closed_in_log: bool,
    pub(crate) deadline: Option<Moment>,
    pub(crate) known: Moment,
    pub(crate) guard: Guard,
}

impl Signs {
    /// Where the hold stands by `now`.
    pub(crate) fn standing(&self, now: Moment) -> Standing {
        if self.decided {
            return Standing::Decided;
        }
        if self.closed_in_log {
            return Standing::Closed;
        }
        if self.deadline.is_some_and(|deadline| now > deadline) {
            return Standing::PastDeadline;
        }
        let abandoned = match self.guard {
            Guard::Waiting { .. } => false,
            Guard::Silent { last_asked } => now.since(last_asked) > ABANDONED_AFTER_SILENCE,
            Guard::NeverAsked => self.deadline.is_none() && now.since(self.known) > OFFERED_UNASKED,
        };
        if abandoned {
            Standing::Abandoned
        } else {
            Standing::Waiting
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Moment = Moment::from_millis(1_800_000_000_000);

    fn signs() -> Signs {
        Signs {
            decided: false,
            closed_in_log: false,
            deadline: None,
            known: NOON,
            guard: Guard::NeverAsked,
        }
    }

    fn after(seconds: u64) -> Moment {
        NOON + Duration::from_secs(seconds)
    }

    #[test]
    fn a_held_question_is_a_waiting_guard_until_it_must_have_been_answered() {
        let waiting = Guard::of(Some(NOON), Some(after(10)), after(10));
        assert_eq!(waiting, Guard::Waiting { last_asked: NOON });
        assert_eq!(
            Guard::of(Some(NOON), Some(after(10)), after(14)),
            Guard::Silent { last_asked: NOON }
        );
        assert_eq!(
            Guard::of(Some(NOON), None, after(2)),
            Guard::Waiting { last_asked: NOON }
        );
        assert_eq!(Guard::of(None, None, NOON), Guard::NeverAsked);
    }

    #[test]
    fn a_deadline_counts_to_its_last_millisecond() {
        let hold = Signs {
            deadline: Some(after(60)),
            ..signs()
        };
        assert_eq!(hold.standing(after(60)), Standing::Waiting);
        assert_eq!(
            hold.standing(after(60) + Duration::from_millis(1)),
            Standing::PastDeadline
        );
    }

    #[test]
    fn a_hold_that_nobody_asks_about_any_more_is_abandoned() {
        let silent = Signs {
            guard: Guard::Silent { last_asked: NOON },
            ..signs()
        };
        assert_eq!(silent.standing(after(300)), Standing::Waiting);
        assert_eq!(silent.standing(after(301)), Standing::Abandoned);
        assert_eq!(signs().standing(after(24 * 3600 + 1)), Standing::Abandoned);
    }

    #[test]
    fn a_decision_in_force_outranks_the_clock_and_the_log() {
        let hold = Signs {
            decided: true,
            closed_in_log: true,
            deadline: Some(NOON),
            ..signs()
        };
        assert_eq!(hold.standing(after(60)), Standing::Decided);
        assert_eq!(
            Signs {
                decided: false,
                ..hold
            }
            .standing(after(60)),
            Standing::Closed
        );
    }
}
