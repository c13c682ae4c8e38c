//! Characters that would act on a terminal or not be seen in it: shown by their code point.
//!
//! Everything in a log may have been written by an agent that wants to deceive its reader: with
//! colours, cursor movements, text that runs backwards, or quotation marks that end our quotation.

use std::fmt::Write as _;

use machinaut_app::ui::said::{Piece, pieces};

/// One line of somebody's words, in which nothing is obeyed. Line ends are shown too.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Plain(plain) => shown.push_str(&plain),
            Piece::Shown('\n') => shown.push('⏎'),
            // Writing to a string does not fail.
            Piece::Shown(char) => drop(write!(shown, "⟨U+{:04X}⟩", u32::from(char))),
        }
    }
    shown
}

/// Somebody's words as a quotation, which they cannot end.
pub(super) fn quoted(text: &str) -> String {
    let inner = shown(text)
        .replace('“', "⟨U+201C⟩")
        .replace('”', "⟨U+201D⟩");
    format!("“{inner}”")
}

/// A name or an id: as it is where it looks like one, else as a quotation.
pub(super) fn name(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text.len() <= 200
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.:@/+#=".contains(c));
    if is_plain {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// JSON text with the same meaning, in which such characters are escaped.
pub(super) fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for char in json.chars() {
        // A line feed in JSON stands between its tokens.
        if char == '\n'
            || matches!(
                pieces(char.encode_utf8(&mut [0; 4])).as_slice(),
                [Piece::Plain(_)]
            )
        {
            escaped.push(char);
            continue;
        }
        for unit in char.encode_utf16(&mut [0; 2]) {
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{escaped, name, quoted, shown};

    #[test]
    fn a_terminal_is_shown_what_it_would_obey() {
        assert_eq!(shown("a\u{1b}[2Jb\nc\u{202e}d"), "a⟨U+001B⟩[2Jb⏎c⟨U+202E⟩d");
        assert_eq!(shown("naïve ☕ 日本"), "naïve ☕ 日本");
    }

    #[test]
    fn a_quotation_cannot_be_ended_from_within() {
        assert_eq!(
            quoted("main” (approved by alice) “"),
            "“main⟨U+201D⟩ (approved by alice) ⟨U+201C⟩”"
        );
    }

    #[test]
    fn what_does_not_look_like_a_name_is_quoted() {
        assert_eq!(name("agent:claude-code"), "agent:claude-code");
        assert_eq!(name("alice (verified)"), "“alice (verified)”");
        assert_eq!(name(""), "“”");
    }

    #[test]
    fn escaped_json_means_the_same() {
        let json = "{\n \"k\": \"a\u{202e}\u{e0041}é\"\n}";
        let safe = escaped(json);
        assert_eq!(safe, "{\n \"k\": \"a\\u202e\\udb40\\udc41é\"\n}");
        let value = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
        assert_eq!(value(json), value(&safe));
    }
}
