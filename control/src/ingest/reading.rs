//! Reads one body, on a thread of its own, and lays it beside what is kept of its session while it
//! goes by. What stays in memory is one line, the run of lines that is being filled, and the events
//! that tell of actions and holds.

use std::collections::HashSet;

use machinaut_chain::pending::LoggedHold;
use machinaut_chain::session::{Event, FindingKind, Gist, Summary};
use machinaut_chain::ship::{self, Manifest, Reader, Record};
use sha2::{Digest as _, Sha256};

use super::beside::{Beside, Fate, Outcome};
use super::encoding::{Encoding, Unpacked};
use super::findings::Findings;
use super::segments::Segments;
use super::spool::Spool;
use crate::clock::Moment;
use crate::sessions::segment::{Entry, Openness};
use crate::{Error, Limits, Result};

/// How much is read at once.
const PIECE: usize = 256 * 1024;
/// How much is read at once until the manifest is there.
const BEGINNING: usize = 4 * 1024;
/// How far a manifest is looked for. It is read before the body has its turn, so it may not cost much:
/// this, and what two ids take with every character of them escaped.
const MANIFEST: usize = 64 * 1024;
const ESCAPED: usize = 12;
/// How many alerts and actors a kept summary lists.
const ALERTS: usize = 20;
const ACTORS: usize = 50;
/// How many rewrites and altered payloads of one ship are remembered: one is enough to know, more
/// help to see how far it goes.
const BREACHES: usize = 100;

/// A body that arrived, and how it is packed.
pub(super) struct Arrived {
    pub(super) spool: Spool,
    pub(super) encoding: Encoding,
}

/// The body that a session was shipped with last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LastBody {
    pub(super) sha256: [u8; 32],
    pub(super) bytes: u64,
}

/// Everything of a well-formed body that is needed to keep it.
pub(super) struct Taken {
    pub(super) manifest: Manifest,
    pub(super) received: u64,
    pub(super) appended: u64,
    pub(super) revealed: u64,
    pub(super) redacted: u64,
    /// The least and the greatest `seq` in it.
    pub(super) seqs: (u64, u64),
    /// The records that are to be kept.
    pub(super) segments: Segments,
    pub(super) findings: Findings,
    /// The first of the new events whose payload is not the one that was committed to, and how many
    /// there are.
    pub(super) mismatched: Option<(Entry, u64)>,
    /// What it means beside what is kept.
    pub(super) outcome: Outcome,
    pub(super) projection: Projection,
    pub(super) body_sha256: [u8; 32],
    pub(super) body_bytes: u64,
}

/// What a session comes to, taken while its events go by.
#[derive(Default)]
pub(super) struct Projection {
    gist: Gist,
    pub(super) first_at: Option<Moment>,
    pub(super) last_at: Option<Moment>,
}

impl Projection {
    /// Takes an event that is kept and not to be read from the body.
    pub(super) fn add(&mut self, event: Event) {
        self.seen(event.header.timestamp.instant());
        self.gist.add(event);
    }

    fn add_record(&mut self, record: Record<'_>) {
        self.seen(record.header.timestamp.instant());
        self.gist.add_record(record);
    }

    fn seen(&mut self, at: Option<machinaut_chain::timestamp::Instant>) {
        let Some(at) = at.map(|at| Moment::from_millis(at.millis())) else {
            return;
        };
        self.first_at = Some(self.first_at.map_or(at, |first| first.min(at)));
        self.last_at = Some(self.last_at.map_or(at, |last| last.max(at)));
    }

    /// The summary, of a length that lists can bear, and the holds.
    pub(super) fn finish(&mut self) -> (Summary, Vec<LoggedHold>) {
        let (mut summary, holds) = std::mem::take(&mut self.gist).finish();
        summary.alerts.truncate(ALERTS);
        summary.actors.truncate(ACTORS);
        (summary, holds)
    }
}

