//! The second step: the sentence again, the very bytes that are signed, and a way back.
//!
//! *Go back* stands where the thumb was, so that a double tap approves nothing.

use leptos::prelude::*;
use machinaut_chain::sentence::{Part, Sentence};

use super::signing::{Failure, KeyChoice, Signing, canonical};
use crate::inbox::model::{Risk, Verdict};
use crate::ui::{Callout, Code, Icon, Sheet, Status, Told, Tone};

/// Approving, deliberately.
#[component]
pub fn ApproveSheet(
    /// The decision in the making.
    signing: Signing,
) -> impl IntoView {
    let question = Memo::new(move |_| {
        signing
            .view
            .with(|view| view.card.sentence.clone().map(let_it))
    });
    let is_beyond_recall = Memo::new(move |_| {
        signing
            .view
            .with(|view| view.card.risk.as_ref().is_none_or(Risk::is_beyond_recall))
    });
    let is_unread = Memo::new(move |_| signing.view.with(|view| view.why.is_none()));
    let to_weigh = Memo::new(move |_| {
        signing
            .view
            .with(|view| view.why.as_ref().map_or(0, |why| why.hesitations.len()))
    });
    let warning = move || {
        let text = match (is_unread.get(), to_weigh.get()) {
            (true, _) => "Nobody here has read why: the session is not shipped.".to_owned(),
            (false, 0) => return None,
            (false, 1) => "1 thing to weigh is still open.".to_owned(),
            (false, many) => format!("{many} things to weigh are still open."),
        };
        Some(
            view! { <p class="callout" data-tone="hold"><Icon name="warn"/><span><strong>{text}</strong></span></p> },
        )
    };
    let status = move || {
        if is_beyond_recall.get() {
            view! { <Status tone=Tone::Denied icon="critical" text="This cannot be undone"/> }
                .into_any()
        } else {
            view! { <Status tone=Tone::Neutral icon="info" text="The agent calls this reversible"/> }.into_any()
        }
    };
    view! {
        <Sheet open=signing.approving id="approve">
            <form on:submit=move |event| {
                event.prevent_default();
                signing.sign(Verdict::Granted);
            }>
                <header>
                    <p>{status}</p>
                    <h2 id="approve-h">
                        {move || match question.get() {
                            Some(sentence) => view! { <Told sentence/>"?" }.into_any(),
                            None => {
                                signing.view.with(|view| format!("Let an {} run?", view.card.unread_action())).into_any()
                            }
                        }}
                    </h2>
                </header>
                <div class="sheet-body">
                    {warning}
                    <Trouble signing/>
                    <KeyChoice signing/>
                    <section class="stack-2">
                        <h3>"You sign exactly this"</h3>
                        <TheDocument signing verdict=Verdict::Granted/>
                    </section>
                </div>
                <footer>
                    <button
                        class="btn btn-primary btn-thumb"
                        type="submit"
                        disabled=move || signing.is_under_way.get()
                    >
                        <Icon name="pen"/>
                        {move || if signing.is_under_way.get() { "Signing…" } else { "Sign and approve" }}
                    </button>
                    <button
                        class="btn btn-thumb"
                        type="button"
                        autofocus=true
                        on:click=move |_| signing.approving.set(false)
                    >
                        "Go back"
                    </button>
                </footer>
            </form>
        </Sheet>
    }
    .into_any()
}

