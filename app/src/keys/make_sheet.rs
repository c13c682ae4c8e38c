use leptos::prelude::*;

use crate::ui::{Callout, Field, Sheet, Tone};

/// Makes a key in this browser and registers its public half.
#[component]
pub(super) fn MakeSheet(
    open: RwSignal<bool>,
    /// The approver ids that are registered already.
    #[prop(into)]
    taken: Signal<Vec<String>>,
    /// Hears the id of the new key.
    #[prop(into)]
    on_made: Callback<String>,
) -> impl IntoView {
    let approver_id = RwSignal::new(String::new());
    let label = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let is_busy = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        if open.get() {
            browser::fill_in(approver_id, label, &taken.get_untracked());
            problem.set(None);
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (taken, on_made);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        #[cfg(feature = "hydrate")]
        if !is_busy.get_untracked() {
            is_busy.set(true);
            problem.set(None);
            leptos::task::spawn_local(async move {
                match browser::make(approver_id.get_untracked(), label.get_untracked()).await {
                    Ok(key) => {
                        open.set(false);
                        on_made.run(key.id);
                    }
                    Err(sentence) => problem.set(Some(sentence)),
                }
                is_busy.set(false);
            });
        }
    };
    let refusal = move || {
        problem.get().map(|sentence| {
            view! { <Callout tone=Tone::Denied icon="critical" alert=true><p>{sentence}</p></Callout> }
        })
    };
    view! {
        <Sheet open=open id="make-key">
            <form on:submit=submit>
                <header>
                    <h2 id="make-key-h">"Make a key in this browser"</h2>
                    <p>"It stays here: it cannot be exported, and we get its public half only."</p>
                </header>
                <div class="sheet-body">
                    {refusal}
                    <Field
                        id="approver-id"
                        label="Approver id"
                        hint="One for each device. It stands in every decision, and your operator pins it."
                    >
                        <input
                            class="input"
                            id="approver-id"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            maxlength="200"
                            aria-describedby="approver-id-hint"
                            required=true
                            bind:value=approver_id
                        />
                    </Field>
                    <Field id="key-label" label="Device">
                        <input
                            class="input"
                            id="key-label"
                            autocomplete="off"
                            maxlength="100"
                            required=true
                            bind:value=label
                        />
                    </Field>
                </div>
                <footer>
                    <button class="btn btn-primary" type="submit" disabled=move || is_busy.get()>
                        "Make the key"
                    </button>
                    <button class="btn" type="button" on:click=move |_| open.set(false)>"Go back"</button>
                </footer>
            </form>
        </Sheet>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;

    use crate::{
        keys::{KeyRow, device, server::register_key},
        signer, use_viewer,
    };

    pub(super) fn fill_in(
        approver_id: RwSignal<String>,
        label: RwSignal<String>,
        taken: &[String],
    ) {
        let user_agent = window().navigator().user_agent().unwrap_or_default();
        let name = use_viewer().map(|viewer| viewer.name).unwrap_or_default();
        approver_id.set(device::approver_id(&name, &user_agent, taken));
        label.set(device::label(&user_agent));
    }

    pub(super) async fn make(approver_id: String, label: String) -> Result<KeyRow, String> {
        let approver_id = approver_id.trim().to_owned();
        let key = signer::make(&approver_id)
            .await
            .map_err(|error| error.to_string())?;
        match register_key(approver_id, label, key.public_key.clone()).await {
            Ok(row) => Ok(row),
            Err(problem) => {
                // A key that nobody knows would only be taken for one that can decide. If it stays
                // behind all the same, it is registered nowhere and marked nowhere.
                drop(signer::forget(&key).await);
                Err(problem.to_string())
            }
        }
    }
}
