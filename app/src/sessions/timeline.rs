//! The events of a session, one a line, in the order of its log.

use leptos::prelude::*;

use super::checks::CheckedEvent;
use super::lines::{event_href, glyph, glyph_of_type};
use super::model::{EventLine, Gist, Shown};
use crate::ui::{Flag, Glyph, Icon, Meter, Said, Tone, WithheldInline};

/// A page of the timeline.
#[component]
pub fn Timeline(
    /// Our id of the session.
    session: String,
    /// The events of this page.
    lines: Vec<EventLine>,
    /// Which page of what.
    shown: Shown,
) -> impl IntoView {
    let rows = lines
        .into_iter()
        .map(|line| view! { <li>{row(&session, line)}</li> })
        .collect_view();
    let href = |page: u32| {
        let kind = shown
            .kind
            .as_ref()
            .map(|kind| format!("kind={kind}&"))
            .unwrap_or_default();
        format!("/sessions/{session}?{kind}page={page}")
    };
    let earlier = (shown.page > 1).then(|| {
        view! { <a class="btn" href=href(shown.page - 1) rel="prev"><Icon name="back"/>"Earlier"</a> }
    });
    let later = (shown.page < shown.pages).then(|| {
        view! { <a class="btn" href=href(shown.page + 1) rel="next">"Later"<Icon name="forward"/></a> }
    });
    let pages = (shown.pages > 1).then(|| {
        view! {
            <nav class="panel-foot flow" aria-label="Pages">
                {earlier}
                <span>{format!("page {} of {}", shown.page, shown.pages)}</span>
                {later}
            </nav>
        }
    });
    view! {
        <section class="panel timeline" aria-labelledby="tl-h">
            <h2 class="sr" id="tl-h">"Events"</h2>
            <ul class="rows">{rows}</ul>
            {pages}
        </section>
    }
    .into_any()
}

fn row(session: &str, line: EventLine) -> impl IntoView + use<> {
    let EventLine {
        event,
        kind,
        gap_before,
        gist,
        is_sought,
    } = line;
    let glyph = kind.map_or_else(|| glyph_of_type(&event.event_type), glyph);
    let gap = (gap_before > 0).then(|| {
        let title = format!("{gap_before} before it belong to other sessions of this project");
        view! {
            <span class="gap-mark" title=title>
                <Icon name="gap" size="14"/>
                <span class="sr">"after a gap"</span>
            </span>
        }
    });
    let what = match event.withheld {
        Some(_) => {
            let commitment: String = event.payload_hash.chars().take(8).collect();
            view! { <WithheldInline text=format!("withheld, commitment {commitment}…")/> }
                .into_any()
        }
        None => told(gist),
    };
    let findings = event
        .findings
        .iter()
        .map(|finding| view! { <Flag tone=Tone::Denied icon="critical" text=finding.as_str()/> })
        .collect_view();
    let time = event.timestamp.clone();
    let short = time
        .split_once('T')
        .map_or(time.as_str(), |(_, time)| time)
        .trim_end_matches('Z')
        .to_owned();
    view! {
        <a
            class="event-row"
            href=event_href(session, &event)
            id=is_sought.then_some("sought")
            aria-current=is_sought.then_some("location")
        >
            <span class="seq">{gap}{event.seq}</span>
            <Glyph kind=glyph small=true/>
            <span class="what">
                <span class="type">{shown_type(&event.event_type)}</span>
                {what}
                {findings}
            </span>
            <span class="right">
                <span class="only-desk"><CheckedEvent event=event.clone() slim=true/></span>
                <time datetime=time.clone() title=time>{short}</time>
            </span>
        </a>
    }
}

/// A gist in its voice.
pub fn told(gist: Gist) -> AnyView {
    match gist {
        Gist::Nothing => ().into_any(),
        Gist::Said(text) => view! { <Said text/> }.into_any(),
        Gist::Act { tool, object } => {
            let object = object.map(|object| view! { " "<Said text=object/> });
            view! { <span><Said text=tool/>{object}</span> }.into_any()
        }
        Gist::Belief { confidence, truth } => {
            let meter = confidence.map(|share| view! { <Meter share tone=Tone::Neutral/> });
            let truth = truth.map(|truth| {
                view! { <span class="muted">{crate::inbox::shown_word(&truth)}</span> }
            });
            view! { {meter}{truth} }.into_any()
        }
        Gist::Ours(words) => view! { <span class="muted">{words}</span> }.into_any(),
    }
}

/// A type as it may stand in a line: what it looks like it is, or quoted.
pub fn shown_type(event_type: &str) -> AnyView {
    let is_plain = event_type.len() <= 64
        && event_type
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':'));
    if is_plain {
        event_type.to_owned().into_any()
    } else {
        view! { <Said text=event_type.to_owned()/> }.into_any()
    }
}
