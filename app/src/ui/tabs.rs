use leptos::prelude::*;

/// One view of a thing, or one value of a filter; always a link, so that it can be shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Where it leads.
    pub href: String,
    /// Its name.
    pub name: String,
    /// How many there are behind it.
    pub count: Option<usize>,
    /// Whether it is shown now.
    pub is_current: bool,
}

/// The views of one thing.
#[component]
pub fn Tabs(
    /// What they are views of, for example `Views of this session`.
    label: &'static str,
    /// In their order.
    choices: Vec<Choice>,
) -> impl IntoView {
    view! { <nav class="tabs" aria-label=label>{links(choices, "page")}</nav> }
}

/// A filter with few values.
#[component]
pub fn Segmented(
    /// What is filtered.
    label: &'static str,
    /// In their order.
    choices: Vec<Choice>,
) -> impl IntoView {
    view! { <nav class="segmented" aria-label=label>{links(choices, "true")}</nav> }
}

fn links(choices: Vec<Choice>, current: &'static str) -> impl IntoView {
    choices
        .into_iter()
        .map(|choice| {
            view! {
                <a href=choice.href aria-current=choice.is_current.then_some(current)>
                    {choice.name}
                    {choice.count.map(|count| view! { " "<span class="num">{count}</span> })}
                </a>
            }
        })
        .collect_view()
}
