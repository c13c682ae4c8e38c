//! One session: what happened, whether its log holds, and every event by kind.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;

use super::breaches::Breaches;
use super::checks::{ChecksPanel, provide_checks};
use super::encoded;
use super::model::{SessionView, Shown};
use super::page_parts::{Head, Integrity, Ships, WithheldPayloads};
use super::server::session;
use super::timeline::Timeline;
use crate::live::{self, use_live};
use crate::trouble::Trouble;
use crate::ui::{Choice, Skeleton, Tabs, short_id};

/// What of which session an address asks for.
#[derive(Clone, PartialEq)]
struct Asked {
    key: String,
    kind: Option<String>,
    page: u32,
    /// The event that is sought: its `seq`, and its id.
    at: Option<u64>,
    event: Option<String>,
}

impl Asked {
    fn of(key: Option<String>, query: &ParamsMap) -> Self {
        let number = |name: &str| query.get(name).and_then(|number| number.parse().ok());
        Self {
            key: key.unwrap_or_default(),
            kind: query.get("kind").filter(|kind| !kind.is_empty()),
            page: number("page")
                .and_then(|page| u32::try_from(page).ok())
                .unwrap_or(1),
            at: number("at"),
            event: query.get("event"),
        }
    }
}

/// The page of one session, for the route `/sessions/:session`.
#[component]
pub fn SessionPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asked = Memo::new(move |_| Asked::of(params.read().get("session"), &query.read()));
    let shown = Resource::new(
        move || asked.get(),
        |asked| session(asked.key, asked.kind, asked.page, asked.at, asked.event),
    );
    // News must not move the page under somebody who reads: it goes to what is sought once.
    let arrived = StoredValue::new(None::<Asked>);
    let arrive = move || {
        let here = Some(asked.get_untracked());
        if arrived.get_value() != here {
            arrived.set_value(here);
            show_sought();
        }
    };
    use_live().on(move |event| {
        let is_told = match event {
            live::Event::Session(id) => asked.with_untracked(|asked| asked.key == *id),
            live::Event::Resync => true,
            _ => false,
        };
        if is_told {
            shown.refetch();
        }
    });
    view! {
        <Transition fallback=Loading>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(view) => {
                        arrive();
                        view! { <Session view/> }.into_any()
                    }
                    Err(problem) => {
                        view! {
                            <Trouble
                                title="This session could not be read."
                                problem
                                consequence="Nothing was lost."
                                retry=Callback::new(move |()| shown.refetch())
                            />
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
    .into_any()
}

#[component]
fn Session(view: SessionView) -> impl IntoView {
    provide_checks(Signal::stored(Some((
        view.key.clone(),
        view.summary.events,
    ))));
    let tabs = tabs(&view);
    let withheld = view.summary.withheld > 0;
    view! {
        <Title text=format!("Session {}", short_id(&view.summary.session_id))/>
        <main id="main" class="page">
            <Head view=view.clone()/>
            <Breaches
                incidents=view.incidents.clone()
                findings=view.findings.clone()
                findings_total=view.findings_total
                session=view.key.clone()
            />
            <div class="cols-2">
                <div class="stack">
                    <Tabs label="Events of this session by kind" choices=tabs/>
                    <Timeline session=view.key.clone() lines=view.lines.clone() shown=view.shown.clone()/>
                </div>
                <aside class="stack">
                    <section class="panel" aria-labelledby="integrity">
                        <header class="panel-head"><h2 id="integrity">"Integrity"</h2></header>
                        <div class="panel-body stack">
                            <ChecksPanel/>
                            <Integrity view=view.clone()/>
                        </div>
                        <Ships receipts=view.receipts.clone() ships=view.ships/>
                    </section>
                    <Show when=move || withheld>
                        <WithheldPayloads summary=view.summary.clone()/>
                    </Show>
                </aside>
            </div>
        </main>
    }
    .into_any()
}

/// The address of a session with one of its events marked. Its id goes along: a place in the log may be claimed twice.
pub fn marked_href(session: &str, seq: u64, event_id: Option<&str>) -> String {
    let event = event_id.map(|id| format!("&event={}", encoded(id)));
    format!(
        "/sessions/{session}?at={seq}{}#sought",
        event.unwrap_or_default()
    )
}

/// Brings the event that is sought into view, ready to be opened. A page that is loaded anew has its browser for that.
fn show_sought() {
    #[cfg(feature = "hydrate")]
    if crate::shell::is_hydrated() {
        request_animation_frame(|| {
            use wasm_bindgen::JsCast;

            let sought = document().get_element_by_id("sought");
            let sought = sought.and_then(|sought| sought.dyn_into::<web_sys::HtmlElement>().ok());
            if let Some(sought) = sought {
                sought.scroll_into_view();
                // A browser that refuses has shown it all the same.
                drop(sought.focus());
            }
        });
    }
}

/// All events, then each kind that the session has.
fn tabs(view: &SessionView) -> Vec<Choice> {
    let href = |kind: Option<&str>| match kind {
        Some(kind) => format!("/sessions/{}?kind={kind}", view.key),
        None => format!("/sessions/{}", view.key),
    };
    let Shown { kind: current, .. } = &view.shown;
    let mut tabs = vec![Choice {
        href: href(None),
        name: "Timeline".to_owned(),
        count: Some(view.summary.events),
        is_current: current.is_none(),
    }];
    tabs.extend(
        view.summary
            .kinds
            .iter()
            .filter(|kind| kind.count + kind.withheld > 0)
            .map(|kind| Choice {
                href: href(Some(kind.kind.as_str())),
                name: super::page_parts::plural_name(kind.kind).to_owned(),
                count: Some(kind.count + kind.withheld),
                is_current: current.as_deref() == Some(kind.kind.as_str()),
            }),
    );
    tabs
}

#[component]
fn Loading() -> impl IntoView {
    view! {
        <main id="main" class="page" aria-busy="true">
            <p class="sr" role="status">"Loading the session"</p>
            <div class="stack"><Skeleton width="4"/><Skeleton width="3"/><Skeleton width="2"/></div>
        </main>
    }
    .into_any()
}
