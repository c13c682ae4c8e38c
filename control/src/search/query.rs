//! What a person typed, understood: words, "exact phrases", exclusions, `name:value` filters and
//! ranges of time. A query that cannot be understood says where; none can cost more than a few
//! bounded steps.

use std::ops::Range;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::facet::Facet;
use super::words::{self, words};
use crate::clock::Moment;

/// The longest query, in characters.
pub(super) const LONGEST: usize = 1_000;
/// The most words of a query. Meilisearch passes over what is beyond ten.
pub(super) const MOST_WORDS: usize = 10;
/// The most filters of a query.
pub(super) const MOST_FILTERS: usize = 32;

const DAY: Duration = Duration::from_hours(24);

/// A filter of a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// By what.
    pub facet: Facet,
    /// Which value. Whatever its case.
    pub value: String,
    /// Whether it is the others that are wanted.
    pub excluded: bool,
}

/// A word that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The words that it consists of: `git_push` is two.
    pub(super) words: Vec<String>,
    /// As it was typed, for ids and hashes.
    pub(super) name: String,
    /// Whether it may go on: it is the last one, and still being typed.
    pub(super) open: bool,
}

/// A query.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Query {
    pub(super) asked: Vec<Asked>,
    pub(super) phrases: Vec<Vec<String>>,
    pub(super) without: Vec<Vec<String>>,
    pub(super) filters: Vec<Filter>,
    pub(super) from: Option<Moment>,
    pub(super) until: Option<Moment>,
}

/// Why a query was not understood, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{problem}")]
pub struct Misunderstood {
    /// The first character of what is meant, from 0.
    pub start: usize,
    /// The first character after it.
    pub end: usize,
    /// What is wrong with it, as a sentence. It does not repeat what was typed.
    pub problem: String,
}

impl Query {
    /// Understands what was typed at that moment.
    ///
    /// # Errors
    /// [`Misunderstood`], with the place.
    pub fn parse(text: &str, now: Moment) -> Result<Self, Misunderstood> {
        let length = text.chars().count();
        if length > LONGEST {
            return Err(Misunderstood {
                start: LONGEST,
                end: length,
                problem: format!("A query has at most {LONGEST} characters."),
            });
        }
        let mut query = Self::default();
        let mut count = 0;
        for piece in pieces(text) {
            query
                .add(&piece, now)
                .map_err(|problem| piece.misunderstood(text, problem))?;
            count += piece.words.len();
            if count > MOST_WORDS {
                let problem = format!("A query has at most {MOST_WORDS} words.");
                return Err(piece.misunderstood(text, problem));
            }
            if query.filters.len() > MOST_FILTERS {
                let problem = format!("A query has at most {MOST_FILTERS} filters.");
                return Err(piece.misunderstood(text, problem));
            }
        }
        Ok(query)
    }

    /// The filters, in the order in which they were typed.
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// The first moment that is asked for.
    pub fn from(&self) -> Option<Moment> {
        self.from
    }

    /// The first moment that is not asked for any more.
    pub fn until(&self) -> Option<Moment> {
        self.until
    }

    /// Whether nothing at all was asked: everything is found.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The filters by one facet.
    pub(super) fn by(&self, facet: Facet) -> impl Iterator<Item = &Filter> {
        self.filters
            .iter()
            .filter(move |filter| filter.facet == facet)
    }

    fn add(&mut self, piece: &Piece<'_>, now: Moment) -> Result<(), String> {
        if let Some((name, value)) = piece.key {
            return self.add_named(name, value, piece.excluded, now);
        }
        let texts: Vec<String> = piece.words.clone();
        match (piece.excluded, piece.quoted) {
            (true, _) if !texts.is_empty() => self.without.push(texts),
            (false, true) if !texts.is_empty() => self.phrases.push(texts),
            (false, false) if !texts.is_empty() => self.asked.push(Asked {
                words: texts,
                name: words::name(piece.text),
                open: piece.open,
            }),
            _ => {}
        }
        Ok(())
    }

