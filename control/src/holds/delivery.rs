//! How far a signed decision got, as far as we can know. We see requests, not the guard: each step
//! says what the requests prove and no more. Everything here is a function of recorded times and
//! the present moment, because the most telling sign, the guard's silence, is no event.
//!
//! A guard that takes a decision deletes it and stops asking. A guard that refuses the signature
//! deletes it too, and goes on asking, but only until the deadline: silence that begins at the
//! deadline says nothing. Only the guard's own log is proof.

use std::time::Duration;

use serde::Serialize;

use crate::clock::Moment;

/// How long a guard must be silent after it consumed a decision until that reads as acceptance. A
/// guard that goes on asking does so after about 100 ms.
pub const SILENCE: Duration = Duration::from_secs(3);

/// How often a decision is handed out, neither consumed nor followed by silence, until that reads
/// as being passed over.
const PASSED_OVER_AFTER: u64 = 5;

/// When what happened to one decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When it was signed and stored, ready for the guard.
    pub stored: Moment,
    /// When the guard got it first.
    pub first_served: Option<Moment>,
    /// When the guard got it last.
    pub last_served: Option<Moment>,
    /// How often the guard got it.
    pub serves: u64,
    /// When the guard deleted it.
    pub consumed: Option<Moment>,
    /// When the guard asked again after deleting it.
    pub refused: Option<Moment>,
    /// When a shipped log showed it.
    pub confirmed: Option<Moment>,
    /// Whether a shipped log shows that the hold ended otherwise.
    pub ended_otherwise: bool,
    /// Until when the guard asks.
    pub deadline: Option<Moment>,
}

/// How far the decision got, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Stored, waiting for the guard to ask.
    Relayed,
    /// Handed to the guard, which has not consumed it yet.
    Fetched,
    /// Handed to the guard again and again without effect: the guard passes it over, as it does
    /// with a decision whose binding or time it does not accept.
    PassedOver,
    /// Handed to the guard, which then fell silent without consuming it: accepted, and the
    /// consumption was lost, or the guard stopped.
    Unacknowledged,
    /// Consumed; whether the guard asks again will tell what it made of the signature.
    Settling,
    /// Consumed, then silence.
    Accepted,
    /// Consumed or handed over so close to the deadline that the guard would have fallen silent
    /// anyway.
    Undetermined,
    /// The deadline passed before the guard asked for it: it did not count.
    TooLate,
    /// A shipped log tells of another end of the hold.
    EndedOtherwise,
    /// Consumed, then more questions: the guard refused the signature.
    Refused,
    /// A shipped log of the guard carries this very signature.
    Confirmed,
}

/// One step of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Signed by the approver.
    Signed,
    /// Stored and offered to the guard.
    Relayed,
    /// Handed to the guard.
    Fetched,
    /// The guard took it: it consumed the decision and stopped asking.
    Accepted,
    /// The guard did not take it: it consumed the decision and went on asking.
    Refused,
    /// The guard's own log shows it.
    Confirmed,
}

/// Whether a step was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Reached.
    Done,
    /// May still be reached.
    Waiting,
    /// Reached, and it is bad news.
    Failed,
    /// Will not be reached any more.
    Skipped,
}

/// A step, with its time where it was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Which one.
    pub what: What,
    /// Whether it was reached.
    pub state: State,
    /// When.
    pub at: Option<Moment>,
}

/// How far a decision got, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// In one word.
    pub stage: Stage,
    /// Signed, relayed, fetched, accepted or refused, confirmed: always these five, in this order.
    pub steps: Vec<Step>,
    /// When the passing of time alone will change the stage, if it will.
    pub settles_at: Option<Moment>,
}

