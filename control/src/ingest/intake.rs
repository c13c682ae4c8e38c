//! Reads one body as it arrives, on a thread of its own. What stays in memory is one line, the
//! compressed records, the commitments, and the few payloads that the projection of holds needs.

use machinaut_chain::session::{Event, FindingKind};
use machinaut_chain::ship::{self, Manifest, Reader, Record};
use sha2::{Digest, Sha256};

use super::body::Chunks;
use crate::sessions::read_event;
use crate::sessions::segment::{self, Entry, Openness, SEGMENT_BYTES};
use crate::{Error, Limits, Result};

/// The body that a session was shipped with last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LastBody {
    pub(super) sha256: [u8; 32],
    pub(super) bytes: u64,
}

/// A body, taken in whole.
pub(super) enum Taken {
    /// It is the last one again, byte for byte: its SHA-256.
    Same([u8; 32]),
    /// It was read.
    Read(Box<Intake>),
}

/// Everything of a well-formed body that is needed to keep it.
pub(super) struct Intake {
    pub(super) manifest: Manifest,
    /// One for each record, in the order of the body.
    pub(super) entries: Vec<Entry>,
    /// The records, compressed, in runs.
    pub(super) runs: Vec<Run>,
    /// What is wrong within the body, by kind, `seq` and event id.
    pub(super) findings: Vec<(FindingKind, u64, String)>,
    /// The events, without the payloads that no projection at ingest reads, until they are
    /// [taken](Intake::events).
    events: Vec<Event>,
    pub(super) redacted: u64,
    pub(super) body_sha256: [u8; 32],
    pub(super) body_bytes: u64,
}

/// A run of records: the next `records` entries, one a line, as one frame.
pub(super) struct Run {
    pub(super) records: usize,
    pub(super) raw_bytes: usize,
    pub(super) frame: Vec<u8>,
}

impl Intake {
    /// The events, in the order of the entries. They are handed over, and read again where they are
    /// asked for again.
    pub(super) fn events(&mut self) -> Result<Vec<Event>> {
        let events = std::mem::take(&mut self.events);
        if !events.is_empty() {
            return Ok(events);
        }
        let mut events = Vec::with_capacity(self.entries.len());
        for run in &self.runs {
            let raw = segment::decompress(&run.frame, run.raw_bytes)?;
            for line in segment::lines(&raw) {
                events.push(read_event(line)?);
            }
        }
        Ok(events)
    }
}

/// Takes in the whole body. Where it is as long as `last`, it is first only hashed: most ships of a
/// known session bring nothing new, and noticing that needs no parsing.
///
/// # Errors
/// [`Error::Malformed`] with the line, [`Error::TooLarge`], [`Error::Interrupted`].
pub(super) fn take(chunks: Chunks, limits: &Limits, last: Option<LastBody>) -> Result<Taken> {
    let intake = if let Some(last) = last {
        match compare(chunks, &last)? {
            None => return Ok(Taken::Same(last.sha256)),
            Some(body) => read_again(&body, limits)?,
        }
    } else {
        let mut reading = Reading::new(limits);
        chunks.each(|piece| reading.push(piece))?;
        reading.finish()?
    };
    Ok(Taken::Read(Box::new(intake)))
}

/// Hashes the body, keeping it compressed for the case that it differs from the last one.
fn compare(chunks: Chunks, last: &LastBody) -> Result<Option<Vec<u8>>> {
    use std::io::Write as _;

    const FAST: i32 = 1;
    let broken = |_| Error::Broken("a body can be compressed");
    let mut hasher = Sha256::new();
    let mut kept = zstd::stream::write::Encoder::new(Vec::new(), FAST).map_err(broken)?;
    chunks.each(|piece| {
        hasher.update(piece);
        kept.write_all(piece).map_err(broken)
    })?;
    if hasher.finalize().as_slice() == last.sha256 {
        return Ok(None);
    }
    kept.finish().map(Some).map_err(broken)
}

fn read_again(body: &[u8], limits: &Limits) -> Result<Intake> {
    use std::io::Read as _;

    let broken = |_| Error::Broken("a compressed body can be read again");
    let mut reading = Reading::new(limits);
    let mut body = zstd::stream::read::Decoder::new(body).map_err(broken)?;
    let mut piece = vec![0; 64 * 1024];
    loop {
        match body.read(&mut piece).map_err(broken)? {
            0 => return reading.finish(),
            length => reading.push(piece.get(..length).unwrap_or_default())?,
        }
    }
}

