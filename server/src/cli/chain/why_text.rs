//! The why of an action as a page of text: what it is, where its hold stands, what should make one
//! hesitate, and the chain behind it. The words of the log stand in it as quotations.

use std::io::{self, Write};

use machinaut_chain::model::{ActionFacts, AuthorityFacts, LoggedResolution};
use machinaut_chain::pending::{LoggedHold, LoggedOutcome};
use machinaut_chain::sentence::{Part, Sentence, excerpt};
use machinaut_chain::session::EventRef;
use machinaut_chain::why::{Answer, Hesitation, Weight, Why};

use super::hidden::{name, quoted};
use super::outline;
use super::wrap::Paper;

/// The longest quotation of what an agent wrote, in characters. The JSON has it whole.
const LONGEST_WORDS: usize = 2_000;

/// How many events a hesitation names at most.
const MOST_EVENTS: usize = 8;

pub(super) fn write(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    let paper = &mut Paper::new(out);
    paper.paragraph("", "", &spoken(&why.sentence))?;
    paper.space()?;
    action(&why.action, paper)?;
    match &why.hold {
        Some(of) => hold(of, paper)?,
        None => paper.bare_heading("HOLD  none: the log has no hold of this action")?,
    }
    hesitations(&why.hesitations, paper)?;
    outline::write(why, paper)?;
    paper.space()?;
    paper.paragraph("", "", &extent(why))
}

