//! Everything of an envelope but its payload, read strictly.

use serde::{Deserialize, Serialize};

use super::fields::{Problem, array, display, id, integer, object, required, string};
use super::ids::{ActorId, EventId, ProjectId, SessionId};
use crate::canonical::{Hash, Writer};
use crate::json::{Parser, RawText, Sink as _, Text};
use crate::signature::Signature;
use crate::timestamp::Timestamp;

/// Everything of an envelope but its payload: Lodestar's `EventEnvelope`.
///
/// ```
/// use machinaut_chain::ship::{Limits, read_log_line};
///
/// let line = br#"{"id":"e-1","seq":7,"type":"agent.note","schema_version":"0.1.0","project_id":"p",
///     "session_id":"s","actor_id":"agent:a","timestamp":"2026-03-01T09:00:00Z","logical_clock":1,
///     "causal_parent_ids":["e-0"],"payload_hash":"unknown","versions":{},"payload":null}"#;
/// let header = read_log_line(line, &Limits::default())?.header;
/// assert_eq!((header.id.as_str(), header.seq), ("e-1", 7));
/// assert_eq!(header.causal_parent_ids[0].as_str(), "e-0");
/// assert_eq!(header.signature, None);
/// # Ok::<(), machinaut_chain::ship::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The event's id.
    pub id: EventId,
    /// Its place in the log of its project; a session starts anywhere and has gaps.
    pub seq: u64,
    /// What the event claims to be. Any text; a lone surrogate is shown as U+FFFD.
    pub event_type: String,
    /// The version of the payload's schema. Any text.
    pub schema_version: String,
    /// The project.
    pub project_id: ProjectId,
    /// The session.
    pub session_id: SessionId,
    /// Who is said to have written it.
    pub actor_id: ActorId,
    /// When, by the writer's clock.
    pub timestamp: Timestamp,
    /// Its place in its session, by the writer's count.
    pub logical_clock: u64,
    /// The events it says it follows from. Nearly always none.
    pub causal_parent_ids: Vec<EventId>,
    /// The commitment to the payload as it was written: any text, by intent a SHA-256.
    pub payload_hash: String,
    /// What the writer ran on.
    pub versions: Versions,
    /// A signature on the event, if it has one.
    pub signature: Option<Signature>,
}

impl Header {
    /// The commitment to the payload, where it is the SHA-256 that it ought to be.
    ///
    /// ```
    /// use machinaut_chain::canonical::Hash;
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::sample::Log;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
    /// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    /// log.event("agent.note", "0.1.0", Value::from("a note"));
    /// let lines = log.lines();
    /// let session = Session::from_log_lines([lines.as_slice()])?;
    ///
    /// let mut header = session.events()[0].header.clone();
    /// assert_eq!(header.payload_digest(), Some(Hash::of(br#""a note""#)));
    /// header.payload_hash = "sha256:unknown".to_owned();
    /// assert_eq!(header.payload_digest(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn payload_digest(&self) -> Option<Hash> {
        self.payload_hash.parse().ok()
    }
}

/// What the writer of an event ran on.
///
/// ```
/// use machinaut_chain::ship::{Limits, read_log_line};
///
/// let line = br#"{"id":"e-1","seq":7,"type":"agent.note","schema_version":"0.1.0","project_id":"p",
///     "session_id":"s","actor_id":"agent:a","timestamp":"2026-03-01T09:00:00Z","logical_clock":1,
///     "causal_parent_ids":[],"payload_hash":"unknown","versions":{"model":"m-4"},"payload":null}"#;
/// let versions = read_log_line(line, &Limits::default())?.header.versions;
/// assert_eq!(versions.model.as_deref(), Some("m-4"));
/// assert_eq!(versions.tool_version, None);
/// # Ok::<(), machinaut_chain::ship::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The model.
    pub model: Option<String>,
    /// A hash of the prompt.
    pub prompt_hash: Option<String>,
    /// The version of the tool.
    pub tool_version: Option<String>,
    /// A hash of the skill.
    pub skill_hash: Option<String>,
    /// The version of the policy.
    pub policy_version: Option<String>,
    /// The snapshot of memory.
    pub memory_snapshot_id: Option<String>,
    /// The version of the schema registry.
    pub schema_registry_version: Option<String>,
}

/// An envelope that was read.
#[derive(Debug)]
pub(crate) struct ReadEnvelope<'a> {
    pub(crate) header: Header,
    /// SHA-256 over the canonical envelope without its payload.
    pub(crate) commitment: Hash,
    /// The payload as it stands in the line.
    pub(crate) payload: Option<&'a str>,
}

/// Reads envelopes, one after another.
#[derive(Debug)]
pub(crate) struct EnvelopeReader {
    id_chars: usize,
    rest: Writer,
    payload: Writer,
}

