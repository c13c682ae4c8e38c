use leptos::prelude::*;
use leptos_router::{
    components::{Outlet, Redirect},
    hooks::use_location,
};

use super::{
    live::{State, use_live},
    place::Place,
    theme::ThemeToggle,
};
use crate::{
    auth::{SignOut, sign_in_first},
    inbox::waiting_count,
    search::Palette,
    ui::{
        Banner, Icon, Tone,
        clock::{hms, iso, use_now},
    },
    viewer::{Viewer, use_viewer},
};

/// One entry of the navigation.
#[derive(Clone, Copy)]
struct Entry {
    place: Place,
    href: &'static str,
    icon: &'static str,
    name: &'static str,
}

const INBOX: Entry = Entry {
    place: Place::Inbox,
    href: "/inbox",
    icon: "inbox",
    name: "Inbox",
};
const SESSIONS: Entry = Entry {
    place: Place::Sessions,
    href: "/sessions",
    icon: "sessions",
    name: "Sessions",
};
const SEARCH: Entry = Entry {
    place: Place::Search,
    href: "/search",
    icon: "search",
    name: "Search",
};
const KEYS: Entry = Entry {
    place: Place::Keys,
    href: "/keys",
    icon: "key",
    name: "Keys",
};
const TOKENS: Entry = Entry {
    place: Place::Tokens,
    href: "/settings/tokens",
    icon: "tokens",
    name: "Tokens",
};

/// The frame of every page that needs a person who is signed in; others are sent to the sign-in page.
#[component]
pub(crate) fn Frame() -> impl IntoView {
    let location = use_location();
    let Some(viewer) = use_viewer() else {
        let wanted = sign_in_first(
            &location.pathname.get_untracked(),
            &location.search.get_untracked(),
        );
        return view! { <Redirect path=wanted/> }.into_any();
    };
    let place = Memo::new(move |_| Place::of(&location.pathname.get()));
    #[cfg(feature = "hydrate")]
    Effect::new(move |before: Option<String>| {
        let path = location.pathname.get();
        if before.is_some_and(|before| before != path) {
            request_animation_frame(focus_page);
        }
        path
    });
    let waiting = waiting();
    view! {
        <a class="skip" href="#main" rel="external">"Skip to content"</a>
        <div class=move || if place.get() == Place::Hold { "app app-slim" } else { "app" }>
            <Rail place=place waiting=waiting viewer=viewer.clone()/>
            <div class="app-main">
                <TopBar place=place viewer=viewer/>
                <Lost/>
                <Outlet/>
            </div>
        </div>
        <Show when=move || place.get() != Place::Hold>
            <TabBar place=place waiting=waiting/>
        </Show>
        <Palette/>
    }
    .into_any()
}

/// A screen reader and the keyboard go on where the new page begins, or where it is written into. A phone would cover
/// the page with its keyboard then.
#[cfg(feature = "hydrate")]
fn focus_page() {
    use wasm_bindgen::JsCast as _;
    let is_phone = window().match_media("(pointer: coarse)").ok().flatten();
    let is_phone = is_phone.is_some_and(|phone| phone.matches());
    let field = document().query_selector("main [data-takes-focus]");
    if let Some(field) = field.ok().flatten().filter(|_| !is_phone) {
        if let Ok(field) = field.dyn_into::<web_sys::HtmlElement>() {
            drop(field.focus());
        }
        return;
    }
    let page = document().get_element_by_id("main");
    if let Some(page) = page.and_then(|page| page.dyn_into::<web_sys::HtmlElement>().ok()) {
        page.set_tab_index(-1);
        // It fails for an element that is not in the page; then there is nothing to go on with.
        drop(page.focus());
    }
}

/// How many holds wait, read again whenever one changes.
fn waiting() -> Resource<u32> {
    let news = use_live().news(|event| matches!(event, super::live::Event::Hold(_)));
    // A count that could not be read is not worth a word here: the inbox itself says why.
    Resource::new(
        move || news.get(),
        |_| async { waiting_count().await.unwrap_or_default() },
    )
}

#[component]
fn Count(waiting: Resource<u32>, #[prop(optional)] tone: Option<&'static str>) -> impl IntoView {
    view! {
        <Transition>
            {move || Suspend::new(async move {
                let count = waiting.await;
                (count > 0).then(|| view! { <span class="num" data-tone=tone>{count}<span class="sr">" open"</span></span> })
            })}
        </Transition>
    }
}