    fn add_named(
        &mut self,
        name: &str,
        value: &str,
        excluded: bool,
        now: Moment,
    ) -> Result<(), String> {
        if value.is_empty() {
            return Err(format!("“{name}:” needs a value."));
        }
        match (name, excluded) {
            ("after", false) => self.from = Some(moment(value)?),
            ("before", false) => self.until = Some(moment(value)?),
            ("last", false) => self.from = Some(now.before(span(value)?)),
            ("after" | "before" | "last", true) => {
                return Err("A range of time cannot be excluded; turn it round.".to_owned());
            }
            _ => {
                let facet: Facet = name.parse().map_err(|_| "There is no such filter.")?;
                self.filters.push(filter(facet, value, excluded)?);
            }
        }
        Ok(())
    }
}

fn filter(facet: Facet, value: &str, excluded: bool) -> Result<Filter, String> {
    let known = facet.vocabulary().unwrap_or_default();
    let exact = known.iter().find(|word| word.eq_ignore_ascii_case(value));
    if facet.is_closed() && exact.is_none() {
        return Err(format!("“{facet}:” is one of {}.", known.join(", ")));
    }
    Ok(Filter {
        facet,
        value: exact.map_or_else(|| value.to_owned(), |word| (*word).to_owned()),
        excluded,
    })
}

/// A day, or a moment as it is written on the wire.
fn moment(value: &str) -> Result<Moment, String> {
    let day = value
        .parse::<NaiveDate>()
        .ok()
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .map(|start| start.and_utc());
    let moment = day.or_else(|| {
        DateTime::parse_from_rfc3339(value)
            .ok()
            .map(|moment| moment.with_timezone(&Utc))
    });
    moment
        .map(|moment| Moment::from_millis(moment.timestamp_millis()))
        .ok_or_else(|| "A time is written 2026-11-23 or 2026-11-23T12:00:00Z.".to_owned())
}

fn span(value: &str) -> Result<Duration, String> {
    let wrong = || "A span is written 30m, 12h, 7d, 4w or 1y.".to_owned();
    let unit = value.chars().next_back().ok_or_else(wrong)?;
    let number = value
        .strip_suffix(unit)
        .and_then(|number| number.parse::<u32>().ok());
    let one = match unit.to_ascii_lowercase() {
        'm' => Duration::from_mins(1),
        'h' => Duration::from_hours(1),
        'd' => DAY,
        'w' => DAY * 7,
        'y' => DAY * 365,
        _ => return Err(wrong()),
    };
    one.checked_mul(number.ok_or_else(wrong)?).ok_or_else(wrong)
}

/// One piece of what was typed.
struct Piece<'a> {
    place: Range<usize>,
    /// Without what makes it a phrase or an exclusion.
    text: &'a str,
    words: Vec<String>,
    key: Option<(&'a str, &'a str)>,
    quoted: bool,
    excluded: bool,
    open: bool,
}

impl Piece<'_> {
    fn misunderstood(&self, text: &str, problem: String) -> Misunderstood {
        let characters = |end: usize| text.get(..end).unwrap_or_default().chars().count();
        Misunderstood {
            start: characters(self.place.start),
            end: characters(self.place.end),
            problem,
        }
    }
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(start) = next_start(text, at) {
        let rest = text.get(start..).unwrap_or_default();
        let length = length_of(rest);
        let end = start + length;
        pieces.push(piece(text, start..end));
        at = end;
    }
    pieces
}

fn next_start(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let skipped = rest.find(|char: char| !char.is_whitespace())?;
    Some(at + skipped)
}

/// Up to the next space that is not inside quotes. A quote that is never closed goes to the end.
fn length_of(rest: &str) -> usize {
    let mut inside = false;
    for (place, char) in rest.char_indices() {
        match char {
            '"' => inside = !inside,
            char if char.is_whitespace() && !inside => return place,
            _ => {}
        }
    }
    rest.len()
}

