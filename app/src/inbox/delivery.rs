//! The way of a decision, step by step, with what each step proves.
//!
//! signed → relayed → fetched by the guard → accepted by the guard, or refused → confirmed in the
//! log → outcome. "Accepted" is strong and not certain: the guard took the decision away and fell
//! silent. Only the customer's own log is certain.

use super::model::{DecisionView, DeliveryState, OutcomeView, Verdict};
use crate::ui::clock::hms;
use crate::ui::{StepState, Tone};

/// One step as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// How far.
    pub reached: StepState,
    /// The colour of its sign, where it means something.
    pub tone: Option<Tone>,
    /// The sign.
    pub icon: &'static str,
    /// What happened.
    pub title: String,
    /// What it proves, or what it waits for.
    pub detail: Option<String>,
    /// When: a time for the first step, the distance from it for the others.
    pub when: Option<String>,
}

/// The steps of a decision as they stand.
pub fn steps(decision: &DecisionView, outcome: Option<&OutcomeView>) -> Vec<Milestone> {
    let state = decision.state;
    let times = decision.times;
    let after = |at: Option<i64>| at.map(|at| since(times.signed, at));
    let mut steps = vec![
        done("pen", "Signed in a browser")
            .detail(format!(
                "{}, key {}",
                decision.approver, decision.fingerprint
            ))
            .when(Some(hms(times.signed))),
        done("relay", "Relayed")
            .detail("stored here, for the guard to ask for")
            .when(after(Some(times.relayed))),
        match times.fetched {
            Some(_) => done("download", "Fetched by the guard").when(after(times.fetched)),
            None if state == DeliveryState::Confirmed => done("download", "Fetched by the guard"),
            None if state == DeliveryState::TooLate => Milestone {
                reached: StepState::Bad,
                tone: Some(Tone::Hold),
                ..todo("download", "Not fetched in time")
            }
            .detail("The deadline passed before the guard asked. It takes that as a denial."),
            None => now("download", "Waiting for the guard to ask")
                .detail("It asks every few moments while it waits."),
        },
    ];
    steps.push(match state {
        DeliveryState::Relayed | DeliveryState::Fetched | DeliveryState::TooLate => todo("guard-check", "Accepted by the guard"),
        DeliveryState::PassedOver => Milestone {
            reached: StepState::Bad,
            tone: Some(Tone::Hold),
            ..todo("guard-x", "Passed over by the guard")
        }
        .detail("It fetches the decision again and again without taking it: it does not accept its time, or what it is bound to."),
        DeliveryState::Unacknowledged => now("guard-check", "Fetched, then silence").detail(
            "The guard accepted it and the word of it was lost, or the guard stopped. The log will tell.",
        ),
        DeliveryState::Undetermined => now("guard-check", "Taken at the deadline").detail(
            "The guard stops asking at the deadline anyway, so its silence says nothing. The log will tell.",
        ),
        DeliveryState::EndedOtherwise => Milestone {
            reached: StepState::Bad,
            tone: Some(Tone::Hold),
            ..todo("guard-x", "Another end, says the log")
        }
        .detail("The shipped log tells of an end that this decision did not bring about. An agent can write into the log too."),
        DeliveryState::Consumed => now("guard-check", "The guard took it").detail(
            "It takes a decision away when it accepts one and when it refuses one. Silence now means accepted.",
        ),
        DeliveryState::Accepted | DeliveryState::Confirmed => done("guard-check", "Accepted by the guard")
            .detail("It took the decision and stopped asking.")
            .when(after(times.consumed)),
        DeliveryState::Refused => Milestone {
            reached: StepState::Bad,
            tone: Some(Tone::Denied),
            ..todo("guard-x", "Refused by the guard")
        }
        .detail("It took the decision away and went on asking.")
        .when(after(times.asked_again)),
    });
    steps.push(match (state, &decision.confirmed_by) {
        (DeliveryState::Confirmed, Some(event)) => done("log-check", "Confirmed in the log")
            .detail(format!("seq {}, carries this signature", event.seq))
            .when(after(times.confirmed)),
        (DeliveryState::Confirmed, None) => done("log-check", "Confirmed in the log").when(after(times.confirmed)),
        (DeliveryState::Accepted | DeliveryState::Unacknowledged | DeliveryState::Undetermined, _) => now("log-check", "Waiting for the log").detail(
            "Certain proof is the approval event with this signature in a later ship of the session.",
        ),
        (DeliveryState::Refused | DeliveryState::TooLate | DeliveryState::EndedOtherwise, _) => todo("log-check", "Not in the log"),
        _ => todo("log-check", "Confirmed in the log"),
    });
    if state != DeliveryState::Refused {
        steps.push(match (outcome, decision.verdict) {
            (Some(outcome), _) => done("k-outcome", "Outcome")
                .detail(format!("{}, seq {}", outcome.result, outcome.event.seq)),
            (None, Verdict::Granted) => todo("k-outcome", "Outcome").detail("not observed yet"),
            (None, Verdict::Denied) => todo("k-outcome", "The action stays unrun"),
        });
    }
    steps
}

