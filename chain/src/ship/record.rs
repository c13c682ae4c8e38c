//! One line of a ship after the first: an event, open or withheld.

use super::{Error, ErrorKind, FindingKind, Limits, Sensitivity};
use crate::canonical::Hash;
use crate::envelope::{EnvelopeReader, Header, Problem, ReadEnvelope, required};
use crate::json::{self, Nothing, Parser, Sink, Value};

/// What a withheld payload is replaced by.
const MARKER: &[u8] = br#"{"lodestar.redacted":true}"#;

/// An event of a ship.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::sample::Log;
/// use machinaut_chain::ship::{Limits, Sensitivity, read_record};
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// log.event("agent.note", "0.1.0", Value::from("a note"));
/// let first = log.ship_body(Sensitivity::Internal);
/// let again = log.ship_body(Sensitivity::Secret);
/// let line = |body| <[u8]>::split(body, |byte| *byte == b'\n').nth(1).unwrap_or_default();
/// let withheld = read_record(line(&first), &Limits::default())?;
/// let open = read_record(line(&again), &Limits::default())?;
/// // Two records of one event: the payload opens what the first committed to.
/// assert_eq!(withheld.commitment, open.commitment);
/// assert_eq!(withheld.withheld(), Some(Sensitivity::Secret));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Record<'a> {
    /// The line of the body, counted from 1.
    pub line: usize,
    /// The line as it came, without white space around it: what is kept.
    pub bytes: &'a [u8],
    /// Everything of the envelope but the payload.
    pub header: Header,
    /// SHA-256 over the canonical envelope without its payload. The payload's hash is in it, so
    /// that two records with one commitment are of one event, open or withheld.
    pub commitment: Hash,
    /// The payload.
    pub payload: Payload<'a>,
    /// What does not add up about the event. Of two events with the same `seq` or id only the
    /// later one is known to be a repetition while a body is read: see [`super::repeated`].
    pub findings: Vec<FindingKind>,
}

/// The payload of a record.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::sample::Log;
/// use machinaut_chain::ship::{Limits, Payload, read_log_line};
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// log.event("agent.note", "0.1.0", Value::from("a note"));
/// let line = log.lines();
/// let record = read_log_line(&line, &Limits::default())?;
/// assert_eq!(record.payload, Payload::Open("\"a note\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload<'a> {
    /// It is there: its JSON as it stands in the line.
    Open(&'a str),
    /// The event never had one; its hash is that of `null`.
    Absent,
    /// It was withheld for being this sensitive; its hash stays, and a later ship can open it.
    Withheld(Sensitivity),
}

impl Record<'_> {
    /// How sensitive the withheld payload is, if it is withheld.
    ///
    /// ```
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::ship::{Limits, Sensitivity, read_record};
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.session_started();
    /// let body = log.ship_body(Sensitivity::Internal);
    /// let line = body.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
    /// let record = read_record(line, &Limits::default())?;
    /// assert_eq!(record.withheld(), Some(Sensitivity::Secret));
    /// assert_eq!(record.payload_value(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn withheld(&self) -> Option<Sensitivity> {
        match self.payload {
            Payload::Withheld(sensitivity) => Some(sensitivity),
            Payload::Open(_) | Payload::Absent => None,
        }
    }

    /// The payload as a value, if it is there.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::ship::{Limits, read_log_line};
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.event("agent.note", "0.1.0", Value::from("a note"));
    /// let line = log.lines();
    /// let record = read_log_line(&line, &Limits::default())?;
    /// assert_eq!(record.payload_value(), Some(Value::from("a note")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn payload_value(&self) -> Option<Value> {
        match self.payload {
            // The line was read with a limit on nesting already.
            Payload::Open(json) => Value::parse(
                json.as_bytes(),
                &json::Limits {
                    nesting: json::Limits::DEEPEST,
                },
            )
            .ok(),
            Payload::Absent | Payload::Withheld(_) => None,
        }
    }
}

