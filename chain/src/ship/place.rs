//! Where in a line that is refused the reason stands. The line is read a second time for it, so that
//! lines that are not refused cost nothing.

use std::collections::HashSet;

use crate::json::{Fault, Limits, Nothing, Parser, RawText, Text};

/// The character, counted from 1, at which the value of this field begins. Where the field is
/// missing: at which the object ends that should have it.
pub(super) fn of_field(line: &[u8], path: &str) -> usize {
    let Ok(line) = std::str::from_utf8(line) else {
        return 1;
    };
    let whole = matches!(path, "record" | "manifest");
    let mut at = 0;
    for key in path.split('.').filter(|_| !whole) {
        match member(line.get(at..).unwrap_or_default(), key) {
            Ok(Member::At(found)) => at += found,
            Ok(Member::MissingBefore(end)) => {
                at += end;
                break;
            }
            Err(_) => break,
        }
    }
    let rest = line.get(at..).unwrap_or_default();
    at += rest.len() - rest.trim_start().len();
    column(line, at)
}

/// The character at which this object, or one in it, names a key again.
pub(super) fn of_repeated_key(line: &[u8], object: &str) -> usize {
    let Ok(line) = std::str::from_utf8(line) else {
        return 1;
    };
    let mut at = 0;
    if object == "envelope"
        && let Ok(Member::At(found)) = member(line, object)
    {
        at = found;
    }
    let mut parser = Parser::new(line.get(at..).unwrap_or_default(), Limits::DEEPEST);
    match repeated(&mut parser, object == "record") {
        Err(Stop::At(found)) => column(line, at + found),
        Ok(()) | Err(Stop::Fault) => column(line, at),
    }
}

fn column(line: &str, at: usize) -> usize {
    line.get(..at).unwrap_or(line).chars().count() + 1
}

enum Member {
    At(usize),
    MissingBefore(usize),
}

/// Where in an object the value of this key begins; of equal keys the first.
fn member(object: &str, key: &str) -> Result<Member, Fault> {
    let mut parser = Parser::new(object, Limits::DEEPEST);
    let mut found = None;
    let read = parser.members(|parser, name: RawText<'_>| {
        if found.is_none() && name.is(key) {
            found = Some(parser.position());
        }
        parser.value(&mut Nothing)
    });
    match found {
        // What follows may be broken.
        Some(found) => Ok(Member::At(found)),
        None => read.map(|()| Member::MissingBefore(parser.position().saturating_sub(1))),
    }
}

enum Stop {
    At(usize),
    Fault,
}

impl From<Fault> for Stop {
    fn from(_: Fault) -> Self {
        Self::Fault
    }
}

/// Calls itself once for each level of nesting, which the parser bounds. A payload may name keys as
/// it likes.
fn repeated(parser: &mut Parser<'_>, is_flat: bool) -> Result<(), Stop> {
    match parser.peek() {
        Some(b'{') => {
            let mut seen: HashSet<Text> = HashSet::new();
            let mut before = parser.position() + 1;
            parser.members(|parser, key| {
                if !seen.insert(key.decode()) {
                    return Err(Stop::At(before));
                }
                if is_flat || key.is("payload") {
                    parser.value(&mut Nothing)?;
                } else {
                    repeated(parser, false)?;
                }
                before = parser.position() + 1;
                Ok(())
            })
        }
        Some(b'[') if !is_flat => parser.items(|parser| repeated(parser, false)),
        _ => Ok(parser.value(&mut Nothing)?),
    }
}

#[cfg(test)]
mod tests {
    use super::{of_field, of_repeated_key};

    #[test]
    fn a_field_is_found_by_its_path() {
        let line = r#"  {"v": 2,"envelope":{"é":"é","id":7,"versions":{"model":1}}}"#;
        let column = |text: &str| line.split(text).next().unwrap().chars().count() + 1;
        assert_eq!(of_field(line.as_bytes(), "record"), 3);
        assert_eq!(of_field(line.as_bytes(), "v"), column("2,"));
        assert_eq!(of_field(line.as_bytes(), "envelope.id"), column("7,"));
        let model = "envelope.versions.model";
        assert_eq!(of_field(line.as_bytes(), model), column("1}"));
    }

    #[test]
    fn a_field_that_is_missing_is_missed_where_its_object_ends() {
        let line = r#"{"v":1,"envelope":{"id":"e"}}"#;
        assert_eq!(of_field(line.as_bytes(), "envelope.seq"), 28);
        assert_eq!(of_field(line.as_bytes(), "redacted"), 29);
        assert_eq!(of_field(br#"{"envelope":7}"#, "envelope.seq"), 13);
    }

    #[test]
    fn a_key_that_comes_again_is_found_also_further_in() {
        let line = br#"{"v":1,"v":1}"#;
        assert_eq!(of_repeated_key(line, "record"), 8);
        let line = r#"{"envelope":{"payload":{"a":1,"a":2},"x":[{"\u0062":1, "b":2}]}}"#;
        let again = line.find(r#" "b""#).unwrap() + 1;
        assert_eq!(of_repeated_key(line.as_bytes(), "envelope"), again);
    }
}
