use leptos::prelude::*;

use super::Icon;

/// New rows wait behind this; nothing moves by itself. Rendered only while there are some.
#[component]
pub fn PillNew(
    /// How many wait.
    #[prop(into)]
    count: Signal<usize>,
    /// Shows them.
    #[prop(into)]
    on_click: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="pill-slot" role="status">
            <Show when=move || { count.get() > 0 }>
                <button class="pill-new" type="button" on:click=move |_| on_click.run(())>
                    <Icon name="refresh" size="14"/>
                    {move || format!("{} new", count.get())}
                </button>
            </Show>
        </div>
    }
}
