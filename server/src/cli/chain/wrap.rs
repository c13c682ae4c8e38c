//! Paragraphs on a terminal: broken at spaces, indented under their first line.

use std::io::{self, Write};

/// How many characters a line has where its words allow it.
const WIDTH: usize = 100;

/// A space at which no line is broken.
const KEPT_TOGETHER: char = '\u{a0}';

/// What is written on.
pub(super) struct Paper<'o> {
    out: &'o mut dyn Write,
}

impl<'o> Paper<'o> {
    pub(super) fn new(out: &'o mut dyn Write) -> Self {
        Self { out }
    }

    /// An empty line.
    pub(super) fn space(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// A heading, apart from what is above and below it.
    pub(super) fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{text}\n")
    }

    /// A heading under which there is nothing to say.
    pub(super) fn bare_heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{text}")
    }

    /// A paragraph whose first line begins with `first` and every other with `rest`.
    pub(super) fn paragraph(&mut self, first: &str, rest: &str, text: &str) -> io::Result<()> {
        let mut line = String::from(first);
        let mut length = first.chars().count();
        let mut is_bare = true;
        for word in text.split(' ') {
            let long = word.chars().count();
            if !is_bare && length + 1 + long > WIDTH {
                writeln!(self.out, "{}", line.trim_end())?;
                line.clear();
                line.push_str(rest);
                length = rest.chars().count();
                is_bare = true;
            }
            if !is_bare {
                line.push(' ');
                length += 1;
            }
            line.push_str(&word.replace(KEPT_TOGETHER, " "));
            length += long;
            is_bare = false;
        }
        writeln!(self.out, "{}", line.trim_end())
    }

    /// A fact with its name before it, aligned with its neighbours.
    pub(super) fn fact(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.paragraph(&format!("  {name:<11}"), &" ".repeat(13), text)
    }
}

#[cfg(test)]
mod tests {
    use super::Paper;

    #[test]
    fn words_go_on_under_the_first_line_and_long_ones_stay_whole() {
        let mut out = Vec::new();
        let long = "w".repeat(120);
        let text = format!("{} {long} end", "word ".repeat(20).trim_end());
        Paper::new(&mut out).paragraph("├─ ", "│  ", &text).unwrap();
        let out = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines.len(), 4, "{out}");
        assert!(lines[0].starts_with("├─ word") && lines[0].chars().count() <= 100);
        assert_eq!(lines[2], format!("│  {long}"));
        assert_eq!(lines[3], "│  end");
    }
}
