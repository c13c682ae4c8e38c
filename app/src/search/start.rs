use leptos::form::ActionForm;
use leptos::prelude::*;

use super::address::Asked;
use super::model::SavedView;
use super::page::Shared;
use crate::problem::Refusal;
use crate::ui::Icon;

/// What can be asked, and what it means.
const EXAMPLES: [(&str, &str); 7] = [
    (
        "git_push",
        "a word, or its beginning; a typo or two is forgiven",
    ),
    ("\"to production\"", "these words in this order, exactly"),
    ("deploy -staging", "the first word without the second"),
    ("kind:hold verdict:denied", "holds that were denied"),
    (
        "kind:belief truth:contradicted",
        "beliefs that turned out wrong",
    ),
    (
        "level:L4 last:7d",
        "dangerous actions of the last seven days",
    ),
    ("after:2026-11-01 before:2026-12-01", "a range of days, UTC"),
];

/// Before anything is asked: what was asked before, and how to ask.
#[component]
pub fn Start(
    /// The searches that the member saved.
    saved: Vec<SavedView>,
    /// What the parts of the page share.
    shared: Shared,
) -> impl IntoView {
    let recent = RwSignal::new(Vec::<String>::new());
    Effect::new(move |_| recent.set(shared.recent.list()));
    let clear = move |_| {
        shared.recent.forget();
        recent.set(Vec::new());
    };
    let recents = move || {
        let list = recent.get();
        (!list.is_empty()).then(|| {
            let list = list
                .into_iter()
                .map(|text| {
                    let href = Asked::text(&text).href();
                    view! { <li><a href=href><Icon name="clock"/><span>{text}</span></a></li> }
                })
                .collect_view();
            view! {
                <section class="panel" aria-labelledby="recent">
                    <header class="panel-head">
                        <h2 id="recent">"Recent, in this browser"</h2>
                        <button class="btn btn-quiet" type="button" on:click=clear>"Clear"</button>
                    </header>
                    <ul class="short-rows">{list}</ul>
                </section>
            }
        })
    };
    let saved = (!saved.is_empty()).then(|| view! { <Saved saved shared/> });
    view! {
        <div class="search-start">
            {saved}
            {recents}
            <HowToAsk/>
        </div>
    }
    .into_any()
}

/// The language of queries, by examples to click.
#[component]
pub fn HowToAsk() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="examples">
            <header class="panel-head"><h2 id="examples">"How to ask"</h2></header>
            <div class="panel-body"><Examples/></div>
        </section>
    }
}

#[component]
fn Saved(saved: Vec<SavedView>, shared: Shared) -> impl IntoView {
    let forget = shared.forget;
    let rows = saved
        .into_iter()
        .map(|SavedView { id, name, href }| {
            let label = format!("Delete the saved search {name}");
            view! {
                <li>
                    <a href=href><Icon name="search"/><span>{name}</span></a>
                    <ActionForm action=forget>
                        <input type="hidden" name="id" value=id/>
                        <button class="btn btn-quiet btn-icon" type="submit" aria-label=label><Icon name="x"/></button>
                    </ActionForm>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby="saved">
            <header class="panel-head"><h2 id="saved">"Saved by you"</h2></header>
            <Refusal action=forget usual="The search was not deleted."/>
            <ul class="short-rows">{rows}</ul>
        </section>
    }
    .into_any()
}

/// Examples to click.
#[component]
pub fn Examples() -> impl IntoView {
    let rows = EXAMPLES
        .map(|(text, means)| {
            let href = Asked::text(text).href();
            view! { <dt><a href=href><code>{text}</code></a></dt><dd>{means}</dd> }
        })
        .into_iter()
        .collect_view();
    view! { <dl class="kv examples">{rows}</dl> }
}

/// Gives a search a name to come back to it by.
#[component]
pub fn SaveThis(
    /// The whole query.
    text: String,
    /// Whether the newest come first.
    is_newest: bool,
    /// What the parts of the page share.
    shared: Shared,
) -> impl IntoView {
    let save = shared.save;
    let is_saved = move || matches!(save.value().get(), Some(Ok(())));
    view! {
        <button class="btn btn-quiet" type="button" popovertarget="save">
            <Icon name="plus"/>
            "Save"
        </button>
        <div class="pop" id="save" popover="auto" aria-label="Save this search" role="dialog">
            <ActionForm action=save attr:class="stack">
                <Refusal action=save usual="The search was not saved."/>
                <div class="field">
                    <label for="save-name">"Name of this search"</label>
                    <input class="input" id="save-name" name="name" required maxlength="100" autocomplete="off" autofocus/>
                    <span class="hint">"Only you see it, on this page."</span>
                </div>
                <input type="hidden" name="text" value=text/>
                <input type="hidden" name="newest" value=is_newest.to_string()/>
                <div class="flow">
                    <button class="btn btn-primary" type="submit">"Save the search"</button>
                    <span class="muted" role="status">{move || is_saved().then_some("Saved.")}</span>
                </div>
            </ActionForm>
        </div>
    }
    .into_any()
}
