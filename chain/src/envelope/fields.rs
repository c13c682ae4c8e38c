//! Reading the fields that Lodestar's schemas fix, each strictly, in the pass that also writes the
//! canonical bytes.

use super::MAX_SEQ;
use super::ids::BadId;
use crate::canonical::Writer;
use crate::json::{Fault, Parser, RawText, Sink as _};

/// Why a line is not what the schema says. It holds no bytes of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The line is not JSON.
    Json(Fault),
    /// A field is missing or is something else.
    Field {
        field: &'static str,
        expected: &'static str,
    },
    /// An id is too long or too strange.
    Id { field: &'static str, bad: BadId },
    /// A key stands twice in this object, so that two readers may read two things.
    DuplicateKey { object: &'static str },
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Json(fault)
    }
}

/// A field that has to be there.
pub(crate) fn required<T>(
    value: Option<T>,
    field: &'static str,
    expected: &'static str,
) -> Result<T, Problem> {
    value.ok_or(Problem::Field { field, expected })
}

/// Takes the value of a field. Of a key that stands twice the writer tells.
pub(super) fn string<'a>(
    parser: &mut Parser<'a>,
    writer: &mut Writer,
    field: &'static str,
) -> Result<RawText<'a>, Problem> {
    let text = required(parser.text()?, field, "a string")?;
    writer.string(text);
    Ok(text)
}

pub(super) fn display(
    parser: &mut Parser<'_>,
    writer: &mut Writer,
    field: &'static str,
) -> Result<String, Problem> {
    let text = string(parser, writer, field)?;
    Ok(match text.plain() {
        Some(plain) => plain.to_owned(),
        None => text.decode().to_display().into_owned(),
    })
}

pub(super) fn id<T>(
    parser: &mut Parser<'_>,
    writer: &mut Writer,
    field: &'static str,
    bounded: impl FnOnce(&str) -> Result<T, BadId>,
) -> Result<T, Problem> {
    let text = string(parser, writer, field)?;
    let decoded;
    let plain = if let Some(plain) = text.plain() {
        plain
    } else {
        decoded = text.decode();
        // A lone surrogate is no character and cannot be kept as one.
        let control = Problem::Id {
            field,
            bad: BadId::Control,
        };
        decoded.as_str().ok_or(control)?
    };
    bounded(plain).map_err(|bad| Problem::Id { field, bad })
}

/// An integer that is written as one: digits only, so that every reader reads the same number.
pub(super) fn integer(
    parser: &mut Parser<'_>,
    writer: &mut Writer,
    field: &'static str,
) -> Result<u64, Problem> {
    const EXPECTED: &str = "an integer from 0 to 9007199254740991, written with digits only";
    let literal = required(parser.literal()?, field, EXPECTED)?;
    writer.number(literal);
    let digits = literal.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| literal.parse().ok()).flatten();
    required(number.filter(|&number| number <= MAX_SEQ), field, EXPECTED)
}

/// Reads an object, telling the writer all of it.
pub(super) fn object<'a>(
    parser: &mut Parser<'a>,
    writer: &mut Writer,
    field: &'static str,
    mut each: impl FnMut(&mut Parser<'a>, &mut Writer, RawText<'a>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    required(
        (parser.peek() == Some(b'{')).then_some(()),
        field,
        "an object",
    )?;
    writer.begin_object();
    parser.members(|parser, key| {
        writer.key(key);
        each(parser, writer, key)
    })?;
    writer.end_object();
    Ok(())
}

/// Reads an array, telling the writer all of it.
pub(super) fn array<'a>(
    parser: &mut Parser<'a>,
    writer: &mut Writer,
    field: &'static str,
    mut each: impl FnMut(&mut Parser<'a>, &mut Writer) -> Result<(), Problem>,
) -> Result<(), Problem> {
    required(
        (parser.peek() == Some(b'[')).then_some(()),
        field,
        "an array",
    )?;
    writer.begin_array();
    parser.items(|parser| each(parser, writer))?;
    writer.end_array();
    Ok(())
}
