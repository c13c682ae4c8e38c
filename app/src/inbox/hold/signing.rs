//! The decision in the making: with which key, over which document, and the bar at the thumb.
//!
//! The document is made here and signed in the browser; what the confirmation shows are the very
//! bytes whose hash is signed. Its date is taken when Approve or Deny is pressed, not when the page
//! was opened, and by the server's clock, for a phone's own may be wrong.

use leptos::prelude::*;
use machinaut_chain::approval::{Document, ResolutionKind};

use super::sheets::{ApproveSheet, DenySheet};
use crate::inbox::model::{HoldView, Verdict};
use crate::problem::Problem;
use crate::signer::BrowserKey;
use crate::ui::{Callout, Code, Countdown, DecisionBar, Icon, Tone};

/// What stands in the document where its date will stand.
const DATE_TO_COME: &str = "the moment you press";

/// Said where no key can be asked.
const WITHOUT_SCRIPTS: &str = "<p>Deciding needs JavaScript: the key lives in your browser and signs there. \
                               Everything above reads without it.</p>";

/// The keys of this browser.
#[cfg_attr(
    not(feature = "hydrate"),
    allow(dead_code, reason = "only a browser comes that far")
)]
#[derive(Clone, Debug, PartialEq)]
pub enum Keys {
    /// Nobody has looked yet: on the server, and before the page is alive.
    Unknown,
    /// These; the first one is taken unless another is chosen.
    Here(Vec<BrowserKey>),
    /// The browser would not say.
    Unreadable(String),
}

/// The decision in the making.
#[derive(Clone, Copy)]
pub struct Signing {
    /// The hold, as it is now.
    pub view: RwSignal<HoldView>,
    /// Whether a decision still counts.
    pub is_decidable: Memo<bool>,
    /// The keys of this browser.
    pub keys: RwSignal<Keys>,
    /// Which of them signs.
    pub chosen: RwSignal<usize>,
    /// The reason, as typed; only a denial carries one.
    pub reason: RwSignal<String>,
    /// When Approve or Deny was pressed.
    pub pressed_at: RwSignal<Option<String>>,
    /// The sheet that repeats the sentence.
    pub approving: RwSignal<bool>,
    /// The sheet that asks for the reason.
    pub denying: RwSignal<bool>,
    /// Signing, or waiting for the server.
    pub is_under_way: RwSignal<bool>,
    /// Why the last attempt came to nothing.
    pub failure: RwSignal<Option<Failure>>,
}

/// Why no decision can be made.
#[derive(Clone, Debug, PartialEq)]
pub enum Obstacle {
    /// It would not count, whoever signs.
    Hold(String),
    /// There is nothing to sign with.
    Key(&'static str),
}

/// Why nothing was decided.
#[cfg_attr(
    not(feature = "hydrate"),
    allow(dead_code, reason = "only a browser comes that far")
)]
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The browser did not sign.
    Unsigned(String),
    /// The server did not take it.
    Refused(Problem),
}

impl Signing {
    /// Prepares a decision on a hold, and looks for keys once the page is alive.
    pub fn new(view: RwSignal<HoldView>, is_decidable: Memo<bool>) -> Self {
        let signing = Self {
            view,
            is_decidable,
            keys: RwSignal::new(Keys::Unknown),
            chosen: RwSignal::new(0),
            reason: RwSignal::new(String::new()),
            pressed_at: RwSignal::new(None),
            approving: RwSignal::new(false),
            denying: RwSignal::new(false),
            is_under_way: RwSignal::new(false),
            failure: RwSignal::new(None),
        };
        #[cfg(feature = "hydrate")]
        signing.in_the_browser();
        signing
    }

    /// The key that signs.
    pub fn key(self) -> Option<BrowserKey> {
        self.keys.with(|keys| match keys {
            Keys::Here(keys) => keys.get(self.chosen.get()).cloned(),
            Keys::Unknown | Keys::Unreadable(_) => None,
        })
    }

    /// What both ids of the document are, where both are known.
    fn named(self) -> Option<(String, String)> {
        self.view
            .with(|view| Some((view.request_id.clone()?, view.card.action_id.clone()?)))
    }

