//! The page: the hold as it is now, followed live.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::body::Body;
use super::decided::Decided;
use super::record::Record;
use super::signing::{Signing, SigningBar};
use crate::inbox::list::follow;
use crate::inbox::model::{HoldKey, HoldView, InboxView, Standing};
use crate::inbox::refresh::Refresh;
use crate::inbox::row::WaitingRow;
use crate::inbox::server::{hold, inbox};
use crate::live::{self, use_live};
use crate::sessions::provide_checks;
use crate::trouble::Trouble;
use crate::ui::clock::use_now;
use crate::ui::{Skeleton, as_title};

/// The page of one hold, for the route `/holds/:id`.
#[component]
pub fn HoldPage() -> impl IntoView {
    let params = use_params_map();
    let key = Memo::new(move |_| HoldKey(params.read().get("id").unwrap_or_default()));
    let first = Resource::new(move || key.get(), hold);
    let others = Resource::new(|| (), |()| inbox());
    view! {
        <Transition fallback=Loading>
            {move || Suspend::new(async move {
                let others = others.await.ok();
                match first.await {
                    Ok(first) => view! { <Hold first others/> }.into_any(),
                    Err(problem) => {
                        view! {
                            <Trouble
                                title="This hold could not be read."
                                problem
                                consequence="No decision was taken: it waits at the guard until its deadline, and a delay means deny."
                                retry=Callback::new(move |()| first.refetch())
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
fn Hold(first: HoldView, others: Option<InboxView>) -> impl IntoView {
    let key = first.card.key.clone();
    let view = RwSignal::new(first);
    // What is revealed changes no count of events, so both counts tell whether more was shipped.
    provide_checks(Memo::new(move |_| {
        view.with(|view| {
            let why = view.why.as_ref()?;
            let open = why.session_events.saturating_sub(why.withheld_events);
            Some((
                view.session.as_ref()?.key.clone(),
                why.session_events + open,
            ))
        })
    }));
    keep_current(view);
    let now = use_now();
    let is_decidable = Memo::new(move |_| {
        view.with(|view| {
            matches!(
                view.card.standing,
                Standing::Open | Standing::Abandoned | Standing::Refused { .. }
            ) && view
                .card
                .deadline
                .is_none_or(|deadline| deadline > now.get())
        })
    });
    let reads_again = RwSignal::new(false);
    let signing = Signing::new(view, is_decidable);
    let title = Memo::new(move |_| {
        view.with(|view| {
            view.card
                .sentence
                .as_ref()
                .map_or_else(|| "A hold".to_owned(), as_title)
        })
    });
    view! {
        <Title text=move || title.get()/>
        <main id="main" class=move || if is_decidable.get() || reads_again.get() { "page-panes hold" } else { "page decided" }>
            <Show
                when=move || is_decidable.get() || reads_again.get()
                fallback=move || view! { <Decided view reads_again/> }
            >
                <OtherHolds others=others.clone() current=key.clone()/>
                <article class="pane pane-main" aria-labelledby="sentence">
                    <div class="pane-scroll">
                        <Body view signing/>
                    </div>
                    <SigningBar signing/>
                </article>
                <Record view/>
            </Show>
        </main>
    }
    .into_any()
}

/// Reads the hold again when the server says that it changed, and when silence would change it.
fn keep_current(view: RwSignal<HoldView>) {
    let key = view.with_untracked(|view| view.card.key.clone());
    let id = StoredValue::new(key.clone());
    let again = Refresh::new(move || async move {
        if let Ok(newer) = hold(id.get_value()).await {
            view.try_update(|view| {
                if *view != newer {
                    *view = newer;
                }
            });
        }
    });
    use_live().on(move |event| match event {
        live::Event::Hold(id) if *id == key.0 => again.ask(),
        live::Event::Session(_) | live::Event::Resync => again.ask(),
        _ => {}
    });
    let now = use_now();
    Effect::new(move |_| {
        let now = now.get();
        let is_due = view.with_untracked(|view| match &view.decision {
            Some(decision) => decision.settles_at.is_some_and(|at| at <= now),
            None => view.card.is_due(now),
        });
        if is_due {
            again.ask();
        }
    });
}

/// The other holds that wait, beside this one at a desk.
#[component]
fn OtherHolds(others: Option<InboxView>, current: HoldKey) -> impl IntoView {
    let Some(first) = others else {
        return view! { <nav class="pane pane-list only-desk" aria-label="Waiting for you"></nav> }
            .into_any();
    };
    let now = use_now();
    let cards = RwSignal::new(first);
    follow(
        move |view| cards.set(view),
        move |now| cards.with_untracked(|view| view.holds.iter().any(|card| card.is_due(now))),
    );
    let waiting = Memo::new(move |_| {
        cards.with(|view| crate::inbox::arrangement::arrange(&view.holds, now.get()).waiting)
    });
    let card = move |key: HoldKey| {
        Memo::new(move |earlier: Option<&_>| {
            cards
                .with(|view| view.holds.iter().find(|card| card.key == key).cloned())
                .or_else(|| earlier.cloned())
                .unwrap_or_else(|| crate::inbox::model::HoldCard::unknown(key.clone()))
        })
    };
    view! {
        <nav class="pane pane-list only-desk" aria-labelledby="list-h">
            <header class="pane-head">
                <h2 id="list-h">
                    "Waiting for you "
                    <span class="count muted">{move || waiting.with(Vec::len)}</span>
                </h2>
            </header>
            <ul class="rows hold-rows hold-rows-slim">
                <For each=move || waiting.get() key=HoldKey::clone let:key>
                    <li>
                        <WaitingRow card=card(key.clone()) current=key == current/>
                    </li>
                </For>
            </ul>
        </nav>
    }
    .into_any()
}

#[component]
fn Loading() -> impl IntoView {
    view! {
        <main id="main" class="page" aria-busy="true">
            <p class="sr" role="status">"Loading the hold"</p>
            <div class="stack">
                <Skeleton width="4"/>
                <Skeleton width="3"/>
                <Skeleton width="2"/>
            </div>
        </main>
    }
    .into_any()
}
