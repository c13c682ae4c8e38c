use leptos::prelude::*;

use super::Tone;

/// One of the four axes of a belief.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// `truth`, `retrieval`, `security` or `freshness`.
    pub name: &'static str,
    /// Where the belief stands on it.
    pub value: String,
    /// Only where that is a reason to hesitate.
    pub tone: Option<Tone>,
}

/// The four axes of a belief.
#[component]
pub fn Axes(
    /// In the order truth, retrieval, security, freshness.
    axes: Vec<Axis>,
) -> impl IntoView {
    let axes = axes
        .into_iter()
        .map(|axis| {
            let title = axis.value.clone();
            view! {
                <div data-tone=axis.tone.map(Tone::as_str)>
                    <dt>{axis.name}</dt>
                    <dd title=title>{axis.value}</dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="axes">{axes}</dl> }
}
