//! A hold that is settled: what was decided, how far it came, and what each step proves.

use leptos::prelude::*;
use machinaut_chain::sentence::Sentence;

use crate::inbox::delivery::{Milestone, steps};
use crate::inbox::model::{
    DecisionView, DeliveryState, HoldView, LogOutcome, SessionRef, Standing, Verdict,
};
use crate::inbox::refusal::Refusal;
use crate::ui::{Callout, Code, Delivery, Icon, Id, Panel, Status, Step, Tense, Told, Tone};

/// The page of a settled hold.
#[component]
pub fn Decided(
    /// The hold, as it is now.
    view: RwSignal<HoldView>,
    /// Set to read the why again.
    reads_again: RwSignal<bool>,
) -> impl IntoView {
    let standing = Memo::new(move |_| view.read().card.standing.clone());
    let decision = Memo::new(move |_| view.read().decision.clone());
    let refused = Memo::new(move |_| {
        decision
            .get()
            .filter(|decision| decision.state == DeliveryState::Refused)
    });
    let has_why = Memo::new(move |_| view.read().why.is_some());
    let deadline = Memo::new(move |_| view.read().card.deadline);
    view! {
        <ul class="crumbs only-desk">
            <li><a href="/inbox">"Inbox"</a></li>
            <li>"hold"</li>
        </ul>
        <div class="decided-grid">
            <div class="stack-6">
                {move || {
                    standing.track();
                    view.with(head)
                }}
                {move || refused.get().map(|decision| view! { <Refusal decision deadline=deadline.get()/> })}
                {move || decision.get().and_then(|decision| decision.reason).map(reason)}
                {move || match decision.get() {
                    Some(decision) => delivery(view, &decision),
                    None => without_decision(&standing.get()),
                }}
            </div>
            <aside class="stack">
                {move || decision.get().map(signed)}
                <WhatStepsProve/>
                <Show when=move || has_why.get()>
                    <button class="btn" type="button" on:click=move |_| reads_again.set(true)>
                        <Icon name="outline"/>
                        "Read the why again"
                    </button>
                </Show>
            </aside>
        </div>
    }
    .into_any()
}

fn head(view: &HoldView) -> impl IntoView + use<> {
    let (tone, icon, text) = status(view);
    let sentence = view.card.sentence.clone().unwrap_or_else(|| {
        Sentence::new()
            .ours("An agent")
            .ours(format!("wants to run an {}", view.card.unread_action()))
    });
    let lead = match &view.card.standing {
        Standing::Decided {
            verdict: Verdict::Granted,
            ..
        } => "Approved:",
        Standing::Decided {
            verdict: Verdict::Denied,
            ..
        } => "Denied:",
        _ => "",
    };
    let project = view
        .card
        .project
        .clone()
        .map(|project| view! { <span>"project "{crate::ui::short_id(&project)}</span> });
    let session = view.session.clone().map(|SessionRef { key, id, .. }| {
        view! { <span>"session "<a href=format!("/sessions/{key}")>{crate::ui::short_id(&id)}</a></span> }
    });
    let request = view
        .request_id
        .clone()
        .map(|id| view! { <span>"request "<Id value=id label="request id"/></span> });
    view! {
        <header class="hold-head">
            <p class="eyebrow"><Status tone icon text/></p>
            <h1 class="sentence" id="sentence">{lead}" "<Told sentence tense=Tense::Past/></h1>
            <p class="byline">{project}{session}{request}</p>
        </header>
    }
}

