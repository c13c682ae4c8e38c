//! What the server claims about hashes, computed again in the reader's own browser.
//!
//! After the page is alive, the browser fetches the record lines exactly as they were shipped and
//! hashes every payload with the code that the server uses too. Nothing waits for it: until an event
//! was hashed here, it is shown as not checked.

use std::collections::HashMap;

use leptos::prelude::*;
use machinaut_chain::session::EventRef;

use crate::ui::{Icon, Place, Tone, Verified};

/// How far the check is.
#[cfg_attr(
    not(feature = "hydrate"),
    allow(dead_code, reason = "only a browser comes that far")
)]
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Checks {
    /// Not begun: without JavaScript it never is.
    #[default]
    NotYet,
    /// Under way.
    Running,
    /// Done.
    Done(Report),
    /// The records could not be fetched.
    Failed,
}

/// What one record turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The hash that its envelope commits to.
    pub payload_hash: String,
    /// Whether its payload is here and hashes to that.
    pub outcome: Outcome,
}

/// What hashing a record here showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The payload is withheld: there is a commitment and nothing to hash.
    Withheld,
    /// The payload hashes to what the envelope commits to.
    Matches,
    /// It does not, or an object in it names a key twice.
    DoesNotMatch,
}

/// What the check of a session showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    by_event: HashMap<(u64, String), Checked>,
    unreadable: usize,
}

impl Report {
    /// Takes in one record line.
    pub fn add(&mut self, line: &[u8]) {
        let Ok(record) =
            machinaut_chain::ship::read_record(line, &machinaut_chain::ship::Limits::default())
        else {
            self.unreadable += 1;
            return;
        };
        let outcome = if record.withheld().is_some() {
            Outcome::Withheld
        } else if record.findings.is_empty() {
            Outcome::Matches
        } else {
            Outcome::DoesNotMatch
        };
        let key = (record.header.seq, record.header.id.as_str().to_owned());
        let checked = Checked {
            payload_hash: record.header.payload_hash.clone(),
            outcome,
        };
        // An event that was opened later has two lines. The worst that one of them shows counts.
        let kept = self.by_event.entry(key).or_insert_with(|| checked.clone());
        if checked.outcome > kept.outcome {
            *kept = checked;
        }
    }

    /// What the one record turned out to be that was taken in; none when it could not be read.
    pub fn only(&self) -> Option<Outcome> {
        self.by_event.values().map(|checked| checked.outcome).next()
    }

    /// How many records turned out so.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.by_event
            .values()
            .filter(|checked| checked.outcome == outcome)
            .count()
    }

    /// How many do not hold: their hash is wrong, or they cannot be read at all.
    pub fn broken(&self) -> usize {
        self.count(Outcome::DoesNotMatch) + self.unreadable
    }

    /// Where an event that a page shows was checked. An event that the shipped lines do not have,
    /// or have with another hash, does not hold.
    pub fn place(&self, event: &EventRef) -> Place {
        match self.by_event.get(&(event.seq, event.event_id.clone())) {
            Some(checked) if checked.payload_hash != event.payload_hash => Place::BrowserMismatch,
            Some(Checked {
                outcome: Outcome::Matches,
                ..
            }) if event.findings.is_empty() => Place::Browser,
            Some(Checked {
                outcome: Outcome::Withheld,
                ..
            }) => Place::Withheld,
            Some(_) | None => Place::BrowserMismatch,
        }
    }
}

/// What to check: the session by our id, and a number that changes when more of it was shipped.
pub type ToCheck = Option<(String, usize)>;

/// Checks the records of a session once the page is alive, for everything below that shows events, and
/// again whenever more of it was shipped.
pub fn provide_checks(session: impl Into<Signal<ToCheck>>) {
    let checks = RwSignal::new(Checks::NotYet);
    provide_context(checks);
    let session = session.into();
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let Some((key, shipped)) = session.get() else {
            return;
        };
        checks.set(Checks::Running);
        leptos::task::spawn_local(async move {
            let outcome = browser::check(&key)
                .await
                .map_or(Checks::Failed, Checks::Done);
            // An older answer must not stand for records that came after it.
            if session.try_get_untracked().flatten() == Some((key, shipped)) {
                checks.try_set(outcome);
            }
        });
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = session;
}

fn use_checks() -> Signal<Checks> {
    use_context::<RwSignal<Checks>>().map_or_else(|| Signal::stored(Checks::NotYet), Into::into)
}

