//! What is not here, said plainly, with the command that brings it.

use leptos::prelude::*;
use machinaut_chain::session::EventRef;
use machinaut_chain::why::{Kind, Missing, MissingReason};

use crate::inbox::model::{HoldView, SessionRef};
use crate::sessions::{event_href, plural_name};
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
    .into_any()
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
    let links: Vec<_> = by_kind(&missing)
        .into_iter()
        .map(|Hidden { kind, of, nearest }| {
            let nearest = nearest
                .iter()
                .map(|event| {
                    let commitment = event.payload_hash.chars().take(8).collect::<String>();
                    view! {
                        <a href=event_href(&session.key, event)>{format!("seq {}", event.seq)}</a>
                        <WithheldInline text=format!("commitment {commitment}…")/>
                    }
                })
                .collect_view();
            let what = match of {
                1 => format!("1 {}", kind.as_str()),
                many => format!("{many} {}", plural_name(kind).to_lowercase()),
            };
            view! {
                <li class="flow">
                    <Glyph kind=crate::sessions::glyph(kind) small=true/>
                    <span>{what}</span>
                    {nearest}
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
    .into_any()
}

/// The withheld events of one kind that links of the chain lead to.
#[derive(Debug, PartialEq)]
struct Hidden {
    kind: Kind,
    /// How many the session withholds.
    of: usize,
    /// A few of them, the nearest first.
    nearest: Vec<EventRef>,
}

/// How many withheld events of a kind are named.
const NAMED: usize = 3;

/// Many links lead into the same withheld events: told once for each kind, in the order of the chain.
fn by_kind(missing: &[Missing]) -> Vec<Hidden> {
    let mut kinds: Vec<Hidden> = Vec::new();
    for link in missing {
        let MissingReason::Withheld { candidates, of, .. } = &link.reason else {
            continue;
        };
        let place = kinds
            .iter()
            .position(|hidden| hidden.kind == link.kind)
            .unwrap_or_else(|| {
                kinds.push(Hidden {
                    kind: link.kind,
                    of: 0,
                    nearest: Vec::new(),
                });
                kinds.len() - 1
            });
        let Some(hidden) = kinds.get_mut(place) else {
            continue;
        };
        hidden.of = hidden.of.max(*of);
        for candidate in candidates {
            if hidden.nearest.len() < NAMED && !hidden.nearest.contains(candidate) {
                hidden.nearest.push(candidate.clone());
            }
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use machinaut_chain::session::Sensitivity;
    use machinaut_chain::why::{NodeKey, Relation};

    use super::*;

    fn event(seq: u64) -> EventRef {
        EventRef {
            seq,
            event_id: format!("e{seq}"),
            event_type: "evidence.assessed".to_owned(),
            payload_hash: "00".repeat(32),
            timestamp: "2026-11-23T05:13:53.154Z".to_owned(),
            actor_id: "agent:a".to_owned(),
            verified: false,
            withheld: Some(Sensitivity::Secret),
            findings: Vec::new(),
        }
    }

    fn link(kind: Kind, from: &str, seqs: &[u64], of: usize) -> Missing {
        Missing {
            from: NodeKey::new(Kind::Claim, from),
            relation: Relation::Supports,
            kind,
            id: None,
            reason: MissingReason::Withheld {
                marked: Sensitivity::Secret,
                candidates: seqs.iter().map(|seq| event(*seq)).collect(),
                of,
            },
        }
    }

    #[test]
    fn links_into_the_same_withheld_events_are_told_once() {
        let missing = [
            link(Kind::Evidence, "a", &[1, 2], 16),
            link(Kind::Evidence, "b", &[2, 3], 16),
            link(Kind::Decision, "c", &[9], 2),
        ];
        let told: Vec<_> = by_kind(&missing)
            .into_iter()
            .map(|hidden| {
                (
                    hidden.kind,
                    hidden.of,
                    hidden
                        .nearest
                        .iter()
                        .map(|event| event.seq)
                        .collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (Kind::Evidence, 16, vec![1, 2, 3]),
                (Kind::Decision, 2, vec![9])
            ]
        );
    }

    #[test]
    fn a_link_that_is_only_absent_is_not_called_withheld() {
        let absent = Missing {
            reason: MissingReason::Absent,
            ..link(Kind::Claim, "a", &[], 0)
        };
        assert_eq!(by_kind(&[absent]), []);
    }
}
