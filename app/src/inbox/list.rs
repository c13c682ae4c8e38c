//! The inbox page: what waits by its deadline, then what is late, then what was decided.

use std::collections::HashMap;

use leptos::prelude::*;
use leptos_meta::Title;

use super::arrangement::{Arrangement, arrange};
use super::empty::{FirstSteps, NothingWaits};
use super::keyboard;
use super::model::{HoldCard, HoldKey, InboxView};
use super::refresh::Refresh;
use super::row::{SettledRow, WaitingRow};
use super::server::inbox;
use crate::live::{self, use_live};
use crate::trouble::Trouble;
use crate::ui::clock::use_now;
use crate::ui::{PillNew, SectionHead, Skeleton};

/// The inbox, for the route `/inbox`.
#[component]
pub fn InboxPage() -> impl IntoView {
    let first = Resource::new(|| (), |()| inbox());
    view! {
        <Title text="Inbox"/>
        <Suspense fallback=Loading>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(first) => view! { <Inbox first/> }.into_any(),
                    Err(problem) => {
                        view! {
                            <Trouble
                                title="The inbox could not be read."
                                problem
                                consequence="Nothing was lost and no decision was taken: holds wait at the guard until their deadline, and a delay means deny."
                                retry=Callback::new(move |()| first.refetch())
                            />
                        }
                            .into_any()
                    }
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The holds of the inbox, followed live.
#[derive(Clone, Copy)]
pub(super) struct Holds {
    cards: RwSignal<HashMap<HoldKey, HoldCard>>,
    /// Where every hold belongs now.
    target: Memo<Arrangement>,
    /// Where the page shows them: the same, unless somebody is reading.
    shown: RwSignal<Arrangement>,
}

impl Holds {
    fn new(first: InboxView) -> Self {
        let now = use_now();
        let arrangement = arrange(&first.holds, first.now);
        let cards = RwSignal::new(by_key(first.holds));
        let target = Memo::new(move |_| {
            cards.with(|cards| arrange(&cards.values().cloned().collect::<Vec<_>>(), now.get()))
        });
        Self {
            cards,
            target,
            shown: RwSignal::new(arrangement),
        }
    }

    /// Takes over a newer word of the server.
    fn renew(self, view: InboxView) {
        self.cards.set(by_key(view.holds));
    }

    /// Shows every hold where it belongs.
    fn settle(self) {
        let target = self.target.get_untracked();
        if self.shown.with_untracked(|shown| *shown != target) {
            self.shown.set(target);
        }
    }

    fn card(self, key: HoldKey) -> Memo<HoldCard> {
        // A row outlives its card by a moment when the card goes away: it keeps the last one.
        let last = self.cards.with_untracked(|cards| cards.get(&key).cloned());
        Memo::new(move |earlier: Option<&HoldCard>| {
            self.cards
                .with(|cards| cards.get(&key).cloned())
                .or_else(|| earlier.cloned())
                .or_else(|| last.clone())
                .unwrap_or_else(|| HoldCard::unknown(key.clone()))
        })
    }
}

fn by_key(cards: Vec<HoldCard>) -> HashMap<HoldKey, HoldCard> {
    cards
        .into_iter()
        .map(|card| (card.key.clone(), card))
        .collect()
}

#[component]
fn Inbox(first: InboxView) -> impl IntoView {
    let is_new_here = first.holds.is_empty() && !first.has_sessions;
    let holds = Holds::new(first);
    let list = NodeRef::<leptos::html::Div>::new();

    // New rows never push away what somebody is about to press.
    let is_read = keyboard::is_being_read(list);
    Effect::new(move |_| {
        holds.target.track();
        if holds.shown.with(Arrangement::is_empty) || !is_read.get() {
            holds.settle();
        }
    });
    follow(
        move |view| holds.renew(view),
        move |now| {
            holds
                .cards
                .with_untracked(|cards| cards.values().any(|card| card.is_due(now)))
        },
    );
    keyboard::act_on_rows(list);

    let fresh = Signal::derive(move || {
        holds
            .shown
            .with(|shown| holds.target.with(|target| target.new_since(shown)))
    });
    let counts = Memo::new(move |_| {
        holds
            .shown
            .with(|shown| (shown.waiting.len(), shown.late.len(), shown.decided.len()))
    });
    let groups = [
        view! {
            <Section
                id="waiting"
                title="Waiting for you"
                note="by deadline"
                keys=Signal::derive(move || holds.shown.get().waiting)
                row=move |key| view! { <WaitingRow card=holds.card(key) current=false/> }.into_any()
            />
        }
        .into_any(),
        view! {
            <Section
                id="late"
                title="Nobody waits any more"
                note="past their deadline, or the guard stopped asking"
                keys=Signal::derive(move || holds.shown.get().late)
                row=move |key| view! { <SettledRow card=holds.card(key)/> }.into_any()
                quiet=true
            />
        }
        .into_any(),
        view! {
            <Section
                id="decided"
                title="Decided"
                note="the latest first"
                keys=Signal::derive(move || holds.shown.get().decided)
                row=move |key| view! { <SettledRow card=holds.card(key)/> }.into_any()
                quiet=true
            />
        }
        .into_any(),
    ];
    let empty = move || match counts.get() {
        (0, 0, 0) if is_new_here => view! { <FirstSteps/> }.into_any(),
        (0, _, _) => view! { <NothingWaits/> }.into_any(),
        _ => ().into_any(),
    };
    view! {
        <main id="main" class="page inbox">
            <header class="page-head">
                <div>
                    <h1 class="top-title">"Inbox"</h1>
                    <Lede holds/>
                </div>
            </header>
            <PillNew count=fresh on_click=Callback::new(move |()| holds.settle())/>
            <div class="stack-6" node_ref=list>
                {empty}
                {groups.into_iter().collect_view()}
            </div>
            <p class="keys-hint only-desk">
                <span><kbd>"j"</kbd>" "<kbd>"k"</kbd>" move"</span>
                <span><kbd>"↵"</kbd>" open"</span>
                <span><kbd>"a"</kbd>" approve"</span>
                <span><kbd>"d"</kbd>" deny"</span>
            </p>
        </main>
    }
    .into_any()
}

/// One group of the inbox; nothing while it is empty.
#[component]
fn Section(
    id: &'static str,
    title: &'static str,
    note: &'static str,
    keys: Signal<Vec<HoldKey>>,
    row: impl Fn(HoldKey) -> AnyView + Copy + Send + Sync + 'static,
    #[prop(optional)] quiet: bool,
) -> impl IntoView {
    let count = Memo::new(move |_| keys.with(Vec::len));
    let is_there = Memo::new(move |_| count.get() != 0);
    move || {
        is_there.get().then(|| {
            view! {
                <section aria-labelledby=id>
                    <SectionHead id title count=count note=note.into_any()/>
                    <div class="panel">
                        <ul class="rows hold-rows" data-quiet=quiet.then_some("")>
                            <For each=move || keys.get() key=HoldKey::clone let:key>
                                <li>{row(key)}</li>
                            </For>
                        </ul>
                    </div>
                </section>
            }
            .into_any()
        })
    }
}

/// The state of the inbox in a sentence.
#[component]
fn Lede(holds: Holds) -> impl IntoView {
    let now = use_now();
    let words = Memo::new(move |_| {
        let waiting = holds.shown.with(|shown| shown.waiting.clone());
        let nearest = holds.cards.with(|cards| {
            waiting
                .iter()
                .filter_map(|key| cards.get(key))
                .filter_map(|card| card.deadline)
                .min()
        });
        lede(waiting.len(), nearest.map(|deadline| deadline - now.get()))
    });
    view! {
        <p class="lede" role="status">
            <strong>{move || words.get().0}</strong>
            {move || words.get().1}
        </p>
    }
    .into_any()
}

fn lede(waiting: usize, left: Option<i64>) -> (String, String) {
    let head = match waiting {
        0 => "Nothing waits for you.".to_owned(),
        1 => "1 action waits for you.".to_owned(),
        more => format!("{more} actions wait for you."),
    };
    let rest = match left {
        Some(left) if waiting > 0 => {
            format!(" The nearest deadline is in {}.", left_in_words(left))
        }
        _ => String::new(),
    };
    (head, rest)
}

/// "1 min 4 s", "2 h 5 min".
fn left_in_words(left: i64) -> String {
    let seconds = (left + 999).max(0) / 1_000;
    match (seconds / 3_600, seconds / 60 % 60) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// Asks the server again whenever it says that a hold changed, and when `is_due` says so at a tick of the clock;
/// calls never overlap.
pub(super) fn follow(
    renew: impl Fn(InboxView) + Copy + Send + Sync + 'static,
    is_due: impl Fn(i64) -> bool + 'static,
) {
    let again = Refresh::new(move || async move {
        if let Ok(view) = inbox().await {
            renew(view);
        }
    });
    use_live().on(move |event| {
        if matches!(
            event,
            live::Event::Hold(_) | live::Event::Session(_) | live::Event::Resync
        ) {
            again.ask();
        }
    });
    let now = use_now();
    Effect::new(move |_| {
        if is_due(now.get()) {
            again.ask();
        }
    });
}

#[component]
fn Loading() -> impl IntoView {
    let row = || {
        view! {
            <li>
                <div>
                    <span class="hold-row-sentence"><Skeleton width="4"/></span>
                    <span class="hold-row-left"><Skeleton width="1"/></span>
                    <span class="hold-row-meta"><Skeleton width="3"/></span>
                    <span class="hold-row-state"><Skeleton width="2"/></span>
                </div>
            </li>
        }
    };
    view! {
        <main id="main" class="page inbox" aria-busy="true">
            <header class="page-head"><div><h1 class="top-title">"Inbox"</h1></div></header>
            <div class="stack">
                <p class="sr" role="status">"Loading the inbox"</p>
                <div class="panel"><ul class="rows hold-rows">{row()}{row()}{row()}</ul></div>
            </div>
        </main>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_the_nearest_deadline() {
        let (head, rest) = lede(4, Some(64_000));
        assert_eq!(
            head + &rest,
            "4 actions wait for you. The nearest deadline is in 1 min 4 s."
        );
    }

    #[test]
    fn one_action_is_told_as_one() {
        assert_eq!(
            lede(1, None),
            ("1 action waits for you.".to_owned(), String::new())
        );
    }

    #[test]
    fn an_empty_inbox_names_no_deadline() {
        assert_eq!(lede(0, Some(1_000)).1, "");
    }
}