/// How far a decision got by `now`.
pub fn delivery(times: &Times, now: Moment) -> Delivery {
    let stage = stage(times, now);
    let fetched = match times.first_served {
        Some(at) => Step {
            what: What::Fetched,
            state: State::Done,
            at: Some(at),
        },
        // The guard may have the decision by another way: its own log says that it counted.
        None if stage == Stage::Confirmed => skipped(What::Fetched),
        None if matches!(stage, Stage::TooLate | Stage::EndedOtherwise) => skipped(What::Fetched),
        None => waiting(What::Fetched),
    };
    let answered = match stage {
        Stage::Refused => Step {
            what: What::Refused,
            state: State::Failed,
            at: times.refused,
        },
        Stage::Accepted => Step {
            what: What::Accepted,
            state: State::Done,
            at: times.consumed,
        },
        Stage::Confirmed => times.consumed.filter(|_| times.refused.is_none()).map_or(
            skipped(What::Accepted),
            |at| Step {
                what: What::Accepted,
                state: State::Done,
                at: Some(at),
            },
        ),
        Stage::TooLate | Stage::EndedOtherwise => skipped(What::Accepted),
        _ => waiting(What::Accepted),
    };
    let confirmed = match stage {
        Stage::Confirmed => Step {
            what: What::Confirmed,
            state: State::Done,
            at: times.confirmed,
        },
        Stage::Refused | Stage::TooLate | Stage::EndedOtherwise => skipped(What::Confirmed),
        _ => waiting(What::Confirmed),
    };
    Delivery {
        stage,
        steps: vec![
            Step {
                what: What::Signed,
                state: State::Done,
                at: Some(times.stored),
            },
            Step {
                what: What::Relayed,
                state: State::Done,
                at: Some(times.stored),
            },
            fetched,
            answered,
            confirmed,
        ],
        settles_at: settles_at(times, stage),
    }
}

fn stage(times: &Times, now: Moment) -> Stage {
    let is_silent_since = |at: Moment| now >= at + SILENCE;
    // A guard asks until the deadline. Had it refused the decision, could we have heard it?
    let would_have_asked = |at: Moment| {
        times
            .deadline
            .is_none_or(|deadline| deadline >= at + SILENCE)
    };
    if times.confirmed.is_some() {
        return Stage::Confirmed;
    }
    if times.refused.is_some() {
        return Stage::Refused;
    }
    // What the guard does outweighs what a log tells: an agent can write into the log.
    if let Some(consumed) = times.consumed {
        if !is_silent_since(consumed) {
            return Stage::Settling;
        }
        if would_have_asked(consumed) {
            return Stage::Accepted;
        }
    }
    if times.ended_otherwise {
        return Stage::EndedOtherwise;
    }
    match times.consumed.or(times.last_served) {
        None if times.deadline.is_some_and(|deadline| now > deadline) => Stage::TooLate,
        None => Stage::Relayed,
        Some(_) if times.consumed.is_some() => Stage::Undetermined,
        Some(_) if times.serves >= PASSED_OVER_AFTER => Stage::PassedOver,
        Some(served) if !is_silent_since(served) => Stage::Fetched,
        Some(served) if would_have_asked(served) => Stage::Unacknowledged,
        Some(_) => Stage::Undetermined,
    }
}

fn settles_at(times: &Times, stage: Stage) -> Option<Moment> {
    match stage {
        Stage::Settling => times.consumed.map(|at| at + SILENCE),
        Stage::Fetched => times.last_served.map(|at| at + SILENCE),
        Stage::Relayed => times.deadline.map(|at| at + Duration::from_millis(1)),
        _ => None,
    }
}

fn waiting(what: What) -> Step {
    Step {
        what,
        state: State::Waiting,
        at: None,
    }
}

