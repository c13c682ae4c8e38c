use leptos::prelude::*;

use super::model::SessionRow;
use crate::ui::{Ago, Flag, Status, Told, Tone, short_id};

/// A session in the list: what it was about, how it went, and whether its log holds.
#[component]
pub fn Row(
    /// The session.
    row: SessionRow,
) -> impl IntoView {
    let SessionRow {
        key,
        summary,
        last_shipped_at,
        findings,
        incidents,
    } = row;
    let sentence = match summary.headline.clone() {
        Some(sentence) => view! { <Told sentence/> }.into_any(),
        None => view! { <strong>"A session without actions that can be read"</strong> }.into_any(),
    };
    let level = summary
        .highest_level
        .map(|level| view! { <span>"up to "<span class="lvl">{level.as_str()}</span></span> });
    let open = (summary.open_holds > 0).then(
        || view! { <Status tone=Tone::Hold icon="hold" text=open_holds(summary.open_holds)/> },
    );
    let trouble = (findings > 0 || incidents > 0).then(|| {
        let text = match (findings, incidents) {
            (findings, 0) => plural(count(findings), "finding"),
            (0, incidents) => plural(count(incidents), "integrity incident"),
            (findings, incidents) => format!(
                "{}, {}",
                plural(count(findings), "finding"),
                plural(count(incidents), "integrity incident")
            ),
        };
        view! { <Flag tone=Tone::Denied icon="critical" text/> }
    });
    let withheld = (summary.withheld > 0).then(|| {
        view! { <span class="muted">{format!("{} withheld", summary.withheld)}</span> }
    });
    view! {
        <a href=format!("/sessions/{key}")>
            <span class="hold-row-sentence">{sentence}</span>
            <span class="hold-row-left"><Ago at_ms=last_shipped_at/></span>
            <span class="hold-row-meta">
                {level}
                <span>{plural(summary.events, "event")}</span>
                <span>{short_id(&summary.project_id)}</span>
                <span title=summary.session_id.clone()>{short_id(&summary.session_id)}</span>
            </span>
            <span class="hold-row-state">
                {open}
                {trouble}
                {withheld}
            </span>
        </a>
    }
    .into_any()
}

fn open_holds(count: usize) -> String {
    if count == 1 {
        "1 hold open".to_owned()
    } else {
        format!("{count} holds open")
    }
}

/// A count as the words need it.
pub fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// "1 event", "2 events".
pub fn plural(count: usize, one: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {one}s")
    }
}
