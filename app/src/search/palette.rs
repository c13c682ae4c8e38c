//! The palette: one box that goes to pages, holds, sessions and links, on ctrl or cmd and K.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::address::Asked;
use super::hits::{kind_name, marked, sign};
use super::model::HitView;
use super::server::find_anything;
use crate::shell::use_theme_switch;
use crate::ui::{Icon, Sheet, short_id};

/// A pause in typing after which the server is asked.
const PAUSE: Duration = Duration::from_millis(120);

/// Not an address: switches the theme.
const THEME: &str = "#theme";

/// Name, address, icon.
const PLACES: [(&str, &str, &str); 9] = [
    ("Inbox", "/inbox", "inbox"),
    ("Sessions", "/sessions", "sessions"),
    ("Search", "/search", "search"),
    ("Incidents", "/incidents", "critical"),
    ("Keys", "/keys", "key"),
    ("Tokens", "/settings/tokens", "tokens"),
    ("Make a key in this browser", "/keys", "plus"),
    ("Make a token", "/settings/tokens", "plus"),
    ("Switch the theme", THEME, "theme"),
];

/// One line of the palette.
#[derive(Clone, PartialEq)]
enum Item {
    Place(&'static str, &'static str, &'static str),
    Found(HitView),
    /// The search page, for what was typed.
    All(String),
}

impl Item {
    fn href(&self) -> String {
        match self {
            Self::Place(_, href, _) => (*href).to_owned(),
            Self::Found(hit) => hit.href.clone(),
            Self::All(text) => Asked::text(text).href(),
        }
    }

