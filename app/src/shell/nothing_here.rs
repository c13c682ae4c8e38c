use leptos::prelude::*;
use leptos_meta::Title;

use crate::ui::Empty;

/// The page of a path that leads nowhere.
#[component]
pub(crate) fn NothingHere() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Nothing here"/>
        <main id="main" class="page">
            <Empty icon="search" title="There is nothing here">
                <p>"The link may be old, or belong to another organisation."</p>
                <a class="btn" href="/inbox">"To the inbox"</a>
            </Empty>
        </main>
    }
}
