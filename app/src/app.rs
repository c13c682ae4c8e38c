use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Redirect, Route, Router, Routes},
    path,
};

use crate::{
    auth::{SetUpPage, SignInPage},
    inbox::{HoldPage, InboxPage},
    keys::KeysPage,
    search::SearchPage,
    sessions::{EventPage, IncidentsPage, SessionPage, SessionsPage},
    settings::TokensPage,
    shell::{Frame, NothingHere, Shortcuts, live::provide_live, provide_theme},
    ui::clock::provide_clock,
    viewer::provide_viewer,
};

/// Everything inside the document, the same on the server and in the browser.
///
/// Pages are sent whole (`SsrMode::Async`): they read without scripts, and their status is known before their first
/// byte.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_viewer();
    provide_clock();
    provide_theme();
    provide_live();
    #[cfg(feature = "hydrate")]
    Effect::new(|_| say_that_the_page_is_alive());
    view! {
        <Title formatter=|title: String| format!("{title} · Machinaut")/>
        <Router>
            <Routes fallback=NothingHere>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/setup/:secret") view=SetUpPage ssr=SsrMode::Async/>
                <ParentRoute path=path!("") view=Frame ssr=SsrMode::Async>
                    <Route path=path!("") view=|| view! { <Redirect path="/inbox"/> } ssr=SsrMode::Async/>
                    <Route path=path!("inbox") view=InboxPage ssr=SsrMode::Async/>
                    <Route path=path!("holds/:id") view=HoldPage ssr=SsrMode::Async/>
                    <Route path=path!("sessions") view=SessionsPage ssr=SsrMode::Async/>
                    <Route path=path!("sessions/:session") view=SessionPage ssr=SsrMode::Async/>
                    <Route path=path!("sessions/:session/events/:seq") view=EventPage ssr=SsrMode::Async/>
                    <Route path=path!("incidents") view=IncidentsPage ssr=SsrMode::Async/>
                    <Route path=path!("search") view=SearchPage ssr=SsrMode::Async/>
                    <Route path=path!("keys") view=KeysPage ssr=SsrMode::Async/>
                    <Route path=path!("settings/tokens") view=TokensPage ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
            <Shortcuts/>
        </Router>
    }
}

/// A mark for scripts and tests: from here on buttons that need this app answer.
#[cfg(feature = "hydrate")]
fn say_that_the_page_is_alive() {
    if let Some(root) = document().document_element() {
        // It is refused only for a name that is none.
        drop(root.set_attribute("data-hydrated", ""));
    }
}