    fn view(self) -> AnyView {
        match self {
            Self::Place(name, _, icon) => {
                view! { <Icon name=icon/><span>{name}</span> }.into_any()
            }
            Self::All(text) => {
                view! { <Icon name="search"/><span>"Search all sessions for "<strong>{text}</strong></span> }
                    .into_any()
            }
            Self::Found(hit) => {
                let (hue, kind) = kind_name(&hit);
                let project = hit.project.as_deref().map(short_id);
                let words = if hit.title.is_empty() {
                    view! { <span class="muted">"withheld"</span> }.into_any()
                } else {
                    view! { <q class="said">{marked(hit.title.clone())}</q> }.into_any()
                };
                view! {
                    {sign(&hit)}
                    <span class="palette-words">{words}</span>
                    <small><span class="kind-name" data-kind=hue>{kind}</span>" "{project}</small>
                }
                .into_any()
            }
        }
    }
}

/// The palette. Once, in the frame.
#[component]
pub fn Palette() -> impl IntoView {
    let open = RwSignal::new(false);
    let text = RwSignal::new(String::new());
    let found = RwSignal::new(Vec::<HitView>::new());
    let active = RwSignal::new(0_usize);
    let turn = StoredValue::new(0_u32);
    let look = move |wanted: String| {
        // An older answer never takes the place of a newer one.
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let mine = turn.get_value();
        leptos::task::spawn_local(async move {
            let answer = find_anything(wanted).await;
            if turn.try_get_value() == Some(mine) {
                found.set(answer.unwrap_or_default());
            }
        });
    };
    let mut look_soon = leptos::leptos_dom::helpers::debounce(PAUSE, look);
    let items = Memo::new(move |_| items(&text.get(), &found.get()));
    let close_on_pick = pick(open);
    let pick = move |item: &Item| close_on_pick.with_value(|pick| pick(item));
    #[cfg(feature = "hydrate")]
    listen(open);
    Effect::new(move |_| {
        if open.get() {
            text.set(String::new());
            active.set(0);
            look(String::new());
        }
    });
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let count = items.with_untracked(Vec::len);
        let last = count.saturating_sub(1);
        let here = active.get_untracked().min(last);
        match event.key().as_str() {
            "ArrowDown" => active.set(if here == last { 0 } else { here + 1 }),
            "ArrowUp" => active.set(here.checked_sub(1).unwrap_or(last)),
            "Enter" => {
                if let Some(item) = items.with_untracked(|items| items.get(here).cloned()) {
                    pick(&item);
                }
            }
            _ => return,
        }
        event.prevent_default();
        #[cfg(feature = "hydrate")]
        show_active();
    };
    let options = move || {
        let options = items.get().into_iter().enumerate();
        options
            .map(|(place, item)| {
                let picked = item.clone();
                view! {
                    <li
                        role="option"
                        id=format!("palette-{place}")
                        aria-selected=move || if active.get() == place { "true" } else { "false" }
                        on:click=move |_| pick(&picked)
                    >
                        {item.view()}
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <Sheet open=open id="palette">
            <div class="palette">
                <h2 class="sr" id="palette-h">"Go to"</h2>
                <div class="input-icon">
                    <Icon name="search"/>
                    <input
                        class="input"
                        type="text"
                        role="combobox"
                        aria-label="Go to a page, hold, session or link"
                        aria-expanded="true"
                        aria-controls="palette-list"
                        aria-autocomplete="list"
                        aria-activedescendant=move || format!("palette-{}", active.get())
                        placeholder="Go to, or search"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        maxlength="1000"
                        autofocus
                        prop:value=move || text.get()
                        on:input:target=move |event| {
                            text.set(event.target().value());
                            active.set(0);
                            look_soon(text.get_untracked());
                        }
                        on:keydown=on_key
                    />
                    <kbd class="only-desk">"esc"</kbd>
                </div>
                <ul class="palette-list" role="listbox" id="palette-list" aria-label="Places">{options}</ul>
                <p class="sr" role="status">{move || format!("{} places", items.with(Vec::len))}</p>
            </div>
        </Sheet>
    }
    .into_any()
}

type Pick = Box<dyn Fn(&Item) + Send + Sync>;

/// Goes where a line leads, and closes.
fn pick(open: RwSignal<bool>) -> StoredValue<Pick> {
    let navigate = use_navigate();
    let switch_theme = use_theme_switch();
    StoredValue::new(Box::new(move |item: &Item| {
        open.set(false);
        match item.href().as_str() {
            THEME => switch_theme.run(()),
            href => navigate(href, NavigateOptions::default()),
        }
    }))
}

/// Pages whose name fits, then what was found, then the search for all of it.
fn items(text: &str, found: &[HitView]) -> Vec<Item> {
    let text = text.trim();
    let wanted = text.to_lowercase();
    let places = PLACES
        .into_iter()
        .filter(|(name, ..)| name.to_lowercase().contains(&wanted))
        .map(|(name, href, icon)| Item::Place(name, href, icon));
    let all = (!text.is_empty()).then(|| Item::All(text.to_owned()));
    let found = found.iter().cloned().map(Item::Found);
    places.chain(found).chain(all).collect()
}

#[cfg(feature = "hydrate")]
fn listen(open: RwSignal<bool>) {
    let listening = window_event_listener(leptos::ev::keydown, move |event| {
        let is_ours = (event.ctrl_key() || event.meta_key())
            && !event.alt_key()
            && !event.shift_key()
            && event.key().eq_ignore_ascii_case("k");
        // Another dialog asks something: it is answered first.
        let other = document().query_selector("dialog[open]:not(#palette)");
        if is_ours && other.ok().flatten().is_none() {
            event.prevent_default();
            open.update(|open| *open = !*open);
        }
    });
    on_cleanup(move || listening.remove());
}

#[cfg(feature = "hydrate")]
fn show_active() {
    request_animation_frame(|| {
        let active = document().query_selector("#palette-list [aria-selected=true]");
        if let Some(active) = active.ok().flatten() {
            active.scroll_into_view_with_bool(false);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_narrows_the_places_and_can_always_be_searched_for() {
        assert_eq!(items("", &[]).len(), PLACES.len());
        let items = items(" KEYS ", &[HitView::default()]);
        assert!(matches!(
            items.first(),
            Some(Item::Place("Keys", "/keys", _))
        ));
        assert!(matches!(items.get(1), Some(Item::Found(_))));
        assert_eq!(
            items.last().map(Item::href).as_deref(),
            Some("/search?q=KEYS")
        );
    }
}
