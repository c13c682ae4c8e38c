//! The integrity incidents of all sessions, the last one first.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::breaches::IncidentCallout;
use super::encoded;
use super::model::IncidentsView;
use super::server::incidents;
use crate::live::{self, use_live};
use crate::trouble::Trouble;
use crate::ui::{Empty, Icon, Skeleton, short_id};

/// The list of incidents, for the route `/incidents`.
#[component]
pub fn IncidentsPage() -> impl IntoView {
    let query = use_query_map();
    let after = Memo::new(move |_| query.read().get("after").filter(|after| !after.is_empty()));
    let shown = Resource::new(move || after.get(), incidents);
    use_live().on(move |event| {
        if matches!(event, live::Event::Session(_) | live::Event::Resync)
            && after.get_untracked().is_none()
        {
            shown.refetch();
        }
    });
    view! {
        <Title text="Integrity incidents"/>
        <Transition fallback=Loading>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(view) => view! { <List view/> }.into_any(),
                    Err(problem) => {
                        view! {
                            <Trouble
                                title="The incidents could not be read."
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
fn List(view: IncidentsView) -> impl IntoView {
    let IncidentsView {
        rows,
        is_first,
        next,
    } = view;
    let list = if rows.is_empty() {
        view! {
            <div class="panel">
                <Empty icon="sessions" title="No log was tampered with">
                    <p>
                        "Nothing that was shipped contradicts what was shipped before, and every payload that came \
                         matches its hash."
                    </p>
                </Empty>
            </div>
        }
        .into_any()
    } else {
        let rows = rows
            .into_iter()
            .map(|row| {
                let session = row.session.clone();
                let agent = row
                    .agent
                    .map(|agent| format!(", {}", short_id(agent.strip_prefix("agent:").unwrap_or(&agent))));
                let about = view! {
                    <p class="muted">
                        "Session " <a href=format!("/sessions/{session}")>{short_id(&row.session_id)}</a>
                        " of " <a href=format!("/sessions?project={}", encoded(&row.project_id))>{short_id(&row.project_id)}</a>
                        {agent}
                    </p>
                }
                .into_any();
                view! { <li><IncidentCallout incident=row.incident session about/></li> }
            })
            .collect_view();
        view! { <ul class="stack">{rows}</ul> }.into_any()
    };
    let newest = (!is_first).then(|| {
        view! { <a class="btn" href="/incidents"><Icon name="back"/>"The newest"</a> }
    });
    let older = next.map(|next| {
        let href = format!("/incidents?after={}", encoded(&next));
        view! { <a class="btn" href=href rel="next">"Older"<Icon name="forward"/></a> }
    });
    view! {
        <main id="main" class="page">
            <ul class="crumbs only-desk">
                <li><a href="/sessions">"Sessions"</a></li>
                <li>"Integrity incidents"</li>
            </ul>
            <header class="page-head">
                <div>
                    <h1 class="top-title">"Integrity incidents"</h1>
                    <p class="lede">
                        "Ships that contradict what was kept, and payloads that are not what was committed to. What \
                         came first always stays."
                    </p>
                </div>
            </header>
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
            <p class="sr" role="status">"Loading the incidents"</p>
            <div class="stack"><Skeleton width="4"/><Skeleton width="3"/></div>
        </main>
    }
    .into_any()
}
