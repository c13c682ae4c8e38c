//! What the inbox asks of the server. Thin: scope, one control call, view model.

use leptos::prelude::*;

use super::model::{HoldKey, HoldView, InboxView};
use crate::{problem::Problem, text_json::TextJson};

/// Everything that the inbox lists.
///
/// # Errors
/// Where nobody is signed in.
#[server(endpoint = "inbox", output = TextJson)]
pub async fn inbox() -> Result<InboxView, Problem> {
    use machinaut_control::{holds, sessions};

    use crate::problem::{control, scope};

    let (scope, control) = (scope()?, control()?);
    let inbox = holds::inbox(&scope, &control).await?;
    let now = control.now().millis();
    let holds: Vec<_> = inbox
        .waiting
        .into_iter()
        .chain(inbox.past)
        .chain(inbox.ended)
        .map(Into::into)
        .collect();
    let has_sessions = !sessions::list(&scope, &control, &sessions::Filter::default(), None, 1)
        .await?
        .sessions
        .is_empty();
    Ok(InboxView {
        now,
        holds,
        has_sessions,
    })
}

/// How many holds wait for a decision, for the navigation.
///
/// # Errors
/// Where nobody is signed in.
#[server(endpoint = "waiting_count", output = TextJson)]
pub async fn waiting_count() -> Result<u32, Problem> {
    use machinaut_control::holds;

    use crate::problem::{control, scope};

    let count = holds::open_count(&scope()?, &control()?).await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// One hold with its why and its decision.
///
/// # Errors
/// Where nobody is signed in, or the organisation has no such hold.
#[server(endpoint = "hold", output = TextJson)]
pub async fn hold(key: HoldKey) -> Result<HoldView, Problem> {
    use crate::problem::{control, scope};

    views::read(&scope()?, &control()?, &key).await
}

/// Hands over a decision that was signed in the browser: the answer as JSON, exactly as the guard will
/// fetch it.
///
/// # Errors
/// Where nobody is signed in, the organisation has no such hold, or the decision would not count.
#[server(endpoint = "decide", output = TextJson)]
pub async fn decide(key: HoldKey, resolution: String) -> Result<HoldView, Problem> {
    use machinaut_chain::approval::Resolution;
    use machinaut_control::{Error, holds};

    use crate::problem::{control, scope};

    let (scope, control) = (scope()?, control()?);
    let resolution = Resolution::parse(resolution.as_bytes())
        .map_err(|refusal| Error::invalid("decision", refusal.to_string()))?;
    holds::decide(&scope, &control, views::hold_id(&key)?, &resolution).await?;
    views::read(&scope, &control, &key).await
}

#[cfg(feature = "ssr")]
pub(crate) use views::holds_of_session;

#[cfg(feature = "ssr")]
mod views {
    use machinaut_chain::approval::ResolutionKind;
    use machinaut_chain::model::ActionFacts;
    use machinaut_chain::sentence::action_sentence;
    use machinaut_chain::signature::PublicKey;
    use machinaut_chain::timestamp::Timestamp;
    use machinaut_chain::why::{Body, Why};
    use machinaut_control::holds::delivery::{Delivery, Stage, Step, What};
    use machinaut_control::holds::{
        self, Decidable, DecisionView as Decision, Ending, Guard, HoldPage, HoldRow, Proof,
    };
    use machinaut_control::ids::{HoldId, SessionKey};
    use machinaut_control::{Control, Error, Scope};

    use crate::inbox::model::{
        DecisionView, DeliveryState, DeliveryTimes, EventRef, HoldCard, HoldKey, HoldView,
        LogOutcome, LogProof, OutcomeView, Risk, SessionRef, Standing, Verdict,
    };
    use crate::problem::Problem;
    use crate::sessions::{HoldLink, encoded};

    /// A hold's id out of an address: anything else names no hold.
    pub(super) fn hold_id(key: &HoldKey) -> Result<HoldId, Problem> {
        key.0.parse().map_err(|_| Error::NotFound("hold").into())
    }

    pub(super) async fn read(
        scope: &Scope,
        control: &Control,
        key: &HoldKey,
    ) -> Result<HoldView, Problem> {
        let id = hold_id(key)?;
        let page = holds::get(scope, control, id).await?;
        let why = holds::why(scope, control, id).await?;
        Ok(view(page, why, control.now().millis()))
    }

    /// The holds of a session, for its page.
    pub(crate) async fn holds_of_session(
        scope: &Scope,
        control: &Control,
        session: SessionKey,
    ) -> Result<Vec<HoldLink>, Problem> {
        let rows = holds::of_session(scope, control, session).await?;
        Ok(rows
            .into_iter()
            .map(|row| HoldLink {
                href: format!("/holds/{}", row.id),
                is_open: row.standing == holds::Standing::Waiting,
                sentence: row.facts.as_ref().map(action_sentence),
            })
            .collect())
    }

    fn view(page: HoldPage, why: Option<Why>, now: i64) -> HoldView {
        let HoldPage {
            row,
            session,
            decidable,
            decisions,
            ..
        } = page;
        let session = session.map(|session| SessionRef {
            key: session.id.to_string(),
            id: session.session_id,
            project: session.project_id,
        });
        let session_key = session.as_ref().map(|session| session.key.clone());
        let outcome = why
            .as_ref()
            .zip(session_key.as_deref())
            .and_then(|(why, key)| outcome(why, key));
        HoldView {
            now,
            request_id: row.request_id.clone(),
            obstacle: match decidable {
                Decidable::Yes => None,
                Decidable::No(why) => Some(why.to_owned()),
            },
            reason: row.reason.clone(),
            decision: decisions
                .into_iter()
                .next()
                .and_then(|decision| decided(decision, session_key.as_deref())),
            card: row.into(),
            session,
            why,
            outcome,
        }
    }

    /// What the action did, where its session shows it.
    fn outcome(why: &Why, session_key: &str) -> Option<OutcomeView> {
        why.nodes.iter().find_map(|node| match &node.body {
            Body::Outcome(outcome) => Some(OutcomeView {
                result: crate::inbox::shown_word(outcome.result.as_ref()?.as_str()),
                event: node.events.first().map(|event| EventRef {
                    seq: event.seq,
                    href: crate::sessions::event_href(session_key, event),
                })?,
            }),
            _ => None,
        })
    }

    fn decided(decision: Decision, session_key: Option<&str>) -> Option<DecisionView> {
        let signed = decision
            .at
            .parse::<Timestamp>()
            .ok()
            .and_then(|at| at.instant())
            .map(machinaut_chain::timestamp::Instant::millis);
        let at = |wanted: &[What]| {
            decision
                .delivery
                .steps
                .iter()
                .find(|step| wanted.contains(&step.what))
                .and_then(|Step { at, .. }| at.map(machinaut_control::clock::Moment::millis))
        };
        let relayed = at(&[What::Relayed]).unwrap_or_default();
        Some(DecisionView {
            verdict: verdict(decision.kind?),
            fingerprint: decision
                .public_key
                .parse::<PublicKey>()
                .map(|key| key.fingerprint().to_string())
                .unwrap_or_default(),
            state: state(&decision.delivery),
            times: DeliveryTimes {
                signed: signed.unwrap_or(relayed),
                relayed,
                fetched: at(&[What::Fetched]),
                consumed: at(&[What::Accepted]),
                asked_again: at(&[What::Refused]),
                confirmed: at(&[What::Confirmed]),
            },
            settles_at: decision
                .delivery
                .settles_at
                .map(machinaut_control::clock::Moment::millis),
            confirmed_by: decision
                .confirmed_by
                .zip(session_key)
                .map(|((seq, event_id), key)| EventRef {
                    seq,
                    href: format!("/sessions/{key}/events/{seq}?event={}", encoded(&event_id)),
                }),
            approver: decision.approver_id,
            public_key: decision.public_key,
            reason: decision.reason,
            document: decision.document,
            message: decision.message,
            signature: decision.signature,
        })
    }

    impl From<HoldRow> for HoldCard {
        fn from(row: HoldRow) -> Self {
            Self {
                key: HoldKey(row.id.to_string()),
                sentence: row.facts.as_ref().map(action_sentence),
                risk: row.facts.as_ref().map(risk),
                requested_at: row.requested_at.unwrap_or(row.known_at).millis(),
                deadline: row.deadline.map(machinaut_control::clock::Moment::millis),
                last_polled_at: match row.guard {
                    Guard::NeverAsked => None,
                    Guard::Waiting { last_asked } | Guard::Silent { last_asked } => {
                        Some(last_asked.millis())
                    }
                },
                to_weigh: row.to_weigh,
                standing: standing(&row),
                is_shipped: row.session.is_some(),
                action_id: row.action_id,
                project: row.project_id,
            }
        }
    }

    fn risk(facts: &ActionFacts) -> Risk {
        Risk {
            level: facts.level.map(|level| level.as_str().to_owned()),
            blast_radius: facts.blast_radius.as_ref().map(ToString::to_string),
            reversibility: facts.reversibility.as_ref().map(ToString::to_string),
            data_sensitivity: facts.data_sensitivity.as_ref().map(ToString::to_string),
        }
    }

    fn standing(row: &HoldRow) -> Standing {
        if let (holds::Standing::Decided, Some(decision)) = (row.standing, &row.decision) {
            return Standing::Decided {
                verdict: verdict(decision.kind),
                approver: decision.approver_id.clone(),
                at: decision.stored_at.millis(),
                delivery: stage(decision.stage),
            };
        }
        if let (holds::Standing::Closed, Some(log)) = (row.standing, &row.log) {
            return Standing::Resolved {
                outcome: match log.ending {
                    Ending::Granted => LogOutcome::Granted,
                    Ending::Denied => LogOutcome::Denied,
                    Ending::Expired => LogOutcome::Expired,
                    Ending::Approved => LogOutcome::Approved,
                    Ending::Rejected => LogOutcome::Rejected,
                },
                proof: match log.proof {
                    Proof::OurDecision | Proof::RegisteredKey => LogProof::RegisteredKey,
                    Proof::UnknownKey => LogProof::UnknownKey,
                    Proof::Unsigned => LogProof::Unsigned,
                    Proof::NotShown => LogProof::NotShown,
                },
                at: log.at.unwrap_or(row.known_at).millis(),
            };
        }
        match (&row.decision, row.standing) {
            (Some(decision), _) => Standing::Refused {
                at: decision.stored_at.millis(),
            },
            (None, holds::Standing::Abandoned) => Standing::Abandoned,
            (None, _) => Standing::Open,
        }
    }

    const fn verdict(kind: ResolutionKind) -> Verdict {
        match kind {
            ResolutionKind::Granted => Verdict::Granted,
            ResolutionKind::Denied => Verdict::Denied,
        }
    }

    const fn state(delivery: &Delivery) -> DeliveryState {
        stage(delivery.stage)
    }

    const fn stage(stage: Stage) -> DeliveryState {
        match stage {
            Stage::Relayed => DeliveryState::Relayed,
            Stage::Fetched => DeliveryState::Fetched,
            Stage::PassedOver => DeliveryState::PassedOver,
            Stage::Unacknowledged => DeliveryState::Unacknowledged,
            Stage::Settling => DeliveryState::Consumed,
            Stage::Accepted => DeliveryState::Accepted,
            Stage::Undetermined => DeliveryState::Undetermined,
            Stage::TooLate => DeliveryState::TooLate,
            Stage::EndedOtherwise => DeliveryState::EndedOtherwise,
            Stage::Refused => DeliveryState::Refused,
            Stage::Confirmed => DeliveryState::Confirmed,
        }
    }
}