fn status(view: &HoldView) -> (Tone, &'static str, &'static str) {
    match &view.card.standing {
        Standing::Decided {
            verdict, delivery, ..
        } => {
            let (tone, plain) = match verdict {
                Verdict::Granted => (Tone::Granted, "check"),
                Verdict::Denied => (Tone::Denied, "x"),
            };
            match (verdict, delivery) {
                (_, DeliveryState::Refused) => (Tone::Denied, "guard-x", "Refused by the guard"),
                (_, DeliveryState::PassedOver) => {
                    (Tone::Hold, "guard-x", "Passed over by the guard")
                }
                (_, DeliveryState::TooLate) => {
                    (Tone::Hold, "expired", "Not fetched before the deadline")
                }
                (_, DeliveryState::EndedOtherwise) => {
                    (Tone::Hold, "guard-x", "Another end, says the log")
                }
                (_, DeliveryState::Undetermined) => (
                    Tone::Hold,
                    "guard-check",
                    "Taken at the deadline: the log will tell",
                ),
                (Verdict::Granted, DeliveryState::Confirmed) => {
                    (tone, "log-check", "Granted, confirmed in the log")
                }
                (Verdict::Denied, DeliveryState::Confirmed) => {
                    (tone, plain, "Denied, confirmed in the log")
                }
                (Verdict::Granted, DeliveryState::Accepted) => {
                    (tone, "guard-check", "Granted, accepted by the guard")
                }
                (Verdict::Denied, DeliveryState::Accepted) => {
                    (tone, plain, "Denied, accepted by the guard")
                }
                (Verdict::Granted, _) => {
                    (Tone::Neutral, "relay", "Granted, on its way to the guard")
                }
                (Verdict::Denied, _) => (Tone::Neutral, "relay", "Denied, on its way to the guard"),
            }
        }
        Standing::Refused { .. } => (Tone::Denied, "guard-x", "Refused by the guard"),
        Standing::Resolved {
            outcome: LogOutcome::Granted,
            ..
        } => (
            Tone::Neutral,
            "log-check",
            "Granted elsewhere, says the log",
        ),
        Standing::Resolved {
            outcome: LogOutcome::Denied,
            ..
        } => (Tone::Neutral, "log-check", "Denied elsewhere, says the log"),
        Standing::Resolved {
            outcome: LogOutcome::Approved,
            ..
        } => (
            Tone::Neutral,
            "log-check",
            "Went on, says the log; the answer is withheld",
        ),
        Standing::Resolved {
            outcome: LogOutcome::Rejected,
            ..
        } => (
            Tone::Neutral,
            "log-check",
            "Rejected, says the log; the answer is withheld",
        ),
        Standing::Resolved {
            outcome: LogOutcome::Expired,
            ..
        } => (Tone::Neutral, "expired", "Expired, says the log"),
        Standing::Abandoned => (
            Tone::Neutral,
            "expired",
            "Abandoned: the guard stopped asking",
        ),
        Standing::Open => (Tone::Neutral, "expired", "Nobody decided in time"),
    }
}

fn reason(reason: String) -> impl IntoView {
    view! {
        <div class="stack-2">
            <h2>"The reason that was signed"</h2>
            <p class="read">{reason}</p>
        </div>
    }
}

fn delivery(view: RwSignal<HoldView>, decision: &DecisionView) -> AnyView {
    let outcome = view.read().outcome.clone();
    let steps = steps(decision, outcome.as_ref())
        .into_iter()
        .map(drawn)
        .collect();
    let aside = match decision.state {
        DeliveryState::Confirmed | DeliveryState::Refused => ().into_any(),
        _ => view! {
            <span class="guard" data-tone="info" role="status"><span class="dot" data-live=""></span>"live"</span>
        }
        .into_any(),
    };
    let confirmed = decision.confirmed_by.clone().map(|event| {
        view! { <p class="panel-foot"><a href=event.href>"Open the event that confirms it"</a></p> }
    });
    view! {
        <Panel id="delivery" title="Delivery" aside>
            <div class="panel-body"><Delivery steps/></div>
            {confirmed}
        </Panel>
    }
    .into_any()
}

fn drawn(milestone: Milestone) -> Step {
    Step {
        state: milestone.reached,
        tone: milestone.tone,
        icon: milestone.icon,
        title: milestone.title,
        detail: milestone.detail.map(IntoAny::into_any),
        when: milestone.when,
    }
}

fn without_decision(standing: &Standing) -> AnyView {
    let text = match standing {
        Standing::Resolved {
            outcome: LogOutcome::Expired,
            ..
        } => {
            "The guard treats a passed deadline as a denial. The agent may ask again; that is a new hold with its own \
             deadline."
        }
        Standing::Resolved { .. } => {
            "It was not decided through us: the shipped log carries another answer. The session shows it, and who \
             gave it."
        }
        _ => {
            "The guard treats a passed deadline as a denial. The agent may ask again; that is a new hold with its \
             own deadline."
        }
    };
    view! { <Callout icon="info"><p>{text}</p></Callout> }.into_any()
}

fn signed(decision: DecisionView) -> impl IntoView {
    view! {
        <Panel id="signed" title="What was signed">
            <div class="panel-body stack-2">
                <Code caption="canonical JSON, byte for byte" text=decision.document wrap=true/>
                <p class="hash-full">"sha256 "{decision.message}</p>
                <details>
                    <summary class="flow muted">
                        <Icon name="chevron" size="14" twist=true/>
                        "Signature, Ed25519"
                    </summary>
                    <p class="hash-full mt">{decision.signature}</p>
                </details>
            </div>
        </Panel>
    }
}

#[component]
fn WhatStepsProve() -> impl IntoView {
    view! {
        <Panel id="proves" title="What each step proves">
            <div class="panel-body">
                <dl class="kv">
                    <dt>"Relayed"</dt>
                    <dd>"we stored it"</dd>
                    <dt>"Fetched"</dt>
                    <dd>"the guard’s token asked for it"</dd>
                    <dt>"Accepted"</dt>
                    <dd>"the guard stopped asking: strong, not certain"</dd>
                    <dt>"Confirmed"</dt>
                    <dd>"your own log says so, under your own hash"</dd>
                </dl>
            </div>
        </Panel>
    }
    .into_any()
}
