use leptos::prelude::*;

use super::Tone;

/// One risk fact of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// What is told, for example `blast radius`.
    pub name: &'static str,
    /// What it is.
    pub value: String,
    /// Only where the value is a reason to weigh it.
    pub tone: Option<Tone>,
}

/// The risk facts of an action; nothing else looks like this.
#[component]
pub fn Chips(
    /// In the order of their weight.
    chips: Vec<Chip>,
) -> impl IntoView {
    let chips = chips
        .into_iter()
        .map(|chip| {
            view! {
                <div class="chip" data-tone=chip.tone.map(Tone::as_str)>
                    <dt>{chip.name}</dt>
                    <dd>{chip.value}</dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="chips">{chips}</dl> }
}