    /// The document of a decision: exactly what is signed once its date is known.
    pub fn document(self, verdict: Verdict) -> Option<Document> {
        let (request_id, action_id) = self.named()?;
        let reason = match verdict {
            Verdict::Denied => {
                Some(self.reason.get().trim().to_owned()).filter(|reason| !reason.is_empty())
            }
            Verdict::Granted => None,
        };
        Some(Document {
            request_id: request_id.into(),
            action_id: action_id.into(),
            kind: match verdict {
                Verdict::Granted => ResolutionKind::Granted,
                Verdict::Denied => ResolutionKind::Denied,
            },
            approver_id: self.key()?.approver_id.into(),
            reason: reason.map(Into::into),
            at: self
                .pressed_at
                .get()
                .unwrap_or_else(|| DATE_TO_COME.to_owned())
                .into(),
        })
    }

    /// Why no decision can be made here, in a sentence; none when one can.
    pub fn obstacle(self) -> Option<Obstacle> {
        if let Some(why) = self.view.with(|view| view.obstacle.clone()) {
            return Some(Obstacle::Hold(why));
        }
        match self.keys.get() {
            Keys::Here(keys) if keys.is_empty() => {
                Some(Obstacle::Key("There is no key in this browser yet."))
            }
            Keys::Here(_) => None,
            Keys::Unknown => Some(Obstacle::Key("Looking for a key in this browser …")),
            Keys::Unreadable(_) => Some(Obstacle::Key("The keys of this browser cannot be read.")),
        }
    }
}

#[cfg(feature = "hydrate")]
impl Signing {
    fn in_the_browser(self) {
        use crate::signer;

        Effect::new(move |_| {
            leptos::task::spawn_local(async move {
                let keys = match signer::keys().await {
                    Ok(keys) => Keys::Here(keys),
                    Err(error) => Keys::Unreadable(error.to_string()),
                };
                self.keys.try_set(keys);
            });
        });
        // The inbox's own `a` and `d` lead here: the sheet opens once a key is found.
        let asked = leptos_router::hooks::use_query_map().with_untracked(|query| query.get("act"));
        Effect::new(move |done: Option<bool>| {
            if done == Some(true) || self.obstacle().is_some() {
                return done.unwrap_or(false);
            }
            match asked.as_deref() {
                Some("approve") => self.press(Verdict::Granted),
                Some("deny") => self.press(Verdict::Denied),
                _ => {}
            }
            true
        });
    }

    /// Opens the sheet; the date of the document is now.
    pub fn press(self, verdict: Verdict) {
        if !self.is_decidable.get_untracked() || self.is_under_way.get_untracked() {
            return;
        }
        self.failure.set(None);
        self.pressed_at
            .set(Some(crate::ui::clock::iso(crate::ui::clock::server_now())));
        match verdict {
            Verdict::Granted => self.approving.set(true),
            Verdict::Denied => self.denying.set(true),
        }
    }

    /// Signs the document that the sheet shows and hands it to the server.
    pub fn sign(self, verdict: Verdict) {
        let Some((document, key)) = untrack(|| self.document(verdict).zip(self.key())) else {
            return;
        };
        let hold = self.view.with_untracked(|view| view.card.key.clone());
        self.is_under_way.set(true);
        self.failure.set(None);
        leptos::task::spawn_local(async move {
            let outcome = sign_and_send(hold, document, key).await;
            self.is_under_way.try_set(false);
            match outcome {
                Ok(view) => {
                    self.approving.try_set(false);
                    self.denying.try_set(false);
                    self.view.try_set(view);
                }
                Err(failure) => {
                    self.failure.try_set(Some(failure));
                }
            }
        });
    }
}

#[cfg(feature = "hydrate")]
async fn sign_and_send(
    hold: crate::inbox::model::HoldKey,
    document: Document,
    key: BrowserKey,
) -> Result<HoldView, Failure> {
    let signature = crate::signer::sign(&document, &key)
        .await
        .map_err(|error| Failure::Unsigned(error.to_string()))?;
    let resolution = answered(&document, signature)
        .ok_or_else(|| Failure::Unsigned("The document has no date.".to_owned()))?;
    crate::inbox::server::decide(hold, resolution)
        .await
        .map_err(Failure::Refused)
}

