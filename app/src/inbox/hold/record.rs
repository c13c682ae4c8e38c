//! The record beside the why at a wide desk: what was checked where, and the ids.

use leptos::prelude::*;

use crate::inbox::model::HoldView;
use crate::sessions::ChecksPanel;
use crate::ui::Id;
use crate::ui::clock::iso;

/// What was checked, and every id of the hold.
#[component]
pub fn Record(
    /// The hold, as it is now.
    view: RwSignal<HoldView>,
) -> impl IntoView {
    let has_session = Memo::new(move |_| view.read().session.is_some());
    let ids = Memo::new(move |_| {
        view.with(|view| {
            [
                ("Request", "request id", view.request_id.clone()),
                ("Action", "action id", view.card.action_id.clone()),
                ("Project", "project id", view.card.project.clone()),
                (
                    "Session",
                    "session id",
                    view.session.as_ref().map(|session| session.id.clone()),
                ),
            ]
        })
    });
    let times = Memo::new(move |_| view.with(|view| (view.card.requested_at, view.card.deadline)));
    view! {
        <aside class="inspector" aria-labelledby="record">
            <header class="panel-head"><h2 id="record">"The record"</h2></header>
            <div class="inspector-body stack">
                <Show when=move || has_session.get()>
                    <ChecksPanel/>
                </Show>
                <dl class="kv">
                    {move || {
                        ids.get()
                            .into_iter()
                            .map(|(name, label, id)| {
                                let id = match id {
                                    Some(id) => view! { <Id value=id label/> }.into_any(),
                                    None => view! { <span class="muted">"not known"</span> }.into_any(),
                                };
                                view! { <dt>{name}</dt><dd>{id}</dd> }
                            })
                            .collect_view()
                    }}
                    {move || {
                        let (asked, deadline) = times.get();
                        view! {
                            <dt>"Asked"</dt>
                            <dd><time datetime=iso(asked)>{iso(asked)}</time></dd>
                            {deadline.map(|deadline| view! { <dt>"Deadline"</dt><dd><time datetime=iso(deadline)>{iso(deadline)}</time></dd> })}
                        }
                    }}
                </dl>
            </div>
        </aside>
    }
    .into_any()
}
