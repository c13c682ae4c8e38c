//! Lays a body beside what is kept of its session, and prepares everything that is to be written.
//! No database is touched here: what takes long is done before the transaction begins.

use machinaut_chain::pending::{LoggedHold, holds_of};
use machinaut_chain::session::{FindingKind, Session, Summary};
use machinaut_chain::timestamp::Instant;

use super::intake::{Intake, Run};
use super::merge::{Fate, Merge, merge};
use super::overlay;
use crate::Result;
use crate::clock::Moment;
use crate::sessions::Kept;
use crate::sessions::segment::{self, Entry};

/// How many alerts a kept summary lists.
const ALERTS: usize = 20;

/// Everything that is to be written.
pub(super) struct Plan {
    pub(super) merge: Merge,
    pub(super) segments: Vec<Prepared>,
    pub(super) findings: Vec<(FindingKind, u64, String)>,
    pub(super) events: u64,
    pub(super) withheld: u64,
    pub(super) summary: Summary,
    pub(super) holds: Vec<LoggedHold>,
    pub(super) first_at: Option<Moment>,
    pub(super) last_at: Option<Moment>,
}

/// A segment to be written.
pub(super) struct Prepared {
    pub(super) entries: Vec<Entry>,
    pub(super) raw_bytes: usize,
    pub(super) frame: Vec<u8>,
}

/// Prepares what a body brings beside what is `kept`. `before` are the kept records that are more
/// open than the body, where there are any.
pub(super) fn plan(intake: &mut Intake, kept: &[Entry], before: &[Kept]) -> Result<Plan> {
    let events_read = intake.events()?;
    let merge = merge(kept, &intake.entries);
    let segments = segments_of(&intake.entries, &intake.runs, &merge.fates)?;
    let (events, withheld) = overlay::count(kept, &intake.entries);
    let mut findings = intake.findings.clone();
    findings.extend(merge.findings.iter().cloned());
    findings.sort();
    findings.dedup();

    let known = overlay::overlay(events_read, &intake.entries, before);
    let instants = || {
        known
            .iter()
            .filter_map(|event| event.header.timestamp.instant())
    };
    let moment = |instant: Instant| Moment::from_millis(instant.millis());
    let (first_at, last_at) = (instants().min().map(moment), instants().max().map(moment));
    let session = Session::from_events(known);
    let mut summary = Summary::of(&session);
    summary.alerts.truncate(ALERTS);
    Ok(Plan {
        holds: holds_of(&session),
        merge,
        segments,
        findings,
        events,
        withheld,
        summary,
        first_at,
        last_at,
    })
}

/// The runs with a record that is to be kept. One that is kept whole is not compressed again.
fn segments_of(entries: &[Entry], runs: &[Run], fates: &[Fate]) -> Result<Vec<Prepared>> {
    let mut prepared = Vec::new();
    let mut place = 0;
    for run in runs {
        let range = place..place + run.records;
        place = range.end;
        let entries = entries.get(range.clone()).unwrap_or_default();
        let fates = fates.get(range).unwrap_or_default();
        let is_kept = |fate: &Fate| *fate != Fate::Unchanged;
        if !fates.iter().any(is_kept) {
            continue;
        }
        let entries_kept = entries
            .iter()
            .zip(fates)
            .filter(|(_, fate)| is_kept(fate))
            .map(|(entry, _)| entry.clone());
        if fates.iter().all(is_kept) {
            prepared.push(Prepared {
                entries: entries_kept.collect(),
                raw_bytes: run.raw_bytes,
                frame: run.frame.clone(),
            });
            continue;
        }
        let raw = segment::decompress(&run.frame, run.raw_bytes)?;
        let mut lines = Vec::new();
        for (line, _) in segment::lines(&raw)
            .zip(fates)
            .filter(|(_, fate)| is_kept(fate))
        {
            lines.extend_from_slice(line);
            lines.push(b'\n');
        }
        prepared.push(Prepared {
            entries: entries_kept.collect(),
            raw_bytes: lines.len(),
            frame: segment::compress(&lines)?,
        });
    }
    Ok(prepared)
}
