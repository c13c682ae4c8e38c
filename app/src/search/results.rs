use leptos::prelude::*;

use super::address::Asked;
use super::facets::{Facets, FilterChips, results};
use super::hits::Hit;
use super::model::{HitView, SearchView};
use super::page::Shared;
use super::server::search;
use super::start::{Examples, SaveThis, Start};
use crate::inbox::FirstSteps;
use crate::live::{self, use_live};
use crate::ui::clock::{hms, iso};
use crate::ui::{Callout, Choice, CopyLink, Empty, Flag, Icon, Segmented, Tone};

/// What was found, with what it can be narrowed by.
#[component]
pub fn Results(
    /// What was found.
    view: SearchView,
    /// What is asked.
    asked: Asked,
    /// What the parts of the page share.
    shared: Shared,
) -> impl IntoView {
    keep_looking(&view, shared.again);
    keep_open();
    if view.is_new_here {
        return view! { <FirstSteps/> }.into_any();
    }
    let SearchView {
        hits,
        total,
        next,
        facets,
        chips,
        text,
        took,
        fresh_to,
        behind,
        rebuilt,
        instead,
        saved,
        ..
    } = view;
    let asks_nothing = text.is_empty() && asked.get("after").is_empty();
    let start = asks_nothing.then(|| view! { <Start saved shared/> });
    let is_past_first = !asked.get("after").is_empty();
    let list = if hits.is_empty() {
        view! { <Nothing asks_nothing/> }.into_any()
    } else {
        view! { <List hits next total text=text.clone() shared is_past_first first=asked.with("after", "").href()/> }.into_any()
    };
    let fresh = (fresh_to > 0).then(|| {
        view! {
            <span>
                {format!(" in {took} ms, fresh to ")}
                <time datetime=iso(fresh_to) title=iso(fresh_to)>{hms(fresh_to)}</time>
            </span>
        }
    });
    view! {
        {start}
        <div class="stack-2">
            {instead_note(instead)}
            <div class="spread search-state">
                <FilterChips chips asked=asked.clone()/>
                <p class="muted num">
                    <span role="status">{results(total)}</span>
                    {fresh}
                    " "
                    {behind.map(|seconds| view! { <Behind seconds/> })}
                </p>
            </div>
            {rebuilt.map(|percent| view! { <Rebuilding percent/> })}
        </div>
        <div class="search-grid">
            <Facets facets asked=asked.clone() total/>
            <section class="stack-2" aria-labelledby="results">
                <h2 class="sr" id="results">"Results"</h2>
                <Tools asked text shared/>
                {list}
            </section>
        </div>
    }
    .into_any()
}

/// Part of the index is still missing.
#[component]
fn Rebuilding(percent: u64) -> impl IntoView {
    view! {
        <Callout tone=Tone::Info icon="refresh" title=format!("Search is rebuilding, {percent} %")>
            <p>"The newest sessions come first; older ones are still missing. This page looks again by itself."</p>
        </Callout>
    }
}

/// What was shipped lately is not found yet.
#[component]
fn Behind(seconds: u64) -> impl IntoView {
    let text = format!("The index is {seconds} s behind");
    view! { <Flag tone=Tone::Hold icon="clock" text/> }
}

/// While something is missing the page asks again by itself.
fn keep_looking(view: &SearchView, again: Callback<()>) {
    let waits_for_the_first = view.text.is_empty() && view.total == 0 && !view.is_new_here;
    let is_missing_something =
        view.rebuilt.is_some() || view.behind.is_some() || waits_for_the_first;
    if view.is_new_here {
        use_live().on(move |event| {
            if matches!(event, live::Event::Session(_) | live::Event::Resync) {
                again.run(());
            }
        });
    }
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let soon = std::time::Duration::from_secs(2);
        if !is_missing_something {
            return;
        }
        if let Ok(timer) = set_timeout_with_handle(move || again.run(()), soon) {
            on_cleanup(move || timer.clear());
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (is_missing_something, again);
}

/// The filters stay open while one chooses, and the name of a search while one types it: what is shown anew loses its
/// `popover` for a moment, and browsers close it.
fn keep_open() {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        use web_sys::HtmlElement;

        // A browser that does not know the word has none.
        let open = document().query_selector("main :popover-open");
        let Some(open) = open
            .ok()
            .flatten()
            .and_then(|open| open.dyn_into::<HtmlElement>().ok())
        else {
            return;
        };
        let active = document()
            .active_element()
            .filter(|active| open.contains(Some(active)));
        request_animation_frame(move || {
            // Refused where it is open still, or gone: both are as they should be.
            drop(open.show_popover());
            if let Some(active) = active.and_then(|active| active.dyn_into::<HtmlElement>().ok()) {
                drop(active.focus());
            }
        });
    }
}

fn instead_note(instead: Vec<String>) -> Option<impl IntoView> {
    let [typed, found, href] = <[String; 3]>::try_from(instead).ok()?;
    Some(view! {
        <p class="muted">
            "Showing "<strong>{found}</strong>" instead of “"{typed}"”. "
            <a href=href data-noscroll="">"Search exactly"</a>
        </p>
    })
}