#[derive(Default)]
struct Draft {
    id: Option<EventId>,
    seq: Option<u64>,
    event_type: Option<String>,
    schema_version: Option<String>,
    project_id: Option<ProjectId>,
    session_id: Option<SessionId>,
    actor_id: Option<ActorId>,
    timestamp: Option<Timestamp>,
    logical_clock: Option<u64>,
    causal_parent_ids: Option<Vec<EventId>>,
    payload_hash: Option<String>,
    versions: Option<Versions>,
    signature: Option<Signature>,
}

impl EnvelopeReader {
    pub(crate) fn new(id_chars: usize) -> Self {
        Self {
            id_chars,
            rest: Writer::default(),
            payload: Writer::default(),
        }
    }

    /// The canonical bytes of the payload that was read last.
    pub(crate) fn payload(&mut self) -> &[u8] {
        self.payload.finish()
    }

    /// Whether the payload that was read last names a key twice somewhere.
    pub(crate) fn payload_repeats_a_key(&self) -> bool {
        self.payload.duplicate_keys()
    }

    /// Reads the envelope that comes next.
    pub(crate) fn read<'a>(
        &mut self,
        parser: &mut Parser<'a>,
    ) -> Result<ReadEnvelope<'a>, Problem> {
        self.rest.clear();
        self.payload.clear();
        let mut draft = Draft::default();
        let mut payload = None;
        required(
            (parser.peek() == Some(b'{')).then_some(()),
            "envelope",
            "an object",
        )?;
        self.rest.begin_object();
        parser.members(|parser, key| {
            if key.is("payload") {
                if payload.is_some() {
                    return Err(Problem::DuplicateKey { object: "envelope" });
                }
                let start = parser.position();
                parser.value(&mut self.payload)?;
                payload = Some(parser.since(start));
                return Ok(());
            }
            self.rest.key(key);
            draft.member(parser, &mut self.rest, key, self.id_chars)
        })?;
        self.rest.end_object();
        if self.rest.duplicate_keys() {
            return Err(Problem::DuplicateKey { object: "envelope" });
        }
        let header = draft.finish()?;
        let commitment = Hash::of(self.rest.finish());
        Ok(ReadEnvelope {
            header,
            commitment,
            payload,
        })
    }
}

impl Draft {
    fn member<'a>(
        &mut self,
        parser: &mut Parser<'a>,
        writer: &mut Writer,
        key: RawText<'a>,
        chars: usize,
    ) -> Result<(), Problem> {
        let decoded;
        let name = if let Some(plain) = key.plain() {
            plain
        } else {
            decoded = key.decode();
            decoded.as_str().unwrap_or_default()
        };
        match name {
            "id" => {
                self.id = Some(id(parser, writer, "envelope.id", |text| {
                    EventId::bounded(text, chars)
                })?);
            }
            "seq" => self.seq = Some(integer(parser, writer, "envelope.seq")?),
            "type" => self.event_type = Some(display(parser, writer, "envelope.type")?),
            "schema_version" => {
                self.schema_version = Some(display(parser, writer, "envelope.schema_version")?);
            }
            "project_id" => {
                let make = |text: &str| ProjectId::bounded(text, chars);
                self.project_id = Some(id(parser, writer, "envelope.project_id", make)?);
            }
            "session_id" => {
                let make = |text: &str| SessionId::bounded(text, chars);
                self.session_id = Some(id(parser, writer, "envelope.session_id", make)?);
            }
            "actor_id" => {
                let make = |text: &str| ActorId::bounded(text, chars);
                self.actor_id = Some(id(parser, writer, "envelope.actor_id", make)?);
            }
            "timestamp" => self.timestamp = Some(timestamp(parser, writer, "envelope.timestamp")?),
            "logical_clock" => {
                self.logical_clock = Some(integer(parser, writer, "envelope.logical_clock")?);
            }
            "causal_parent_ids" => {
                const FIELD: &str = "envelope.causal_parent_ids";
                let mut ids = Vec::new();
                array(parser, writer, FIELD, |parser, writer| {
                    ids.push(id(parser, writer, FIELD, |text| {
                        EventId::bounded(text, chars)
                    })?);
                    Ok(())
                })?;
                self.causal_parent_ids = Some(ids);
            }
            "payload_hash" => {
                self.payload_hash = Some(display(parser, writer, "envelope.payload_hash")?);
            }
            "versions" => self.versions = Some(versions(parser, writer)?),
            "signature" => self.signature = Some(signature(parser, writer)?),
            _ => parser.value(writer)?,
        }
        Ok(())
    }

    fn finish(self) -> Result<Header, Problem> {
        const INTEGER: &str = "an integer from 0 to 9007199254740991, written with digits only";
        const STRING: &str = "a string";
        Ok(Header {
            id: required(self.id, "envelope.id", STRING)?,
            seq: required(self.seq, "envelope.seq", INTEGER)?,
            event_type: required(self.event_type, "envelope.type", STRING)?,
            schema_version: required(self.schema_version, "envelope.schema_version", STRING)?,
            project_id: required(self.project_id, "envelope.project_id", STRING)?,
            session_id: required(self.session_id, "envelope.session_id", STRING)?,
            actor_id: required(self.actor_id, "envelope.actor_id", STRING)?,
            timestamp: required(self.timestamp, "envelope.timestamp", TIMESTAMP)?,
            logical_clock: required(self.logical_clock, "envelope.logical_clock", INTEGER)?,
            causal_parent_ids: required(
                self.causal_parent_ids,
                "envelope.causal_parent_ids",
                "an array of strings",
            )?,
            payload_hash: required(self.payload_hash, "envelope.payload_hash", STRING)?,
            versions: required(self.versions, "envelope.versions", "an object")?,
            signature: self.signature,
        })
    }
}

