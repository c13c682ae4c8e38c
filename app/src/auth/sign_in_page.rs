use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{
    credentials::{Credentials, go_on},
    next::local_path,
    server::SignIn,
};
use crate::{problem::Refusal, ui::Icon};

/// Email and password.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let action = ServerAction::<SignIn>::new();
    Effect::new(move |_| go_on(action.value().get()));
    let next = use_query_map()
        .with_untracked(|query| {
            query
                .get_str("next")
                .map(|next| local_path(next).to_owned())
        })
        .unwrap_or_else(|| "/inbox".to_owned());
    let comes_from_a_hold = next.starts_with("/holds/");
    view! {
        <Title text="Sign in"/>
        <main id="main" class="signin">
            <div class="signin-card">
                <p class="brand"><Icon name="mark" size="20"/>"Machinaut"</p>
                <Refusal action=action usual="That email and password were not accepted."/>
                {comes_from_a_hold.then(|| view! {
                    <div class="callout" data-tone="info">
                        <Icon name="hold"/>
                        <div><p><strong>"A hold waits for you."</strong>" Sign in to read the why."</p></div>
                    </div>
                })}
                <h1>"Sign in"</h1>
                <ActionForm action=action attr:class="stack">
                    <input type="hidden" name="next" value=next/>
                    <Credentials email="" is_new=false/>
                    <button class="btn btn-primary btn-block" type="submit" disabled=move || action.pending().get()>
                        "Sign in"
                    </button>
                </ActionForm>
                <p class="muted read-sm">
                    "Signing in shows you things. It approves nothing: a decision is signed by a key that you hold \
                     and checked by your own guard."
                </p>
                <p class="muted read-sm">
                    "Lost the password? Whoever runs this server makes a one-time link with "
                    <code>"machinaut admin setup-link"</code>"."
                </p>
            </div>
        </main>
    }
}
