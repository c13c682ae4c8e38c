//! The sessions that were shipped.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::ui::Empty;

/// All sessions.
#[component]
pub(crate) fn SessionsPage() -> impl IntoView {
    view! {
        <Title text="Sessions"/>
        <main id="main" class="page">
            <Empty icon="sessions" title="No session was shipped yet">
                <a class="btn" href="/settings/tokens">"Make a token"</a>
            </Empty>
        </main>
    }
}

/// One session.
#[component]
pub(crate) fn SessionPage() -> impl IntoView {
    view! { <SessionsPage/> }
}

/// One event.
#[component]
pub(crate) fn EventPage() -> impl IntoView {
    view! { <SessionsPage/> }
}
