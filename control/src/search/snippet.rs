//! The piece of a text that a result shows, with the words that were found marked. It is data in
//! parts, never markup: what an agent wrote stays what it wrote.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// About how long a snippet is, in bytes.
const LENGTH: usize = 240;
/// How much of it stands before the first word that was found.
const LEAD: usize = 60;

/// A piece of a text. Untrusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The words.
    pub text: String,
    /// Whether they are what was asked for.
    pub marked: bool,
}

/// The whole text in parts.
pub(super) fn whole(text: &str, marks: &[Range<usize>]) -> Vec<Part> {
    between(text, marks, 0..text.len())
}

/// The part of the text around the first mark, or its beginning.
pub(super) fn around(text: &str, marks: &[Range<usize>]) -> Vec<Part> {
    let first = marks.iter().map(|mark| mark.start).min().unwrap_or(0);
    let start = if first <= LEAD {
        0
    } else {
        word_start(text, first - LEAD)
    };
    let end = text.len().min(start + LENGTH);
    let end = (end..=text.len())
        .find(|&place| text.is_char_boundary(place))
        .unwrap_or(text.len());
    let mut parts = between(text, marks, start..end);
    if start > 0 {
        parts.insert(0, plain("…"));
    }
    if end < text.len() {
        parts.push(plain("…"));
    }
    parts
}

fn word_start(text: &str, place: usize) -> usize {
    let from = (0..=place)
        .rev()
        .find(|&place| text.is_char_boundary(place))
        .unwrap_or(0);
    let rest = text.get(from..).unwrap_or_default();
    rest.char_indices()
        .take(LEAD / 2)
        .find(|(_, char)| char.is_whitespace())
        .map_or(from, |(space, char)| from + space + char.len_utf8())
}

fn between(text: &str, marks: &[Range<usize>], window: Range<usize>) -> Vec<Part> {
    let mut marks: Vec<Range<usize>> = marks
        .iter()
        .map(|mark| mark.start.max(window.start)..mark.end.min(window.end))
        .filter(|mark| mark.start < mark.end && text.get(mark.clone()).is_some())
        .collect();
    marks.sort_unstable_by_key(|mark| (mark.start, mark.end));
    let mut parts = Vec::new();
    let mut at = window.start;
    for mark in marks {
        if mark.start < at {
            continue;
        }
        push(&mut parts, text, at..mark.start, false);
        push(&mut parts, text, mark.clone(), true);
        at = mark.end;
    }
    push(&mut parts, text, at..window.end, false);
    parts
}

fn push(parts: &mut Vec<Part>, text: &str, place: Range<usize>, marked: bool) {
    if let Some(text) = text.get(place).filter(|text| !text.is_empty()) {
        parts.push(Part {
            text: text.to_owned(),
            marked,
        });
    }
}

fn plain(text: &str) -> Part {
    Part {
        text: text.to_owned(),
        marked: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_words_are_parts_of_their_own_and_nothing_is_lost() {
        let text = "a <script>alert(1)</script> b";
        let parts = whole(text, &[3..9, 10..15]);
        let joined: String = parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(joined, text);
        let marked: Vec<&str> = parts
            .iter()
            .filter(|part| part.marked)
            .map(|part| part.text.as_str())
            .collect();
        assert_eq!(marked, ["script", "alert"]);
    }

    #[test]
    fn a_long_text_is_cut_around_what_was_found_between_characters() {
        let text = format!("{}needle{}", "ü ".repeat(500), " ü".repeat(500));
        let start = text.find("needle").unwrap();
        let parts = around(&text, std::slice::from_ref(&(start..start + 6)));
        assert!(
            parts
                .iter()
                .any(|part| part.marked && part.text == "needle")
        );
        let length: usize = parts.iter().map(|part| part.text.len()).sum();
        assert!(length < LENGTH + 20, "{length}");
        assert_eq!(parts.first().map(|part| part.text.as_str()), Some("…"));
    }

    #[test]
    fn marks_that_do_not_fit_the_text_mark_nothing() {
        let parts = whole("üü", &[1..2, 40..50, 4..4]);
        assert_eq!(parts, [plain("üü")]);
    }
}
