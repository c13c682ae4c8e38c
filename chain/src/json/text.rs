//! A JavaScript string. Nearly all of them are ordinary text; a few hold half of a surrogate pair,
//! which UTF-8 cannot say and which Lodestar nevertheless hashes.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::write;

/// A JavaScript string, kept exactly.
///
/// ```
/// use machinaut_chain::json::Value;
///
/// let value = Value::parse(br#""half \ud83d""#, &Default::default())?;
/// let text = value.as_text().unwrap();
/// assert_eq!(text.as_str(), None);
/// assert_eq!(text.to_display(), "half \u{FFFD}");
/// assert_eq!(value.to_json(), r#""half \ud83d""#);
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Text(Form);

/// A text that UTF-8 can say is always `Utf8`, so that equal texts have equal forms.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Form {
    Utf8(String),
    Utf16(Vec<u16>),
}

impl Text {
    /// The text, unless a lone surrogate stands in it.
    ///
    /// ```
    /// use machinaut_chain::json::Text;
    ///
    /// assert_eq!(Text::from("main").as_str(), Some("main"));
    /// assert_eq!(Text::from_units(vec![0xD83D]).as_str(), None);
    /// ```
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Form::Utf8(text) => Some(text),
            Form::Utf16(_) => None,
        }
    }

    /// The text for people: each lone surrogate is shown as U+FFFD.
    ///
    /// ```
    /// use machinaut_chain::json::Text;
    ///
    /// assert_eq!(Text::from_units(vec![0x61, 0xD83D]).to_display(), "a\u{FFFD}");
    /// ```
    pub fn to_display(&self) -> Cow<'_, str> {
        match &self.0 {
            Form::Utf8(text) => Cow::Borrowed(text),
            Form::Utf16(units) => Cow::Owned(String::from_utf16_lossy(units)),
        }
    }

    /// Whether there is nothing in it.
    ///
    /// ```
    /// use machinaut_chain::json::Text;
    ///
    /// assert!(Text::from("").is_empty());
    /// assert!(!Text::from_units(vec![0xD83D]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Form::Utf8(text) => text.is_empty(),
            Form::Utf16(units) => units.is_empty(),
        }
    }

    /// Its UTF-16 code units: what JavaScript counts and sorts by.
    ///
    /// ```
    /// use machinaut_chain::json::Text;
    ///
    /// // One character, but `"😀".length` is 2 in JavaScript.
    /// let units: Vec<u16> = Text::from("😀").units().collect();
    /// assert_eq!(units, [0xD83D, 0xDE00]);
    /// ```
    pub fn units(&self) -> impl Iterator<Item = u16> + '_ {
        let (utf8, utf16) = match &self.0 {
            Form::Utf8(text) => (Some(text.encode_utf16()), None),
            Form::Utf16(units) => (None, Some(units.iter().copied())),
        };
        utf8.into_iter()
            .flatten()
            .chain(utf16.into_iter().flatten())
    }

    /// How many bytes it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        match &self.0 {
            Form::Utf8(text) => text.len(),
            Form::Utf16(units) => units.len() * 2,
        }
    }

    /// Some order in which equal texts stand side by side, found without decoding them.
    pub(super) fn cmp_any(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Form::Utf8(left), Form::Utf8(right)) => left.cmp(right),
            (Form::Utf16(left), Form::Utf16(right)) => left.cmp(right),
            (Form::Utf8(_), Form::Utf16(_)) => Ordering::Less,
            (Form::Utf16(_), Form::Utf8(_)) => Ordering::Greater,
        }
    }

    /// A text of these UTF-16 code units.
    ///
    /// ```
    /// use machinaut_chain::json::Text;
    ///
    /// assert_eq!(Text::from_units(vec![0xD83D, 0xDE00]), Text::from("😀"));
    /// ```
    pub fn from_units(units: Vec<u16>) -> Self {
        match String::from_utf16(&units) {
            Ok(text) => Self(Form::Utf8(text)),
            Err(_) => Self(Form::Utf16(units)),
        }
    }

    /// What a string means, whose escapes the grammar has checked.
    pub(super) fn from_escaped(body: &str) -> Self {
        let mut plain = String::with_capacity(body.len());
        let mut rest = body;
        while let Some((before, escaped)) = at_backslash(rest) {
            plain.push_str(before);
            let (escape, after) = Escape::read(escaped);
            match escape {
                Escape::Char(char) => plain.push(char),
                Escape::Surrogate(unit) => return Self::from_escaped_units(&plain, unit, after),
            }
            rest = after;
        }
        plain.push_str(rest);
        Self(Form::Utf8(plain))
    }

    fn from_escaped_units(before: &str, unit: u16, rest: &str) -> Self {
        let mut units: Vec<u16> = before.encode_utf16().collect();
        units.push(unit);
        let mut rest = rest;
        while let Some((before, escaped)) = at_backslash(rest) {
            units.extend(before.encode_utf16());
            let (escape, after) = Escape::read(escaped);
            match escape {
                Escape::Char(char) => units.extend(char.encode_utf16(&mut [0; 2]).iter()),
                Escape::Surrogate(unit) => units.push(unit),
            }
            rest = after;
        }
        units.extend(rest.encode_utf16());
        Self::from_units(units)
    }
}

/// What stands before the next backslash, and what begins with it.
fn at_backslash(text: &str) -> Option<(&str, &str)> {
    text.split_at_checked(memchr::memchr(b'\\', text.as_bytes())?)
}

enum Escape {
    Char(char),
    Surrogate(u16),
}

impl Escape {
    /// Reads the escape that `text` begins with; a surrogate pair is read as the one character.
    fn read(text: &str) -> (Self, &str) {
        let (char, length) = match text.as_bytes().get(1) {
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'u') => return Self::read_unit(text),
            Some(&other) => (char::from(other), 2),
            None => ('\\', 1),
        };
        (Self::Char(char), text.get(length..).unwrap_or_default())
    }

    fn read_unit(text: &str) -> (Self, &str) {
        let unit = unit_of(text).unwrap_or_default();
        let after = text.get(6..).unwrap_or_default();
        if let Some(char) = char::from_u32(u32::from(unit)) {
            return (Self::Char(char), after);
        }
        if let Some(low) = unit_of(after)
            && let Some(Ok(char)) = char::decode_utf16([unit, low]).next()
        {
            return (Self::Char(char), after.get(6..).unwrap_or_default());
        }
        (Self::Surrogate(unit), after)
    }
}

/// The code unit of the `\uXXXX` that `text` begins with, if it does.
fn unit_of(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Form::Utf8(text.to_owned()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Form::Utf8(text))
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(*other)
    }
}

impl Ord for Text {
    /// By UTF-16 code units, as JavaScript's `<` does.
    fn cmp(&self, other: &Self) -> Ordering {
        self.units().cmp(other.units())
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::new();
        write::quoted(self, &mut bytes);
        out.write_str(&String::from_utf8_lossy(&bytes))
    }
}

impl fmt::Display for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.to_display())
    }
}

impl Serialize for Text {
    /// As its JSON literal, for a lone surrogate cannot travel in a string of serde's.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{self:?}"))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match super::Value::deserialize(deserializer)? {
            super::Value::String(text) => Ok(text),
            _ => Err(de::Error::custom("expected the JSON literal of a string")),
        }
    }
}
