use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{
    TokenRow,
    created::Created,
    new_token::NewTokenSheet,
    server::{CreateToken, RevokeToken, tokens},
    table::TokenTable,
};
use crate::{
    keys::keys,
    problem::{ProblemNote, Refusal},
    shell::live::{Event, use_live},
    ui::{Callout, Empty, Icon, Tone},
};

/// The tokens, and the secret of one that was just made.
#[component]
pub(crate) fn TokensPage() -> impl IntoView {
    let create = ServerAction::<CreateToken>::new();
    let revoke = ServerAction::<RevokeToken>::new();
    let news = use_live().news(|event| matches!(event, Event::Tokens | Event::Keys));
    let rows = Resource::new(
        move || (news.get(), create.version().get(), revoke.version().get()),
        |_| async { tokens().await },
    );
    let keys = Resource::new(move || news.get(), |_| keys());
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        if matches!(create.value().get(), Some(Ok(_))) {
            open.set(false);
        }
    });
    let created = move || {
        let token = create.value().get()?.ok()?;
        Some(Suspend::new(async move {
            // Without the keys the snippet is only shorter.
            let keys = keys.await.unwrap_or_default();
            view! { <Created token=token keys=keys/> }
        }))
    };
    let body = move || {
        Suspend::new(async move {
            match rows.await {
                Ok(rows) => view! { <Body rows=rows open=open revoke=revoke/> }.into_any(),
                Err(problem) => view! { <ProblemNote problem=problem/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Tokens"/>
        <main id="main" class="page">
            <header class="page-head">
                <div>
                    <h1 class="top-title">"Tokens"</h1>
                    <p class="lede">
                        "Machines speak to us with these. A token can ship a log or relay a decision; none of them \
                         can make one."
                    </p>
                </div>
                <div class="page-actions">
                    <button class="btn btn-primary" type="button" on:click=move |_| open.set(true)>
                        <Icon name="plus"/>
                        "New token"
                    </button>
                </div>
            </header>
            <Transition>{created}</Transition>
            <Transition>{body}</Transition>
            <NewTokenSheet open=open create=create/>
        </main>
    }
}

#[component]
fn Body(
    rows: Vec<TokenRow>,
    open: RwSignal<bool>,
    revoke: ServerAction<RevokeToken>,
) -> impl IntoView {
    if rows.is_empty() {
        return view! {
            <section class="panel">
                <Empty icon="tokens" title="No token was made yet">
                    <p>"Lodestar needs one to ship a log to us and to ask for decisions."</p>
                    <button class="btn" type="button" on:click=move |_| open.set(true)>
                        <Icon name="plus"/>
                        "New token"
                    </button>
                </Empty>
            </section>
        }
        .into_any();
    }
    let query = use_query_map();
    let valid = StoredValue::new(
        rows.iter()
            .filter(|row| row.revoked_at_ms.is_none())
            .cloned()
            .collect::<Vec<_>>(),
    );
    let confirmation = move || {
        let id = query.with(|query| query.get("revoke"))?;
        let row = valid.with_value(|rows| rows.iter().find(|row| row.id == id).cloned())?;
        Some(view! { <Confirm row=row revoke=revoke/> })
    };
    view! {
        <Refusal action=revoke usual="The token was not revoked."/>
        {confirmation}
        <TokenTable rows=rows/>
    }
    .into_any()
}

#[component]
fn Confirm(row: TokenRow, revoke: ServerAction<RevokeToken>) -> impl IntoView {
    view! {
        <Callout tone=Tone::Denied icon="warn" title=format!("Revoke {}?", row.name)>
            <p>
                "The next request with it is refused. A guard that asks with it gets no decision any more, and a \
                 delay means deny."
            </p>
            <ActionForm action=revoke attr:class="flow">
                <input type="hidden" name="id" value=row.id/>
                <button class="btn btn-deny" type="submit">"Revoke the token"</button>
                <a class="btn" href="/settings/tokens">"Go back"</a>
            </ActionForm>
        </Callout>
    }
}
