//! The parts of a session's page besides its events.

use leptos::prelude::*;
use machinaut_chain::session::Summary;
use machinaut_chain::why::Kind;

use super::encoded;
use super::model::{ReceiptView, SessionView};
use super::row::plural;
use crate::ship_command::ship_command;
use crate::ui::{Ago, Code, Icon, Id, Place, Told, Verified, Withheld};
use crate::viewer::use_viewer;

/// The name of a kind's tab.
pub const fn plural_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Observation => "Observations",
        Kind::Claim => "Claims",
        Kind::Evidence => "Evidence",
        Kind::Belief => "Beliefs",
        Kind::Decision => "Decisions",
        Kind::Action => "Actions",
        Kind::Outcome => "Outcomes",
        Kind::Revision => "Revisions",
        Kind::Alert => "Alerts",
        Kind::Hold => "Holds",
        Kind::Resolution => "Answers",
        Kind::Rejection => "Refused answers",
    }
}

/// What happened, in a sentence, and the facts.
#[component]
pub fn Head(
    /// The session.
    view: SessionView,
) -> impl IntoView {
    let summary = view.summary;
    let sentence = match summary.headline.clone() {
        Some(sentence) => view! { <Told sentence/> }.into_any(),
        None => "A session without actions that can be read".into_any(),
    };
    let fate = fate(&summary);
    let holds = view
        .holds
        .into_iter()
        .filter(|hold| hold.is_open)
        .map(|hold| {
            let sentence = match hold.sentence {
                Some(sentence) => view! { <Told sentence/> }.into_any(),
                None => "an action that its log does not describe".into_any(),
            };
            view! {
                <p class="callout" data-tone="hold">
                    <Icon name="hold"/>
                    <span>"Waiting: "<a href=hold.href>{sentence}</a></span>
                </p>
            }
        })
        .collect_view();
    let project_href = format!("/sessions?project={}", encoded(&summary.project_id));
    let actions = count(&summary, Kind::Action);
    let started = summary.first_at.clone().map(|at| {
        view! { <div><dt>"Started"</dt><dd><time datetime=at.clone() title=at.clone()>{time_of_day(&at)}</time></dd></div> }
    });
    let agent = summary.agent.clone().map(|agent| {
        view! { <div><dt>"Agent"</dt><dd>{crate::ui::short_id(agent.strip_prefix("agent:").unwrap_or(&agent))}</dd></div> }
    });
    view! {
        <ul class="crumbs only-desk">
            <li><a href="/sessions">"Sessions"</a></li>
            <li>{crate::ui::short_id(&summary.session_id)}</li>
        </ul>
        <header class="page-head">
            <div>
                <h1>{sentence}</h1>
                <p class="lede">{fate}</p>
            </div>
        </header>
        {holds}
        <dl class="facts">
            <div><dt>"Session"</dt><dd><Id value=summary.session_id label="session id"/></dd></div>
            <div><dt>"Project"</dt><dd><a href=project_href>{crate::ui::short_id(&summary.project_id)}</a></dd></div>
            {agent}
            <div><dt>"Events"</dt><dd>{summary.events}</dd></div>
            <div><dt>"Actions"</dt><dd>{actions}</dd></div>
            <div><dt>"Holds"</dt><dd>{summary.holds}</dd></div>
            {started}
        </dl>
    }
    .into_any()
}

fn count(summary: &Summary, kind: Kind) -> usize {
    summary
        .kinds
        .iter()
        .find(|counted| counted.kind == kind)
        .map_or(0, |counted| counted.count + counted.withheld)
}

/// "05:13:53" of an RFC 3339 time; the whole text where it is something else.
fn time_of_day(at: &str) -> String {
    at.split_once('T')
        .and_then(|(_, time)| time.get(..8))
        .unwrap_or(at)
        .to_owned()
}