/// A sentence with everything that is not ours as a quotation, or as the plain name that it is.
pub(super) fn spoken(sentence: &Sentence) -> String {
    let parts = sentence.0.iter().map(|part| match part {
        Part::Ours(words) => words.clone(),
        Part::Said(words) => quoted(words),
        Part::Actor(word) | Part::Id(word) => name(word),
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// An event by its place, and whether it was checked.
pub(super) fn place(event: &EventRef) -> String {
    let seq = event.seq;
    match event.withheld {
        Some(marked) => format!("seq\u{a0}{seq}, withheld, marked {marked}"),
        None if event.verified => format!("seq\u{a0}{seq}, verified"),
        None => {
            let findings: Vec<&str> = event.findings.iter().map(|kind| kind.as_str()).collect();
            format!("seq\u{a0}{seq}, NOT VERIFIED: {}", findings.join(", "))
        }
    }
}

fn action(action: &ActionFacts, paper: &mut Paper<'_>) -> io::Result<()> {
    paper.fact("action", &name(&action.id))?;
    paper.fact("agent", &name(&action.agent))?;
    if let Some(tool) = &action.tool {
        paper.fact("tool", &name(tool))?;
    }
    if let Some(intent) = &action.intent {
        paper.fact("intent", &cut(intent))?;
    }
    if let Some(inputs) = &action.inputs {
        paper.fact("inputs", &cut(inputs))?;
    }
    match action.level {
        Some(level) => paper.fact("level", &format!("{}: {}", level.as_str(), level.meaning()))?,
        None => paper.fact("level", "not told")?,
    }
    let mut risk = Vec::new();
    risk.extend(
        action
            .blast_radius
            .as_ref()
            .map(|word| format!("reaches {}", name(word.as_str()))),
    );
    risk.extend(
        action
            .reversibility
            .as_ref()
            .map(|word| name(word.as_str())),
    );
    risk.extend(
        action
            .data_sensitivity
            .as_ref()
            .map(|word| format!("{} data", name(word.as_str()))),
    );
    risk.extend(
        action
            .scope
            .as_ref()
            .map(|scope| format!("scope {} {}", name(&scope.level), name(&scope.identifier))),
    );
    if !risk.is_empty() {
        paper.fact("contract", &risk.join(", "))?;
    }
    for condition in &action.preconditions {
        paper.fact("only if", &cut(condition))?;
    }
    if let Some(phase) = &action.phase {
        let by = action.verdict.as_ref().map(|verdict| {
            let did = if verdict.approved {
                "approved"
            } else {
                "stopped"
            };
            format!(", {did} by {}", name(&verdict.approver_id))
        });
        paper.fact(
            "stands",
            &format!("{}{}", name(phase.as_str()), by.unwrap_or_default()),
        )?;
    }
    Ok(())
}

fn hold(hold: &LoggedHold, paper: &mut Paper<'_>) -> io::Result<()> {
    let standing = match &hold.outcome {
        LoggedOutcome::Open => "open: nothing in this log answers it",
        LoggedOutcome::Granted { .. } => "granted",
        LoggedOutcome::Denied { .. } => "denied",
        LoggedOutcome::Expired { .. } => "expired: nobody answered in time",
        LoggedOutcome::Ended { .. } => "over: its answer is withheld, but the action went on",
    };
    paper.heading(&format!("HOLD  {standing}"))?;
    match &hold.request_id {
        Some(id) => paper.fact("request", &name(id))?,
        None => paper.fact("request", "withheld, or never logged")?,
    }
    if let Some(reason) = &hold.reason {
        paper.fact("reason", &cut(reason))?;
    }
    paper.fact(
        "asked",
        &format!("{} ({})", name(&hold.requested_at), place(&hold.event)),
    )?;
    match &hold.deadline {
        Some(deadline) => paper.fact("deadline", &name(deadline))?,
        None => paper.fact("deadline", "none is readable")?,
    }
    let authority = authority(&hold.required_authority);
    if !authority.is_empty() {
        paper.fact("authority", &authority)?;
    }
    match &hold.outcome {
        LoggedOutcome::Open | LoggedOutcome::Expired { .. } => {}
        LoggedOutcome::Granted { event, resolution } => {
            paper.fact("granted", &answered(resolution, event))?;
        }
        LoggedOutcome::Denied { event, resolution } => {
            paper.fact("denied", &answered(resolution, event))?;
        }
        LoggedOutcome::Ended { event, phase, .. } => {
            paper.fact(
                "then",
                &format!("{} ({})", name(phase.as_str()), place(event)),
            )?;
        }
    }
    for refused in &hold.rejected {
        let rejection = &refused.rejection;
        let by = if rejection.by_guard {
            "the guard refused an answer"
        } else {
            "a refusal that the guard did not write"
        };
        let of = rejection
            .approver_id
            .as_deref()
            .map(|id| format!(" in the name of {}", name(id)));
        let why = rejection
            .reason
            .as_deref()
            .map(|reason| format!(": {}", cut(reason)));
        let (of, why) = (of.unwrap_or_default(), why.unwrap_or_default());
        paper.fact(
            "REFUSED",
            &format!("{by}{of}{why} ({})", place(&refused.event)),
        )?;
    }
    for forged in &hold.forged {
        let answer = answered(&forged.resolution, &forged.event);
        paper.fact(
            "FORGED",
            &format!("{}, and counts for nothing: {answer}", word(forged.answer)),
        )?;
    }
    if hold.announce_withheld {
        paper.fact(
            "announced",
            "no: the guard kept it to itself because of its ceiling",
        )?;
    }
    Ok(())
}

/// The word for an answer.
pub(super) const fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Granted => "granted",
        Answer::Denied => "denied",
        Answer::Expired => "expired",
    }
}

/// Who answered, when, why, and whether it is signed.
pub(super) fn answered(resolution: &LoggedResolution, event: &EventRef) -> String {
    let by = match &resolution.approver_id {
        Some(approver) => format!("by {}", name(approver)),
        None => "by nobody that is named".to_owned(),
    };
    let at = resolution
        .at
        .as_deref()
        .map(|at| format!(" at {}", name(at)));
    let signed = match &resolution.signature {
        Some(_) => "signed",
        None => "unsigned",
    };
    let why = resolution
        .reason
        .as_deref()
        .map(|reason| format!(", {}", cut(reason)));
    let (at, why) = (at.unwrap_or_default(), why.unwrap_or_default());
    format!("{by}{at}, {signed}{why} ({})", place(event))
}

fn authority(authority: &AuthorityFacts) -> String {
    let mut asked = Vec::new();
    asked.extend(
        authority
            .min_trust_baseline
            .map(|trust| format!("trust of at least {trust}")),
    );
    let clearance = authority.sensitivity_clearance.as_deref();
    asked.extend(clearance.map(|word| format!("clearance {}", name(word))));
    asked.extend(
        authority
            .scope
            .as_deref()
            .map(|scope| format!("scope {}", cut(scope))),
    );
    asked.join(", ")
}

fn hesitations(hesitations: &[Hesitation], paper: &mut Paper<'_>) -> io::Result<()> {
    if hesitations.is_empty() {
        return paper.bare_heading("HESITATE  nothing found that should make you");
    }
    paper.heading("HESITATE")?;
    for (at, hesitation) in hesitations.iter().enumerate() {
        if at > 0 {
            paper.space()?;
        }
        let weight = match hesitation.weight {
            Weight::Critical => "CRITICAL",
            Weight::Warning => "warning",
            Weight::Notice => "notice",
        };
        paper.fact(weight, &spoken(&hesitation.headline))?;
        let detail = spoken(&hesitation.detail);
        if !detail.is_empty() {
            paper.fact("", &detail)?;
        }
        if hesitation.is_context {
            paper.fact(
                "",
                "It concerns only what came before, which the log does not link to the action.",
            )?;
        }
        if !hesitation.rests_on.is_empty() {
            paper.fact("", &rests_on(&hesitation.rests_on))?;
        }
    }
    Ok(())
}

fn rests_on(events: &[EventRef]) -> String {
    let mut told: Vec<String> = events
        .iter()
        .take(MOST_EVENTS)
        .map(|event| format!("seq\u{a0}{} {}", event.seq, name(&event.event_type)))
        .collect();
    if events.len() > MOST_EVENTS {
        told.push(format!("and {} more", events.len() - MOST_EVENTS));
    }
    format!("rests on {}", told.join(", "))
}

/// How much of the session there was to read.
fn extent(why: &Why) -> String {
    let events = why.session_events;
    let mut extent = match why.withheld_events {
        0 => format!("Read from {events} events, none of them withheld."),
        withheld => format!(
            "Read from {events} events, {withheld} of them withheld. Ship the session again with a higher ceiling to \
             read those."
        ),
    };
    if why.is_cut {
        extent.push_str(" The chain is longer than what is followed, and is cut.");
    }
    extent
}

/// What an agent wrote, as a quotation that is not endless.
pub(super) fn cut(words: &str) -> String {
    quoted(&excerpt(words, LONGEST_WORDS))
}
