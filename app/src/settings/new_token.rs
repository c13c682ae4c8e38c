use leptos::{form::ActionForm, prelude::*};

use super::server::CreateToken;
use crate::{
    problem::Refusal,
    ui::{Field, Sheet},
};

/// Makes a token.
#[component]
pub(super) fn NewTokenSheet(
    open: RwSignal<bool>,
    create: ServerAction<CreateToken>,
) -> impl IntoView {
    view! {
        <Sheet open=open id="new-token">
            <ActionForm action=create>
                <header>
                    <h2 id="new-token-h">"New token"</h2>
                    <p>"You see the secret once, after this."</p>
                </header>
                <div class="sheet-body">
                    <Refusal action=create usual="The token was not made."/>
                    <Field id="token-name" label="Name" hint="What you will know it by, for example the machine.">
                        <input
                            class="input"
                            id="token-name"
                            name="name"
                            autocomplete="off"
                            maxlength="100"
                            aria-describedby="token-name-hint"
                            required=true
                        />
                    </Field>
                    <fieldset class="field">
                        <legend>"Can"</legend>
                        <label class="check">
                            <input type="checkbox" name="ships" value="true" checked=true/>
                            <span>"ship sessions"</span>
                            <small>"POST /v1/events"</small>
                        </label>
                        <label class="check">
                            <input type="checkbox" name="relays" value="true" checked=true/>
                            <span>"relay decisions"</span>
                            <small>"announce, fetch and consume approvals"</small>
                        </label>
                    </fieldset>
                    <Field id="token-project" label="Project" hint="Leave it empty for every project.">
                        <input
                            class="input"
                            id="token-project"
                            name="project"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            maxlength="200"
                            aria-describedby="token-project-hint"
                        />
                    </Field>
                </div>
                <footer>
                    <button class="btn btn-primary" type="submit" disabled=move || create.pending().get()>
                        "Make the token"
                    </button>
                    <button class="btn" type="button" on:click=move |_| open.set(false)>"Go back"</button>
                </footer>
            </ActionForm>
        </Sheet>
    }
}
