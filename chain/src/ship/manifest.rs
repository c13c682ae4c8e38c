//! The first line of a ship.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Limits;
use crate::envelope::{MAX_SEQ, Problem, ProjectId, SessionId, required};
use crate::json::{Limits as JsonLimits, Value};

/// How sensitive a payload is, and up to which sensitivity a ship carries payloads (its ceiling).
///
/// ```
/// use machinaut_chain::ship::Sensitivity;
///
/// // A payload travels where its sensitivity is not above the ship's ceiling.
/// let ceiling = Sensitivity::Internal;
/// let travels = Sensitivity::ALL.into_iter().filter(|marked| *marked <= ceiling);
/// assert_eq!(travels.collect::<Vec<_>>(), [Sensitivity::Public, Sensitivity::Internal]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sensitivity {
    /// For everyone.
    Public,
    /// For the organisation. The ceiling of a ship where nobody says otherwise.
    Internal,
    /// For those who need it.
    Confidential,
    /// For nobody else. Lodestar also marks what it could not classify as secret.
    Secret,
}

impl Sensitivity {
    /// All of them, rising.
    pub const ALL: [Self; 4] = [
        Self::Public,
        Self::Internal,
        Self::Confidential,
        Self::Secret,
    ];

    /// Lodestar's word for it.
    ///
    /// ```
    /// use machinaut_chain::ship::Sensitivity;
    ///
    /// assert_eq!(Sensitivity::Confidential.as_str(), "confidential");
    /// assert_eq!("confidential".parse(), Ok(Sensitivity::Confidential));
    /// assert!("hush-hush".parse::<Sensitivity>().is_err());
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Secret => "secret",
        }
    }
}

impl fmt::Display for Sensitivity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A text that names no sensitivity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sensitivity is public, internal, confidential or secret")]
pub struct UnknownSensitivity;

impl FromStr for Sensitivity {
    type Err = UnknownSensitivity;

    fn from_str(text: &str) -> Result<Self, UnknownSensitivity> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or(UnknownSensitivity)
    }
}

/// The first line of a ship: `lodestar.session_ship`, version 1.
///
/// ```
/// use machinaut_chain::ship::{Limits, Reader, Sensitivity};
///
/// let line = concat!(
///     r#"{"kind":"lodestar.session_ship","version":1,"project_id":"p","session_id":"s","#,
///     r#""event_count":12,"ceiling":"internal","redacted_count":5}"#, "\n",
/// );
/// let mut reader = Reader::new(Limits::default());
/// reader.push(line.as_bytes(), &mut |_| {})?;
/// let manifest = reader.manifest().ok_or("not read yet")?;
/// assert_eq!((manifest.event_count, manifest.redacted_count), (12, 5));
/// assert_eq!(manifest.ceiling, Sensitivity::Internal);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The project that every event is of.
    pub project_id: ProjectId,
    /// The session that every event is of.
    pub session_id: SessionId,
    /// How many events the body carries.
    pub event_count: u64,
    /// Up to which sensitivity payloads are carried.
    pub ceiling: Sensitivity,
    /// How many of the events are withheld.
    pub redacted_count: u64,
}

impl Manifest {
    pub(super) fn read(line: &[u8], limits: &Limits) -> Result<Self, ManifestProblem> {
        let noted = Value::parse_noting(
            line,
            &JsonLimits {
                nesting: limits.nesting,
            },
        )
        .map_err(ManifestProblem::Json)?;
        if noted.duplicate_keys {
            return Err(Problem::DuplicateKey { object: "manifest" }.into());
        }
        let manifest = noted.value;
        required(manifest.as_object().map(drop), "manifest", "an object")?;
        let is =
            |field: &str, text: &str| manifest.get(field).and_then(Value::as_str) == Some(text);
        required(
            is("kind", "lodestar.session_ship").then_some(()),
            "kind",
            "`lodestar.session_ship`",
        )?;
        let version = manifest
            .get("version")
            .and_then(Value::as_f64)
            .and_then(natural);
        required(
            version.filter(|&version| version == 1),
            "version",
            "the number 1",
        )?;
        let id = |field: &'static str| {
            let text = required(
                manifest.get(field).and_then(Value::as_text),
                field,
                "a string",
            )?;
            // A lone surrogate is no character and cannot be kept as one.
            text.as_str().ok_or(Problem::Id {
                field,
                bad: crate::envelope::BadId::Control,
            })
        };
        let bad = |field| move |bad| Problem::Id { field, bad };
        let project_id =
            ProjectId::bounded(id("project_id")?, limits.id_chars).map_err(bad("project_id"))?;
        let session_id =
            SessionId::bounded(id("session_id")?, limits.id_chars).map_err(bad("session_id"))?;
        let ceiling = manifest
            .get("ceiling")
            .and_then(Value::as_str)
            .and_then(|text| text.parse().ok());
        let ceiling = required(
            ceiling,
            "ceiling",
            "public, internal, confidential or secret",
        )?;
        let count = |field| {
            let number = manifest
                .get(field)
                .and_then(Value::as_f64)
                .and_then(natural);
            required(number, field, "an integer from 0 to 9007199254740991")
        };
        Ok(Self {
            project_id,
            session_id,
            event_count: count("event_count")?,
            ceiling,
            redacted_count: count("redacted_count")?,
        })
    }
}

pub(super) enum ManifestProblem {
    Json(crate::json::Error),
    Problem(Problem),
}

impl From<Problem> for ManifestProblem {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// The number, if it is one that is counted with. Exact: it is written out and read again.
fn natural(number: f64) -> Option<u64> {
    let number: u64 = Value::Number(number).to_json().parse().ok()?;
    (number <= MAX_SEQ).then_some(number)
}