/// The manifest, where `beginning` holds a whole first line that is one.
pub(super) fn manifest(beginning: &[u8], limits: &Limits) -> Option<Manifest> {
    let end = beginning.iter().position(|&byte| byte == b'\n')?;
    let mut reader = Reader::new(ship_limits(limits));
    reader.push(beginning.get(..=end)?, &mut |_| {}).ok()?;
    reader.manifest().cloned()
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

struct Reading {
    reader: Reader,
    gathered: Gathered,
    body_bytes: u64,
}

impl Reading {
    fn new(limits: &Limits) -> Self {
        Self {
            reader: Reader::new(ship_limits(limits)),
            gathered: Gathered::default(),
            body_bytes: 0,
        }
    }

    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.body_bytes = self
            .body_bytes
            .saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let gathered = &mut self.gathered;
        self.reader
            .push(bytes, &mut |record| gathered.add(record))
            .map_err(|error| malformed(&error))?;
        self.gathered.failed.take().map_or(Ok(()), Err)
    }

    fn finish(mut self) -> Result<Intake> {
        let gathered = &mut self.gathered;
        let summary = self
            .reader
            .finish(&mut |record| gathered.add(record))
            .map_err(|error| malformed(&error))?;
        self.gathered.close_run();
        let Gathered {
            entries,
            runs,
            mut findings,
            events,
            failed,
            ..
        } = self.gathered;
        if let Some(error) = failed {
            return Err(error);
        }
        let ids = events
            .iter()
            .map(|event| (event.header.seq, &event.header.id));
        findings.extend(ship::repeated(ids).into_iter().map(|finding| {
            (
                finding.kind,
                finding.seq,
                finding.event_id.as_str().to_owned(),
            )
        }));
        Ok(Intake {
            redacted: summary.withheld,
            body_sha256: *summary.body_sha256.as_bytes(),
            body_bytes: self.body_bytes,
            manifest: summary.manifest,
            entries,
            runs,
            findings,
            events,
        })
    }
}

#[derive(Default)]
struct Gathered {
    entries: Vec<Entry>,
    runs: Vec<Run>,
    findings: Vec<(FindingKind, u64, String)>,
    events: Vec<Event>,
    open: Vec<u8>,
    open_records: usize,
    failed: Option<Error>,
}

impl Gathered {
    fn add(&mut self, record: Record<'_>) {
        let header = &record.header;
        let openness = if record.withheld().is_some() {
            Openness::Withheld
        } else if record.findings.contains(&FindingKind::PayloadHashMismatch) {
            Openness::Mismatched
        } else {
            Openness::Verified
        };
        for kind in &record.findings {
            self.findings
                .push((*kind, header.seq, header.id.as_str().to_owned()));
        }
        self.entries.push(Entry {
            seq: header.seq,
            event_id: header.id.as_str().to_owned(),
            commitment: *record.commitment.as_bytes(),
            openness,
        });
        self.open.extend_from_slice(record.bytes);
        self.open.push(b'\n');
        self.events.push(outlined(record));
        self.open_records += 1;
        if self.open.len() >= SEGMENT_BYTES {
            self.close_run();
        }
    }

    fn close_run(&mut self) {
        if self.open_records == 0 {
            return;
        }
        match segment::compress(&self.open) {
            Ok(frame) => self.runs.push(Run {
                records: self.open_records,
                raw_bytes: self.open.len(),
                frame,
            }),
            Err(error) => self.failed = Some(error),
        }
        self.open.clear();
        self.open_records = 0;
    }
}

/// The event, with its payload only where holds and summaries read it: the payloads of
/// observations, claims and beliefs are most of a body.
fn outlined(record: Record<'_>) -> Event {
    const READ: [&str; 4] = ["action.", "approval.", "guard.", "sentinel."];
    let kind = record.header.event_type.as_str();
    if READ.iter().any(|prefix| kind.starts_with(prefix)) {
        Event::from_record(record)
    } else {
        Event::outline(record)
    }
}
