//! What counts as a word: a run of letters and digits, in lower case and without accents, the same
//! for what is indexed, what is asked and what is marked in a result. An engine that would split
//! words in its own way is given them [`spelled`] out.

use std::ops::Range;
use std::sync::LazyLock;

use tantivy::tokenizer::{
    AsciiFoldingFilter, LowerCaser, RemoveLongFilter, SimpleTokenizer, TextAnalyzer,
};

/// The longest word that is kept, in bytes; longer runs are no words that anybody types.
const LONGEST: usize = 128;
/// Half of the digits of a SHA-256.
const HALF_A_HASH: usize = 32;

static ANALYZER: LazyLock<TextAnalyzer> = LazyLock::new(|| {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(LONGEST))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build()
});

/// A word, where it stands in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) place: Range<usize>,
}

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut analyzer = ANALYZER.clone();
    let mut stream = analyzer.token_stream(text);
    while stream.advance() {
        let token = stream.token();
        words.push(Word {
            text: token.text.clone(),
            place: token.offset_from..token.offset_to,
        });
    }
    words
}

/// The words of a text with a space between them.
pub(super) fn spelled(text: &str) -> String {
    let words: Vec<String> = words(text).into_iter().map(|word| word.text).collect();
    words.join(" ")
}

/// Where the words stand in a text that were found in these places of it [`spelled`] out.
pub(super) fn places(text: &str, mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_unstable_by_key(|found| found.start);
    let mut found = found.into_iter().peekable();
    let mut places = Vec::new();
    let mut start = 0;
    for word in words(text) {
        let end = start + word.text.len();
        while found.next_if(|found| found.end <= start).is_some() {}
        if found.peek().is_some_and(|found| found.start < end) {
            places.push(word.place);
        }
        start = end + 1;
    }
    places
}

/// An id or a hash as it is compared, whatever its case: an id whole, a hash by its first half, which
/// tells as much and costs an index half as much.
pub(super) fn name(text: &str) -> String {
    let mut name: String = text.trim().to_lowercase().chars().take(LONGEST).collect();
    if name.len() > HALF_A_HASH && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        name.truncate(HALF_A_HASH);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_digits_in_lower_case_without_accents() {
        assert_eq!(
            texts("Git_push to «Feature/Café-2»!"),
            ["git", "push", "to", "feature", "cafe", "2"]
        );
    }

    #[test]
    fn a_word_knows_where_it_stands_in_its_text() {
        let text = "Ünder <b>Bär</b>";
        let places: Vec<&str> = words(text)
            .into_iter()
            .filter_map(|word| text.get(word.place))
            .collect();
        assert_eq!(places, ["Ünder", "b", "Bär", "b"]);
    }

    #[test]
    fn a_hash_is_compared_by_its_first_half_and_an_id_whole() {
        let hash = "9F86D081884C7D659A2FEAA0C55AD015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        assert_eq!(name(hash), "9f86d081884c7d659a2feaa0c55ad015");
        assert_eq!(name(&hash[..40]), name(hash), "more than half of it");
        assert_eq!(name(&hash[..12]), "9f86d081884c");
        let id = " act_0190163d-8694-739b-aea5-966c26f8ad91 ";
        assert_eq!(name(id), id.trim());
    }

    #[test]
    fn what_is_found_in_the_words_spelled_out_is_marked_in_the_text() {
        let text = "<b>Bär=1</b>, $Straße";
        let spelled = spelled(text);
        assert_eq!(spelled, "b bar 1 b strasse");
        let marked = |found: &[&str]| -> Vec<&str> {
            let found = found.iter().map(|found| {
                let start = spelled.find(found).unwrap();
                start..start + found.len()
            });
            let places = places(text, found.collect()).into_iter();
            places.map(|place| &text[place]).collect()
        };
        assert_eq!(marked(&["strasse", "bar"]), ["Bär", "Straße"]);
        assert_eq!(marked(&["bar 1 b"]), ["Bär", "1", "b"], "a phrase");
        assert_eq!(marked(&["str"]), ["Straße"], "the beginning of a word");
        assert_eq!(marked(&[]), Vec::<&str>::new());
    }

    #[test]
    fn what_nobody_types_is_no_word() {
        assert_eq!(texts(&"x".repeat(5_000)), Vec::<String>::new());
        assert_eq!(texts("\u{202e}\u{0}--"), Vec::<String>::new());
    }
}
