use leptos::prelude::*;

use super::Icon;

/// Nothing yet, with what to do.
#[component]
pub fn Empty(
    /// Its shape.
    icon: &'static str,
    /// What is not there, in a sentence.
    #[prop(into)]
    title: String,
    /// What to do.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon name=icon size="20"/>
            <h2>{title}</h2>
            {children()}
        </div>
    }
}
