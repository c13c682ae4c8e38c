//! The order of texts that JavaScript's `localeCompare` gives: case and accents matter only where
//! letters are the same.
//!
//! Lodestar sorts calibration classes, pending holds and actions this way, with the full tables of
//! ICU. This is the part of that order that its texts need: ASCII, the accented Latin letters of
//! Latin-1 and Latin Extended-A, Greek and Cyrillic. The tables of ICU would weigh more than the
//! rest of this crate in a page. Where they differ:
//!
//! - other letters sort by code point after Cyrillic, so Hangul comes after kana and ideographs;
//! - `ß`, `æ`, `œ` and ligatures sort by code point after `z`, not as the letters they stand for;
//! - symbols beyond ASCII sort by code point between ASCII's punctuation and the digits;
//! - an accent that stands as a character of its own is an ordinary letter after all others.
//!
//! ```
//! use machinaut_chain::collation::compare;
//!
//! // By code point a capital comes before all small letters; here, where the eye looks for it.
//! assert!("Zebra" < "apple");
//! assert!(compare("apple", "Zebra").is_lt());
//! ```

use std::cmp::Ordering;
use std::sync::LazyLock;

/// Compares two texts as `a.localeCompare(b)` does, within the bounds of this module.
///
/// ```
/// use machinaut_chain::collation::compare;
/// let mut classes = ["я", "résumé", "apple", "Äpfel", "ab", "A-b", "9", "10", "resume", "Apple"];
/// classes.sort_by(|a, b| compare(a, b));
/// assert_eq!(classes, ["10", "9", "A-b", "ab", "Äpfel", "apple", "Apple", "resume", "résumé", "я"]);
/// ```
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = after_what_they_share(a, b);
    // Nothing is kept of the texts, which may be long and many: they are read once for each level.
    let by = |level: fn(Weight) -> u32| {
        let left = a.chars().filter_map(weight).map(level);
        left.cmp(b.chars().filter_map(weight).map(level))
    };
    by(|weight| weight.letter)
        .then_with(|| by(|weight| weight.accent))
        .then_with(|| by(|weight| weight.case))
}

/// What follows the beginning that both texts share, which decides nothing on any level.
fn after_what_they_share<'a>(a: &'a str, b: &'a str) -> (&'a str, &'a str) {
    let both = a.bytes().zip(b.bytes());
    let mut same = both.take_while(|(a, b)| a == b).count();
    while !a.is_char_boundary(same) || !b.is_char_boundary(same) {
        same -= 1;
    }
    (
        a.get(same..).unwrap_or_default(),
        b.get(same..).unwrap_or_default(),
    )
}

#[derive(Clone, Copy)]
struct Weight {
    letter: u32,
    accent: u32,
    case: u32,
}

const PUNCTUATION: &str = "\t\n\u{b}\u{c}\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

/// Letters with an accent, each under the letter it belongs to, in the order of the accents.
const ACCENTED: &[(char, &str)] = &[
    ('a', "áàăâåäãąā"),
    ('c', "ćĉčċç"),
    ('d', "ď"),
    ('e', "éèĕêěëėęē"),
    ('g', "ğĝġģ"),
    ('h', "ĥ"),
    ('i', "íìĭîïĩįī"),
    ('j', "ĵ"),
    ('k', "ķ"),
    ('l', "ĺľļ"),
    ('n', "ńňñņ"),
    ('o', "óòŏôöőõō"),
    ('r', "ŕřŗ"),
    ('s', "śŝšş"),
    ('t', "ťţ"),
    ('u', "úùŭûůüűũųū"),
    ('w', "ŵ"),
    ('y', "ýŷÿ"),
    ('z', "źžż"),
];

// Blocks of first weights, far enough apart to hold any code point.
const SYMBOLS: u32 = 0x0020_0000;
const DIGITS: u32 = 0x0040_0000;
const LETTERS: u32 = 0x0060_0000;

/// The weights of the letters that nearly all texts are made of, each computed once.
static COMMON: LazyLock<Vec<Option<Weight>>> =
    LazyLock::new(|| ('\0'..='\u{17F}').map(computed).collect());

fn weight(char: char) -> Option<Weight> {
    let place = usize::try_from(u32::from(char)).ok();
    let known = place.and_then(|place| COMMON.get(place));
    known.copied().unwrap_or_else(|| computed(char))
}

fn computed(char: char) -> Option<Weight> {
    let plain = |letter| {
        Some(Weight {
            letter,
            accent: 0,
            case: 0,
        })
    };
    if let Some((place, _)) = (0u32..)
        .zip(PUNCTUATION.chars())
        .find(|(_, known)| *known == char)
    {
        return plain(place);
    }
    if let Some(digit) = char.to_digit(10) {
        return plain(DIGITS + digit);
    }
    if char.is_control() {
        return None;
    }
    if !char.is_alphabetic() {
        return plain(SYMBOLS + u32::from(char));
    }
    let mut lower = char.to_lowercase();
    let small = match (lower.next(), lower.next()) {
        (Some(small), None) => small,
        _ => char,
    };
    let (letter, accent) = ACCENTED
        .iter()
        .find_map(|(letter, accented)| {
            let found = (1u32..)
                .zip(accented.chars())
                .find(|(_, known)| *known == small);
            found.map(|(place, _)| (*letter, place))
        })
        .unwrap_or((small, 0));
    Some(Weight {
        letter: LETTERS + u32::from(letter),
        accent,
        case: u32::from(small != char),
    })
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn ascii_sorts_as_icu_sorts_it() {
        let mut ascii: Vec<String> = (' '..='~').map(String::from).collect();
        ascii.sort_by(|a, b| compare(a, b));
        assert_eq!(
            ascii.concat(),
            " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789aAbBcCdDeEfFgGhHiIjJkKlLmMnNoOpPqQrRsStTuUvVwWxXyYzZ"
        );
    }

    #[test]
    fn accents_matter_only_where_the_letters_are_the_same() {
        let mut words = ["résumés", "resumet", "resume", "résumé", "Resume"];
        words.sort_by(|a, b| compare(a, b));
        assert_eq!(words, ["resume", "Resume", "résumé", "résumés", "resumet"]);
    }

    #[test]
    fn control_characters_are_passed_over() {
        assert!(compare("a\u{0}b", "ab").is_eq());
    }

    #[test]
    fn timestamps_with_offsets_sort_as_text() {
        let mut times = [
            "2026-03-01T00:30:00+05:30",
            "2026-02-28T19:30:00.000Z",
            "2026-03-01T00:00:00.5+00:00",
        ];
        times.sort_by(|a, b| compare(a, b));
        assert_eq!(times[0], "2026-02-28T19:30:00.000Z");
    }
}
