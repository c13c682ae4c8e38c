use leptos::prelude::*;

use super::Icon;

/// The button beside an id or a snippet. Without scripts it does nothing; the text can still be selected.
#[component]
pub fn Copy(
    /// What lands on the clipboard.
    #[prop(into)]
    text: Signal<String>,
    /// What it is, for a screen reader, for example `Copy request id`.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let done = RwSignal::new(false);
    let name = move || {
        if done.get() {
            "Copied".to_owned()
        } else {
            label.clone()
        }
    };
    view! {
        <button
            class="copy"
            type="button"
            aria-label=name
            data-done=move || done.get().then_some("")
            on:click=move |_| to_clipboard(&text.get_untracked(), done)
        >
            <Icon name="copy"/>
        </button>
    }
}

/// A button that copies an address of ours, whole.
#[component]
pub fn CopyLink(
    /// The path and what follows it.
    href: String,
    /// The words on the button.
    label: &'static str,
) -> impl IntoView {
    let done = RwSignal::new(false);
    let copy = move |_| {
        let origin = window().location().origin().unwrap_or_default();
        to_clipboard(&format!("{origin}{href}"), done);
    };
    view! {
        <button class="btn btn-quiet" type="button" on:click=copy>
            <Icon name="share"/>
            <span role="status">{move || if done.get() { "Copied" } else { label }}</span>
        </button>
    }
}

#[cfg(feature = "hydrate")]
fn to_clipboard(text: &str, done: RwSignal<bool>) {
    // A page served over plain http from another host has no clipboard; the call would throw.
    if !window().is_secure_context() {
        return;
    }
    let writing =
        wasm_bindgen_futures::JsFuture::from(window().navigator().clipboard().write_text(text));
    leptos::task::spawn_local(async move {
        if writing.await.is_ok() && done.try_set(true).is_none() {
            set_timeout(
                move || {
                    done.try_set(false);
                },
                std::time::Duration::from_millis(900),
            );
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn to_clipboard(_: &str, _: RwSignal<bool>) {}
