use leptos::prelude::*;

use super::{Icon, Tone};

/// One thing that should make an approver hesitate.
pub struct Hesitation {
    /// How much it weighs.
    pub tone: Tone,
    /// Its shape.
    pub icon: &'static str,
    /// The node of the why or the page that shows it.
    pub href: String,
    /// The thing, in a sentence of ours.
    pub title: String,
    /// Where it comes from; an agent's words only inside `Said`.
    pub detail: AnyView,
}

/// The list under the clock of a hold. Nothing is rendered when there is nothing to weigh.
#[component]
pub fn Hesitations(
    /// The heaviest first.
    items: Vec<Hesitation>,
) -> impl IntoView {
    if items.is_empty() {
        return None;
    }
    let count = items.len();
    let items = items
        .into_iter()
        .map(|item| {
            // The browser opens the closed details around an anchor by itself; a router does not.
            let rel = item.href.starts_with('#').then_some("external");
            view! {
                <li data-tone=item.tone.as_str()>
                    <a href=item.href rel=rel>
                        <Icon name=item.icon/>
                        <span>
                            <strong>{item.title}</strong>
                            <small>{item.detail}</small>
                        </span>
                        <Icon name="chevron"/>
                    </a>
                </li>
            }
        })
        .collect_view();
    Some(view! {
        <section class="hesitations" aria-labelledby="hesitations">
            <header>
                <Icon name="warn"/>
                <h2 id="hesitations">"What should make you hesitate"</h2>
                <span>{count}</span>
            </header>
            <ol>{items}</ol>
        </section>
    })
}
