//! Where people meet holds.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{problem::Problem, ui::Empty};

/// How many holds wait for a decision.
///
/// # Errors
/// [`Problem::SignedOut`].
#[server(endpoint = "waiting_count")]
pub async fn waiting_count() -> Result<u32, Problem> {
    crate::problem::scope()?;
    Ok(0)
}

/// All holds.
#[component]
pub(crate) fn InboxPage() -> impl IntoView {
    view! {
        <Title text="Inbox"/>
        <main id="main" class="page inbox">
            <Empty icon="inbox" title="Nothing waits for you">
                <p>"When an agent wants something that it must not do alone, it appears here."</p>
            </Empty>
        </main>
    }
}

/// One hold.
#[component]
pub(crate) fn HoldPage() -> impl IntoView {
    view! { <InboxPage/> }
}
