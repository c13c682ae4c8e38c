use leptos::prelude::*;

use super::{
    Copy,
    said::{Piece, block_pieces},
};

/// A snippet that can be pasted as it is.
#[component]
pub fn Code(
    /// What it is or where it goes, for example `Lodestar config`.
    #[prop(into)]
    caption: String,
    /// The text.
    #[prop(into)]
    text: Signal<String>,
    /// Long lines are broken instead of scrolled.
    #[prop(optional)]
    wrap: bool,
    /// It is a raw payload: an agent's words.
    #[prop(optional)]
    said: bool,
) -> impl IntoView {
    let label = format!("Copy {}", lower_first(&caption));
    view! {
        <figure class="code" data-said=said.then_some("")>
            <figcaption>
                <span>{caption.clone()}</span>
                <Copy text=text label=label/>
            </figcaption>
            <pre tabindex="0" aria-label=caption class=wrap.then_some("wrap")>
                {move || view_of(&text.get())}
            </pre>
        </figure>
    }
}

fn view_of(text: &str) -> impl IntoView + use<> {
    block_pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Plain(text) => view! { <span>{text}</span> }.into_any(),
            Piece::Shown(character) => {
                view! { <span class="ctl">{format!("U+{:04X}", u32::from(character))}</span> }
                    .into_any()
            }
        })
        .collect_view()
}

/// `Lodestar config` keeps its name; only a first word in ordinary case is lowered.
fn lower_first(caption: &str) -> String {
    if caption.starts_with("Lodestar") {
        return caption.to_owned();
    }
    let mut letters = caption.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default()
}
