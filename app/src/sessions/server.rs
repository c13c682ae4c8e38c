//! What the pages about sessions ask of the server. Thin: scope, one look, view model.

use leptos::prelude::*;

use super::model::{EventView, IncidentsView, SessionView, SessionsView};
use crate::{problem::Problem, text_json::TextJson};

/// A page of the list of sessions; `after` goes on from an earlier page.
///
/// # Errors
/// Where nobody is signed in, or `after` is no place in the list.
#[server(endpoint = "sessions", output = TextJson)]
pub async fn sessions(
    project: Option<String>,
    flagged: bool,
    after: Option<String>,
) -> Result<SessionsView, Problem> {
    use machinaut_control::sessions::{self, Filter};

    use super::model::SessionRow;
    use crate::problem::{control, scope};

    const PAGE: u64 = 50;
    let (scope, control) = (scope()?, control()?);
    let place = after.as_deref().map(str::parse).transpose()?;
    let filter = Filter {
        project: project.clone(),
        flagged,
        ..Filter::default()
    };
    let list = sessions::list(&scope, &control, &filter, place, PAGE).await?;
    Ok(SessionsView {
        rows: list
            .sessions
            .into_iter()
            .map(|row| SessionRow {
                key: row.id.to_string(),
                last_shipped_at: row.last_shipped_at.millis(),
                incidents: row.incidents,
                findings: row.findings,
                summary: row.summary,
            })
            .collect(),
        projects: sessions::projects(&scope, &control).await?,
        project,
        flagged,
        incidents: sessions::incident_count(&scope, &control).await?,
        is_first: place.is_none(),
        next: list.next.map(|next| next.to_string()),
    })
}

/// A page of the list of integrity incidents; `after` goes on from an earlier page.
///
/// # Errors
/// Where nobody is signed in, or `after` is no place in the list.
#[server(endpoint = "incidents", output = TextJson)]
pub async fn incidents(after: Option<String>) -> Result<IncidentsView, Problem> {
    use machinaut_control::sessions;

    use super::model::IncidentRow;
    use crate::problem::{control, scope};

    const PAGE: u64 = 30;
    let (scope, control) = (scope()?, control()?);
    let place = after.as_deref().map(str::parse).transpose()?;
    let list = sessions::incidents(&scope, &control, place, PAGE).await?;
    let row = |row: sessions::IncidentRow| IncidentRow {
        incident: row.incident.into(),
        session: row.session.to_string(),
        session_id: row.session_id,
        project_id: row.project_id,
        agent: row.agent,
    };
    Ok(IncidentsView {
        rows: list.incidents.into_iter().map(row).collect(),
        is_first: place.is_none(),
        next: list.next.map(|next| next.to_string()),
    })
}

/// One session with a page of its events: that with the event `at` a `seq`, or the one of a number.
/// Where the `seq` is claimed twice, `event` says which one is meant.
///
/// # Errors
/// Where nobody is signed in, or the organisation has no such session.
#[server(endpoint = "session", output = TextJson)]
pub async fn session(
    key: String,
    kind: Option<String>,
    page: u32,
    at: Option<u64>,
    event: Option<String>,
) -> Result<SessionView, Problem> {
    use machinaut_control::sessions;

    use super::reading::{self, Wanted};
    use crate::problem::{control, scope};

    let (scope, control) = (scope()?, control()?);
    let id = session_key(&key)?;
    let about = sessions::get(&scope, &control, id).await?;
    let outline = sessions::outline(&scope, &control, id).await?;
    let wanted = match at {
        Some(seq) => Wanted::With(seq, event.as_deref()),
        None => Wanted::Page(page),
    };
    let (lines, shown) = reading::timeline(&control, &outline, kind.as_deref(), wanted).await?;
    Ok(SessionView {
        key,
        summary: about.row.summary,
        ships: about.row.ships,
        receipts: about.receipts.into_iter().map(Into::into).collect(),
        findings: about.findings.into_iter().map(Into::into).collect(),
        findings_total: about.row.findings,
        incidents: about.incidents.into_iter().map(Into::into).collect(),
        gaps: reading::gaps(outline.events()),
        holds: crate::inbox::server::holds_of_session(&scope, &control, id).await?,
        lines,
        shown,
    })
}

/// One event, whole. Where its place is claimed twice, `id` says which one is meant.
///
/// # Errors
/// Where nobody is signed in, or the organisation has no such event.
#[server(endpoint = "event", output = TextJson)]
pub async fn event(key: String, seq: String, id: Option<String>) -> Result<EventView, Problem> {
    use machinaut_control::{Error, sessions};

    use super::lines::event_address;
    use super::reading;
    use crate::problem::{control, scope};

    let (scope, control) = (scope()?, control()?);
    let seq: u64 = seq.parse().map_err(|_| Error::NotFound("event"))?;
    let id = id.as_deref();
    let page = sessions::event(&scope, &control, session_key(&key)?, seq, id).await?;
    let (event, line) = (page.event, page.line);
    let address = |event: Option<sessions::Named>| {
        event.map(|event| event_address(&key, event.seq, &event.event_id))
    };
    let mut reference = event.reference();
    // What ships showed over time stands beside what the bytes show by themselves.
    for finding in page.findings {
        if !reference.findings.contains(&finding.kind) {
            reference.findings.push(finding.kind);
        }
    }
    Ok(EventView {
        kind: reading::kind_of(event.event_type()),
        gist: reading::gist(&event),
        project_id: page.session.project_id,
        session_id: page.session.session_id,
        schema_version: event.header.schema_version.clone(),
        logical_clock: event.header.logical_clock,
        causal_parent_ids: event
            .header
            .causal_parent_ids
            .iter()
            .map(ToString::to_string)
            .collect(),
        commitment: event.commitment.to_string(),
        payload: reading::payload_text(&line),
        line: String::from_utf8_lossy(&line).into_owned(),
        excerpt: reading::answer(&event),
        of: page.of,
        previous: address(page.previous),
        next: address(page.next),
        rivals: page.rivals,
        first_shipped_at: Some(page.session.first_shipped_at.millis()),
        event: reference,
        session_key: key,
    })
}

/// A session's id out of an address: anything else names no session.
#[cfg(feature = "ssr")]
fn session_key(key: &str) -> Result<machinaut_control::ids::SessionKey, Problem> {
    key.parse()
        .map_err(|_| machinaut_control::Error::NotFound("session").into())
}

#[cfg(feature = "ssr")]
mod views {
    use machinaut_control::sessions::{Finding, Incident, ReceiptRow};

    use crate::sessions::model::{FindingView, IncidentView, ReceiptView};

    impl From<ReceiptRow> for ReceiptView {
        fn from(row: ReceiptRow) -> Self {
            Self {
                id: row.id.to_string(),
                received_at: row.received_at.millis(),
                ceiling: row.ceiling,
                received: row.received,
                appended: row.appended,
                revealed: row.revealed,
                withheld: row.redacted,
                body_sha256: row.body_sha256,
            }
        }
    }

    impl From<Finding> for FindingView {
        fn from(finding: Finding) -> Self {
            Self {
                kind: finding.kind,
                seq: finding.seq,
                event_id: finding.event_id,
            }
        }
    }

    impl From<Incident> for IncidentView {
        fn from(incident: Incident) -> Self {
            Self {
                kind: incident.kind.as_str().to_owned(),
                seq: incident.seq,
                event_id: incident.event_id,
                events: incident.events,
                kept: incident.kept,
                offered: incident.offered,
                at: incident.last_at.millis(),
                times: incident.times,
            }
        }
    }
}
