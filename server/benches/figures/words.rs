//! Tells a log again with other ids, times and words, so that what is searched is spread as in real ones: a few
//! words are everywhere, most are rare, and every id is in one session only.

use machinaut_chain::canonical::Hash;
use machinaut_chain::timestamp::{Instant, Timestamp};

/// How many bits the number of an invented word has at most.
const WORD_BITS: u64 = 15;
/// From how many letters on a word may become another one.
const LONG_WORD: usize = 5;
const UUID: usize = 36;
const YEAR: u64 = 365 * 24 * 60 * 60 * 1000;

/// Numbers that look random, and are the same again from the same seed (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// The number of a word: each is as frequent as all those together that have twice its number, up to
    /// twice the next.
    fn word(&mut self) -> u64 {
        let first = 1 << (self.next() % WORD_BITS);
        first + self.next() % first
    }
}

/// The invented word of this number: the higher the number, the rarer the word.
pub(crate) fn word(number: u64) -> String {
    const BEGIN: [&str; 16] = [
        "b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "st", "tr",
    ];
    const END: [&str; 16] = [
        "a", "e", "i", "o", "u", "an", "el", "in", "or", "us", "ai", "er", "is", "on", "um", "ix",
    ];
    let syllable = |of: u64| {
        let begin = BEGIN[usize::try_from(of % 16).unwrap()];
        let end = END[usize::try_from(of / 16 % 16).unwrap()];
        format!("{begin}{end}")
    };
    let shape = Numbers(number).next();
    let (second, third) = (syllable(shape), syllable(shape >> 8));
    format!("{}{second}{third}", syllable(number))
}

/// Changes the ids, times and words of one session.
pub(crate) struct Changer {
    seed: u64,
    /// How far times are moved back, in milliseconds.
    earlier: i64,
    numbers: Numbers,
}

impl Changer {
    pub(crate) fn new(seed: u64) -> Self {
        let mut numbers = Numbers(seed);
        Self {
            seed,
            earlier: i64::try_from(numbers.next() % YEAR).unwrap(),
            numbers,
        }
    }

    /// JSON told again. Its keys, and values of a single word, say what it is and stay as they are.
    pub(crate) fn json(&mut self, json: &str, out: &mut String) {
        let mut rest = json;
        while let Some(open) = rest.find('"') {
            let (before, quoted) = rest.split_at(open + 1);
            out.push_str(before);
            let (value, after) = quoted.split_at(end_of_string(quoted));
            if after.starts_with("\":") {
                out.push_str(value);
            } else {
                self.change(value, value.contains([' ', '/']), out);
            }
            out.push('"');
            rest = &after[1..];
        }
        out.push_str(rest);
    }

    /// An id or a time told again.
    pub(crate) fn text(&mut self, text: &str) -> String {
        let mut out = String::new();
        self.change(text, false, &mut out);
        out
    }

    fn change(&mut self, text: &str, is_prose: bool, out: &mut String) {
        for piece in text.split_inclusive(|c: char| !is_of_name(c)) {
            let name = piece.trim_end_matches(|c: char| !is_of_name(c));
            if let Some(at) = uuid_in(name) {
                out.push_str(&name[..at]);
                self.other_uuid(&name[at..], out);
            } else if let Some(time) = time(name) {
                let moved = Instant::from_millis(time.millis() - self.earlier);
                out.push_str(moved.to_timestamp().as_str());
            } else if is_prose {
                self.prose(name, out);
            } else {
                out.push_str(name);
            }
            out.push_str(&piece[name.len()..]);
        }
    }

    /// One long word of three becomes an invented one.
    fn prose(&mut self, text: &str, out: &mut String) {
        for piece in text.split_inclusive(|c: char| !c.is_ascii_lowercase()) {
            let known = piece.trim_end_matches(|c: char| !c.is_ascii_lowercase());
            if known.len() >= LONG_WORD && self.numbers.next().is_multiple_of(3) {
                out.push_str(&word(self.numbers.word()));
            } else {
                out.push_str(known);
            }
            out.push_str(&piece[known.len()..]);
        }
    }

    /// Another id for this one, the same each time.
    fn other_uuid(&self, uuid: &str, out: &mut String) {
        let name = Hash::of(format!("{}{uuid}", self.seed).as_bytes()).to_string();
        let mut digits = name.chars();
        let other = |c| if c == '-' { c } else { digits.next().unwrap() };
        out.extend(uuid.chars().map(other));
    }
}

/// How long a string is, up to the quotation mark that ends it.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.unwrap()
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.' | '+')
}

/// Where at the end of a name a UUID stands.
fn uuid_in(name: &str) -> Option<usize> {
    let at = name.len().checked_sub(UUID)?;
    let fits = name[at..]
        .bytes()
        .enumerate()
        .all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    fits.then_some(at)
}

fn time(name: &str) -> Option<Instant> {
    if !name.starts_with("20") || !name.ends_with('Z') {
        return None;
    }
    name.parse::<Timestamp>().ok()?.instant()
}
