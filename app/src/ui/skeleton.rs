use leptos::prelude::*;

/// A line that is still on its way; for a first load only.
#[component]
pub fn Skeleton(
    /// Its width, `1` to `4`.
    width: &'static str,
) -> impl IntoView {
    view! { <span class="skeleton" data-w=width></span> }
}