fn skipped(what: What) -> Step {
    Step {
        what,
        state: State::Skipped,
        at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: Times = Times {
        stored: Moment::from_millis(1_000),
        first_served: None,
        last_served: None,
        serves: 0,
        consumed: None,
        refused: None,
        confirmed: None,
        ended_otherwise: false,
        deadline: None,
    };
    const SERVED: Times = Times {
        first_served: Some(Moment::from_millis(1_100)),
        last_served: Some(Moment::from_millis(1_100)),
        serves: 1,
        ..STORED
    };
    const CONSUMED: Times = Times {
        consumed: Some(Moment::from_millis(1_102)),
        ..SERVED
    };
    const REFUSED: Times = Times {
        refused: Some(Moment::from_millis(1_205)),
        ..CONSUMED
    };

    #[test]
    fn the_stage_follows_from_the_times_and_the_clock() {
        let confirmed = |times: Times| Times {
            confirmed: Some(Moment::from_millis(9_000)),
            ..times
        };
        let passed_over = Times {
            last_served: Some(Moment::from_millis(1_600)),
            serves: 5,
            ..SERVED
        };
        let until = |deadline: i64, times: Times| Times {
            deadline: Some(Moment::from_millis(deadline)),
            ..times
        };
        let otherwise = |times: Times| Times {
            ended_otherwise: true,
            ..times
        };
        for (name, times, now, expected) in [
            ("nobody asked yet", STORED, 500_000, Stage::Relayed),
            (
                "nobody asked, at the deadline",
                until(500_000, STORED),
                500_000,
                Stage::Relayed,
            ),
            (
                "nobody asked in time",
                until(500_000, STORED),
                500_001,
                Stage::TooLate,
            ),
            ("just handed out", SERVED, 1_150, Stage::Fetched),
            (
                "handed out, then silence",
                SERVED,
                4_100,
                Stage::Unacknowledged,
            ),
            (
                "handed out, then the deadline",
                until(2_000, SERVED),
                4_100,
                Stage::Undetermined,
            ),
            (
                "handed out again and again",
                passed_over,
                1_700,
                Stage::PassedOver,
            ),
            (
                "handed out in vain, then silence",
                passed_over,
                9_600,
                Stage::PassedOver,
            ),
            ("just consumed", CONSUMED, 1_102, Stage::Settling),
            ("consumed almost 3 s ago", CONSUMED, 4_101, Stage::Settling),
            (
                "consumed and silent for 3 s",
                CONSUMED,
                4_102,
                Stage::Accepted,
            ),
            (
                "consumed, with time left to ask",
                until(4_102, CONSUMED),
                4_102,
                Stage::Accepted,
            ),
            (
                "consumed, then the deadline",
                until(4_101, CONSUMED),
                9_000,
                Stage::Undetermined,
            ),
            (
                "asked again after consuming",
                REFUSED,
                1_205,
                Stage::Refused,
            ),
            ("asked again, long ago", REFUSED, 900_000, Stage::Refused),
            (
                "accepted, whatever a log says",
                otherwise(CONSUMED),
                9_000,
                Stage::Accepted,
            ),
            (
                "a log knows another end",
                otherwise(SERVED),
                9_000,
                Stage::EndedOtherwise,
            ),
            (
                "at the deadline, and a log knows another end",
                otherwise(until(4_101, CONSUMED)),
                9_000,
                Stage::EndedOtherwise,
            ),
            (
                "in the log, never fetched here",
                confirmed(STORED),
                9_000,
                Stage::Confirmed,
            ),
            (
                "in the log, consumption lost",
                confirmed(SERVED),
                9_000,
                Stage::Confirmed,
            ),
            ("in the log", confirmed(CONSUMED), 9_000, Stage::Confirmed),
            (
                "in the log although it asked again",
                confirmed(REFUSED),
                9_000,
                Stage::Confirmed,
            ),
        ] {
            assert_eq!(
                delivery(&times, Moment::from_millis(now)).stage,
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn the_steps_are_always_the_same_five_and_never_claim_what_was_not_seen() {
        let steps = |times: &Times, now| {
            delivery(times, Moment::from_millis(now))
                .steps
                .into_iter()
                .map(|step| (step.what, step.state))
                .collect::<Vec<_>>()
        };
        let signed = [(What::Signed, State::Done), (What::Relayed, State::Done)];
        assert_eq!(
            steps(&STORED, 1_000)[2..],
            [
                (What::Fetched, State::Waiting),
                (What::Accepted, State::Waiting),
                (What::Confirmed, State::Waiting)
            ]
        );
        assert_eq!(
            steps(&CONSUMED, 1_102)[2..],
            [
                (What::Fetched, State::Done),
                (What::Accepted, State::Waiting),
                (What::Confirmed, State::Waiting)
            ]
        );
        assert_eq!(
            steps(&REFUSED, 1_205)[2..],
            [
                (What::Fetched, State::Done),
                (What::Refused, State::Failed),
                (What::Confirmed, State::Skipped)
            ]
        );
        let lost = Times {
            confirmed: Some(Moment::from_millis(9_000)),
            ..STORED
        };
        assert_eq!(
            steps(&lost, 9_000)[2..],
            [
                (What::Fetched, State::Skipped),
                (What::Accepted, State::Skipped),
                (What::Confirmed, State::Done)
            ]
        );
        assert_eq!(steps(&STORED, 1_000)[..2], signed);
    }

    #[test]
    fn it_says_when_silence_will_have_settled_it() {
        let at = |millis| delivery(&CONSUMED, Moment::from_millis(millis)).settles_at;
        assert_eq!(at(1_102), Some(Moment::from_millis(4_102)));
        assert_eq!(at(4_102), None);
    }
}
