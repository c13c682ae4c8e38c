//! One event, raw: its envelope and payload as they were shipped, and whether they hold.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use machinaut_chain::session::FindingKind;

use super::checks::{Outcome, Report};
use super::envelope_text::indent;
use super::lines::{event_address, glyph, glyph_of_type};
use super::model::EventView;
use super::server::event;
use super::timeline::{shown_type, told};
use crate::ship_command::ship_command;
use crate::trouble::Trouble;
use crate::ui::{
    Ago, Callout, Code, Copy, Glyph, HashFull, Icon, Id, Place, Said, SaidBlock, Skeleton, Tone,
    Verified, Withheld, short_id,
};
use crate::viewer::use_viewer;

/// The page of one event, for the route `/sessions/:session/events/:seq`.
#[component]
pub fn EventPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let params = params.read();
        (
            params.get("session").unwrap_or_default(),
            params.get("seq").unwrap_or_default(),
            query.read().get("event"),
        )
    });
    let shown = Resource::new(
        move || asked.get(),
        |(session, seq, id)| event(session, seq, id),
    );
    view! {
        <Transition fallback=Loading>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(view) => view! { <Event view/> }.into_any(),
                    Err(problem) => {
                        view! {
                            <Trouble
                                title="This event could not be read."
                                problem
                                consequence="Nothing was lost."
                                retry=Callback::new(move |()| shown.refetch())
                            />
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
    .into_any()
}

#[component]
fn Event(view: EventView) -> impl IntoView {
    let checked = check_here(view.line.clone());
    let session_href = format!("/sessions/{}", view.session_key);
    let kind = view
        .kind
        .map_or_else(|| glyph_of_type(&view.event.event_type), glyph);
    let title = shown_type(&view.event.event_type);
    let step = |href: Option<String>, name: &'static str, icon: &'static str| {
        href.map(|href| {
            view! { <a class="btn btn-icon" href=href aria-label=name><Icon name=icon/></a> }
        })
    };
    view! {
        <Title text=format!("Event {}", view.event.seq)/>
        <main id="main" class="page">
            <ul class="crumbs only-desk">
                <li><a href="/sessions">"Sessions"</a></li>
                <li><a href=session_href>{short_id(&view.session_id)}</a></li>
                <li>{format!("seq {}", view.event.seq)}</li>
            </ul>
            <header class="page-head">
                <div>
                    <p class="eyebrow">
                        <Glyph kind small=true/>
                        <span class="kind-name" data-kind=kind>{kind}</span>
                        <span>{format!("seq {}, one of {} events", view.event.seq, view.of)}</span>
                    </p>
                    <h1>{title}" "{told(view.gist.clone())}</h1>
                </div>
                <div class="page-actions">
                    {step(view.previous.clone(), "Previous event", "back")}
                    {step(view.next.clone(), "Next event", "forward")}
                </div>
            </header>
            <Findings view=view.clone()/>
            <div class="cols-2">
                <div class="stack-6">
                    <Payload view=view.clone()/>
                    <section class="stack-2">
                        <h2>"The record, as it was shipped"</h2>
                        <Code caption="one line of the ship, verbatim" text=view.line.clone() wrap=true said=true/>
                    </section>
                </div>
                <aside class="stack">
                    <section class="panel" aria-labelledby="integrity">
                        <header class="panel-head"><h2 id="integrity">"Integrity"</h2></header>
                        <div class="panel-body stack">
                            <p role="status">{move || checked.get().view()}</p>
                            <div>
                                <p class="muted">"payload hash"</p>
                                <p class="hash-full">"sha256 "{view.event.payload_hash.clone()}</p>
                            </div>
                            <div>
                                <p class="muted">"commitment over the envelope"</p>
                                <p class="hash-full">"sha256 "{view.commitment.clone()}</p>
                            </div>
                            {view.first_shipped_at.map(|at| view! {
                                <p class="muted">"commitment kept since "<Ago at_ms=at/></p>
                            })}
                        </div>
                    </section>
                    <Envelope view/>
                </aside>
            </div>
        </main>
    }
    .into_any()
}

/// What hashing this one record in the browser showed.
#[derive(Clone, Copy, PartialEq)]
enum Here {
    NotYet,
    Showed(Outcome),
    Unreadable,
}

impl Here {
    fn view(self) -> impl IntoView {
        let (place, text) = match self {
            Self::NotYet => (Place::NotYet, "hash not checked in this browser yet"),
            Self::Showed(Outcome::Matches) => {
                (Place::Browser, "payload hash verified in this browser")
            }
            Self::Showed(Outcome::Withheld) => (
                Place::Withheld,
                "not opened: nothing to verify yet, commitment kept",
            ),
            Self::Showed(Outcome::DoesNotMatch) => (
                Place::BrowserMismatch,
                "the payload does not hold, checked in this browser",
            ),
            Self::Unreadable => (
                Place::BrowserMismatch,
                "the record cannot be read, checked in this browser",
            ),
        };
        view! { <Verified place text/> }
    }
}

fn check_here(line: String) -> Signal<Here> {
    let here = RwSignal::new(Here::NotYet);
    Effect::new(move |_| {
        let mut report = Report::default();
        report.add(line.as_bytes());
        here.set(match report.only() {
            Some(outcome) => Here::Showed(outcome),
            None => Here::Unreadable,
        });
    });
    here.into()
}

/// What does not add up about this event, before everything else.
#[component]
fn Findings(view: EventView) -> impl IntoView {
    let rivals = view
        .rivals
        .iter()
        .map(|rival| {
            view! {
                <li>
                    <a href=event_address(&view.session_key, view.event.seq, rival)>{short_id(rival)}</a>
                </li>
            }
        })
        .collect_view();
    let rivals = (!view.rivals.is_empty()).then(|| {
        view! { <p>"The other events that claim this place:"</p><ul>{rivals}</ul> }
    });
    let findings = view
        .event
        .findings
        .iter()
        .copied()
        .map(|finding| {
            let honest = (finding == FindingKind::PayloadHashMismatch).then_some(
                " An honest sender can do this, for instance with a date object in the payload. It can also mean \
                 that somebody changed the payload.",
            );
            view! {
                <Callout tone=Tone::Denied icon="critical" title=finding.sentence() alert=true>
                    <p>
                        "Finding "<code>{finding.as_str()}</code>
                        ". The event is kept and marked; it never counts as verified."{honest}
                    </p>
                </Callout>
            }
        })
        .collect_view();
    view! { {findings}{rivals} }
}

/// The payload: open, withheld, or never there.
#[component]
fn Payload(view: EventView) -> impl IntoView {
    let endpoint = use_viewer()
        .map(|viewer| viewer.public_url)
        .unwrap_or_default();
    match (view.event.withheld, view.payload) {
        (Some(marked), _) => view! {
            <Withheld title="The payload is withheld">
                <p>
                    <Icon name="lock"/>
                    <span>
                        "Marked "<strong>{marked.to_string()}</strong>
                        ", which often only means that nobody classified it. The commitment is kept."
                    </span>
                </p>
                <HashFull value=format!("sha256 {}", view.event.payload_hash)/>
                <Code
                    caption="to reveal it, ship again"
                    text=ship_command(&view.session_id, &view.project_id, &endpoint, true)
                />
                <p class="muted">"When it arrives it must match this commitment, or it is marked."</p>
            </Withheld>
        }
        .into_any(),
        (None, Some(payload)) => {
            let caption =
                if view.event.findings.is_empty() { "payload, as shipped" } else { "payload, as shipped, not verified" };
            let excerpt = view
                .excerpt
                .map(|text| view! { <SaidBlock caption="tool output, untrusted" text/> });
            view! {
                {excerpt}
                <section class="stack-2">
                    <h2>"Payload"</h2>
                    <Code caption text=indent(&payload) wrap=true said=true/>
                </section>
            }
            .into_any()
        }
        (None, None) => view! {
            <Callout icon="info">
                <p>"This event never had a payload; its hash is that of null."</p>
            </Callout>
        }
        .into_any(),
    }
}

/// Everything of the envelope but the payload.
#[component]
fn Envelope(view: EventView) -> impl IntoView {
    let parents = if view.causal_parent_ids.is_empty() {
        view! { <span class="muted">"none"</span> }.into_any()
    } else {
        view.causal_parent_ids
            .into_iter()
            .map(|id| view! { <Id value=id label="event id"/>" " })
            .collect_view()
            .into_any()
    };
    let time = view.event.timestamp.clone();
    view! {
        <section class="panel" aria-labelledby="envelope">
            <header class="panel-head">
                <h2 id="envelope">"Envelope"</h2>
                <span>"line "<Copy text=view.line label="Copy the record line"/></span>
            </header>
            <div class="panel-body">
                <dl class="kv">
                    <dt>"Event"</dt>
                    <dd><Id value=view.event.event_id label="event id"/></dd>
                    <dt>"Seq"</dt>
                    <dd class="num">{view.event.seq}</dd>
                    <dt>"Clock"</dt>
                    <dd class="num">{view.logical_clock}</dd>
                    <dt>"Type"</dt>
                    <dd><Said text=view.event.event_type/>" at schema "<Said text=view.schema_version/></dd>
                    <dt>"Actor"</dt>
                    <dd><Said text=view.event.actor_id/></dd>
                    <dt>"Time"</dt>
                    <dd><time datetime=time.clone()>{time.clone()}</time></dd>
                    <dt>"Project"</dt>
                    <dd>{short_id(&view.project_id)}</dd>
                    <dt>"Session"</dt>
                    <dd><Id value=view.session_id label="session id"/></dd>
                    <dt>"Parents"</dt>
                    <dd>{parents}</dd>
                </dl>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Loading() -> impl IntoView {
    view! {
        <main id="main" class="page" aria-busy="true">
            <p class="sr" role="status">"Loading the event"</p>
            <div class="stack"><Skeleton width="4"/><Skeleton width="3"/></div>
        </main>
    }
    .into_any()
}
