//! Words on their way into the index. They are made by the same rules as everywhere else, so the index
//! is handed words and not text: a line for each, after a first line with what all of them begin with.
//! An empty line is a gap, wide enough that no phrase spans it.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::search::words::Word;

/// What a schema calls it.
pub(super) const NAME: &str = "written";
const GAP: usize = 16;

/// The words of texts, with a gap between one text and the next.
pub(super) fn words<'a>(prefix: &str, texts: impl IntoIterator<Item = &'a [Word]>) -> String {
    let mut written = prefix.to_owned();
    for (place, text) in texts.into_iter().enumerate() {
        if place > 0 {
            written.push('\n');
        }
        for word in text {
            written.push('\n');
            written.push_str(&word.text);
        }
    }
    written
}

/// Reads what [`words`] wrote.
#[derive(Clone)]
pub(super) struct Written;

impl Tokenizer for Written {
    type TokenStream<'a> = Words<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words<'a> {
        let mut lines = text.split('\n');
        Words {
            prefix: lines.next().unwrap_or_default(),
            lines,
            next: 0,
            token: Token::default(),
        }
    }
}

/// One word after another.
pub(super) struct Words<'a> {
    prefix: &'a str,
    lines: std::str::Split<'a, char>,
    next: usize,
    token: Token,
}

impl TokenStream for Words<'_> {
    fn advance(&mut self) -> bool {
        for word in self.lines.by_ref() {
            if word.is_empty() {
                self.next += GAP;
                continue;
            }
            self.token.position = self.next;
            self.next += 1;
            self.token.text.clear();
            self.token.text.push_str(self.prefix);
            self.token.text.push_str(word);
            return true;
        }
        false
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::words::words as words_of;

    #[test]
    fn words_come_out_with_their_prefix_and_no_phrase_spans_two_texts() {
        let (title, text) = (words_of("Push it!"), words_of("To main"));
        let written = words("org/", [&*title, &*text]);
        let mut tokenizer = Written;
        let mut stream = tokenizer.token_stream(&written);
        let mut read = Vec::new();
        stream.process(&mut |token| read.push((token.text.clone(), token.position)));
        let (first, second) = read.split_at(2);
        assert_eq!(
            first,
            [("org/push".to_owned(), 0), ("org/it".to_owned(), 1)]
        );
        assert_eq!(second[0], ("org/to".to_owned(), 2 + GAP));
        assert_eq!(second[1], ("org/main".to_owned(), 3 + GAP));
        assert_eq!(read.len(), 4);
    }

    #[test]
    fn a_text_without_words_has_none() {
        for texts in [[""; 2], [""; 2]] {
            let none = texts.map(words_of);
            let written = words("org/", none.iter().map(Vec::as_slice));
            assert!(!Written.token_stream(&written).advance());
        }
    }
}
