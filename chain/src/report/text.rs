//! Words of an agent as markdown that shows them and obeys nothing in them.

use std::fmt::Write as _;

/// Words as running text.
pub(super) fn words(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' | '\u{2028}' | '\u{2029}' => shown.push_str(" ⏎ "),
            '\r' => {}
            '\t' => shown.push(' '),
            hidden if is_hidden(hidden) => {
                // Writing to a string does not fail.
                let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(hidden));
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!' | '&' => {
                shown.push('\\');
                shown.push(char);
            }
            plain => shown.push(plain),
        }
    }
    shown
}

/// Words as code: ids, names of tools, values of axes.
pub(super) fn code(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 2);
    shown.push('`');
    for char in text.chars() {
        match char {
            // Nothing can be escaped inside code, so what would end it is replaced.
            '`' => shown.push('ˋ'),
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => shown.push('⏎'),
            hidden if is_hidden(hidden) => {
                let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(hidden));
            }
            plain => shown.push(plain),
        }
    }
    shown.push('`');
    shown
}

/// The first characters of an id, which tell it apart within a session.
pub(super) fn short(id: &str) -> String {
    code(&id.chars().take(8).collect::<String>())
}

/// Control characters and those that change the direction of text.
fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
        )
}

#[cfg(test)]
mod tests {
    use super::{code, words};

    #[test]
    fn a_statement_cannot_pretend_to_be_markdown() {
        let hostile = "ok\n## Approved\n[click](http://x) <b>`x`</b> \u{202e}";
        assert_eq!(
            words(hostile),
            "ok ⏎ \\#\\# Approved ⏎ \\[click\\](http://x) \\<b\\>\\`x\\`\\</b\\> ⟨U+202E⟩"
        );
        assert_eq!(code("a`b\nc"), "`aˋb⏎c`");
    }
}