/// The answer that the guard fetches: the signed document with its signature.
#[cfg(any(feature = "hydrate", test))]
fn answered(
    document: &Document,
    signature: machinaut_chain::signature::Signature,
) -> Option<String> {
    use machinaut_chain::approval::Resolution;

    let resolution = Resolution {
        request_id: document.request_id.clone(),
        action_id: document.action_id.clone(),
        kind: document.kind,
        approver_id: document.approver_id.clone(),
        reason: document.reason.clone(),
        at: document.at.as_str()?.parse().ok()?,
        signature: Some(signature),
    };
    Some(resolution.to_json())
}

#[cfg(not(feature = "hydrate"))]
#[expect(clippy::unused_self, reason = "the browser's half has the same shape")]
impl Signing {
    /// Only a browser decides.
    pub fn press(self, _: Verdict) {}

    /// Only a browser signs.
    pub fn sign(self, _: Verdict) {}
}

/// What exactly will be signed, and with which key.
#[component]
pub fn WhatIsSigned(
    /// The decision in the making.
    signing: Signing,
) -> impl IntoView {
    let document = Memo::new(move |_| {
        signing
            .document(Verdict::Granted)
            .map(|document| canonical(&document))
    });
    view! {
        <section class="signs" aria-labelledby="signs">
            <div class="section-head">
                <h2 id="signs">"What exactly will be signed"</h2>
                <p>"if you approve"</p>
            </div>
            <div class="stack-2">
                {move || match signing.obstacle() {
                    Some(Obstacle::Hold(why)) => {
                        Some(view! { <Callout tone=Tone::Hold icon="warn"><p>{why}</p></Callout> })
                    }
                    _ => None,
                }}
                {move || document.get().map(|text| view! { <Code caption="canonical JSON" text wrap=true/> })}
                <KeyChoice signing/>
                <p class="muted read-sm">
                    "The date and the sha-256 that is signed are fixed when you press, and shown before you sign. \
                     The guard checks this signature against the keys that your operator pinned. Machinaut \
                     carries it and cannot make one."
                </p>
            </div>
        </section>
    }
    .into_any()
}

/// With which key; a choice where this browser has several.
#[component]
pub fn KeyChoice(
    /// The decision in the making.
    signing: Signing,
) -> impl IntoView {
    let several = Memo::new(move |_| {
        signing
            .keys
            .with(|keys| matches!(keys, Keys::Here(keys) if keys.len() > 1))
    });
    let choice = move || {
        let Keys::Here(keys) = signing.keys.get() else {
            return Vec::new();
        };
        keys.into_iter()
            .enumerate()
            .map(|(at, key)| {
                view! {
                    <option value=at.to_string() selected=move || signing.chosen.get() == at>{key.approver_id}</option>
                }
            })
            .collect()
    };
    view! {
        {move || match signing.key() {
            Some(key) => {
                let one = (!several.get()).then(|| view! { <code>{key.approver_id.clone()}</code> });
                let many = several
                    .get()
                    .then(|| {
                        view! {
                            <select
                                class="input"
                                aria-label="Key"
                                on:change:target=move |event| {
                                    if let Ok(at) = event.target().value().parse() {
                                        signing.chosen.set(at);
                                    }
                                }
                            >
                                {choice()}
                            </select>
                        }
                    });
                view! {
                    <dl class="kv">
                        <dt>"Key"</dt>
                        <dd class="who"><Icon name="key"/>{one}{many}</dd>
                        <dt>"Fingerprint"</dt>
                        <dd><code class="hash-full">{fingerprint(&key)}</code></dd>
                        <dt>"Held"</dt>
                        <dd>"in this browser, not exportable"</dd>
                    </dl>
                }
                    .into_any()
            }
            None => {
                match signing.obstacle() {
                    Some(Obstacle::Key(why)) => {
                        view! { <p class="muted">{why}" "<a href="/keys">"Keys"</a></p> }.into_any()
                    }
                    _ => ().into_any(),
                }
            }
        }}
        // A browser with scripts reads what is in here as text, so it must not be hydrated as elements.
        <noscript inner_html=WITHOUT_SCRIPTS></noscript>
    }
    .into_any()
}