/// Denying, with a reason or without.
#[component]
pub fn DenySheet(
    /// The decision in the making.
    signing: Signing,
) -> impl IntoView {
    let question = Memo::new(move |_| {
        signing
            .view
            .with(|view| view.card.sentence.clone().map(do_not_let))
    });
    view! {
        <Sheet open=signing.denying id="deny">
            <form on:submit=move |event| {
                event.prevent_default();
                signing.sign(Verdict::Denied);
            }>
                <header>
                    <h2 id="deny-h">
                        {move || match question.get() {
                            Some(sentence) => view! { <Told sentence/> }.into_any(),
                            None => "Do not let the action run".into_any(),
                        }}
                    </h2>
                    <p>"The agent gets your reason as the answer to its call. It is part of what you sign."</p>
                </header>
                <div class="sheet-body">
                    <Trouble signing/>
                    <div class="field">
                        <label for="reason">"Reason"</label>
                        <textarea
                            class="input"
                            id="reason"
                            rows="3"
                            maxlength="2000"
                            aria-describedby="reason-h"
                            prop:value=move || signing.reason.get()
                            on:input:target=move |event| signing.reason.set(event.target().value())
                        ></textarea>
                        <span class="hint" id="reason-h">
                            "Others in your organisation and the agent can read it. It may stay empty."
                        </span>
                    </div>
                    <details>
                        <summary class="flow muted">
                            <Icon name="chevron" size="14" twist=true/>
                            "The document and the key"
                        </summary>
                        <div class="stack-2 mt">
                            <KeyChoice signing/>
                            <TheDocument signing verdict=Verdict::Denied/>
                        </div>
                    </details>
                </div>
                <footer>
                    <button class="btn btn-deny btn-thumb" type="submit" disabled=move || signing.is_under_way.get()>
                        <Icon name="pen"/>
                        {move || if signing.is_under_way.get() { "Signing…" } else { "Sign and deny" }}
                    </button>
                    <button class="btn btn-thumb" type="button" on:click=move |_| signing.denying.set(false)>
                        "Go back"
                    </button>
                </footer>
            </form>
        </Sheet>
    }
    .into_any()
}

/// The very bytes that are hashed and signed, and their hash.
#[component]
fn TheDocument(signing: Signing, verdict: Verdict) -> impl IntoView {
    let document = Memo::new(move |_| {
        signing.pressed_at.get()?;
        signing
            .document(verdict)
            .map(|document| (canonical(&document), document.hash().to_string()))
    });
    move || {
        document.get().map(|(canonical, message)| {
            view! {
                <Code caption="canonical JSON, byte for byte" text=canonical wrap=true/>
                <p class="hash-full">"sha256 "{message}</p>
            }
        })
    }
}

/// Why the last attempt came to nothing.
#[component]
fn Trouble(signing: Signing) -> impl IntoView {
    move || {
        signing.failure.get().map(|failure| {
            let (title, text) = match failure {
                Failure::Unsigned(why) => ("This browser did not sign.", why),
                Failure::Refused(problem) => ("The decision was not taken.", problem.to_string()),
            };
            view! {
                <Callout tone=Tone::Denied icon="critical" title alert=true>
                    <p>{text}</p>
                </Callout>
            }
        })
    }
}

/// "claude-code wants to push …" as the question "Let claude-code push …".
fn let_it(sentence: Sentence) -> Sentence {
    asked(sentence, "Let")
}

/// "claude-code wants to push …" as "Do not let claude-code push …".
fn do_not_let(sentence: Sentence) -> Sentence {
    asked(sentence, "Do not let")
}

fn asked(sentence: Sentence, lead: &str) -> Sentence {
    let mut parts = vec![Part::Ours(lead.to_owned())];
    parts.extend(sentence.0.into_iter().map(|part| {
        match part {
            Part::Ours(words) => Part::Ours(
                words
                    .strip_prefix("wants to ")
                    .map(str::to_owned)
                    .unwrap_or(words),
            ),
            other => other,
        }
    }));
    Sentence(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_step_repeats_the_sentence_as_a_question() {
        let sentence = Sentence::new()
            .actor("claude-code")
            .ours("wants to push branch")
            .said("main");
        assert_eq!(
            let_it(sentence.clone()).to_text(),
            "Let claude-code push branch “main”"
        );
        assert_eq!(
            do_not_let(sentence).to_text(),
            "Do not let claude-code push branch “main”"
        );
    }
}
