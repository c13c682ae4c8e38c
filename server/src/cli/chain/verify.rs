//! Re-hashing everything: what an auditor does first.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;

use clap::Args;
use machinaut_chain::envelope::EventId;
use machinaut_chain::ship::{FindingKind, Record, repeated};
use serde_json::{Value, json};

use super::hidden;
use super::records::{Form, Session};
use crate::cli::Failure;

const LONG: &str = "\
Re-hashes the payload of every event against what its envelope commits to, looks for places and ids that are claimed
twice and for keys that stand twice, and lists each finding with its line, seq and event id; a summary ends the list.
Of a withheld payload only the commitment is here, so it counts as withheld and not as verified.

Exits with 0 when there is no finding, 1 when there is one, 3 when the file is no log and no shipped body.";

/// Re-hash everything, check every place and id, and list each finding.
#[derive(Debug, Args)]
#[command(long_about = LONG)]
pub(super) struct Verify {
    #[command(flatten)]
    session: Session,
    /// Print JSON lines: one for each finding, and {"summary":…} at the end.
    #[arg(long)]
    json: bool,
}

/// What is remembered of an event: where it is, and what is wrong with it. Its payload is not.
struct Seen {
    line: usize,
    seq: u64,
    id: EventId,
    is_withheld: bool,
    findings: BTreeSet<FindingKind>,
}

impl Verify {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<u8, Failure> {
        let mut of = None;
        let mut seen = Vec::new();
        let form = self.session.records(&mut |record| {
            of.get_or_insert_with(|| {
                let header = &record.header;
                (header.project_id.clone(), header.session_id.clone())
            });
            seen.push(Seen::of(record));
        })?;
        mark_repeated(&mut seen);
        let findings: usize = seen.iter().map(|event| event.findings.len()).sum();
        for event in &seen {
            for kind in &event.findings {
                self.finding(event, *kind, out)?;
            }
        }
        let count = |fits: fn(&Seen) -> bool| seen.iter().filter(|event| fits(event)).count();
        let totals = Totals {
            events: seen.len(),
            verified: count(|event| event.findings.is_empty() && !event.is_withheld),
            withheld: count(|event| event.is_withheld),
            findings,
        };
        let (project, session) = of
            .map(|(project, session)| (project.to_string(), session.to_string()))
            .unwrap_or_default();
        if self.json {
            let summary = totals.to_json(&form, &project, &session);
            writeln!(
                out,
                "{}",
                hidden::escaped(&json!({ "summary": summary }).to_string())
            )?;
        } else {
            totals.tell(&form, &project, &session, out)?;
        }
        Ok(u8::from(findings > 0))
    }

    fn finding(&self, event: &Seen, kind: FindingKind, out: &mut dyn Write) -> Result<(), Failure> {
        let Seen { line, seq, id, .. } = event;
        if self.json {
            let finding = json!({"line": line, "seq": seq, "event_id": id, "kind": kind});
            writeln!(out, "{}", hidden::escaped(&finding.to_string()))?;
        } else {
            let id = hidden::name(id.as_ref());
            writeln!(
                out,
                "line {line}, seq {seq}, event {id}: {kind}\n    {}",
                kind.sentence()
            )?;
        }
        Ok(())
    }
}

impl Seen {
    fn of(record: Record<'_>) -> Self {
        Self {
            line: record.line,
            seq: record.header.seq,
            is_withheld: record.withheld().is_some(),
            findings: record.findings.iter().copied().collect(),
            id: record.header.id,
        }
    }
}

/// Marks both of two events that claim one place or one id.
fn mark_repeated(seen: &mut [Seen]) {
    let mut kinds: HashMap<(u64, EventId), Vec<FindingKind>> = HashMap::new();
    for finding in repeated(seen.iter().map(|event| (event.seq, &event.id))) {
        let of_event = kinds.entry((finding.seq, finding.event_id)).or_default();
        of_event.push(finding.kind);
    }
    if kinds.is_empty() {
        return;
    }
    for event in seen {
        if let Some(found) = kinds.get(&(event.seq, event.id.clone())) {
            event.findings.extend(found);
        }
    }
}

struct Totals {
    events: usize,
    verified: usize,
    withheld: usize,
    findings: usize,
}

impl Totals {
    fn to_json(&self, form: &Form, project: &str, session: &str) -> Value {
        let mut summary = json!({
            "form": "log",
            "project_id": project,
            "session_id": session,
            "events": self.events,
            "verified": self.verified,
            "withheld": self.withheld,
            "findings": self.findings,
        });
        if let Form::Ship(ship) = form {
            summary["form"] = json!("ship");
            summary["ceiling"] = json!(ship.manifest.ceiling);
            summary["body_sha256"] = json!(ship.body_sha256);
        }
        summary
    }

    fn tell(
        &self,
        form: &Form,
        project: &str,
        session: &str,
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        if self.findings > 0 {
            writeln!(out)?;
        }
        let (project, session) = (hidden::name(project), hidden::name(session));
        match form {
            Form::Log => writeln!(out, "Log of session {session} in project {project}")?,
            Form::Ship(ship) => {
                let ceiling = ship.manifest.ceiling;
                writeln!(
                    out,
                    "Shipped body of session {session} in project {project}, ceiling {ceiling}"
                )?;
                writeln!(out, "SHA-256 {}", ship.body_sha256)?;
            }
        }
        let Self {
            events,
            verified,
            withheld,
            findings,
        } = self;
        write!(out, "{}: {verified} verified", counted(*events, "event"))?;
        if *withheld > 0 {
            write!(
                out,
                ", {withheld} withheld (their commitments are here, their payloads are not)"
            )?;
        }
        match findings {
            0 => writeln!(out, ", no finding.")?,
            some => writeln!(out, ", {}.", counted(*some, "finding"))?,
        }
        Ok(())
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