fn piece(text: &str, place: Range<usize>) -> Piece<'_> {
    let typed = text.get(place.clone()).unwrap_or_default();
    let (excluded, typed) = match typed.strip_prefix('-') {
        Some(rest) if !rest.is_empty() => (true, rest),
        _ => (false, typed),
    };
    let key = typed
        .split_once(':')
        .filter(|(name, _)| is_name(name))
        .map(|(name, value)| (name, unquoted(value)));
    let quoted = key.is_none() && typed.starts_with('"');
    let bare = unquoted(typed);
    Piece {
        words: match key {
            Some(_) => Vec::new(),
            None => words(bare).into_iter().map(|word| word.text).collect(),
        },
        open: place.end == text.len() && !quoted && !excluded,
        place,
        text: bare,
        key,
        quoted,
        excluded,
    }
}

fn is_name(name: &str) -> bool {
    matches!(name, "after" | "before" | "last") || name.parse::<Facet>().is_ok()
}

fn unquoted(text: &str) -> &str {
    let text = text.strip_prefix('"').unwrap_or(text);
    text.strip_suffix('"').unwrap_or(text)
}

/// The query with that filter added at its end; as it is where it has it already.
pub fn with_filter(text: &str, filter: &Filter) -> String {
    let kept = without_filter(text, filter);
    let written = written(filter);
    if kept.is_empty() {
        written
    } else {
        format!("{kept} {written}")
    }
}

/// The query without that filter.
pub fn without_filter(text: &str, filter: &Filter) -> String {
    let kept: Vec<&str> = pieces(text)
        .into_iter()
        .filter(|piece| {
            let named = piece.key.is_some_and(|(name, value)| {
                name.parse() == Ok(filter.facet) && value.eq_ignore_ascii_case(&filter.value)
            });
            !(named && piece.excluded == filter.excluded)
        })
        .filter_map(|piece| text.get(piece.place))
        .collect();
    kept.join(" ")
}