/// Reads the body as far as its manifest.
///
/// # Errors
/// [`Error::Malformed`] where it does not begin with one.
pub(super) fn manifest(arrived: &Arrived, limits: &Limits) -> Result<Manifest> {
    let most = MANIFEST.saturating_add(limits.id_chars.saturating_mul(2 * ESCAPED));
    let mut body = unpacked(arrived, limits)?;
    let mut reader = Reader::new(ship::Limits {
        line_bytes: limits.ship_line_bytes.min(most),
        ..ship_limits(limits)
    });
    let mut piece = vec![0; BEGINNING];
    let mut seen = 0;
    loop {
        if seen > most {
            return Err(Error::Malformed {
                line: Some(1),
                expected: "the manifest has to stand at the beginning of the body".to_owned(),
            });
        }
        let read = body.next(&mut piece)?;
        seen += read;
        if read == 0 {
            let ended = reader.finish(&mut |_| {});
            return ended
                .map(|summary| summary.manifest)
                .map_err(|error| malformed(&error));
        }
        // Nothing of what follows the manifest is looked at.
        for line in piece
            .get(..read)
            .unwrap_or_default()
            .split_inclusive(|byte| *byte == b'\n')
        {
            reader
                .push(line, &mut |_| {})
                .map_err(|error| malformed(&error))?;
            if let Some(manifest) = reader.manifest() {
                return Ok(manifest.clone());
            }
        }
    }
}

/// Whether the body is `last` again, byte for byte, where that shows without unpacking it. Most ships
/// of a known session bring nothing new, and noticing that needs no parsing.
pub(super) fn is_plainly_again(arrived: &Arrived, last: LastBody) -> Option<bool> {
    let spool = &arrived.spool;
    let is_same = spool.bytes() == last.bytes && spool.sha256() == last.sha256;
    (arrived.encoding == Encoding::Identity).then_some(is_same)
}

/// Whether the body is `last` again, byte for byte, once it is unpacked.
pub(super) fn is_again(arrived: &Arrived, limits: &Limits, last: LastBody) -> Result<bool> {
    let mut body = unpacked(arrived, limits)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; PIECE];
    loop {
        match body.next(&mut piece)? {
            0 => return Ok(hasher.finalize().as_slice() == last.sha256),
            read => hasher.update(piece.get(..read).unwrap_or_default()),
        }
    }
}

/// Reads the whole body beside what is `kept` of its session. A body in which something repeats is
/// read twice, so that both of two events that share a name are marked, and not only the later one.
///
/// # Errors
/// [`Error::Malformed`] with the line, [`Error::TooLarge`], [`Error::Unpacking`].
pub(super) fn read(arrived: &Arrived, limits: &Limits, kept: &[Entry]) -> Result<Taken> {
    let (taken, repeated) = pass(arrived, limits, kept, Repeated::default())?;
    if repeated.is_empty() {
        return Ok(taken);
    }
    drop(taken);
    Ok(pass(arrived, limits, kept, repeated)?.0)
}

/// What comes more than once in a body.
#[derive(Default)]
struct Repeated {
    seqs: HashSet<u64>,
    ids: HashSet<String>,
}

impl Repeated {
    fn is_empty(&self) -> bool {
        self.seqs.is_empty() && self.ids.is_empty()
    }

    fn learn(&mut self, record: &Record<'_>) {
        if record.findings.contains(&FindingKind::SequenceCollision) {
            self.seqs.insert(record.header.seq);
        }
        if record.findings.contains(&FindingKind::DuplicateEventId) {
            self.ids.insert(record.header.id.as_str().to_owned());
        }
    }

    fn mark(&self, record: &mut Record<'_>) {
        let mut mark = |kind| {
            if !record.findings.contains(&kind) {
                record.findings.push(kind);
            }
        };
        if self.seqs.contains(&record.header.seq) {
            mark(FindingKind::SequenceCollision);
        }
        if self.ids.contains(record.header.id.as_str()) {
            mark(FindingKind::DuplicateEventId);
        }
    }
}

