//! Takes a body in pieces and hands out its records.

use std::collections::{BTreeMap, HashSet};

use super::manifest::ManifestProblem;
use super::place;
use super::record::RecordReader;
use super::{Error, ErrorKind, FindingKind, Limits, Manifest, Record};
use crate::canonical::{Hash, Hasher};

/// What a whole body said.
///
/// ```
/// use machinaut_chain::canonical::Hash;
/// use machinaut_chain::sample::Log;
/// use machinaut_chain::ship::{Limits, Reader, Sensitivity};
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// log.session_started();
/// let body = log.ship_body(Sensitivity::Internal);
/// let mut reader = Reader::new(Limits::default());
/// reader.push(&body, &mut |_| {})?;
/// let summary = reader.finish(&mut |_| {})?;
/// assert_eq!((summary.received, summary.withheld), (1, 1));
/// assert_eq!(summary.body_sha256, Hash::of(&body));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its first line.
    pub manifest: Manifest,
    /// How many events it carried.
    pub received: u64,
    /// How many of them were withheld.
    pub withheld: u64,
    /// How many findings of each kind stood on its records.
    pub findings: BTreeMap<FindingKind, u64>,
    /// SHA-256 of the body, byte for byte.
    pub body_sha256: Hash,
}

/// Takes a body in pieces of any size and hands out its records. Beyond one line it remembers only
/// sixteen bytes for each event, to notice ids that repeat.
///
/// ```
/// use machinaut_chain::ship::{Limits, Reader};
///
/// let body = concat!(
///     r#"{"kind":"lodestar.session_ship","version":1,"project_id":"p","session_id":"s","#,
///     r#""event_count":1,"ceiling":"secret","redacted_count":0}"#, "\n",
///     r#"{"v":1,"redacted":false,"envelope":{"id":"e","seq":7,"type":"agent.note","#,
///     r#""schema_version":"0.1.0","project_id":"p","session_id":"s","actor_id":"a","#,
///     r#""timestamp":"2026-11-23T04:46:15Z","logical_clock":0,"causal_parent_ids":[],"#,
///     r#""payload_hash":"74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b","#,
///     r#""payload":null,"versions":{}}}"#, "\n",
/// );
/// let mut seen = Vec::new();
/// let mut reader = Reader::new(Limits::default());
/// for piece in body.as_bytes().chunks(100) {
///     reader.push(piece, &mut |record| seen.push(record.header.seq))?;
/// }
/// let summary = reader.finish(&mut |record| seen.push(record.header.seq))?;
/// assert_eq!(seen, [7]);
/// assert!(summary.findings.is_empty());
/// # Ok::<(), machinaut_chain::ship::Error>(())
/// ```
#[derive(Debug)]
pub struct Reader {
    limits: Limits,
    records: RecordReader,
    manifest: Option<Manifest>,
    announced_at: AnnouncedAt,
    /// The beginning of a line whose end has not come yet.
    begun: Vec<u8>,
    /// How many lines have ended.
    lines: usize,
    body: Hasher,
    tally: Tally,
    failed: Option<Error>,
}

/// Where the manifest announces what the body carries, for that shows only at the end.
#[derive(Debug, Default, Clone, Copy)]
struct AnnouncedAt {
    line: usize,
    events: usize,
    withheld: usize,
}

impl AnnouncedAt {
    fn of(line: usize, bytes: &[u8]) -> Self {
        Self {
            line,
            events: place::of_field(bytes, "event_count"),
            withheld: place::of_field(bytes, "redacted_count"),
        }
    }

    fn refusal_of_events(self, kind: ErrorKind) -> Error {
        Error::at(self.line, self.events, kind)
    }

    fn refusal_of_withheld(self, kind: ErrorKind) -> Error {
        Error::at(self.line, self.withheld, kind)
    }
}

#[derive(Debug, Default)]
struct Tally {
    received: u64,
    withheld: u64,
    last_seq: Option<u64>,
    ids: HashSet<[u8; 16]>,
    findings: BTreeMap<FindingKind, u64>,
}

