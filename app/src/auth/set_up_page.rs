use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::{
    credentials::{Credentials, go_on},
    server::{Invitation, SetUp, read_invitation},
};
use crate::{
    problem::Refusal,
    ui::{Callout, Field, Icon, Tone},
};

/// The page of a one-time link.
#[component]
pub(crate) fn SetUpPage() -> impl IntoView {
    let secret = use_params_map().with_untracked(|params| params.get("secret").unwrap_or_default());
    let found = Resource::new_blocking(
        {
            let secret = secret.clone();
            move || secret.clone()
        },
        read_invitation,
    );
    let page = move || {
        let secret = secret.clone();
        Suspend::new(async move {
            match found.await {
                Ok(invitation) => view! { <SetUpForm secret=secret invitation=invitation/> }.into_any(),
                Err(problem) => view! {
                    <Callout tone=Tone::Denied icon="critical" title="This link cannot be used." alert=true>
                        <p>{problem.to_string()}</p>
                    </Callout>
                    <a class="btn btn-block" href="/sign-in">"Sign in instead"</a>
                }
                .into_any(),
            }
        })
    };
    view! {
        <Title text="Set up"/>
        <main id="main" class="signin">
            <div class="signin-card">
                <p class="brand"><Icon name="mark" size="20"/>"Machinaut"</p>
                <Suspense>{page}</Suspense>
            </div>
        </main>
    }
}

#[component]
fn SetUpForm(secret: String, invitation: Invitation) -> impl IntoView {
    let action = ServerAction::<SetUp>::new();
    Effect::new(move |_| go_on(action.value().get()));
    let founds = invitation.organisation.is_none();
    let heading = match &invitation.organisation {
        None => "Set up your organisation".to_owned(),
        Some(name) => format!("Come into {name}"),
    };
    view! {
        <Refusal
            action=action
            usual="That was not accepted. Every field is needed, and a password has at least 12 characters."
        />
        <div>
            <h1>{heading}</h1>
            <p class="muted">"This link works once."</p>
        </div>
        <ActionForm action=action attr:class="stack">
            <input type="hidden" name="secret" value=secret/>
            {founds.then(|| view! {
                <Field id="organisation" label="Organisation">
                    <input
                        class="input"
                        id="organisation"
                        name="organisation"
                        autocomplete="organization"
                        maxlength="100"
                        required=true
                    />
                </Field>
            })}
            <Field id="name" label="Your name">
                <input
                    class="input"
                    id="name"
                    name="name"
                    autocomplete="name"
                    maxlength="100"
                    value=invitation.name
                    required=true
                />
            </Field>
            <Credentials email=invitation.email is_new=true/>
            <button class="btn btn-primary btn-block" type="submit" disabled=move || action.pending().get()>
                {if founds { "Set up and sign in" } else { "Sign in with the new password" }}
            </button>
        </ActionForm>
        <p class="muted read-sm">
            "You become the owner. The next step is a key in this browser: without one you can read, but decide \
             nothing."
        </p>
    }
}
