//! The list of sessions: the newest first, filtered by the address.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::encoded;
use super::model::SessionsView;
use super::row::{Row, count, plural};
use super::server::sessions;
use crate::inbox::FirstSteps;
use crate::live::{self, use_live};
use crate::trouble::Trouble;
use crate::ui::{Choice, Empty, Icon, Segmented, Skeleton, short_id};

/// The list of sessions, for the route `/sessions`.
#[component]
pub fn SessionsPage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let given = |name| query.get(name).filter(|value| !value.is_empty());
        (given("project"), given("flagged").is_some(), given("after"))
    });
    let shown = Resource::new(
        move || asked.get(),
        |(project, flagged, after)| sessions(project, flagged, after),
    );
    let is_stale = RwSignal::new(false);
    use_live().on(move |event| {
        if matches!(event, live::Event::Session(_) | live::Event::Resync) {
            is_stale.set(true);
        }
    });
    // A list that is at its top and at rest renews itself; while somebody reads, a pill waits.
    let renew = move || {
        is_stale.set(false);
        shown.refetch();
    };
    view! {
        <Title text="Sessions"/>
        <Transition fallback=Loading>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(view) => view! { <List view is_stale renew=Callback::new(move |()| renew())/> }.into_any(),
                    Err(problem) => {
                        view! {
                            <Trouble
                                title="The sessions could not be read."
                                problem
                                consequence="Nothing was lost."
                                retry=Callback::new(move |()| renew())
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
fn List(view: SessionsView, is_stale: RwSignal<bool>, renew: Callback<()>) -> impl IntoView {
    if view.rows.is_empty() && view.project.is_none() && !view.flagged && view.is_first {
        // The first ship is what everybody waits for here: it appears by itself.
        Effect::new(move |_| {
            if is_stale.get() {
                renew.run(());
            }
        });
        return view! {
            <main id="main" class="page">
                <header class="page-head"><div><h1 class="top-title">"Sessions"</h1></div></header>
                <FirstSteps/>
            </main>
        }
        .into_any();
    }
    let SessionsView {
        rows,
        projects,
        project,
        flagged,
        incidents,
        is_first,
        next,
    } = view;
    let href = |project: Option<&str>, flagged: bool, after: Option<&str>| {
        let mut query = Vec::new();
        query.extend(flagged.then(|| "flagged=1".to_owned()));
        query.extend(project.map(|project| format!("project={}", encoded(project))));
        query.extend(after.map(|after| format!("after={}", encoded(after))));
        if query.is_empty() {
            "/sessions".to_owned()
        } else {
            format!("/sessions?{}", query.join("&"))
        }
    };
    let filter = (projects.len() > 1 || project.is_some()).then(|| {
        let mut choices = vec![Choice {
            href: href(None, flagged, None),
            name: "All projects".to_owned(),
            count: None,
            is_current: project.is_none(),
        }];
        choices.extend(projects.iter().map(|name| Choice {
            href: href(Some(name), flagged, None),
            name: short_id(name),
            count: None,
            is_current: project.as_ref() == Some(name),
        }));
        view! { <div class="page-actions"><Segmented label="Project" choices/></div> }
    });
    let integrity = (flagged || incidents > 0).then(|| {
        let choices = vec![
            Choice {
                href: href(project.as_deref(), false, None),
                name: "All".to_owned(),
                count: None,
                is_current: !flagged,
            },
            Choice {
                href: href(project.as_deref(), true, None),
                name: "Not sound".to_owned(),
                count: None,
                is_current: flagged,
            },
        ];
        let all = plural(count(incidents), "integrity incident");
        view! {
            <div class="page-actions">
                <Segmented label="Integrity" choices/>
                <a class="btn btn-quiet" href="/incidents"><Icon name="critical"/>{all}</a>
            </div>
        }
    });
    let list = if rows.is_empty() {
        view! {
            <div class="panel">
                <Empty icon="sessions" title="No session here">
                    <p>"Nothing was shipped that matches. "<a href="/sessions">"Show all sessions"</a></p>
                </Empty>
            </div>
        }
        .into_any()
    } else {
        let rows = rows
            .into_iter()
            .map(|row| view! { <li><Row row/></li> })
            .collect_view();
        view! { <div class="panel"><ul class="rows hold-rows">{rows}</ul></div> }.into_any()
    };
    let newest = (!is_first).then(|| {
        view! { <a class="btn" href=href(project.as_deref(), flagged, None)><Icon name="back"/>"The newest"</a> }
    });
    let older = next.map(|next| {
        view! { <a class="btn" href=href(project.as_deref(), flagged, Some(&next)) rel="next">"Older"<Icon name="forward"/></a> }
    });
    view! {
        <main id="main" class="page">
            <header class="page-head">
                <div>
                    <h1 class="top-title">"Sessions"</h1>
                    <p class="lede">"What agents did, the latest ship first."</p>
                </div>
                {filter}
                {integrity}
            </header>
            <Show when=move || is_stale.get()>
                <div class="pill-slot" role="status">
                    <button class="pill-new" type="button" on:click=move |_| renew.run(())>
                        <Icon name="refresh" size="14"/>
                        "New ships"
                    </button>
                </div>
            </Show>
            {list}
            <nav class="flow" aria-label="Pages">{newest}{older}</nav>
        </main>
    }
    .into_any()
}

#[component]
fn Loading() -> impl IntoView {
    view! {
        <main id="main" class="page" aria-busy="true">
            <header class="page-head"><div><h1 class="top-title">"Sessions"</h1></div></header>
            <p class="sr" role="status">"Loading the sessions"</p>
            <div class="stack"><Skeleton width="4"/><Skeleton width="3"/><Skeleton width="4"/></div>
        </main>
    }
    .into_any()
}
