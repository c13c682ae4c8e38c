use leptos::prelude::*;

use super::{Icon, Tone};

/// A state in running text or in a row: a word with its shape.
#[component]
pub fn Status(
    /// What the colour says.
    tone: Tone,
    /// The shape that says the same.
    icon: &'static str,
    /// The word.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <span class="status" data-tone=tone.as_str()>
            <Icon name=icon/>
            {text}
        </span>
    }
}

/// A state that needs a box.
#[component]
pub fn Badge(
    /// What the colour says.
    tone: Tone,
    /// The shape that says the same.
    icon: &'static str,
    /// The word.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <span class="badge" data-tone=tone.as_str()>
            <Icon name=icon/>
            {text}
        </span>
    }
}

/// A reason to look twice, inside a line of secondary facts.
#[component]
pub fn Flag(
    /// What the colour says.
    tone: Tone,
    /// The shape that says the same.
    #[prop(optional)]
    icon: Option<&'static str>,
    /// The reason.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <span class="flag" data-tone=tone.as_str()>
            {icon.map(|icon| view! { <Icon name=icon/> })}
            {text}
        </span>
    }
}