/// A filter as it is typed. A quotation mark cannot be typed inside of a value.
fn written(filter: &Filter) -> String {
    let sign = if filter.excluded { "-" } else { "" };
    let value = filter.value.replace('"', "");
    if value.chars().any(char::is_whitespace) {
        format!("{sign}{}:\"{value}\"", filter.facet)
    } else {
        format!("{sign}{}:{value}", filter.facet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_millis(1_795_435_200_000);

    fn parse(text: &str) -> Query {
        Query::parse(text, NOW).unwrap()
    }

    fn refused(text: &str) -> Misunderstood {
        Query::parse(text, NOW).unwrap_err()
    }

    fn asked(query: &Query) -> Vec<(Vec<String>, bool)> {
        query
            .asked
            .iter()
            .map(|asked| (asked.words.clone(), asked.open))
            .collect()
    }

    #[test]
    fn words_phrases_exclusions_and_filters_are_told_apart() {
        let query =
            parse(r#"Deploy "to Production" -staging kind:Action -tool:"shell exec" git_pu"#);
        assert_eq!(
            asked(&query),
            [
                (vec!["deploy".to_owned()], false),
                (vec!["git".to_owned(), "pu".to_owned()], true)
            ]
        );
        assert_eq!(query.phrases, [["to", "production"]]);
        assert_eq!(query.without, [["staging"]]);
        let filters: Vec<(Facet, &str, bool)> = query
            .filters
            .iter()
            .map(|filter| (filter.facet, filter.value.as_str(), filter.excluded))
            .collect();
        assert_eq!(
            filters,
            [
                (Facet::Kind, "action", false),
                (Facet::Tool, "shell exec", true)
            ]
        );
    }

    #[test]
    fn a_word_goes_on_only_while_it_is_the_last_one_and_nothing_follows() {
        assert_eq!(asked(&parse("dep")), [(vec!["dep".to_owned()], true)]);
        assert_eq!(asked(&parse("dep ")), [(vec!["dep".to_owned()], false)]);
        assert_eq!(
            asked(&parse("dep kind:claim")),
            [(vec!["dep".to_owned()], false)]
        );
    }

    #[test]
    fn ranges_of_time_are_days_moments_and_spans() {
        let day = |text| {
            Moment::from_millis(
                DateTime::parse_from_rfc3339(text)
                    .unwrap()
                    .timestamp_millis(),
            )
        };
        let query = parse("after:2026-11-01 before:2026-11-02T10:00:00+02:00");
        assert_eq!(query.from, Some(day("2026-11-01T00:00:00Z")));
        assert_eq!(query.until, Some(day("2026-11-02T08:00:00Z")));
        assert_eq!(parse("last:7d").from, Some(NOW.before(DAY * 7)));
        assert!(refused("after:yesterday").problem.contains("2026-11-23"));
        assert!(refused("last:7").problem.contains("7d"));
        assert!(refused("last:99999999999y").problem.contains("7d"));
        assert!(refused("-last:7d").problem.contains("turn it round"));
    }

    #[test]
    fn a_bad_query_names_the_place_and_does_not_repeat_it() {
        let said = refused("bär kind:klaim x");
        assert_eq!((said.start, said.end), (4, 14));
        assert!(said.problem.contains("claim, belief") && !said.problem.contains("klaim"));
        let said = refused("x agent: y");
        assert_eq!((said.start, said.end), (2, 8));
    }

    #[test]
    fn what_looks_like_a_filter_and_is_none_is_text() {
        let query = parse("https://x.example/a:b");
        assert_eq!(query.filters, []);
        assert_eq!(query.asked.len(), 1);
        assert_eq!(query.asked[0].words, ["https", "x", "example", "a", "b"]);
    }

    #[test]
    fn a_quote_that_is_never_closed_goes_to_the_end() {
        assert_eq!(parse(r#"a "b c"#).phrases, [["b", "c"]]);
        assert_eq!(parse(r#"""#), Query::default());
        assert!(parse("  - \u{202e} ").phrases.is_empty());
    }

    #[test]
    fn nobody_can_ask_for_more_than_is_bounded() {
        assert_eq!(refused(&"a".repeat(LONGEST + 1)).start, LONGEST);
        assert!(
            refused(&"a ".repeat(MOST_WORDS + 1))
                .problem
                .contains("10 words")
        );
        assert!(
            refused(&"a_".repeat(MOST_WORDS + 1))
                .problem
                .contains("10 words")
        );
        let filters = "tool:a ".repeat(MOST_FILTERS + 1);
        assert!(refused(&filters).problem.contains("32 filters"));
    }

    #[test]
    fn a_filter_is_added_and_taken_away_in_the_text() {
        let tool = Filter {
            facet: Facet::Tool,
            value: "shell \"exec".to_owned(),
            excluded: false,
        };
        let text = with_filter("deploy kind:action", &tool);
        assert_eq!(text, r#"deploy kind:action tool:"shell exec""#);
        let kind = Filter {
            facet: Facet::Kind,
            value: "ACTION".to_owned(),
            excluded: false,
        };
        assert_eq!(without_filter(&text, &kind), r#"deploy tool:"shell exec""#);
        assert_eq!(with_filter("kind:action x", &kind), "x kind:ACTION");
        assert_eq!(without_filter("-kind:action", &kind), "-kind:action");
    }

    #[test]
    fn any_text_at_all_is_understood_or_refused_with_a_place_in_it() {
        let alphabet = ['"', '-', ':', ' ', 'a', 'ü', '\u{0}', 'k'];
        let mut seed: usize = 7;
        for _ in 0..20_000 {
            let mut text = String::from("kind");
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push(alphabet[(seed >> 33) % alphabet.len()]);
            }
            if let Err(said) = Query::parse(&text, NOW) {
                assert!(
                    said.start <= said.end && said.end <= text.chars().count(),
                    "{text:?}"
                );
            }
        }
    }
}