/// Reads one record that was kept before.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::sample::Log;
/// use machinaut_chain::ship::{ErrorKind, Limits, Sensitivity, read_record};
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// log.event("agent.note", "0.1.0", Value::from("a note"));
/// let body = log.ship_body(Sensitivity::Secret);
/// let line = body.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
/// assert!(read_record(line, &Limits::default())?.findings.is_empty());
/// // A bare envelope is no record.
/// let bare = read_record(&log.lines(), &Limits::default()).unwrap_err();
/// assert!(matches!(bare.kind, ErrorKind::Field { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Where the line is not a record; the error's line is 1.
pub fn read_record<'a>(line: &'a [u8], limits: &Limits) -> Result<Record<'a>, Error> {
    RecordReader::new(*limits).read(line, 1)
}

/// The type of the event of a record that was kept before; none where it cannot be told. Nothing that
/// stands behind it in the line is looked at.
///
/// ```
/// use machinaut_chain::sample::Log;
/// use machinaut_chain::ship::{Sensitivity, type_of_record};
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// log.session_started();
/// let body = log.ship_body(Sensitivity::Internal);
/// let line = body.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
/// assert_eq!(type_of_record(line).as_deref(), Some("guard.session.started"));
/// assert_eq!(type_of_record(b"{}"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn type_of_record(line: &[u8]) -> Option<String> {
    let mut parser = Parser::from_bytes(line, json::Limits::DEEPEST).ok()?;
    let mut found = None;
    // To have found it ends the reading, as a fault does.
    let _ = parser.members(|parser, key| {
        if !key.is("envelope") {
            return parser.value(&mut Nothing).map_err(|_| Enough);
        }
        parser.members(|parser, key| {
            if !key.is("type") {
                return parser.value(&mut Nothing).map_err(|_| Enough);
            }
            found = parser.text().ok().flatten();
            Err(Enough)
        })
    });
    Some(found?.decode().to_display().into_owned())
}

/// Nothing more is to be read.
struct Enough;

impl From<json::Fault> for Enough {
    fn from(_: json::Fault) -> Self {
        Self
    }
}

/// Reads one line of a log as Lodestar keeps it on its own disk: a bare envelope, never withheld.
///
/// ```
/// use machinaut_chain::ship::{Limits, read_log_line};
///
/// let line = br#"{"id":"e","seq":7,"type":"agent.note","schema_version":"0.1.0",
///     "project_id":"p","session_id":"s","actor_id":"a","timestamp":"2026-11-23T04:46:15Z",
///     "logical_clock":0,"causal_parent_ids":[],"payload":null,"versions":{},
///     "payload_hash":"74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b"}"#;
/// let record = read_log_line(line, &Limits::default())?;
/// assert_eq!((record.line, record.header.seq), (1, 7));
/// assert!(record.findings.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Where the line is not an envelope; the error's line is 1.
pub fn read_log_line<'a>(line: &'a [u8], limits: &Limits) -> Result<Record<'a>, Error> {
    let mut reader = RecordReader::new(*limits);
    reader
        .parse_bare(line)
        .map_err(|problem| Error::of_problem(1, line, bare(problem)))
}

/// Reads records, one after another, in the same memory.
#[derive(Debug)]
pub(super) struct RecordReader {
    limits: Limits,
    envelope: EnvelopeReader,
}

