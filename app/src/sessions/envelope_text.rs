/// Breaks JSON text into lines for reading. No token is touched: what is shown is what was written,
/// numbers and escapes included. Text that is not JSON comes out with its brackets broken, never lost.
pub fn indent(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut characters = json.trim().chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                out.push('"');
                let mut escaped = false;
                for inside in characters.by_ref() {
                    out.push(inside);
                    match inside {
                        '"' if !escaped => break,
                        '\\' => escaped = !escaped,
                        _ => escaped = false,
                    }
                }
            }
            '{' | '[' => {
                out.push(character);
                let end = if character == '{' { '}' } else { ']' };
                while characters.peek().is_some_and(char::is_ascii_whitespace) {
                    characters.next();
                }
                if characters.peek() == Some(&end) {
                    characters.next();
                    out.push(end);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            space if space.is_ascii_whitespace() => {}
            other => out.push(other),
        }
    }
    out
}

/// Deeper than this the text is not moved further to the right.
const DEEPEST: usize = 24;

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth.min(DEEPEST) {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_broken_into_lines_without_touching_a_token() {
        assert_eq!(
            indent(r#"{"a":1e400,"b":["\ud800 , {",-0],"c":{}}"#),
            "{\n  \"a\": 1e400,\n  \"b\": [\n    \"\\ud800 , {\",\n    -0\n  ],\n  \"c\": {}\n}"
        );
    }

    #[test]
    fn an_escaped_quote_does_not_end_a_string() {
        assert_eq!(
            indent(r#"["a\"],b","\\"]"#),
            "[\n  \"a\\\"],b\",\n  \"\\\\\"\n]"
        );
    }

    #[test]
    fn what_is_broken_already_is_broken_once() {
        assert_eq!(indent("{ \"a\" : [ ] }"), "{\n  \"a\": []\n}");
    }

    #[test]
    fn deep_nesting_does_not_grow_without_bound() {
        let deep = "[".repeat(5_000) + &"]".repeat(5_000);
        assert!(indent(&deep).len() < 600_000);
    }
}
