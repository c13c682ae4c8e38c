//! What is not here, said plainly, with the command that brings it.

use leptos::prelude::*;
use machinaut_chain::why::{Missing, MissingReason};

use crate::inbox::model::{HoldView, SessionRef};
use crate::sessions::event_href;
use crate::ship_command::ship_command;
use crate::ui::{Callout, Code, Glyph, Tone, Withheld, WithheldInline};
use crate::viewer::use_viewer;

/// A hold that was announced or polled for, and whose session is not shipped.
#[component]
pub fn OnlyAnnounced(
    /// The hold, as it is now.
    view: RwSignal<HoldView>,
) -> impl IntoView {
    let project = Memo::new(move |_| view.read().card.project.clone());
    let endpoint = use_viewer()
        .map(|viewer| viewer.public_url)
        .unwrap_or_default();
    let command = move || {
        let project = project.get();
        ship_command(
            "<session>",
            project.as_deref().unwrap_or("<project>"),
            &endpoint,
            true,
        )
    };
    let learned = move || match project.get() {
        Some(_) => {
            "The guard’s polls told us its project; the session’s id never travels with an announcement."
        }
        None => "An announcement carries no project, no session, no tool and no inputs.",
    };
    view! {
        <section class="why" id="why" aria-labelledby="why-h">
            <div class="section-head"><h2 id="why-h">"Why it wants to"</h2></div>
            <Callout tone=Tone::Info icon="info" title="Ship the session to read the why">
                <p>
                    "This hold was only announced. "{learned}
                    " Ask the operator to ship the running session; this page fills in by itself."
                </p>
                {move || view! { <Code caption="command" text=command()/> }}
            </Callout>
        </section>
    }
}

/// The links of the chain that the sender's ceiling withholds.
#[component]
pub fn WithheldLinks(
    /// How many events of the session are withheld.
    withheld: usize,
    /// How many it has.
    events: usize,
    /// The links that lead into them.
    missing: Vec<Missing>,
    /// The session.
    session: SessionRef,
) -> impl IntoView {
    let endpoint = use_viewer()
        .map(|viewer| viewer.public_url)
        .unwrap_or_default();
    let links: Vec<_> = missing
        .iter()
        .filter_map(|missing| match &missing.reason {
            MissingReason::Withheld { candidates, of, .. } => Some((missing, candidates, *of)),
            MissingReason::Absent => None,
        })
        .map(|(missing, candidates, of)| {
            let first = candidates.first().map(|event| {
                let commitment = event.payload_hash.chars().take(8).collect::<String>();
                view! {
                    <a href=event_href(&session.key, event)>{format!("seq {}", event.seq)}</a>
                    <WithheldInline text=format!("commitment {commitment}…")/>
                }
            });
            let more = (of > 1).then(|| format!("and {} more", of - 1));
            view! {
                <li class="flow">
                    <Glyph kind=crate::sessions::glyph(missing.kind) small=true/>
                    <span>{format!("the {} behind the {}", missing.kind.as_str(), missing.from.kind.as_str())}</span>
                    {first}
                    <span class="muted">{more}</span>
                </li>
            }
        })
        .collect();
    let list = (!links.is_empty()).then(|| view! { <ul class="stack-2">{links}</ul> });
    let title = format!("{withheld} of {events} payloads of this session are withheld");
    let project = session.project.clone();
    view! {
        <Withheld title>
            <p>
                "At its default ceiling Lodestar ships observations, claims, beliefs and actions. Decisions, \
                 evidence and approvals stay with you; their commitments are here."
            </p>
            {list}
            <Code caption="to reveal them, ship again" text=ship_command(&session.id, &project, &endpoint, true)/>
            <p class="muted read-sm">
                "What is known stays; what was withheld is opened and checked against its commitment."
            </p>
        </Withheld>
    }
}