/// Where an event was checked, as a word in a line.
#[component]
pub fn CheckedEvent(
    /// The event.
    event: EventRef,
    /// Only the sign, for a dense row.
    #[prop(optional)]
    slim: bool,
) -> impl IntoView {
    let checks = use_checks();
    let is_withheld = event.withheld.is_some();
    let place = Memo::new(move |_| {
        checks.with(|checks| match checks {
            Checks::Done(report) => report.place(&event),
            _ if is_withheld => Place::Withheld,
            Checks::NotYet | Checks::Running | Checks::Failed => Place::NotYet,
        })
    });
    move || {
        let place = place.get();
        let text = match place {
            Place::Browser => "hash verified in this browser",
            Place::BrowserMismatch => "hash does not match in this browser",
            Place::Withheld => "withheld, commitment kept",
            _ => "hash not checked here yet",
        };
        if !slim {
            return view! { <Verified place text/> }.into_any();
        }
        let (tone, icon) = match place {
            Place::Browser => (Tone::Granted, "browser-check"),
            Place::BrowserMismatch => (Tone::Denied, "critical"),
            Place::Withheld => (Tone::Neutral, "lock"),
            _ => (Tone::Neutral, "clock"),
        };
        view! {
            <span class="verified" data-tone=tone.as_str() title=text>
                <Icon name=icon/>
                <span class="sr">{text}</span>
            </span>
        }
        .into_any()
    }
}

/// The check of the whole session in a line.
#[component]
pub fn ChecksLine() -> impl IntoView {
    let checks = use_checks();
    view! { <p role="status">{move || checks.with(summary)}</p> }
}

fn summary(checks: &Checks) -> AnyView {
    match checks {
        Checks::NotYet => {
            view! { <Verified place=Place::NotYet text="hashes not checked in this browser yet"/> }.into_any()
        }
        Checks::Running => {
            view! { <Verified place=Place::NotYet text="checking every hash in this browser …"/> }.into_any()
        }
        Checks::Failed => view! {
            <Verified place=Place::NotYet text="the shipped records could not be fetched: hashes are not checked here"/>
        }
        .into_any(),
        Checks::Done(report) if report.broken() > 0 => view! {
            <Verified
                place=Place::BrowserMismatch
                text=format!("{} do not hold, checked in this browser", events(report.broken()))
            />
        }
        .into_any(),
        Checks::Done(report) => view! {
            <Verified
                place=Place::Browser
                text=format!("{} payload hashes verified in this browser", report.count(Outcome::Matches))
            />
        }
        .into_any(),
    }
}

fn events(count: usize) -> String {
    if count == 1 {
        "1 event".to_owned()
    } else {
        format!("{count} events")
    }
}

/// The check of the whole session as a list.
#[component]
pub fn ChecksPanel() -> impl IntoView {
    let checks = use_checks();
    view! {
        <div class="stack-2">
            <p>{move || checks.with(summary)}</p>
            {move || checks.with(|checks| match checks {
                Checks::Done(report) if report.broken() > 0 => {
                    Some(view! {
                        <p><Verified place=Place::Browser text=format!("{} payload hashes verified in this browser", report.count(Outcome::Matches))/></p>
                    })
                }
                _ => None,
            })}
            {move || checks.with(|checks| match checks {
                Checks::Done(report) if report.count(Outcome::Withheld) > 0 => {
                    Some(view! {
                        <p><Verified place=Place::Withheld text=format!("{} payloads withheld, commitments kept", report.count(Outcome::Withheld))/></p>
                    })
                }
                _ => None,
            })}
        </div>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
mod browser {
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;

    use super::Report;

    /// Bytes hashed before the page gets its turn again: a few milliseconds of work on a phone.
    const AT_A_TIME: usize = 256 * 1024;

    pub(super) async fn check(session_key: &str) -> Option<Report> {
        let window = web_sys::window()?;
        let answer =
            JsFuture::from(window.fetch_with_str(&format!("/session-records/{session_key}")))
                .await
                .ok()?;
        let answer: web_sys::Response = answer.dyn_into().ok()?;
        if !answer.ok() {
            return None;
        }
        let body = JsFuture::from(answer.array_buffer().ok()?).await.ok()?;
        let body = js_sys::Uint8Array::new(&body).to_vec();
        let mut report = Report::default();
        let mut hashed = 0;
        for line in body
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            report.add(line);
            hashed += line.len();
            if hashed > AT_A_TIME {
                hashed = 0;
                breathe(&window).await;
            }
        }
        Some(report)
    }

    /// Lets the page handle what a person did in the meantime.
    async fn breathe(window: &web_sys::Window) {
        let turn = js_sys::Promise::new(&mut |done, _| {
            // A page that cannot set a timeout is going away; then there is nobody to wait for.
            drop(window.set_timeout_with_callback(&done));
        });
        drop::<Result<JsValue, JsValue>>(JsFuture::from(turn).await);
    }
}
