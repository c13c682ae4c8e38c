//! A hold as a row: the sentence, the time left, what to weigh, and whether anybody waits.

use leptos::prelude::*;

use super::model::{DeliveryState, HoldCard, LogOutcome, LogProof, Risk, Standing, Verdict};
use crate::ui::clock::use_now;
use crate::ui::{Ago, Countdown, Flag, GuardSign, Status, Tense, Told, Tone};

/// A hold that waits.
#[component]
pub fn WaitingRow(
    /// The hold, as it is now.
    card: Memo<HoldCard>,
    /// Whether its page is the one shown beside the list.
    #[prop(into)]
    current: Signal<bool>,
) -> impl IntoView {
    let last_polled_ms = Signal::derive(move || card.read().last_polled_at);
    view! {
        <a href=move || card.read().key.href() aria-current=move || current.get().then_some("true")>
            <span class="hold-row-sentence">{move || card.with(|card| sentence(card, Tense::Present))}</span>
            <span class="hold-row-left">
                {move || match card.read().deadline {
                    Some(deadline) => view! { <Countdown deadline_ms=deadline/> }.into_any(),
                    None => view! { <span class="muted">"no deadline"</span> }.into_any(),
                }}
            </span>
            <span class="hold-row-meta">{move || card.with(meta)}</span>
            <span class="hold-row-state">
                {move || card.with(flag)}
                <GuardSign last_polled_ms slim=true/>
            </span>
        </a>
    }
    .into_any()
}

/// A hold that is settled, late or abandoned.
#[component]
pub fn SettledRow(
    /// The hold, as it is now.
    card: Memo<HoldCard>,
) -> impl IntoView {
    let now = use_now();
    view! {
        <a href=move || card.read().key.href()>
            <span class="hold-row-sentence">{move || card.with(|card| sentence(card, Tense::Past))}</span>
            <span class="hold-row-left">
                {move || {
                    let card = card.read();
                    let at = match card.standing {
                        Standing::Open | Standing::Abandoned => card.deadline.unwrap_or(card.requested_at),
                        _ => card.settled_at(),
                    };
                    view! { <Ago at_ms=at/> }
                }}
            </span>
            <span class="hold-row-meta">{move || card.with(settled_meta)}</span>
            <span class="hold-row-state">{move || card.with(|card| status(card, now.get_untracked()))}</span>
        </a>
    }
    .into_any()
}

fn sentence(card: &HoldCard, tense: Tense) -> AnyView {
    if let Some(sentence) = card.sentence.clone() {
        return view! { <Told sentence tense/> }.into_any();
    }
    let asks = match tense {
        Tense::Past => "An agent asked to run an ",
        Tense::Present => "An agent asks to run an ",
    };
    view! { {asks}<strong>{card.unread_action()}</strong> }.into_any()
}

fn meta(card: &HoldCard) -> AnyView {
    let project = card
        .project
        .clone()
        .map(|project| view! { <span>{project}</span> });
    if card.sentence.is_some() {
        let risk = card.risk.as_ref().map(risk_line);
        view! { {risk}{project} }.into_any()
    } else {
        let action = card
            .action_id
            .clone()
            .map(|id| view! { <span>"action " {crate::ui::short_id(&id)}</span> });
        view! {
            {action}
            {project}
            {(!card.is_shipped).then_some(
                view! { <span>"announced only: tool and inputs unknown until the session is shipped"</span> },
            )}
        }
        .into_any()
    }
}

fn risk_line(risk: &Risk) -> impl IntoView + use<> {
    let level = risk
        .level
        .clone()
        .map(|level| view! { <span class="lvl">{level}</span> });
    let words: Vec<_> = [&risk.blast_radius, &risk.reversibility]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    view! { {level}<span>{words.join(" · ")}</span> }
}