impl Reader {
    /// A reader at the beginning of a body.
    ///
    /// ```
    /// use machinaut_chain::ship::{Limits, Reader};
    ///
    /// let reader = Reader::new(Limits { id_chars: 64, ..Limits::default() });
    /// assert!(reader.manifest().is_none());
    /// ```
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            records: RecordReader::new(limits),
            manifest: None,
            announced_at: AnnouncedAt::default(),
            begun: Vec::new(),
            lines: 0,
            body: Hasher::default(),
            tally: Tally::default(),
            failed: None,
        }
    }

    /// The manifest, as soon as its line has been read.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::ship::{Limits, Reader, Sensitivity};
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.session_started();
    /// let body = log.ship_body(Sensitivity::Secret);
    /// let mut reader = Reader::new(Limits::default());
    /// reader.push(&body[..20], &mut |_| {})?;
    /// assert_eq!(reader.manifest(), None);
    /// reader.push(&body[20..], &mut |_| {})?;
    /// assert_eq!(reader.manifest().map(|manifest| manifest.event_count), Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// Takes the next bytes and hands `sink` each record that they complete.
    ///
    /// ```
    /// use machinaut_chain::ship::{Limits, Reader};
    ///
    /// let mut reader = Reader::new(Limits::default());
    /// let refused = reader.push(b"no manifest\n", &mut |_| {}).unwrap_err();
    /// // What is malformed once stays refused.
    /// assert_eq!(reader.push(b"{}\n", &mut |_| {}), Err(refused));
    /// ```
    ///
    /// # Errors
    /// Where the body is malformed. It is malformed as a whole: the reader then repeats the error.
    pub fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(Record<'_>)) -> Result<(), Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.body.update(bytes);
        self.lines(bytes, sink)
            .inspect_err(|error| self.failed = Some(error.clone()))
    }

    /// Takes the end of the body, and with it a last line that no line feed ends.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::ship::{ErrorKind, Limits, Reader, Sensitivity};
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.session_started();
    /// log.session_ended();
    /// let body = log.ship_body(Sensitivity::Secret);
    /// let cut: Vec<&[u8]> = body.split_inclusive(|byte| *byte == b'\n').take(2).collect();
    /// let mut reader = Reader::new(Limits::default());
    /// reader.push(&cut.concat(), &mut |_| {})?;
    /// let error = reader.finish(&mut |_| {}).unwrap_err();
    /// assert_eq!(error.kind, ErrorKind::EventCount { announced: 2, carried: 1 });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Where the body is malformed, or does not carry what its manifest announces.
    pub fn finish(mut self, sink: &mut dyn FnMut(Record<'_>)) -> Result<Summary, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let last = std::mem::take(&mut self.begun);
        self.line(&last, sink)?;
        let manifest = self
            .manifest
            .ok_or_else(|| Error::at(1, 1, ErrorKind::NoManifest))?;
        let announced_at = self.announced_at;
        let Tally {
            received,
            withheld,
            findings,
            ..
        } = self.tally;
        if received != manifest.event_count {
            let announced = manifest.event_count;
            return Err(announced_at.refusal_of_events(ErrorKind::EventCount {
                announced,
                carried: received,
            }));
        }
        if received == 0 {
            return Err(announced_at.refusal_of_events(ErrorKind::NoEvents));
        }
        if withheld != manifest.redacted_count {
            let announced = manifest.redacted_count;
            return Err(announced_at.refusal_of_withheld(ErrorKind::WithheldCount {
                announced,
                carried: withheld,
            }));
        }
        Ok(Summary {
            manifest,
            received,
            withheld,
            findings,
            body_sha256: self.body.finish(),
        })
    }

    fn lines(&mut self, bytes: &[u8], sink: &mut dyn FnMut(Record<'_>)) -> Result<(), Error> {
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = (&rest[..end], &rest[end + 1..]);
            rest = after;
            if self.begun.is_empty() {
                self.line(line, sink)?;
            } else {
                self.begin(line)?;
                let mut begun = std::mem::take(&mut self.begun);
                let read = self.line(&begun, sink);
                begun.clear();
                self.begun = begun;
                read?;
            }
        }
        self.begin(rest)
    }

    /// Keeps the beginning of a line, as far as lines may go.
    fn begin(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let room = self.limits.line_bytes - self.begun.len();
        if bytes.len() > room {
            return Err(self.too_long(&[&self.begun, &bytes[..room]]));
        }
        self.begun.extend_from_slice(bytes);
        Ok(())
    }

    /// The refusal of a line of which this much was allowed.
    fn too_long(&self, allowed: &[&[u8]]) -> Error {
        // Continuation bytes of UTF-8 do not begin a character.
        let begins = |byte: &&u8| **byte & 0xC0 != 0x80;
        let allowed = allowed
            .iter()
            .map(|bytes| bytes.iter().filter(begins).count());
        let limit = self.limits.line_bytes;
        let column = allowed.sum::<usize>() + 1;
        Error::at(self.lines + 1, column, ErrorKind::LineTooLong { limit })
    }

    fn line(&mut self, line: &[u8], sink: &mut dyn FnMut(Record<'_>)) -> Result<(), Error> {
        if let Some((allowed, [_, ..])) = line.split_at_checked(self.limits.line_bytes) {
            return Err(self.too_long(&[allowed]));
        }
        self.lines += 1;
        if line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
            return Ok(());
        }
        let number = self.lines;
        let Some(manifest) = &self.manifest else {
            let manifest = Manifest::read(line, &self.limits).map_err(|problem| match problem {
                ManifestProblem::Json(error) => Error {
                    line: number,
                    column: error.column,
                    kind: ErrorKind::Json(error.kind),
                },
                ManifestProblem::Problem(problem) => Error::of_problem(number, line, problem),
            })?;
            self.announced_at = AnnouncedAt::of(number, line);
            self.manifest = Some(manifest);
            return Ok(());
        };
        let mut record = self.records.read(line, number)?;
        self.tally
            .add(&mut record, manifest)
            .map_err(|(field, kind)| Error::of_field(number, line, field, kind))?;
        sink(record);
        Ok(())
    }
}