const TIMESTAMP: &str = "an ISO 8601 date and time with `Z` or an offset";

fn timestamp(
    parser: &mut Parser<'_>,
    writer: &mut Writer,
    field: &'static str,
) -> Result<Timestamp, Problem> {
    let text = required(parser.text()?, field, TIMESTAMP)?;
    writer.string(text);
    let timestamp = match text.plain() {
        Some(plain) => plain.parse().ok(),
        None => text.decode().as_str().and_then(|text| text.parse().ok()),
    };
    required(timestamp, field, TIMESTAMP)
}

fn versions(parser: &mut Parser<'_>, writer: &mut Writer) -> Result<Versions, Problem> {
    let mut versions = Versions::default();
    object(
        parser,
        writer,
        "envelope.versions",
        |parser, writer, key| {
            let (place, field) = match key.plain() {
                Some("model") => (&mut versions.model, "envelope.versions.model"),
                Some("prompt_hash") => (&mut versions.prompt_hash, "envelope.versions.prompt_hash"),
                Some("tool_version") => {
                    (&mut versions.tool_version, "envelope.versions.tool_version")
                }
                Some("skill_hash") => (&mut versions.skill_hash, "envelope.versions.skill_hash"),
                Some("policy_version") => (
                    &mut versions.policy_version,
                    "envelope.versions.policy_version",
                ),
                Some("memory_snapshot_id") => (
                    &mut versions.memory_snapshot_id,
                    "envelope.versions.memory_snapshot_id",
                ),
                Some("schema_registry_version") => (
                    &mut versions.schema_registry_version,
                    "envelope.versions.schema_registry_version",
                ),
                _ => return Ok(parser.value(writer)?),
            };
            *place = Some(display(parser, writer, field)?);
            Ok(())
        },
    )?;
    Ok(versions)
}

fn signature(parser: &mut Parser<'_>, writer: &mut Writer) -> Result<Signature, Problem> {
    const ALGORITHM: &str = "envelope.signature.algorithm";
    let (mut signer_id, mut payload_hash, mut algorithm, mut bytes, mut at) =
        (None, None, None, None, None);
    object(
        parser,
        writer,
        "envelope.signature",
        |parser, writer, key| {
            let text =
                |parser: &mut Parser<'_>, writer: &mut Writer, field| -> Result<Text, Problem> {
                    Ok(string(parser, writer, field)?.decode())
                };
            match key.plain() {
                Some("signer_id") => {
                    signer_id = Some(text(parser, writer, "envelope.signature.signer_id")?);
                }
                Some("payload_hash") => {
                    payload_hash = Some(text(parser, writer, "envelope.signature.payload_hash")?);
                }
                Some("algorithm") => {
                    let named = string(parser, writer, ALGORITHM)?;
                    required(named.is("ed25519").then_some(()), ALGORITHM, "`ed25519`")?;
                    algorithm = Some(named.decode());
                }
                Some("signature") => {
                    bytes = Some(text(parser, writer, "envelope.signature.signature")?);
                }
                Some("at") => {
                    let timestamp = timestamp(parser, writer, "envelope.signature.at")?;
                    at = Some(Text::from(timestamp.as_str()));
                }
                _ => parser.value(writer)?,
            }
            Ok(())
        },
    )?;
    Ok(Signature {
        signer_id: required(signer_id, "envelope.signature.signer_id", "a string")?,
        payload_hash: required(payload_hash, "envelope.signature.payload_hash", "a string")?,
        algorithm: required(algorithm, ALGORITHM, "`ed25519`")?,
        signature: required(bytes, "envelope.signature.signature", "a string")?,
        at: required(at, "envelope.signature.at", TIMESTAMP)?,
    })
}