/// In which order, and what to do with a search.
#[component]
fn Tools(asked: Asked, text: String, shared: Shared) -> impl IntoView {
    let is_newest = asked.get("sort") == "newest";
    let choices = vec![
        Choice {
            href: asked.with("sort", "").href(),
            name: "Best match".to_owned(),
            count: None,
            is_current: !is_newest,
        },
        Choice {
            href: asked.with("sort", "newest").href(),
            name: "Newest".to_owned(),
            count: None,
            is_current: is_newest,
        },
    ];
    let keep_sort = is_newest.then(|| {
        view! { <input type="hidden" name="sort" value="newest" form="search"/> }
    });
    let href = asked.href();
    let save = (!text.is_empty()).then(|| {
        view! {
            <SaveThis text is_newest shared/>
            <CopyLink href label="Copy link to this search"/>
        }
    });
    view! {
        <div class="spread">
            <div class="flow">
                <button class="btn only-phone" type="button" popovertarget="filters">
                    <Icon name="filter"/>
                    "Filters"
                </button>
                <Segmented label="Order" choices/>
                {keep_sort}
            </div>
            <div class="flow">{save}</div>
        </div>
    }
    .into_any()
}

/// The rows, with those of later pages as they are asked for.
#[component]
fn List(
    hits: Vec<HitView>,
    next: Option<String>,
    total: u64,
    text: String,
    shared: Shared,
    is_past_first: bool,
    first: String,
) -> impl IntoView {
    let later = RwSignal::new(Vec::<HitView>::new());
    let next = RwSignal::new(next);
    let (is_asking, has_failed) = (RwSignal::new(false), RwSignal::new(false));
    let count = hits.len();
    let ask = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        let Some(href) = next.get_untracked().filter(|_| !is_asking.get_untracked()) else {
            return;
        };
        is_asking.set(true);
        leptos::task::spawn_local(async move {
            let address = href.split_once('?').map_or("", |(_, query)| query);
            let answer = search(address.to_owned()).await;
            // The page may show another search by now.
            if is_asking.try_set(false).is_some() {
                return;
            }
            has_failed.set(answer.is_err());
            if let Ok(view) = answer {
                next.set(view.next);
                later.update(|later| later.extend(view.hits));
            }
        });
    };
    let row = |hit: HitView| view! { <li><Hit hit/></li> };
    let more = move || {
        let href = next.get()?;
        let words = match (is_asking.get(), has_failed.get()) {
            (true, _) => "Reading more…",
            (false, true) => "That did not work. Try again",
            (false, false) => "Show more",
        };
        Some(view! { <a class="btn" href=href data-more="" on:click=ask>{words}</a> })
    };
    let back = is_past_first.then(|| {
        view! { <a class="btn" href=first><Icon name="back"/>"To the first results"</a> }
    });
    view! {
        <div class="panel">
            <ul class="rows" on:click=move |_| shared.recent.remember(&text) on:keydown=on_key>
                {hits.into_iter().map(row).collect_view()}
                {move || later.get().into_iter().map(row).collect_view()}
            </ul>
        </div>
        <nav class="flow" aria-label="Pages">
            {back}
            <span class="muted num">
                {move || {
                    let shown = count + later.with(Vec::len);
                    (!is_past_first && next.with(Option::is_some)).then(|| format!("{shown} of {}", results(total)))
                }}
            </span>
            {more}
        </nav>
    }
    .into_any()
}

/// Through the rows, and back to the box.
fn on_key(event: leptos::ev::KeyboardEvent) {
    #[cfg(feature = "hydrate")]
    {
        let done = match event.key().as_str() {
            "ArrowDown" => crate::shell::step(1),
            "ArrowUp" => crate::shell::step(-1),
            "Escape" => crate::shell::to_search_box(),
            _ => false,
        };
        if done {
            event.prevent_default();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}

#[component]
fn Nothing(asks_nothing: bool) -> impl IntoView {
    if asks_nothing {
        return view! {
            <div class="panel">
                <Empty icon="search" title="Nothing can be searched yet">
                    <p>"What was shipped appears here within seconds."</p>
                </Empty>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="panel">
            <Empty icon="search" title="Nothing matches">
                <p>
                    "Take a filter or a word away. What is withheld is found by its type, its actor and its time \
                     only; ship the session again at a higher ceiling to search in it."
                </p>
            </Empty>
            <div class="panel-body"><Examples/></div>
        </div>
    }
    .into_any()
}

/// A query that was not understood, with the place.
#[component]
pub fn NotUnderstood(
    /// The query before the place, the place, the query after it, and why.
    pieces: Vec<String>,
) -> impl IntoView {
    let [before, place, after, why] = <[String; 4]>::try_from(pieces).unwrap_or_default();
    view! {
        <Callout tone=Tone::Hold icon="warn" title=why>
            <p class="query-place"><code>{before}<mark>{place}</mark>{after}</code></p>
        </Callout>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use leptos::prelude::RenderHtml;

    use super::*;

    #[test]
    fn a_reader_is_told_what_is_missing_from_the_index() {
        let rebuilding = view! { <Rebuilding percent=40/> }.to_html();
        assert!(
            rebuilding.contains("Search is rebuilding, 40 %"),
            "{rebuilding}"
        );
        let behind = view! { <Behind seconds=7/> }.to_html();
        assert!(behind.contains("The index is 7 s behind"), "{behind}");
    }
}