/// The bar at the thumb, and the sheets that it opens.
#[component]
pub fn SigningBar(
    /// The decision in the making.
    signing: Signing,
) -> impl IntoView {
    let deadline = Memo::new(move |_| signing.view.read().card.deadline);
    let can_decide = Memo::new(move |_| signing.obstacle().is_none() && signing.is_decidable.get());
    let line = view! {
        <span>
            <Icon name="key"/>
            {move || match signing.key() {
                Some(key) => view! { <code>{key.approver_id}</code> }.into_any(),
                None if matches!(signing.obstacle(), Some(Obstacle::Hold(_))) => "cannot be decided yet".into_any(),
                None => view! { <a href="/keys">"no key to sign with"</a> }.into_any(),
            }}
        </span>
        {move || deadline.get().map(|deadline_ms| view! { <Countdown deadline_ms/> })}
    }
    .into_any();
    view! {
        <DecisionBar line>
            <button
                class="btn btn-deny btn-thumb"
                type="button"
                data-key="d"
                disabled=move || !can_decide.get()
                on:click=move |_| signing.press(Verdict::Denied)
            >
                <Icon name="x"/>
                "Deny…"
                <kbd class="only-desk">"d"</kbd>
            </button>
            <button
                class="btn btn-primary btn-thumb"
                type="button"
                data-key="a"
                disabled=move || !can_decide.get()
                on:click=move |_| signing.press(Verdict::Granted)
            >
                <Icon name="check"/>
                "Approve…"
                <kbd class="only-desk">"a"</kbd>
            </button>
        </DecisionBar>
        <ApproveSheet signing/>
        <DenySheet signing/>
    }
    .into_any()
}

/// What people compare keys by, as the server shows it too; nothing for a key that is damaged.
///
/// It is a hash of the public half. Made without reading the key, it spares the browser the curve.
fn fingerprint(key: &BrowserKey) -> String {
    use base64::engine::{
        Engine,
        general_purpose::{STANDARD, STANDARD_NO_PAD},
    };

    let Ok(spki) = STANDARD.decode(&key.public_key) else {
        return String::new();
    };
    format!(
        "SHA256:{}",
        STANDARD_NO_PAD.encode(machinaut_chain::canonical::Hash::of(&spki).as_bytes())
    )
}

/// The canonical bytes of a document as text.
pub fn canonical(document: &Document) -> String {
    String::from_utf8_lossy(&document.canonical()).into_owned()
}

#[cfg(test)]
mod tests {
    use machinaut_chain::{approval::Resolution, signature::Signature};

    use super::*;

    fn document(reason: Option<&str>) -> Document {
        Document {
            request_id: "request".into(),
            action_id: "action".into(),
            kind: ResolutionKind::Denied,
            approver_id: "human:operator@phone".into(),
            reason: reason.map(Into::into),
            at: "2026-11-23T05:17:24.118Z".into(),
        }
    }

    #[test]
    fn the_answer_carries_exactly_the_document_that_was_signed() {
        for reason in [None, Some("not now")] {
            let document = document(reason);
            let answer = answered(&document, Signature::of(&document, &[7; 64])).unwrap();
            let read = Resolution::parse(answer.as_bytes()).unwrap();
            assert_eq!(read.document(), document);
            assert_eq!(
                read.signature.unwrap().payload_hash,
                document.hash().to_string().as_str()
            );
        }
    }

    #[test]
    fn the_browser_and_the_server_call_a_key_by_the_same_fingerprint() {
        let public_key = "MCowBQYDK2VwAyEAUkx4XupoOlUXGQXiF5a0HiPwqlp393ibOhHA4hYElXs=".to_owned();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{public_key}\n-----END PUBLIC KEY-----\n");
        let server: machinaut_chain::signature::PublicKey = pem.parse().unwrap();
        let key = BrowserKey {
            approver_id: "human:operator@phone".to_owned(),
            public_key,
        };
        assert_eq!(fingerprint(&key), server.fingerprint().to_string());
    }

    #[test]
    fn a_document_without_its_date_is_never_sent() {
        let undated = Document {
            at: DATE_TO_COME.into(),
            ..document(None)
        };
        assert_eq!(answered(&undated, Signature::of(&undated, &[7; 64])), None);
    }
}
