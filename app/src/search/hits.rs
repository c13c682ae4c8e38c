use leptos::prelude::*;

use super::model::{HitView, Marked};
use crate::inbox::shown_word;
use crate::sessions::glyph;
use crate::ui::said::{Piece, pieces};
use crate::ui::{Ago, Flag, Glyph, Icon, Tone, WithheldInline, short_id};

/// An agent's words with what was asked for marked: text, whatever they hold.
pub fn marked(text: Marked) -> impl IntoView {
    text.into_iter()
        .enumerate()
        .map(|(place, words)| {
            let words = shown(&words);
            if place % 2 == 1 {
                view! { <mark>{words}</mark> }.into_any()
            } else {
                words.into_any()
            }
        })
        .collect_view()
}

/// What acts on a line or hides in it is shown as its code point.
fn shown(words: &str) -> impl IntoView + use<> {
    pieces(words)
        .into_iter()
        .map(|piece| match piece {
            Piece::Plain(text) => view! { <span>{text}</span> }.into_any(),
            // A line of many is told by its end; the end itself is no news.
            Piece::Shown('\n' | '\t' | '\r') => view! { <span>" "</span> }.into_any(),
            Piece::Shown(character) => {
                view! { <span class="ctl">{format!("U+{:04X}", u32::from(character))}</span> }
                    .into_any()
            }
        })
        .collect_view()
}

/// What a hit is, in the word that stands before what it says.
pub fn kind_name(hit: &HitView) -> (&'static str, &'static str) {
    match hit.kind {
        Some(kind) => (glyph(kind), kind.as_str()),
        None => ("other", "session"),
    }
}

/// One result; all of it leads to the exact place.
#[component]
pub fn Hit(
    /// What was found.
    hit: HitView,
) -> impl IntoView {
    let (sign, kind) = kind_name(&hit);
    let title = if hit.title.is_empty() {
        let words = match hit.withheld {
            Some(_) => "withheld",
            None => "without words",
        };
        view! { <span class="muted">{words}</span> }.into_any()
    } else {
        view! { <q class="said">{marked(hit.title)}</q> }.into_any()
    };
    let withheld = hit.withheld.map(|class| {
        let text = format!("withheld at {class}: only type, actor and time were searched");
        view! { <p><WithheldInline text/></p> }
    });
    let snippet = (!hit.snippet.is_empty()).then(|| {
        view! { <p class="snip">{marked(hit.snippet)}</p> }
    });
    let fact = |text: Option<String>| text.map(|text| view! { <span>{short_id(&text)}</span> });
    let state = hit.state.map(|state| {
        let (tone, icon) = tone_of(&state);
        view! { <Flag tone icon text=shown_word(&state)/> }
    });
    view! {
        <article class="result">
            <Glyph kind=sign/>
            <div class="result-main">
                <h3>
                    <a href=hit.href>
                        <span class="kind-name" data-kind=sign>{kind}</span>
                        " "
                        {title}
                    </a>
                </h3>
                {snippet}
                {withheld}
                <p class="result-meta">
                    {hit.level.map(|level| view! { <span class="lvl">{level}</span> })}
                    {fact(hit.project)}
                    {fact(hit.agent)}
                    {hit.seq.map(|seq| view! { <span>{format!("seq {seq}")}</span> })}
                    {state}
                </p>
            </div>
            {hit.at.map(|at_ms| view! { <Ago at_ms/> })}
        </article>
    }
    .into_any()
}

/// What a word of the log means to a reader, and its shape.
fn tone_of(word: &str) -> (Tone, &'static str) {
    match word {
        "open" | "pending_approval" => (Tone::Hold, "hold"),
        "unverified" | "suspicious" | "warning" | "superseded" | "partial" => (Tone::Hold, "warn"),
        "granted" | "approved" | "completed" | "success" => (Tone::Granted, "check"),
        "denied" | "rejected" | "failed" | "failure" | "halted" => (Tone::Denied, "x"),
        "contradicted" => (Tone::Denied, "contra"),
        "quarantined" | "malicious" | "critical" => (Tone::Denied, "critical"),
        "expired" => (Tone::Neutral, "expired"),
        "info" => (Tone::Info, "info"),
        _ => (Tone::Neutral, "clock"),
    }
}

/// The sign of a hit in a narrow list.
pub fn sign(hit: &HitView) -> AnyView {
    match hit.kind {
        Some(kind) => view! { <Glyph kind=glyph(kind) small=true/> }.into_any(),
        None => view! { <Icon name="sessions"/> }.into_any(),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use leptos::prelude::RenderHtml;

    use super::*;

    #[test]
    fn what_an_agent_wrote_stays_text_also_where_it_is_marked() {
        let attack = "<img src=x onerror=\"alert(1)\">";
        let hit = HitView {
            href: "/sessions/1/events/2".to_owned(),
            title: vec![attack.to_owned(), attack.to_owned()],
            snippet: vec!["\u{202e}".to_owned(), "</mark><script>".to_owned()],
            state: Some(attack.to_owned()),
            project: Some(attack.to_owned()),
            ..HitView::default()
        };
        let html = Owner::new().with(|| view! { <Hit hit/> }.to_html());
        assert!(
            !html.contains("<img") && !html.contains("<script"),
            "{html}"
        );
        assert!(html.contains("<mark>") && html.contains("U+202E"), "{html}");
    }
}
