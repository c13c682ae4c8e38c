//! The live connection: small news from the server that something changed.
//!
//! News carries no content. Whoever hears it reads again what it shows, with the rights that the person has then.
//! After every interruption (a lost network, a phone that slept) everything is read again, so nothing is missed.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What changed. The server sends exactly this, as JSON, in the data of a server-sent event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "topic", content = "id", rename_all = "snake_case")]
pub enum Event {
    /// News may have been missed: read everything again.
    Resync,
    /// A hold, its decisions or their delivery.
    Hold(String),
    /// A session: more of it was shipped.
    Session(String),
    /// The approver keys.
    Keys,
    /// The machine tokens.
    Tokens,
}

#[cfg(feature = "ssr")]
impl From<machinaut_control::live::Topic> for Event {
    fn from(topic: machinaut_control::live::Topic) -> Self {
        use machinaut_control::live::Topic;
        match topic {
            Topic::Everything => Self::Resync,
            Topic::Hold(id) => Self::Hold(id.to_string()),
            Topic::Session(id) => Self::Session(id.to_string()),
            Topic::Keys => Self::Keys,
            Topic::Tokens => Self::Tokens,
        }
    }
}

/// How the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// News arrives, or is about to.
    Open,
    /// No news arrives since this moment (milliseconds since 1970).
    Lost(i64),
}

#[cfg(feature = "hydrate")]
type Listener = std::rc::Rc<dyn Fn(&Event)>;

/// The live connection of this page.
#[derive(Clone, Copy)]
pub struct Live {
    state: RwSignal<State>,
    #[cfg(feature = "hydrate")]
    listeners: StoredValue<Vec<(u64, Listener)>, LocalStorage>,
}

impl Live {
    /// How the connection is, for the banner.
    pub fn state(self) -> Signal<State> {
        self.state.into()
    }

    /// Hears news until the current owner is gone. On the server nothing is heard.
    #[cfg(feature = "hydrate")]
    pub fn on(self, hear: impl Fn(&Event) + 'static) {
        let listener: Listener = std::rc::Rc::new(hear);
        let mut number = 0;
        self.listeners.update_value(|listeners| {
            number = listeners.last().map_or(0, |(last, _)| last + 1);
            listeners.push((number, listener));
        });
        on_cleanup(move || {
            self.listeners
                .try_update_value(|listeners| listeners.retain(|(other, _)| *other != number));
        });
    }

    /// Hears news until the current owner is gone. On the server nothing is heard.
    #[cfg(not(feature = "hydrate"))]
    pub fn on(self, _hear: impl Fn(&Event) + 'static) {}

    /// Counts the news that are wanted, and every moment after which all must be read again: a
    /// source for resources.
    pub fn news(self, is_wanted: impl Fn(&Event) -> bool + 'static) -> Signal<u32> {
        let count = RwSignal::new(0_u32);
        self.on(move |event| {
            if *event == Event::Resync || is_wanted(event) {
                count.update(|count| *count = count.wrapping_add(1));
            }
        });
        count.into()
    }

    #[cfg(feature = "hydrate")]
    fn tell(self, event: &Event) {
        // A listener may read again and thereby end or begin listeners, so none is called while the list is held.
        for (_, listener) in self.listeners.get_value() {
            listener(event);
        }
    }
}

/// Opens the connection once the page is alive. Once, in the root of the app, for a person who is signed in.
pub(crate) fn provide_live() {
    let live = Live {
        state: RwSignal::new(State::Open),
        #[cfg(feature = "hydrate")]
        listeners: StoredValue::new_local(Vec::new()),
    };
    provide_context(live);
    #[cfg(feature = "hydrate")]
    if crate::viewer::use_viewer().is_some() {
        Effect::new(move |_| browser::connect(live));
    }
}

/// The live connection of this page.
pub fn use_live() -> Live {
    use_context::<Live>().unwrap_or_else(|| Live {
        state: RwSignal::new(State::Open),
        #[cfg(feature = "hydrate")]
        listeners: StoredValue::new_local(Vec::new()),
    })
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::time::Duration;

    use leptos::{ev, prelude::*};
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{EventSource, MessageEvent, VisibilityState};

    use super::{Event, Live, State};
    use crate::ui::clock::use_now;

    const PATH: &str = "/live";
    const FIRST_PAUSE: Duration = Duration::from_secs(1);
    const LONGEST_PAUSE: Duration = Duration::from_secs(30);

    /// Connects, and connects again after every loss; a page that becomes visible reads everything again.
    pub(super) fn connect(live: Live) {
        let now = use_now();
        open(live, now, FIRST_PAUSE);
        let visible = window_event_listener(ev::visibilitychange, move |_| {
            if document().visibility_state() == VisibilityState::Visible {
                live.tell(&Event::Resync);
            }
        });
        let online = window_event_listener(ev::online, move |_| live.tell(&Event::Resync));
        let offline = window_event_listener(ev::offline, move |_| lose(live, now));
        on_cleanup(move || {
            visible.remove();
            online.remove();
            offline.remove();
        });
    }

    fn lose(live: Live, now: Signal<i64>) {
        if live.state.get_untracked() == State::Open {
            live.state.set(State::Lost(now.get_untracked()));
        }
    }

    fn open(live: Live, now: Signal<i64>, pause: Duration) {
        let Ok(source) = EventSource::new(PATH) else {
            return;
        };
        let opened = Closure::<dyn Fn()>::new(move || {
            if live.state.get_untracked() != State::Open {
                live.state.set(State::Open);
                live.tell(&Event::Resync);
            }
        });
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            let event = message
                .data()
                .as_string()
                .and_then(|data| serde_json::from_str(&data).ok());
            // News that this version of the page does not know is news all the same.
            live.tell(&event.unwrap_or(Event::Resync));
        });
        let failed = Closure::<dyn Fn()>::new({
            let source = source.clone();
            move || {
                lose(live, now);
                // The browser itself tries again unless the answer was an HTTP error.
                if source.ready_state() == EventSource::CLOSED {
                    let next = pause.saturating_mul(2).min(LONGEST_PAUSE);
                    set_timeout(move || open(live, now, next), pause);
                }
            }
        });
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        source.set_onmessage(Some(message.as_ref().unchecked_ref()));
        source.set_onerror(Some(failed.as_ref().unchecked_ref()));
        // They live as long as the page, and there is one set for every time the server refused the connection.
        opened.forget();
        message.forget();
        failed.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_is_small_and_readable() {
        let news = serde_json::to_string(&Event::Hold("018f".to_owned())).unwrap();
        assert_eq!(news, r#"{"topic":"hold","id":"018f"}"#);
        assert_eq!(
            serde_json::to_string(&Event::Keys).unwrap(),
            r#"{"topic":"keys"}"#
        );
    }
}
