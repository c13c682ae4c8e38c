use leptos::prelude::*;

use super::Icon;

/// A page, a panel or a link of the chain that is withheld: its commitment is kept, and here is how to reveal it.
/// Hatching means this and nothing else.
#[component]
pub fn Withheld(
    /// What is withheld, in a sentence, for example `35 of 73 payloads are withheld`.
    #[prop(into)]
    title: String,
    /// The commitment and the command that reveals it.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="withheld">
            <h2>{title}</h2>
            {children()}
        </section>
    }
}

/// One withheld payload in a row.
#[component]
pub fn WithheldInline(
    /// For example `withheld, commitment 865212cc…`.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <span class="withheld-inline">
            <Icon name="lock"/>
            <span>{text}</span>
        </span>
    }
}
