use leptos::prelude::*;

use super::{Icon, Tone};

/// One thing to know and one thing to do, in the page.
#[component]
pub fn Callout(
    /// What the colour says; none is quiet.
    #[prop(optional)]
    tone: Option<Tone>,
    /// Its shape.
    icon: &'static str,
    /// The thing to know, in a sentence.
    #[prop(optional, into)]
    title: Option<String>,
    /// Read out at once.
    #[prop(optional)]
    alert: bool,
    /// Why, and what to do.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="callout" data-tone=tone.map(Tone::as_str) role=alert.then_some("alert")>
            <Icon name=icon/>
            <div>
                {title.map(|title| view! { <h2>{title}</h2> })}
                {children()}
            </div>
        </div>
    }
}

/// A state of the whole app, above everything else.
#[component]
pub fn Banner(
    /// What the colour says.
    tone: Tone,
    /// Its shape.
    icon: &'static str,
    /// The state, in a sentence.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="banner" data-tone=tone.as_str() role="status">
            <span>
                <Icon name=icon/>
                <span>{children()}</span>
            </span>
        </div>
    }
}
