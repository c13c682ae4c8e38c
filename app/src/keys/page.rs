use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::{use_navigate, use_query_map};

use super::{
    KeyRow, keys, make_sheet::MakeSheet, pin_panel::PinPanel, server::RevokeKey, table::KeyTable,
};
use crate::{
    problem::{ProblemNote, Refusal},
    shell::live::{Event, use_live},
    signer::{self, BrowserKey},
    ui::{Callout, Code, Empty, Icon, SectionHead, Tone},
};

/// What this browser holds; nothing is known before it was asked.
type Here = RwSignal<Option<Result<Vec<BrowserKey>, signer::Error>>>;

/// The keys, which of them this browser holds, and how to pin one.
#[component]
pub(crate) fn KeysPage() -> impl IntoView {
    let news = use_live().news(|event| matches!(event, Event::Keys));
    let revoke = ServerAction::<RevokeKey>::new();
    let rows = Resource::new(move || (news.get(), revoke.version().get()), |_| keys());
    let here: Here = RwSignal::new(None);
    ask_this_browser(here, rows);
    let open = RwSignal::new(false);
    let taken = Signal::derive(move || {
        rows.get()
            .and_then(Result::ok)
            .map(|rows| rows.into_iter().map(|row| row.approver_id).collect())
            .unwrap_or_default()
    });
    let navigate = use_navigate();
    let on_made = move |id: String| {
        navigate(
            &format!("/keys?key={id}"),
            leptos_router::NavigateOptions::default(),
        );
    };
    let body = move || {
        Suspend::new(async move {
            match rows.await {
                Ok(rows) => {
                    view! { <Body rows=rows here=here open=open revoke=revoke/> }.into_any()
                }
                Err(problem) => view! { <ProblemNote problem=problem/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Keys"/>
        <main id="main" class="page">
            <header class="page-head">
                <div>
                    <h1 class="top-title">"Keys"</h1>
                    <p class="lede">{move || lede(here, taken)}</p>
                </div>
                <div class="page-actions">
                    <button class="btn btn-primary" type="button" on:click=move |_| open.set(true)>
                        <Icon name="plus"/>
                        "Make a key in this browser"
                    </button>
                </div>
            </header>
            <Transition>{body}</Transition>
            <MakeSheet open=open taken=taken on_made=on_made/>
        </main>
    }
}

/// Asks again whenever the registered keys change, for then one may have been made here.
fn ask_this_browser(here: Here, rows: Resource<Result<Vec<KeyRow>, crate::problem::Problem>>) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        rows.track();
        leptos::task::spawn_local(async move {
            let found = signer::keys().await;
            here.try_set(Some(found));
        });
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (here, rows);
}

fn lede(here: Here, registered: Signal<Vec<String>>) -> impl IntoView {
    match here.get() {
        None => "A decision is signed by a key that you hold.".into_any(),
        Some(Err(error)) => error.to_string().into_any(),
        Some(Ok(keys))
            if keys
                .iter()
                .any(|key| registered.with(|ids| ids.contains(&key.approver_id))) =>
        {
            view! {
                <strong>"This browser can sign."</strong>
                " Its key was made here, cannot be exported, and never reaches us."
            }
            .into_any()
        }
        Some(Ok(_)) => view! {
            <strong>"This browser holds no key yet."</strong>
            " Without one you can read here, but decide nothing."
        }
        .into_any(),
    }
}

#[component]
fn Body(
    rows: Vec<KeyRow>,
    here: Here,
    open: RwSignal<bool>,
    revoke: ServerAction<RevokeKey>,
) -> impl IntoView {
    if rows.is_empty() {
        return view! {
            <section class="panel">
                <Empty icon="key" title="No key is registered yet">
                    <p>"A key is made in the browser that will sign with it, one for each device that you decide on."</p>
                    <button class="btn" type="button" on:click=move |_| open.set(true)>
                        <Icon name="plus"/>
                        "Make a key in this browser"
                    </button>
                </Empty>
            </section>
        }
        .into_any();
    }
    let query = use_query_map();
    let here_keys = Signal::derive(move || here.get().and_then(Result::ok).unwrap_or_default());
    let count = rows
        .iter()
        .filter(|row| row.revoked_at_ms.is_none())
        .count();
    let rows = StoredValue::new(rows);
    let named = move |name: &str| {
        let id = query.with(|query| query.get(name))?;
        rows.with_value(|rows| {
            rows.iter()
                .find(|row| row.id == id && row.revoked_at_ms.is_none())
                .cloned()
        })
    };
    let to_revoke = Memo::new(move |_| named("revoke"));
    // The one that was asked for, else that of this browser, else the newest.
    let to_pin = Memo::new(move |_| {
        named("key").or_else(|| {
            let here = here_keys.get();
            rows.with_value(|rows| {
                let mut valid = rows.iter().filter(|row| row.revoked_at_ms.is_none());
                let mine = valid
                    .clone()
                    .find(|row| here.iter().any(|key| key.public_key == row.public_key));
                mine.or_else(|| valid.next()).cloned()
            })
        })
    });
    let confirmation = move || {
        to_revoke
            .get()
            .map(|key| view! { <Confirm key=key revoke=revoke/> })
    };
    let pin = move || to_pin.get().map(|key| view! { <PinPanel key=key/> });
    view! {
        <Refusal action=revoke usual="The key was not revoked."/>
        {confirmation}
        <div class="cols-2">
            <section aria-labelledby="keys">
                <SectionHead
                    id="keys"
                    title="Approver keys"
                    count=count
                    note=view! { "one approver id for each device" }.into_any()
                />
                <KeyTable rows=rows.get_value() here=here_keys/>
            </section>
            <aside class="stack">{pin}</aside>
        </div>
    }
    .into_any()
}

#[component]
fn Confirm(key: KeyRow, revoke: ServerAction<RevokeKey>) -> impl IntoView {
    view! {
        <Callout tone=Tone::Denied icon="warn" title=format!("Revoke {}?", key.approver_id)>
            <p>
                "Nothing that it signs is relayed from now on, and its approver id is not given away again. Your \
                 guard knows nothing of it: take the key out of its authorized_keys too."
            </p>
            <Code caption="actor_id to take out" text=key.approver_id/>
            <ActionForm action=revoke attr:class="flow">
                <input type="hidden" name="id" value=key.id/>
                <button class="btn btn-deny" type="submit">"Revoke the key"</button>
                <a class="btn" href="/keys">"Go back"</a>
            </ActionForm>
        </Callout>
    }
}
