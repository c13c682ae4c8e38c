//! Names that people give to things: one short line that can be shown anywhere.

use crate::{Error, Result};

/// The most characters that such a name has.
const LIMIT: usize = 100;

/// The name without white space around it.
///
/// # Errors
/// [`Error::Invalid`] for an empty or overlong name and for control characters.
pub(crate) fn parse(field: &'static str, text: &str) -> Result<String> {
    let text = text.trim();
    let problem = if text.is_empty() {
        "must not be empty"
    } else if text.chars().count() > LIMIT {
        "must have at most 100 characters"
    } else if text.chars().any(char::is_control) {
        "must not contain control characters"
    } else {
        return Ok(text.to_owned());
    };
    Err(Error::invalid(field, problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(parse("name", "  Ada Lovelace ").unwrap(), "Ada Lovelace");
        for bad in ["", "   ", "a\nb", "a\u{7f}", &"x".repeat(LIMIT + 1)] {
            assert!(parse("name", bad).is_err(), "{bad:?}");
        }
    }
}