impl Tally {
    /// Holds a record against the manifest and the records before.
    fn add(
        &mut self,
        record: &mut Record<'_>,
        manifest: &Manifest,
    ) -> Result<(), (&'static str, ErrorKind)> {
        let header = &record.header;
        if header.project_id != manifest.project_id {
            return Err(("envelope.project_id", ErrorKind::OtherProject));
        }
        if header.session_id != manifest.session_id {
            return Err(("envelope.session_id", ErrorKind::OtherSession));
        }
        if let Some(sensitivity) = record.withheld() {
            if sensitivity <= manifest.ceiling {
                return Err(("payload_sensitivity", ErrorKind::WithheldBelowCeiling));
            }
            self.withheld += 1;
        }
        match self.last_seq {
            Some(last) if header.seq < last => {
                return Err(("envelope.seq", ErrorKind::SequenceDecreases));
            }
            Some(last) if header.seq == last => {
                record.findings.push(FindingKind::SequenceCollision);
            }
            _ => {}
        }
        self.last_seq = Some(header.seq);
        let id = Hash::of(header.id.as_str().as_bytes());
        let short = id
            .as_bytes()
            .first_chunk::<16>()
            .copied()
            .unwrap_or_default();
        if !self.ids.insert(short) {
            record.findings.push(FindingKind::DuplicateEventId);
        }
        for kind in &record.findings {
            *self.findings.entry(*kind).or_default() += 1;
        }
        self.received += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Value;
    use crate::sample::Log;
    use crate::ship::Sensitivity;
    use crate::timestamp::Instant;

    fn body(notes: &[&str]) -> Vec<u8> {
        let (project, session) = ("p".parse().unwrap(), "s".parse().unwrap());
        let begun = Instant::from_millis(0);
        let mut log = Log::new(project, session, "agent".parse().unwrap(), 0, begun);
        for note in notes {
            log.event("agent.note", "0.1.0", Value::from(*note));
        }
        log.ship_body(Sensitivity::Secret)
    }

    fn read(body: &[u8], limits: Limits, piece: usize) -> Result<Summary, Error> {
        let mut reader = Reader::new(limits);
        for piece in body.chunks(piece) {
            reader.push(piece, &mut |_| {})?;
        }
        reader.finish(&mut |_| {})
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_before_it_is_kept() {
        let limits = Limits {
            line_bytes: 1000,
            ..Limits::default()
        };
        let body = body(&["short", &"x".repeat(5000), "short"]);
        for piece in [1, 100, usize::MAX] {
            let error = read(&body, limits, piece).unwrap_err();
            assert_eq!(
                (error.line, error.kind),
                (3, ErrorKind::LineTooLong { limit: 1000 })
            );
        }
        let mut reader = Reader::new(limits);
        let mut refused = false;
        for _ in 0..100 {
            refused |= reader.push(&[b'x'; 500], &mut |_| {}).is_err();
            assert!(reader.begun.capacity() <= 2000);
        }
        assert!(refused);
    }

    #[test]
    fn a_reader_that_refused_a_body_goes_on_refusing_it() {
        let mut reader = Reader::new(Limits::default());
        let error = reader.push(b"no manifest\n", &mut |_| {}).unwrap_err();
        let good = body(&["note"]);
        assert_eq!(reader.push(&good, &mut |_| {}), Err(error.clone()));
        assert_eq!(reader.finish(&mut |_| {}), Err(error));
    }

    #[test]
    fn no_record_is_handed_out_after_the_line_that_is_refused() {
        let mut broken = body(&["one", "two", "three"]);
        let second = broken
            .windows(5)
            .position(|bytes| bytes == b"\"two\"")
            .unwrap();
        broken[second] = b'x';
        let mut seen = Vec::new();
        let mut reader = Reader::new(Limits::default());
        let error = reader
            .push(&broken, &mut |record| seen.push(record.line))
            .unwrap_err();
        assert_eq!((error.line, seen), (3, vec![2]));
    }

    #[test]
    fn what_is_refused_is_never_repeated() {
        let text = String::from_utf8(body(&["note"])).unwrap();
        for (from, to) in [
            ("\"note\"", "SECRET"),
            ("\"note\"", "\"SECRET"),
            ("\"agent\"", "{\"SECRET\":1}"),
            ("\"actor_id\":\"agent\"", "\"actor_id\":\"SECRET\\u0000\""),
            ("\"redacted\":false", "\"redacted\":\"SECRET\""),
            ("\"ceiling\":\"secret\"", "\"ceiling\":\"SECRET\""),
            (
                "\"session_id\":\"s\",\"actor_id\"",
                "\"session_id\":\"SECRET\",\"actor_id\"",
            ),
        ] {
            assert!(text.contains(from), "{from}");
            let error =
                read(text.replace(from, to).as_bytes(), Limits::default(), 4096).unwrap_err();
            assert!(!error.to_string().contains("SECRET"), "{error}");
            assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
        }
    }
}