fn pass(
    arrived: &Arrived,
    limits: &Limits,
    kept: &[Entry],
    repeated: Repeated,
) -> Result<(Taken, Repeated)> {
    let mut body = unpacked(arrived, limits)?;
    let mut reader = Reader::new(ship_limits(limits));
    let mut gathering = Gathering {
        beside: Beside::new(kept, BREACHES),
        segments: Segments::new(arrived.spool.folder())?,
        findings: Findings::default(),
        projection: Projection::default(),
        repeated,
        repeats: Repeated::default(),
        appended: 0,
        revealed: 0,
        seqs: None,
        mismatched: None,
        failed: None,
    };
    let mut piece = vec![0; PIECE];
    let mut body_bytes = 0_u64;
    loop {
        let read = body.next(&mut piece)?;
        if read == 0 {
            break;
        }
        body_bytes += u64::try_from(read).unwrap_or_default();
        let piece = piece.get(..read).unwrap_or_default();
        reader
            .push(piece, &mut |record| gathering.add(record))
            .map_err(|error| malformed(&error))?;
        gathering.failed.take().map_or(Ok(()), Err)?;
    }
    let summary = reader
        .finish(&mut |record| gathering.add(record))
        .map_err(|error| malformed(&error))?;
    gathering.failed.take().map_or(Ok(()), Err)?;
    let mut segments = gathering.segments;
    segments.close()?;
    let outcome = gathering.beside.finish();
    let mut findings = gathering.findings;
    for vanished in outcome.vanished.iter().filter_map(|place| kept.get(*place)) {
        findings.add(
            FindingKind::VanishedFromLog,
            vanished.seq,
            &vanished.event_id,
        );
    }
    let taken = Taken {
        received: summary.received,
        appended: gathering.appended,
        revealed: gathering.revealed,
        redacted: summary.withheld,
        seqs: gathering.seqs.unwrap_or_default(),
        segments,
        findings,
        mismatched: gathering.mismatched,
        outcome,
        projection: gathering.projection,
        body_sha256: *summary.body_sha256.as_bytes(),
        body_bytes,
        manifest: summary.manifest,
    };
    Ok((taken, gathering.repeats))
}

/// What is gathered record by record.
struct Gathering<'a> {
    beside: Beside<'a>,
    segments: Segments,
    findings: Findings,
    projection: Projection,
    /// What is known to come more than once, from a first pass.
    repeated: Repeated,
    /// What this pass found to come again.
    repeats: Repeated,
    appended: u64,
    revealed: u64,
    seqs: Option<(u64, u64)>,
    mismatched: Option<(Entry, u64)>,
    failed: Option<Error>,
}

impl Gathering<'_> {
    fn add(&mut self, mut record: Record<'_>) {
        if self.repeated.is_empty() {
            self.repeats.learn(&record);
        } else {
            self.repeated.mark(&mut record);
        }
        let seq = record.header.seq;
        let entry = Entry {
            seq,
            event_id: record.header.id.as_str().to_owned(),
            commitment: *record.commitment.as_bytes(),
            openness: if record.withheld().is_some() {
                Openness::Withheld
            } else if record.findings.contains(&FindingKind::PayloadHashMismatch) {
                Openness::Mismatched
            } else {
                Openness::Verified
            },
        };
        self.seqs = Some(self.seqs.map_or((seq, seq), |(first, _)| (first, seq)));
        let verdict = self.beside.offer(&entry);
        for kind in &record.findings {
            self.findings.add(*kind, seq, &entry.event_id);
        }
        for kind in verdict.findings {
            if !record.findings.contains(&kind) {
                self.findings.add(kind, seq, &entry.event_id);
            }
        }
        self.appended += u64::from(verdict.fate == Fate::Append);
        self.revealed += u64::from(verdict.fate == Fate::Reveal);
        if verdict.fate != Fate::Unchanged && entry.openness == Openness::Mismatched {
            let (_, count) = self.mismatched.get_or_insert_with(|| (entry.clone(), 0));
            *count += 1;
        }
        if verdict.fate != Fate::Unchanged
            && let Err(error) = self.segments.add(&entry, record.bytes)
        {
            self.failed = Some(error);
        }
        if verdict.tells {
            self.projection.add_record(record);
        }
    }
}

fn unpacked<'a>(arrived: &'a Arrived, limits: &Limits) -> Result<Unpacked<'a>> {
    Unpacked::new(
        arrived.spool.read()?,
        arrived.encoding,
        limits.ship_body_bytes,
    )
}

fn ship_limits(limits: &Limits) -> ship::Limits {
    ship::Limits {
        line_bytes: limits.ship_line_bytes,
        nesting: limits.nesting,
        id_chars: limits.id_chars,
    }
}

fn malformed(error: &ship::Error) -> Error {
    Error::Malformed {
        line: u64::try_from(error.line).ok(),
        expected: error.kind.to_string(),
    }
}
