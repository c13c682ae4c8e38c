//! The keyboard: `?` shows what it can do, `g` goes places, `j` and `k` move through rows.
//!
//! A page adds a key by putting `data-key="a"` on a button or link; the key then does what a click does.

use leptos::prelude::*;

use crate::ui::Sheet;

/// Key, what it does.
const LIST: [(&[&str], &str); 12] = [
    (&["/"], "search"),
    (&["ctrl", "k"], "go to a page, hold, session or link"),
    (&["j", "k"], "next and previous row"),
    (&["↵"], "open the row"),
    (&["a"], "approve, on a hold"),
    (&["d"], "deny, on a hold"),
    (&["esc"], "close, or go back"),
    (&["g", "i"], "to the inbox"),
    (&["g", "s"], "to the sessions"),
    (&["g", "f"], "to the search"),
    (&["g", "k"], "to the keys"),
    (&["g", "t"], "to the tokens"),
];

/// The shortcuts and the sheet that lists them.
#[component]
pub(crate) fn Shortcuts() -> impl IntoView {
    let open = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    browser::listen(open);
    let rows = LIST
        .map(|(keys, does)| {
            let keys = keys
                .iter()
                .map(|key| view! { <kbd>{*key}</kbd>" " })
                .collect_view();
            view! { <dt>{keys}</dt><dd>{does}</dd> }
        })
        .into_iter()
        .collect_view();
    view! {
        <Sheet open=open id="shortcuts">
            <form method="dialog">
                <header>
                    <h2 id="shortcuts-h">"Shortcuts"</h2>
                </header>
                <div class="sheet-body">
                    <dl class="kv">{rows}</dl>
                </div>
                <footer>
                    <button class="btn">"Close"</button>
                </footer>
            </form>
        </Sheet>
    }
}

#[cfg(feature = "hydrate")]
pub(crate) use browser::{is_hydrated, step, to_search_box};

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::{ev, prelude::*};
    use leptos_router::hooks::use_navigate;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement, HtmlInputElement, KeyboardEvent};

    /// How long `g` waits for the second key.
    const PREFIX_MS: f64 = 1_200.0;

    /// What can be opened in a list, whole rows or the heads of results.
    const ROWS: &str = "main .rows > li > a, main .rows h3 > a";

    pub(super) fn listen(help: RwSignal<bool>) {
        let navigate = use_navigate();
        let prefix_at = StoredValue::new(f64::NEG_INFINITY);
        let listening = window_event_listener(ev::keydown, move |event| {
            if event.default_prevented()
                || event.ctrl_key()
                || event.meta_key()
                || event.alt_key()
                || is_busy(&event)
            {
                return;
            }
            let key = event.key();
            let after_g = event.time_stamp() - prefix_at.get_value() < PREFIX_MS;
            prefix_at.set_value(f64::NEG_INFINITY);
            let target = match key.as_str() {
                "i" if after_g => Some("/inbox"),
                "s" if after_g => Some("/sessions"),
                "f" if after_g => Some("/search"),
                "k" if after_g => Some("/keys"),
                "t" if after_g => Some("/settings/tokens"),
                "/" if !to_search_box() => Some("/search"),
                _ => None,
            };
            let done = match (target, key.as_str()) {
                (Some(target), _) => {
                    navigate(target, leptos_router::NavigateOptions::default());
                    true
                }
                (None, "g") => {
                    prefix_at.set_value(event.time_stamp());
                    true
                }
                (None, "?") => {
                    help.set(true);
                    true
                }
                // The box has the focus by now.
                (None, "/") => true,
                (None, "j") => step(1),
                (None, "k") => step(-1),
                (None, "Escape") => press("[data-key=Escape]"),
                (None, letter)
                    if letter.len() == 1
                        && letter.chars().all(|key| key.is_ascii_alphanumeric()) =>
                {
                    press(&format!("[data-key={letter:?}]"))
                }
                _ => false,
            };
            if done {
                event.prevent_default();
            }
        });
        on_cleanup(move || listening.remove());
    }

    /// Whether the page that was sent answers to clicks by now.
    pub(crate) fn is_hydrated() -> bool {
        document()
            .document_element()
            .is_some_and(|root| root.has_attribute("data-hydrated"))
    }

    /// Typing, and an open dialog, keep their keys.
    fn is_busy(event: &KeyboardEvent) -> bool {
        let typing = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .is_some_and(|element| {
                element
                    .matches("input, textarea, select, [contenteditable]")
                    .unwrap_or(false)
            });
        typing
            || document()
                .query_selector("dialog[open]")
                .ok()
                .flatten()
                .is_some()
    }

    fn press(selector: &str) -> bool {
        let found = document().query_selector(selector).ok().flatten();
        let Some(button) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) else {
            return false;
        };
        button.click();
        true
    }

    /// Puts the focus into the box of the search page, where that is shown.
    pub(crate) fn to_search_box() -> bool {
        let found = document().query_selector("main input[type=search]");
        let Some(search) = found
            .ok()
            .flatten()
            .and_then(|element| element.dyn_into::<HtmlInputElement>().ok())
        else {
            return false;
        };
        search.select();
        search.focus().is_ok()
    }

    /// Moves the focus to the next or previous row that can be opened. Past the last one more are asked for; before
    /// the first one is the search box, where there is one.
    pub(crate) fn step(by: i32) -> bool {
        let Ok(rows) = document().query_selector_all(ROWS) else {
            return false;
        };
        let all: Vec<HtmlElement> = (0..rows.length())
            .filter_map(|index| rows.get(index)?.dyn_into().ok())
            .collect();
        let active = document().active_element();
        let has_focus = |row: &HtmlElement| {
            active
                .as_ref()
                .is_some_and(|active| row.is_same_node(Some(active)))
        };
        // Where none has it, a row that the address points at is the one to go on from.
        let here = all.iter().position(has_focus).or_else(|| {
            all.iter()
                .position(|row| row.get_attribute("aria-current").as_deref() == Some("location"))
        });
        let next = match (here, by > 0) {
            (Some(here), true) => here + 1,
            (Some(0), false) if to_search_box() => return true,
            (Some(here), false) => here.saturating_sub(1),
            (None, true) => 0,
            (None, false) => all.len().saturating_sub(1),
        };
        match all.get(next) {
            Some(row) => row.focus().is_ok(),
            None => press("[data-more]"),
        }
    }
}
