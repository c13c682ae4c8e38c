use leptos::prelude::*;

use super::{Icon, Tone};

/// How far a step of the delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// It happened.
    Done,
    /// We wait for it.
    Now,
    /// It comes later.
    Todo,
    /// It went wrong.
    Bad,
}

impl StepState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Todo => "todo",
            Self::Bad => "bad",
        }
    }
}

/// One step from the signature to the outcome.
pub struct Step {
    /// How far it is.
    pub state: StepState,
    /// What the colour says; only for what happened.
    pub tone: Option<Tone>,
    /// Its shape.
    pub icon: &'static str,
    /// The step, for example `Accepted by the guard`.
    pub title: String,
    /// What it proves or what to do.
    pub detail: Option<AnyView>,
    /// `05:17:24.118` or `+0.09 s`.
    pub when: Option<String>,
}

/// From signed to outcome, each step with its proof.
#[component]
pub fn Delivery(
    /// In their order.
    steps: Vec<Step>,
) -> impl IntoView {
    let steps = steps
        .into_iter()
        .map(|step| {
            view! {
                <li data-state=step.state.as_str()>
                    <span class="step" data-tone=step.tone.map(Tone::as_str)>
                        <Icon name=step.icon/>
                    </span>
                    <div>
                        <strong>{step.title}</strong>
                        {step.detail.map(|detail| view! { <p>{detail}</p> })}
                    </div>
                    <span class="when num">{step.when}</span>
                </li>
            }
        })
        .collect_view();
    view! { <ol class="delivery">{steps}</ol> }
}
