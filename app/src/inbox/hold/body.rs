//! What an approver reads before deciding, from the sentence down to what would be signed.

use leptos::prelude::*;
use machinaut_chain::sentence::{Part, Sentence};
use machinaut_chain::why::{Hesitation, HesitationKind, Weight, Why};

use super::known::{OnlyAnnounced, WithheldLinks};
use super::signing::{Signing, WhatIsSigned};
use crate::inbox::model::{HoldView, Risk, SessionRef, Standing};
use crate::inbox::outline::{WhyOutline, anchor};
use crate::inbox::refusal::Refusal;
use crate::sessions::ChecksLine;
use crate::ui::{
    Ago, Chip, Chips, Clock, GuardSign, Hesitation as Row, Hesitations, Id, Said, SectionHead,
    Status, Told, Tone,
};

/// The reading part of the page.
#[component]
pub fn Body(
    /// The hold, as it is now.
    view: RwSignal<HoldView>,
    /// The decision that is being made.
    signing: Signing,
) -> impl IntoView {
    // Each part is drawn again only when it changed: nothing else moves under the reader.
    let head = Memo::new(move |_| view.with(Head::of));
    let clock = Memo::new(move |_| view.with(|view| (view.card.requested_at, view.card.deadline)));
    let last_polled_ms = Memo::new(move |_| view.read().card.last_polled_at);
    let why = Memo::new(move |_| view.read().why.clone());
    let session = Memo::new(move |_| view.read().session.clone());
    let refused = Memo::new(move |_| {
        view.with(|view| match view.card.standing {
            Standing::Refused { .. } => view.decision.clone(),
            _ => None,
        })
    });
    view! {
        <div class="hold-body">
            {move || head.get().view()}
            {move || {
                let (asked, deadline) = clock.get();
                view! {
                    <Clock asked_ms=Some(asked) deadline_ms=deadline>
                        <GuardSign last_polled_ms/>
                    </Clock>
                }
            }}
            {move || refused.get().map(|decision| view! { <Refusal decision deadline=clock.get().1/> })}
            {move || why.with(|why| why.as_ref().map(hesitations))}
            {move || match (why.get(), session.get()) {
                (Some(why), Some(session)) => view! { <TheWhy why session/> }.into_any(),
                _ => view! { <OnlyAnnounced view/> }.into_any(),
            }}
            <WhatIsSigned signing/>
        </div>
    }
    .into_any()
}

/// What the head of the page says.
#[derive(Clone, PartialEq)]
struct Head {
    view: Box<HoldView>,
}

impl Head {
    /// Only what the head shows: the rest is taken out, so that its changes do not redraw it.
    fn of(view: &HoldView) -> Self {
        let mut view = Box::new(view.clone());
        view.now = 0;
        view.card.last_polled_at = None;
        view.decision = None;
        view.outcome = None;
        if let Some(why) = &mut view.why {
            why.nodes.clear();
            why.edges.clear();
            why.missing.clear();
            why.hesitations.clear();
        }
        Self { view }
    }

    fn view(self) -> impl IntoView {
        let HoldView {
            card,
            reason,
            session,
            why,
            ..
        } = *self.view;
        let sentence = match card.sentence.clone() {
            Some(sentence) => view! { <Told sentence/> }.into_any(),
            None => format!("An agent asks to run an {}", card.unread_action()).into_any(),
        };
        let tool = why
            .and_then(|why| why.action.tool)
            .map(|tool| view! { <Said text=tool/> });
        let project = card.project.map(|project| {
            let href = format!("/sessions?project={}", crate::sessions::encoded(&project));
            view! { <span>"project "<a href=href>{crate::ui::short_id(&project)}</a></span> }
        });
        let session = session.map(|SessionRef { key, id, .. }| {
            view! {
                <span>"session "<a href=format!("/sessions/{key}") title=id.clone()>{crate::ui::short_id(&id)}</a></span>
            }
        });
        let action = (card.sentence.is_none()).then(|| {
            card.action_id
                .map(|id| view! { <span>"action "<Id value=id label="action id"/></span> })
        });
        let reason = reason.map(|reason| {
            view! { <p class="muted">"Held by the guard: "<Said text=reason/></p> }
        });
        view! {
            <header class="hold-head">
                <p class="eyebrow">
                    <Status tone=Tone::Hold icon="hold" text="Held for approval"/>
                    <span>"asked "<Ago at_ms=card.requested_at/></span>
                </p>
                <h1 class="sentence" id="sentence">{sentence}</h1>
                <p class="byline">{tool}{project}{session}{action}</p>
                {card.risk.as_ref().map(|risk| view! { <Chips chips=chips(risk)/> })}
                {reason}
            </header>
        }
    }
}

/// The risk facts, each toned only where its value is a reason to weigh it.
pub fn chips(risk: &Risk) -> Vec<Chip> {
    let tone = |value: &str, heavy: &[&str], light: &[&str]| {
        if heavy.contains(&value) {
            Some(Tone::Denied)
        } else if light.contains(&value) {
            None
        } else {
            Some(Tone::Hold)
        }
    };
    let chip = |name, value: &Option<String>, heavy: &[&str], light: &[&str]| {
        let known = value.as_deref();
        Chip {
            name,
            value: known.map_or_else(
                || "not stated".to_owned(),
                crate::inbox::outline::shown_word,
            ),
            tone: known.map_or(Some(Tone::Hold), |value| tone(value, heavy, light)),
        }
    };
    vec![
        Chip {
            name: "level",
            value: risk
                .level
                .clone()
                .map_or_else(|| "not stated".to_owned(), level_in_words),
            tone: match risk.level.as_deref() {
                Some("L0" | "L1" | "L2" | "L3") => None,
                Some("L5") => Some(Tone::Denied),
                _ => Some(Tone::Hold),
            },
        },
        chip(
            "blast radius",
            &risk.blast_radius,
            &[],
            &["self", "session"],
        ),
        chip(
            "reversibility",
            &risk.reversibility,
            &["irreversible"],
            &["reversible"],
        ),
        chip(
            "data",
            &risk.data_sensitivity,
            &["secret"],
            &["public", "private"],
        ),
    ]
}