impl RecordReader {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            envelope: EnvelopeReader::new(limits.id_chars),
        }
    }

    pub(super) fn read<'a>(&mut self, bytes: &'a [u8], line: usize) -> Result<Record<'a>, Error> {
        self.parse(bytes, line).map_err(|refusal| match refusal {
            Refusal::Problem(problem) => Error::of_problem(line, bytes, problem),
            Refusal::Kind(field, kind) => Error::of_field(line, bytes, field, kind),
        })
    }

    fn parse_bare<'a>(&mut self, bytes: &'a [u8]) -> Result<Record<'a>, Problem> {
        let mut parser = Parser::from_bytes(bytes, self.limits.nesting)?;
        let envelope = self.envelope.read(&mut parser)?;
        parser.finish()?;
        Ok(self.open(bytes, 1, envelope))
    }

    /// The record of an envelope that is not withheld.
    fn open<'a>(&mut self, bytes: &'a [u8], line: usize, envelope: ReadEnvelope<'a>) -> Record<'a> {
        let mut findings = Vec::new();
        let hash = match envelope.payload {
            Some(_) => Hash::of(self.envelope.payload()),
            None => Hash::of(b"null"),
        };
        if envelope.header.payload_digest() != Some(hash) {
            findings.push(FindingKind::PayloadHashMismatch);
        }
        if self.envelope.payload_repeats_a_key() {
            findings.push(FindingKind::DuplicateJsonKey);
        }
        Record {
            line,
            bytes: bytes.trim_ascii(),
            header: envelope.header,
            commitment: envelope.commitment,
            payload: envelope.payload.map_or(Payload::Absent, Payload::Open),
            findings,
        }
    }

    fn parse<'a>(&mut self, bytes: &'a [u8], line: usize) -> Result<Record<'a>, Refusal> {
        let mut parser = Parser::from_bytes(bytes, self.limits.nesting).map_err(Problem::from)?;
        required(
            (parser.peek() == Some(b'{')).then_some(()),
            "record",
            "an object",
        )?;
        let (mut version, mut withheld, mut sensitivity, mut envelope) = (None, None, None, None);
        parser.members(|parser, key| {
            let again = || Err(Problem::DuplicateKey { object: "record" });
            if key.is("v") {
                let literal = required(parser.literal()?, "v", "the number 1")?;
                let one = literal.parse() == Ok(1.0_f64);
                if version
                    .replace(required(one.then_some(()), "v", "the number 1")?)
                    .is_some()
                {
                    return again();
                }
            } else if key.is("redacted") {
                let mut value = Boolean(None);
                parser.value(&mut value)?;
                let value = required(value.0, "redacted", "true or false")?;
                if withheld.replace(value).is_some() {
                    return again();
                }
            } else if key.is("payload_sensitivity") {
                let start = parser.position();
                parser.value(&mut Nothing)?;
                if sensitivity.replace(parser.since(start)).is_some() {
                    return again();
                }
            } else if key.is("envelope") {
                if envelope.is_some() {
                    return again();
                }
                envelope = Some(self.envelope.read(parser)?);
            } else {
                parser.value(&mut Nothing)?;
            }
            Ok(())
        })?;
        parser.finish().map_err(Problem::from)?;
        required(version, "v", "the number 1")?;
        let withheld = required(withheld, "redacted", "true or false")?;
        let envelope = required(envelope, "envelope", "an object")?;
        if !withheld {
            return Ok(self.open(bytes, line, envelope));
        }
        let sensitivity = sensitivity
            .and_then(|json| Value::parse(json.as_bytes(), &json::Limits::default()).ok())
            .and_then(|value| value.as_str()?.parse().ok());
        let sensitivity = required(
            sensitivity,
            "payload_sensitivity",
            "public, internal, confidential or secret",
        )?;
        let is_marker = envelope.payload.is_some()
            && !self.envelope.payload_repeats_a_key()
            && self.envelope.payload() == MARKER;
        if !is_marker {
            return Err(Refusal::Kind("envelope.payload", ErrorKind::NotTheMarker));
        }
        if envelope.header.payload_digest().is_none() {
            return Err(Refusal::Kind(
                "envelope.payload_hash",
                ErrorKind::NoCommitment,
            ));
        }
        Ok(Record {
            line,
            bytes: bytes.trim_ascii(),
            header: envelope.header,
            commitment: envelope.commitment,
            payload: Payload::Withheld(sensitivity),
            findings: Vec::new(),
        })
    }
}

/// What is wrong with a bare envelope, whose fields stand in no record.
fn bare(problem: Problem) -> Problem {
    let own = |field: &'static str| field.strip_prefix("envelope.").unwrap_or(field);
    match problem {
        Problem::Field {
            field: "envelope",
            expected,
        } => Problem::Field {
            field: "record",
            expected,
        },
        Problem::Field { field, expected } => Problem::Field {
            field: own(field),
            expected,
        },
        Problem::Id { field, bad } => Problem::Id {
            field: own(field),
            bad,
        },
        other => other,
    }
}

enum Refusal {
    Problem(Problem),
    Kind(&'static str, ErrorKind),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Hears nothing but one boolean.
struct Boolean(Option<bool>);

impl Sink for Boolean {
    fn boolean(&mut self, value: bool) {
        self.0 = Some(value);
    }
    fn null(&mut self) {}
    fn number(&mut self, _: &str) {}
    fn string(&mut self, _: json::RawText<'_>) {}
    fn begin_array(&mut self) {}
    fn end_array(&mut self) {}
    fn begin_object(&mut self) {}
    fn key(&mut self, _: json::RawText<'_>) {}
    fn end_object(&mut self) {}
}