fn settled_meta(card: &HoldCard) -> AnyView {
    match &card.standing {
        Standing::Decided {
            approver, delivery, ..
        } => {
            let place = match delivery {
                DeliveryState::Confirmed => "confirmed in the log",
                DeliveryState::Accepted => "accepted by the guard",
                DeliveryState::Consumed => "taken by the guard",
                DeliveryState::Fetched => "fetched by the guard",
                DeliveryState::Relayed => "waits for the guard to ask",
                DeliveryState::PassedOver => "passed over by the guard",
                DeliveryState::Unacknowledged => "fetched by the guard, then silence",
                DeliveryState::Refused => "refused by the guard",
                DeliveryState::Undetermined => "taken at the deadline: the log will tell",
                DeliveryState::TooLate => "not fetched before the deadline",
                DeliveryState::EndedOtherwise => "the log tells of another end",
            };
            view! { <span>{approver.clone()}</span><span>{place}</span> }.into_any()
        }
        Standing::Resolved {
            outcome: LogOutcome::Expired,
            ..
        } => view! { <span>"nobody decided in time, says the log"</span> }.into_any(),
        Standing::Resolved { proof, .. } => view! { <span>{proof.in_words()}</span> }.into_any(),
        Standing::Open | Standing::Abandoned | Standing::Refused { .. } => meta(card),
    }
}

fn flag(card: &HoldCard) -> Option<AnyView> {
    if matches!(card.standing, Standing::Refused { .. }) {
        return Some(
            view! { <Flag tone=Tone::Denied icon="guard-x" text="refused: decide again"/> }
                .into_any(),
        );
    }
    if !card.is_shipped {
        return Some(
            view! { <Flag tone=Tone::Info icon="info" text="ship to read the why"/> }.into_any(),
        );
    }
    match card.to_weigh {
        None => {
            Some(view! { <Flag tone=Tone::Neutral icon="info" text="not weighed"/> }.into_any())
        }
        Some(0) => None,
        Some(count) => Some(
            view! { <Flag tone=Tone::Hold icon="warn" text=format!("{count} to weigh")/> }
                .into_any(),
        ),
    }
}

fn status(card: &HoldCard, now: i64) -> AnyView {
    let (tone, icon, text) = match &card.standing {
        Standing::Decided {
            verdict: Verdict::Granted,
            ..
        } => (Tone::Granted, "check", "Granted"),
        Standing::Decided {
            verdict: Verdict::Denied,
            ..
        }
        | Standing::Resolved {
            outcome: LogOutcome::Denied,
            ..
        } => (Tone::Denied, "x", "Denied"),
        Standing::Resolved {
            outcome: LogOutcome::Granted,
            proof: LogProof::RegisteredKey,
            ..
        } => (Tone::Granted, "log-check", "Granted"),
        Standing::Resolved {
            outcome: LogOutcome::Granted,
            ..
        } => (Tone::Neutral, "check", "Granted, says the log"),
        Standing::Resolved {
            outcome: LogOutcome::Approved,
            ..
        } => (Tone::Neutral, "check", "It went on"),
        Standing::Resolved {
            outcome: LogOutcome::Rejected,
            ..
        } => (Tone::Neutral, "x", "It was rejected"),
        Standing::Resolved {
            outcome: LogOutcome::Expired,
            ..
        } => (Tone::Neutral, "expired", "Expired"),
        Standing::Refused { .. } => (Tone::Denied, "guard-x", "Refused by the guard"),
        Standing::Open if card.deadline.is_some_and(|deadline| deadline <= now) => {
            (Tone::Neutral, "expired", "Nobody decided in time")
        }
        Standing::Open | Standing::Abandoned => {
            (Tone::Neutral, "expired", "Abandoned: nobody asks any more")
        }
    };
    view! { <Status tone icon text/> }.into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use leptos::prelude::RenderHtml;

    use super::*;
    use crate::inbox::model::HoldKey;

    fn shown(is_shipped: bool, to_weigh: Option<u64>) -> String {
        let card = HoldCard {
            is_shipped,
            to_weigh,
            ..HoldCard::unknown(HoldKey("1".to_owned()))
        };
        Owner::new().with(|| flag(&card).map(RenderHtml::to_html).unwrap_or_default())
    }

    #[test]
    fn a_hold_that_was_not_weighed_does_not_look_like_one_with_nothing_to_weigh() {
        assert!(shown(true, None).contains("not weighed"));
        assert_eq!(shown(true, Some(0)), "");
        assert!(shown(true, Some(2)).contains("2 to weigh"));
        assert!(shown(false, None).contains("ship to read the why"));
    }
}
