//! Acting on a list of holds without a mouse, and knowing whether somebody reads it.

use leptos::html::Div;
use leptos::prelude::*;

/// Whether somebody is reading the list: the pointer or the focus is inside, or the page is
/// scrolled. While it is read nothing in it may move.
pub fn is_being_read(list: NodeRef<Div>) -> Signal<bool> {
    let is_read = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let Some(list) = list.get() else { return };
        let look = move |_: leptos::ev::Event| {
            let inside = list.matches(":hover, :focus-within").unwrap_or(false);
            let scrolled = window().scroll_y().unwrap_or(0.0) > 96.0;
            if is_read.get_untracked() != (inside || scrolled) {
                is_read.set(inside || scrolled);
            }
        };
        for event in ["pointerover", "pointerout", "focusin", "focusout", "scroll"] {
            let handle = window_event_listener_untyped(event, {
                let look = look.clone();
                move |event| look(event)
            });
            on_cleanup(move || handle.remove());
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = list;
    is_read.into()
}

/// `a` and `d` open the focused row to approve or deny it. Moving between rows and opening one is what
/// the whole app does with `j`, `k` and `enter`.
pub fn act_on_rows(list: NodeRef<Div>) {
    #[cfg(feature = "hydrate")]
    {
        use leptos_router::{NavigateOptions, hooks::use_navigate};

        let navigate = use_navigate();
        let handle = window_event_listener(leptos::ev::keydown, move |event| {
            if is_typing(&event) {
                return;
            }
            let act = match event.key().as_str() {
                "a" => "approve",
                "d" => "deny",
                _ => return,
            };
            let Some(list) = list.get_untracked() else {
                return;
            };
            let focused = document()
                .active_element()
                .filter(|focused| list.contains(Some(focused)));
            let href = focused
                .and_then(|focused| focused.closest("a[href^='/holds/']").ok().flatten())
                .and_then(|row| row.get_attribute("href"));
            if let Some(href) = href {
                event.prevent_default();
                navigate(&format!("{href}?act={act}"), NavigateOptions::default());
            }
        });
        on_cleanup(move || handle.remove());
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = list;
}

/// Whether a key belongs to what is being written, or to the browser.
#[cfg(feature = "hydrate")]
fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    use wasm_bindgen::JsCast;

    event.ctrl_key()
        || event.meta_key()
        || event.alt_key()
        || event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|target| {
                target
                    .closest("input, textarea, select, dialog[open], [contenteditable]")
                    .ok()
                    .flatten()
                    .is_some()
            })
}