#[component]
fn Rail(place: Memo<Place>, waiting: Resource<u32>, viewer: Viewer) -> impl IntoView {
    let link = move |entry: Entry| {
        view! {
            <li>
                <a href=entry.href title=entry.name aria-current=move || current(place, entry)>
                    <Icon name=entry.icon/>
                    <span>{entry.name}</span>
                    {(entry.place == Place::Inbox).then(|| view! { <Count waiting=waiting tone="hold"/> })}
                </a>
            </li>
        }
    };
    view! {
        // A hold needs the width for its panes.
        <header class=move || if place.get() == Place::Hold { "rail rail-slim" } else { "rail" }>
            <a class="brand" href="/inbox" aria-label="Machinaut, to the inbox">
                <Icon name="mark" size="20"/>
                <span>"Machinaut"</span>
            </a>
            <p class="org" title="Organisation">
                <span>{viewer.organisation}</span>
            </p>
            <nav aria-label="Main">
                <div><h2>"Decide"</h2><ul>{link(INBOX)}</ul></div>
                <div><h2>"Read"</h2><ul>{link(SESSIONS)}{link(SEARCH)}</ul></div>
                <div><h2>"Set up"</h2><ul>{link(KEYS)}{link(TOKENS)}</ul></div>
            </nav>
            <div class="rail-foot">
                <ThemeToggle/>
                <SignOut/>
                <p class="who" title=viewer.email>
                    <Icon name="user"/>
                    {viewer.name}
                </p>
            </div>
        </header>
    }
}

#[component]
fn TopBar(place: Memo<Place>, viewer: Viewer) -> impl IntoView {
    let way_out = move || match place.get().back() {
        Some(back) => view! {
            <a class="btn btn-icon" href=back aria-label="Back" data-key="Escape">
                <Icon name="back" size="20"/>
            </a>
        }
        .into_any(),
        None => view! {
            <a class="btn btn-icon" href="/inbox" aria-label="Machinaut, to the inbox">
                <Icon name="mark" size="20"/>
            </a>
        }
        .into_any(),
    };
    view! {
        <header class="topbar">
            {way_out}
            <p>{move || place.get().title()}</p>
            <button class="btn btn-icon" type="button" aria-label="More" popovertarget="more">
                <Icon name="more" size="20"/>
            </button>
            <div class="menu menu-more" id="more" popover="auto">
                <p class="who">
                    <Icon name="user"/>
                    <span>{viewer.name}<small>{viewer.organisation}</small></span>
                </p>
                <ThemeToggle/>
                <SignOut/>
            </div>
        </header>
    }
}

#[component]
fn TabBar(place: Memo<Place>, waiting: Resource<u32>) -> impl IntoView {
    let tabs = [INBOX, SESSIONS, SEARCH, KEYS, TOKENS]
        .map(|entry| {
            view! {
                <li>
                    <a href=entry.href aria-current=move || current(place, entry)>
                        <Icon name=entry.icon/>
                        <span>{entry.name}</span>
                        {(entry.place == Place::Inbox).then(|| view! { <Count waiting=waiting/> })}
                    </a>
                </li>
            }
        })
        .into_iter()
        .collect_view();
    view! {
        <nav class="tabbar" aria-label="Main, phone">
            <ul>{tabs}</ul>
        </nav>
    }
}

fn current(place: Memo<Place>, entry: Entry) -> Option<&'static str> {
    (place.get().entry() == entry.place).then_some("page")
}

/// A connection that comes back this soon is not worth a word: a new deployment, a page that is being left.
const GRACE_MS: i64 = 3_000;

/// Says that the page does not move any more, and since when.
#[component]
fn Lost() -> impl IntoView {
    let (state, now) = (use_live().state(), use_now());
    let since = Memo::new(move |_| match state.get() {
        State::Lost(since) if now.get().saturating_sub(since) >= GRACE_MS => Some(since),
        _ => None,
    });
    move || {
        since.get().map(|since| {
            view! {
                <Banner tone=Tone::Hold icon="offline">
                    "There is no connection to the server. This page is as it was at "
                    <time datetime=iso(since) title=iso(since)>{hms(since)}</time>
                    " UTC and catches up by itself."
                </Banner>
            }
        })
    }
}
