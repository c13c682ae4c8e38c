//! What does not add up about a session: breaches of its integrity, and findings on its events.

use leptos::prelude::*;

use super::lines::event_address;
use super::model::{FindingView, IncidentView};
use super::row::{count, plural};
use crate::ui::{Ago, Callout, HashFull, Tone};

/// What a breach is, and what was done about it.
fn told(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "vanished" => (
            "Events vanished from this log.",
            "A later ship does not hold what was shipped before. It is kept here.",
        ),
        "rolled_back" => (
            "This log went back behind what was shipped.",
            "A later ship ends before this event, or has another event in its place. What came first is kept. \
             An old copy of the log that arrived late ends early, too; another event in the place has no honest \
             cause.",
        ),
        "payload_altered" => (
            "A payload was altered in a later ship.",
            "It matched its hash before; the one that came later does not. What came first is kept.",
        ),
        "hash_mismatch" => (
            "A payload does not match its hash.",
            "It was changed after it was written, or written in a way that could not be hashed. It is kept and \
             never counts as verified.",
        ),
        _ => (
            "A later ship rewrote this log.",
            "It held this event with another commitment. That ship was refused, and what came first is kept.",
        ),
    }
}

/// One breach, with the commitments concerned.
#[component]
pub fn IncidentCallout(
    /// The breach.
    incident: IncidentView,
    /// Our id of the session.
    session: String,
    /// Where it is told on a page of many sessions: which one this is.
    #[prop(optional)]
    about: Option<AnyView>,
) -> impl IntoView {
    let (title, text) = told(&incident.kind);
    let more = (incident.events > 1).then(|| format!(" and {} more", incident.events - 1));
    let times = (incident.times > 1).then(|| format!("{} times, last ", incident.times));
    let href = event_address(&session, incident.seq, &incident.event_id);
    let kept = incident.kept;
    let commitments = match incident.offered {
        Some(offered) => view! {
            <dl class="versus">
                <div><dt>"Kept since the first ship"</dt><dd><HashFull value=kept/></dd></div>
                <div><dt>"Offered later"</dt><dd class="hash-full"><span class="diff-part">{offered}</span></dd></div>
            </dl>
        }
        .into_any(),
        None => view! {
            <dl class="versus"><div><dt>"Its commitment, as kept"</dt><dd><HashFull value=kept/></dd></div></dl>
        }
        .into_any(),
    };
    view! {
        <Callout tone=Tone::Denied icon="critical" title>
            <p>
                {text} " "
                <a href=href>{format!("seq {}", incident.seq)}</a> {more} ", " {times}
                <Ago at_ms=incident.at/>
            </p>
            {about}
            {commitments}
        </Callout>
    }
    .into_any()
}

/// What does not add up about a session, before everything else.
#[component]
pub fn Breaches(
    /// Ships that contradicted what was kept.
    incidents: Vec<IncidentView>,
    /// Events that do not add up; the first of them.
    findings: Vec<FindingView>,
    /// How many there are.
    findings_total: u64,
    /// Our id of the session.
    session: String,
) -> impl IntoView {
    let callouts = incidents
        .into_iter()
        .map(|incident| view! { <IncidentCallout incident session=session.clone()/> })
        .collect_view();
    let findings = (!findings.is_empty()).then(|| {
        let listed = findings.len();
        let total = count(findings_total).max(listed);
        let rest = (total > listed)
            .then(|| view! { <p class="muted">{format!("The first {listed} of them are listed.")}</p> });
        let items = findings
            .into_iter()
            .map(|finding| {
                let href = event_address(&session, finding.seq, &finding.event_id);
                view! {
                    <li>
                        <a href=href>{format!("seq {}", finding.seq)}</a>
                        " " <code>{finding.kind.as_str()}</code> " " {finding.kind.sentence()}
                    </li>
                }
            })
            .collect_view();
        view! {
            <Callout tone=Tone::Denied icon="critical" title=format!("{} in this log", plural(total, "finding"))>
                <p>"These events are kept and marked; they never count as verified."</p>
                <ul class="stack-2">{items}</ul>
                {rest}
            </Callout>
        }
    });
    view! { {callouts}{findings} }.into_any()
}