/// How the holds of a session ended, in a sentence.
fn fate(summary: &Summary) -> String {
    let known = summary.granted + summary.denied + summary.expired + summary.open_holds;
    let unanswered = summary.holds.saturating_sub(known);
    let parts: Vec<_> = [
        (summary.granted, "granted"),
        (summary.denied, "denied"),
        (summary.expired, "expired"),
        (summary.open_holds, "still open in its log"),
        (summary.refused, "refused by the guard"),
        (unanswered, "ended with an answer that is withheld"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    match (summary.holds, parts.is_empty()) {
        (0, _) => "Nothing was held.".to_owned(),
        (holds, true) => format!("{} held.", plural(holds, "action")),
        (holds, false) => format!("{} held: {}.", plural(holds, "action"), parts.join(", ")),
    }
}

/// What the server says about the log, in grey: only its word.
#[component]
pub fn Integrity(
    /// The session.
    view: SessionView,
) -> impl IntoView {
    let gaps = (view.gaps > 0).then(|| {
        let text = format!(
            "{} in seq: other sessions of the project write there too",
            plural_u64(view.gaps, "gap")
        );
        view! { <p><span class="verified" data-tone="neutral"><Icon name="gap"/>{text}</span></p> }
    });
    let whole = (view.findings.is_empty() && view.incidents.is_empty()).then(|| {
        view! { <p><Verified place=Place::Server text="no finding, and no rewrite since the first ship, says the server"/></p> }
    });
    view! { {gaps}{whole} }
}

fn plural_u64(count: u64, one: &str) -> String {
    plural(usize::try_from(count).unwrap_or(usize::MAX), one)
}

/// The ships, the last one in words.
#[component]
pub fn Ships(
    /// The latest first.
    receipts: Vec<ReceiptView>,
    /// How many there were.
    ships: u64,
) -> impl IntoView {
    let Some(last) = receipts.first().cloned() else {
        return ().into_any();
    };
    let times = if ships == 1 {
        "once".to_owned()
    } else {
        format!("{ships} times, last")
    };
    let withheld = if last.withheld == 0 {
        String::new()
    } else {
        format!(", {} withheld", last.withheld)
    };
    let listed = receipts.len();
    let all_of = if u64::try_from(listed) == Ok(ships) {
        "All ships".to_owned()
    } else {
        format!("The last {listed} ships")
    };
    let all = receipts
        .into_iter()
        .map(|receipt| {
            view! {
                <li>
                    <div>
                        <span>
                            <Ago at_ms=receipt.received_at/>
                            {format!(
                                ": {} received, {} new, {} revealed, ceiling {}",
                                receipt.received,
                                receipt.appended,
                                receipt.revealed,
                                receipt.ceiling,
                            )}
                        </span>
                        <Id value=format!("sha256:{}", receipt.body_sha256) label="hash of the body"/>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="panel-foot">
            <p>
                "Shipped "{times}" "<Ago at_ms=last.received_at/>", ceiling "<strong>{last.ceiling.to_string()}</strong>
                {withheld}". Receipt "<Id value=last.id label="receipt id"/>
            </p>
            <details>
                <summary class="flow muted"><Icon name="chevron" size="14" twist=true/>{all_of}</summary>
                <ul class="rows">{all}</ul>
            </details>
        </div>
    }
    .into_any()
}

/// What is withheld, and the command that reveals it.
#[component]
pub fn WithheldPayloads(
    /// The session.
    summary: Summary,
) -> impl IntoView {
    let endpoint = use_viewer()
        .map(|viewer| viewer.public_url)
        .unwrap_or_default();
    view! {
        <Withheld title=format!("{} of {} payloads are withheld", summary.withheld, summary.events)>
            <p>
                "At its default ceiling Lodestar ships observations, claims, beliefs and actions. Approvals, evidence \
                 and decisions stay with you; their commitments are here."
            </p>
            <Code
                caption="to reveal them, ship again"
                text=ship_command(&summary.session_id, &summary.project_id, &endpoint, true)
            />
            <p class="muted read-sm">
                "What is known stays; what was withheld is opened and checked against its commitment."
            </p>
        </Withheld>
    }
    .into_any()
}
