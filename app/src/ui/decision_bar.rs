use leptos::prelude::*;

/// The bar that stays at the thumb: a line (key, time left), then Deny and Approve of the same size.
#[component]
pub fn DecisionBar(
    /// Key and time left, as spans.
    line: AnyView,
    /// The two buttons.
    children: Children,
) -> impl IntoView {
    view! {
        <footer class="decision-bar" aria-label="Decision">
            <p>{line}</p>
            {children()}
        </footer>
    }
}