fn since(from: i64, to: i64) -> String {
    let gone = (to - from).max(0);
    if gone < 60_000 {
        format!("+{}.{:02} s", gone / 1_000, gone % 1_000 / 10)
    } else {
        hms(to)
    }
}

fn step(reached: StepState, tone: Option<Tone>, icon: &'static str, title: &str) -> Milestone {
    Milestone {
        reached,
        tone,
        icon,
        title: title.to_owned(),
        detail: None,
        when: None,
    }
}

fn done(icon: &'static str, title: &str) -> Milestone {
    step(StepState::Done, Some(Tone::Granted), icon, title)
}

fn now(icon: &'static str, title: &str) -> Milestone {
    step(StepState::Now, None, icon, title)
}

fn todo(icon: &'static str, title: &str) -> Milestone {
    step(StepState::Todo, None, icon, title)
}

impl Milestone {
    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    fn when(mut self, when: Option<String>) -> Self {
        self.when = when;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::model::DeliveryTimes;

    const SIGNED: i64 = 1_795_411_044_118;

    fn decision(state: DeliveryState) -> DecisionView {
        DecisionView {
            verdict: Verdict::Granted,
            approver: "human:operator@phone".to_owned(),
            fingerprint: "7114 d248 8e29 084e".to_owned(),
            public_key: String::new(),
            reason: None,
            document: "{}".to_owned(),
            message: String::new(),
            signature: String::new(),
            state,
            times: DeliveryTimes {
                signed: SIGNED,
                relayed: SIGNED + 90,
                ..DeliveryTimes::default()
            },
            confirmed_by: None,
            settles_at: None,
        }
    }

    fn titles(steps: &[Milestone]) -> Vec<(&str, StepState)> {
        steps
            .iter()
            .map(|step| (step.title.as_str(), step.reached))
            .collect()
    }

    #[test]
    fn what_was_only_relayed_waits_for_the_guard_to_ask() {
        assert_eq!(
            titles(&steps(&decision(DeliveryState::Relayed), None)),
            [
                ("Signed in a browser", StepState::Done),
                ("Relayed", StepState::Done),
                ("Waiting for the guard to ask", StepState::Now),
                ("Accepted by the guard", StepState::Todo),
                ("Confirmed in the log", StepState::Todo),
                ("Outcome", StepState::Todo),
            ]
        );
    }

    #[test]
    fn a_consumed_decision_is_not_called_accepted_before_the_silence() {
        let mut consumed = decision(DeliveryState::Consumed);
        consumed.times.fetched = Some(SIGNED + 110);
        consumed.times.consumed = Some(SIGNED + 320);
        let steps = steps(&consumed, None);
        assert_eq!(steps[3].reached, StepState::Now);
        assert_ne!(steps[3].tone, Some(Tone::Granted));
    }

    #[test]
    fn a_refused_decision_is_red_and_promises_no_outcome() {
        let mut refused = decision(DeliveryState::Refused);
        refused.times.fetched = Some(SIGNED + 110);
        refused.times.asked_again = Some(SIGNED + 210);
        let steps = steps(&refused, None);
        assert_eq!(
            (steps[3].reached, steps[3].tone),
            (StepState::Bad, Some(Tone::Denied))
        );
        assert_eq!(steps[3].when.as_deref(), Some("+0.21 s"));
        assert_eq!(
            steps.last().map(|step| step.title.as_str()),
            Some("Not in the log")
        );
    }

    #[test]
    fn an_accepted_decision_still_waits_for_the_log() {
        let mut accepted = decision(DeliveryState::Accepted);
        accepted.times.fetched = Some(SIGNED + 110);
        let steps = steps(&accepted, None);
        assert_eq!(
            (steps[4].title.as_str(), steps[4].reached),
            ("Waiting for the log", StepState::Now)
        );
    }
}
