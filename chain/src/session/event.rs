use serde::{Deserialize, Serialize};

use crate::canonical::Hash;
pub use crate::envelope::Header;
use crate::json::Value;
use crate::ship::{self, Record};
pub use crate::ship::{FindingKind, Sensitivity};

/// What became of an event's payload on its way to us.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// It is here.
    Open(Value),
    /// The event never had one, or it was not looked at.
    Absent,
    /// The sender kept it; its hash is a commitment that can be opened later. The marking says
    /// how sensitive it is, where `secret` often only means that nobody classified it.
    Withheld(Sensitivity),
}

/// One event of a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Everything but the payload.
    pub header: Header,
    /// SHA-256 over the canonical envelope without its payload; the payload's hash is in it.
    pub commitment: Hash,
    /// The payload, if it came.
    pub payload: Payload,
    /// What is wrong with the event.
    pub findings: Vec<FindingKind>,
    /// Whether the payload came and its hash was computed and found equal. Never true for an
    /// event with a finding.
    pub verified: bool,
}

impl Event {
    /// The event of a record, its payload read.
    pub fn from_record(record: Record<'_>) -> Self {
        let payload = match record.payload {
            ship::Payload::Open(_) => record
                .payload_value()
                .map_or(Payload::Absent, Payload::Open),
            ship::Payload::Absent => Payload::Absent,
            ship::Payload::Withheld(marked) => Payload::Withheld(marked),
        };
        Self {
            payload,
            ..Self::outline(record)
        }
    }

    /// The event of a record without looking at its payload: for those who need only to know that
    /// it is there.
    pub fn outline(record: Record<'_>) -> Self {
        let withheld = record.withheld();
        Self {
            verified: withheld.is_none() && record.findings.is_empty(),
            payload: withheld.map_or(Payload::Absent, Payload::Withheld),
            header: record.header,
            commitment: record.commitment,
            findings: record.findings,
        }
    }

    /// Its place in the project's log.
    pub fn seq(&self) -> u64 {
        self.header.seq
    }

    /// Its id.
    pub fn id(&self) -> &str {
        self.header.id.as_str()
    }

    /// Its type: a claim of whoever wrote it.
    pub fn event_type(&self) -> &str {
        &self.header.event_type
    }

    /// Who is said to have written it.
    pub fn actor(&self) -> &str {
        self.header.actor_id.as_str()
    }

    /// When, as written.
    pub fn timestamp(&self) -> &str {
        self.header.timestamp.as_str()
    }

    /// The payload where it can be read.
    pub fn open(&self) -> Option<&Value> {
        match &self.payload {
            Payload::Open(value) => Some(value),
            Payload::Absent | Payload::Withheld(_) => None,
        }
    }

    /// How sensitive a withheld payload is marked; none when it is not withheld.
    pub fn withheld(&self) -> Option<Sensitivity> {
        match self.payload {
            Payload::Withheld(marked) => Some(marked),
            Payload::Open(_) | Payload::Absent => None,
        }
    }

    /// Whether the event carries schema version 1, which the firewall, the sentinels and the
    /// guard's own checks write and an agent's `emit` cannot.
    pub fn is_attested(&self) -> bool {
        self.header.schema_version == "1"
    }

    /// Names the event for a page or a proof.
    pub fn reference(&self) -> EventRef {
        EventRef {
            seq: self.seq(),
            event_id: self.id().to_owned(),
            event_type: self.header.event_type.clone(),
            payload_hash: self.header.payload_hash.clone(),
            timestamp: self.timestamp().to_owned(),
            actor_id: self.actor().to_owned(),
            verified: self.verified,
            withheld: self.withheld(),
            findings: self.findings.clone(),
        }
    }
}

/// Names one event of a session, with what a page says about it at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRef {
    /// Its place in the project's log.
    pub seq: u64,
    /// Its id.
    pub event_id: String,
    /// Its type: a claim of whoever wrote it.
    pub event_type: String,
    /// The commitment to its payload, as written: by intent a SHA-256 in hex.
    pub payload_hash: String,
    /// When it was written, as written.
    pub timestamp: String,
    /// Who wrote it.
    pub actor_id: String,
    /// Whether the payload was re-hashed and matched.
    pub verified: bool,
    /// How a withheld payload is marked; none when it is not withheld.
    pub withheld: Option<Sensitivity>,
    /// What is wrong with it.
    pub findings: Vec<FindingKind>,
}