fn level_in_words(level: String) -> String {
    let meaning = match level.as_str() {
        "L0" => "observe",
        "L1" => "suggest",
        "L2" => "isolated artifact",
        "L3" => "local, reversible",
        "L4" => "external, shared",
        "L5" => "prohibited",
        _ => return level,
    };
    format!("{level} {meaning}")
}

fn hesitations(why: &Why) -> impl IntoView + use<> {
    let items = why
        .hesitations
        .iter()
        .map(|hesitation| row(why, hesitation))
        .collect();
    view! { <Hesitations items/> }
}

fn row(why: &Why, hesitation: &Hesitation) -> Row {
    let tone = match hesitation.weight {
        Weight::Critical => Tone::Denied,
        Weight::Warning => Tone::Hold,
        Weight::Notice => Tone::Info,
    };
    let target = hesitation.subjects.iter().find_map(|key| anchor(why, key));
    let ours = without_said(&hesitation.headline);
    let detail = match ours {
        Some(_) => hesitation.detail.clone(),
        // An agent's words never stand in a title: they move to the detail, quoted.
        None => Sentence(
            hesitation
                .headline
                .0
                .iter()
                .chain(&hesitation.detail.0)
                .cloned()
                .collect(),
        ),
    };
    Row {
        tone,
        icon: icon(hesitation.kind),
        href: format!("#{}", target.unwrap_or_else(|| "why".to_owned())),
        title: ours.unwrap_or_else(|| {
            match hesitation.kind {
                HesitationKind::SentinelAlert => "A sentinel raised an alert.",
                _ => "Something to weigh.",
            }
            .to_owned()
        }),
        detail: view! { <Told sentence=detail/> }.into_any(),
    }
}

/// A sentence as plain text where every word of it is ours; none where an agent speaks in it.
fn without_said(sentence: &Sentence) -> Option<String> {
    sentence
        .0
        .iter()
        .all(|part| matches!(part, Part::Ours(_)))
        .then(|| sentence.to_text())
}

const fn icon(kind: HesitationKind) -> &'static str {
    match kind {
        HesitationKind::ForgedResolution
        | HesitationKind::IntegrityFinding
        | HesitationKind::QuarantinedBelief
        | HesitationKind::SentinelAlert => "critical",
        HesitationKind::DescribedTwice | HesitationKind::ContradictedBelief => "contra",
        HesitationKind::MiscalibratedClass | HesitationKind::LowConfidence => "calibration",
        HesitationKind::ExternalDocument => "doc",
        HesitationKind::StaleBelief => "clock",
        HesitationKind::DecisionWithheld | HesitationKind::ChainWithheld => "lock",
        HesitationKind::Precondition
        | HesitationKind::NoDecision
        | HesitationKind::ChainAbsent
        | HesitationKind::UnlikeItsPast => "info",
        HesitationKind::UnverifiedBelief
        | HesitationKind::SingleSource
        | HesitationKind::UnattestedBelief
        | HesitationKind::Revised => "warn",
    }
}

/// Why the agent wants it.
#[component]
fn TheWhy(why: Why, session: SessionRef) -> impl IntoView {
    let href = format!("/sessions/{}", session.key);
    let withheld = (why.withheld_events > 0).then(|| {
        view! {
            <WithheldLinks
                withheld=why.withheld_events
                events=why.session_events
                missing=why.missing.clone()
                session=session.clone()
            />
        }
    });
    let cut = why.is_cut.then(|| view! { <p class="muted">"The chain is longer than this; the session has all of it."</p> });
    view! {
        <section class="why" id="why" aria-labelledby="why-h">
            <SectionHead
                id="why-h"
                title="Why it wants to"
                note=view! { <a href=href>"Open the session"</a> }.into_any()
            />
            <ChecksLine/>
            <WhyOutline why session=session.key.clone()/>
            {cut}
            {withheld}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn risk(level: &str, reversibility: Option<&str>) -> Risk {
        Risk {
            level: Some(level.to_owned()),
            blast_radius: Some("external".to_owned()),
            reversibility: reversibility.map(str::to_owned),
            data_sensitivity: Some("private".to_owned()),
        }
    }

    #[test]
    fn a_title_holds_no_word_of_an_agent() {
        let ours = Sentence::new().ours("The log names no decision behind it.");
        assert_eq!(
            without_said(&ours).as_deref(),
            Some("The log names no decision behind it.")
        );
        assert_eq!(without_said(&ours.said("approve")), None);
    }

    #[test]
    fn what_cannot_be_undone_is_red() {
        let chips = chips(&risk("L4", Some("irreversible")));
        assert_eq!(chips[0].value, "L4 external, shared");
        assert_eq!(chips[2].tone, Some(Tone::Denied));
        assert_eq!(chips[3].tone, None);
    }

    #[test]
    fn what_is_not_stated_is_a_reason_to_weigh() {
        let chips = chips(&risk("L4", None));
        assert_eq!(
            (chips[2].value.as_str(), chips[2].tone),
            ("not stated", Some(Tone::Hold))
        );
    }

    #[test]
    fn an_invented_word_is_not_repeated_in_a_chip() {
        let chips = chips(&risk("L4", Some("fully reversible, approve")));
        assert_eq!(
            (chips[2].value.as_str(), chips[2].tone),
            ("an unknown word", Some(Tone::Hold))
        );
    }
}
