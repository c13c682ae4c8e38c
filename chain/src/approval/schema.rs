//! Reading fields strictly, with errors that name the field and never its content.

use std::fmt;

use crate::json::{Error, Object, Text, Value};
use crate::timestamp::Timestamp;

/// Why a document is not what its schema says. Nothing of the document stands in it, but for the
/// name of a key that does not belong there is none: keys are the sender's text too.
///
/// ```
/// use machinaut_chain::approval::{Expected, Resolution, SchemaError};
///
/// let body = br#"{"request_id":"r-1","action_id":"a-1","kind":"perhaps"}"#;
/// let field = "kind";
/// let expected = Expected::OneOf("granted, denied");
/// assert_eq!(Resolution::parse(body), Err(SchemaError::Field { field, expected }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaError {
    /// The text is not JSON.
    Json(Error),
    /// A field is missing, or is something else.
    Field {
        /// The path of the field; empty for the document itself.
        field: &'static str,
        /// What it has to be.
        expected: Expected,
    },
    /// A key stands in the document that the schema does not know.
    UnknownKey,
    /// A key stands twice, so that two readers may read two documents.
    DuplicateKey,
}

/// What a field has to be.
///
/// ```
/// use machinaut_chain::approval::Expected;
///
/// assert_eq!(Expected::Fraction.to_string(), "a number from 0 to 1");
/// assert_eq!(Expected::OneOf("granted, denied").to_string(), "one of granted, denied");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// A JSON object.
    Object,
    /// A string, possibly empty.
    String,
    /// A string with something in it.
    NonEmptyString,
    /// A string of at most so many characters, none of them a control character.
    Id(usize),
    /// A date and time.
    Timestamp,
    /// A number from 0 to 1.
    Fraction,
    /// One of these words.
    OneOf(&'static str),
}

impl fmt::Display for Expected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object => out.write_str("an object"),
            Self::String => out.write_str("a string"),
            Self::NonEmptyString => out.write_str("a string that is not empty"),
            Self::Id(chars) => {
                write!(
                    out,
                    "a string of 1 to {chars} characters, none of them a control character"
                )
            }
            Self::Timestamp => out.write_str("an ISO 8601 date and time with `Z` or an offset"),
            Self::Fraction => out.write_str("a number from 0 to 1"),
            Self::OneOf(words) => write!(out, "one of {words}"),
        }
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(out, "the body is not JSON: {error}"),
            Self::Field {
                field: "",
                expected,
            } => write!(out, "the body has to be {expected}"),
            Self::Field { field, expected } => write!(out, "`{field}` has to be {expected}"),
            Self::UnknownKey => out.write_str("the body has a key that its schema does not know"),
            Self::DuplicateKey => out.write_str("the body has the same key twice in one object"),
        }
    }
}

impl std::error::Error for SchemaError {}

impl SchemaError {
    pub(super) fn field(field: &'static str, expected: Expected) -> Self {
        Self::Field { field, expected }
    }
}

pub(super) fn object<'a>(value: &'a Value, field: &'static str) -> Result<&'a Object, SchemaError> {
    value
        .as_object()
        .ok_or(SchemaError::field(field, Expected::Object))
}

/// The last part of a path is the key.
fn key_of(field: &'static str) -> &'static str {
    field.rsplit('.').next().unwrap_or(field)
}

pub(super) fn text(object: &Object, field: &'static str) -> Result<Text, SchemaError> {
    let text = object.get(key_of(field)).and_then(Value::as_text);
    text.cloned()
        .ok_or(SchemaError::field(field, Expected::String))
}

pub(super) fn non_empty(object: &Object, field: &'static str) -> Result<Text, SchemaError> {
    text(object, field)
        .ok()
        .filter(|text| !text.is_empty())
        .ok_or(SchemaError::field(field, Expected::NonEmptyString))
}

/// A field that may be absent; `null` is not absent.
pub(super) fn optional<T>(
    object: &Object,
    field: &'static str,
    read: impl FnOnce(&Object, &'static str) -> Result<T, SchemaError>,
) -> Result<Option<T>, SchemaError> {
    object
        .get(key_of(field))
        .map(|_| read(object, field))
        .transpose()
}

pub(super) fn timestamp(object: &Object, field: &'static str) -> Result<Timestamp, SchemaError> {
    object
        .get(key_of(field))
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .ok_or(SchemaError::field(field, Expected::Timestamp))
}
