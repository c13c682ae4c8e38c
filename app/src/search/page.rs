//! The search page: a box that answers while one types, and everything around what it finds.

use std::time::Duration;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use super::address::Asked;
use super::model::SearchView;
use super::recent::Recent;
use super::results::{NotUnderstood, Results};
use super::server::{ForgetSearch, SaveSearch, search};
use super::start::HowToAsk;
use crate::problem::Problem;
use crate::ui::{Callout, Icon, Skeleton, Tone};

/// A pause in typing after which the server is asked.
const PAUSE: Duration = Duration::from_millis(120);

/// Goes to another address of the search page; nothing scrolls.
#[derive(Clone, Copy)]
pub struct Go(StoredValue<Navigate>);

type Navigate = Box<dyn Fn(&str, bool) + Send + Sync>;

impl Go {
    fn provide() -> Self {
        let navigate = use_navigate();
        let go = Self(StoredValue::new(Box::new(move |href, replace| {
            let options = NavigateOptions {
                replace,
                scroll: false,
                ..NavigateOptions::default()
            };
            navigate(href, options);
        })));
        provide_context(go);
        go
    }

    /// The one of the page around.
    pub fn here() -> Self {
        expect_context()
    }

    /// Leaves the address that was shown to the back button.
    pub fn to(self, href: &str) {
        self.0.with_value(|go| go(href, false));
    }

    /// Takes the place of the address that was shown.
    fn on(self, href: &str) {
        self.0.with_value(|go| go(href, true));
    }
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
pub struct Shared {
    /// What is asked.
    pub asked: Memo<Asked>,
    /// The searches made in this browser.
    pub recent: Recent,
    /// Saves a search.
    pub save: ServerAction<SaveSearch>,
    /// Forgets a saved search.
    pub forget: ServerAction<ForgetSearch>,
    /// Asks again.
    pub again: Callback<()>,
}

/// The search page, for the route `/search`.
#[component]
pub fn SearchPage() -> impl IntoView {
    let params = use_query_map();
    let asked = Memo::new(move |_| params.with(Asked::of));
    let go = Go::provide();
    let found = Resource::new(move || asked.get().query(), search);
    let shared = Shared {
        asked,
        recent: Recent::of_viewer(),
        save: ServerAction::new(),
        forget: ServerAction::new(),
        again: Callback::new(move |()| found.refetch()),
    };
    Effect::new(move |before: Option<usize>| {
        let version = shared.forget.version().get();
        if before.is_some_and(|before| before != version) {
            found.refetch();
        }
        version
    });
    // What was found last stays while a query is being typed that cannot be understood yet.
    let last = StoredValue::new(None::<SearchView>);
    view! {
        <Title text="Search"/>
        <main id="main" class="page search-page">
            <header>
                <h1 class="sr">"Search"</h1>
                <SearchBox shared go/>
            </header>
            <Transition fallback=Loading>
                {move || Suspend::new(async move {
                    let answer = found.await;
                    let note = match answer {
                        Ok(view) if view.misunderstood.is_empty() => {
                            last.set_value(Some(view));
                            None
                        }
                        Ok(view) => {
                            Some(view! { <NotUnderstood pieces=view.misunderstood/> }.into_any())
                        }
                        Err(problem) => {
                            Some(view! { <NotFound problem again=shared.again/> }.into_any())
                        }
                    };
                    let asked = asked.get_untracked();
                    let below = match last.get_value() {
                        Some(view) => view! { <Results view asked shared/> }.into_any(),
                        None => view! { <HowToAsk/> }.into_any(),
                    };
                    view! {
                        <div role="alert">{note}</div>
                        {below}
                    }
                })}
            </Transition>
        </main>
    }
    .into_any()
}

#[component]
fn SearchBox(shared: Shared, go: Go) -> impl IntoView {
    let asked = shared.asked;
    let typed = RwSignal::new(asked.get_untracked().get("q").to_owned());
    let sent = StoredValue::new(typed.get_untracked());
    // Whether the address is one to come back to, and not a word half typed.
    let is_settled = StoredValue::new(true);
    Effect::new(move |_| {
        let text = asked.get().get("q").to_owned();
        if text != sent.get_value() {
            sent.set_value(text.clone());
            is_settled.set_value(true);
            typed.set(text);
        }
    });
    let send = move |text: String| {
        if text == sent.get_value() {
            return;
        }
        let href = asked.get_untracked().with("q", &text).href();
        let had_words = !sent.get_value().is_empty();
        sent.set_value(text);
        if is_settled.get_value() && had_words {
            go.to(&href);
        } else {
            go.on(&href);
        }
        is_settled.set_value(false);
    };
    let mut send_soon = leptos::leptos_dom::helpers::debounce(PAUSE, send);
    view! {
        <form
            class="input-icon search-box"
            id="search"
            role="search"
            action="/search"
            on:submit=move |event| {
                event.prevent_default();
                send(typed.get_untracked());
                is_settled.set_value(true);
                shared.recent.remember(&typed.get_untracked());
            }
        >
            <Icon name="search"/>
            <label class="sr" for="q">"Search all sessions"</label>
            <input
                class="input"
                id="q"
                name="q"
                type="search"
                maxlength="1000"
                placeholder="Words, “a phrase”, -without, kind:action"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                enterkeyhint="search"
                data-takes-focus=""
                value=typed.get_untracked()
                prop:value=move || typed.get()
                on:input:target=move |event| {
                    typed.set(event.target().value());
                    send_soon(typed.get_untracked());
                }
                on:keydown=on_key
            />
            <kbd class="only-desk">"/"</kbd>
        </form>
    }
    .into_any()
}

/// Down into the results, and out of the box.
fn on_key(event: leptos::ev::KeyboardEvent) {
    #[cfg(feature = "hydrate")]
    {
        let input: web_sys::HtmlInputElement = event_target(&event);
        let done = match event.key().as_str() {
            "ArrowDown" => crate::shell::step(1),
            "Escape" if input.value().is_empty() => input.blur().is_ok(),
            _ => false,
        };
        if done {
            event.prevent_default();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}

/// An answer did not come; what was found before stays below.
#[component]
fn NotFound(problem: Problem, again: Callback<()>) -> impl IntoView {
    let what_to_do = if problem == Problem::SignedOut {
        view! { <a class="btn" href="/sign-in" rel="external">"Sign in"</a> }.into_any()
    } else {
        view! {
            <button class="btn" type="button" on:click=move |_| again.run(())>
                <Icon name="refresh"/>
                "Try again"
            </button>
        }
        .into_any()
    };
    view! {
        <Callout tone=Tone::Denied icon="critical" title="This search got no answer.">
            <p>{problem.to_string()}</p>
            {what_to_do}
        </Callout>
    }
    .into_any()
}

#[component]
fn Loading() -> impl IntoView {
    view! {
        <div class="stack" aria-busy="true">
            <p class="sr" role="status">"Searching"</p>
            <Skeleton width="4"/>
            <Skeleton width="3"/>
            <Skeleton width="4"/>
        </div>
    }
    .into_any()
}
