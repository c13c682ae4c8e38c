//! Which words of the index a typed word means: itself, those it may be the beginning of, and those
//! it may be a slip for. Only the words of the one organisation are looked at, and only so many of
//! them, so that no word costs more than a bounded walk.

use std::collections::{BTreeMap, BTreeSet};

use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};
use tantivy_fst::Automaton;

use crate::search::query::Asked;

/// How many words of a dictionary are looked at for one typed word.
const MOST_LOOKED_AT: usize = 4_096;
/// How many of them are searched for: the most frequent ones.
const MOST_BEGINNINGS: usize = 256;
const MOST_SLIPS: usize = 64;
/// How many ids are searched for that begin alike.
const MOST_IDS: usize = 64;
/// From how many characters on the beginning of a word, or of an id, is searched for.
const SHORTEST_BEGINNING: usize = 2;
const SHORTEST_ID: usize = 4;
/// From how many characters on a word may have one slip, and two.
const ONE_SLIP: usize = 5;
const TWO_SLIPS: usize = 9;

/// What a typed word means.
#[derive(Clone, Debug, Default)]
pub(super) struct Meant {
    /// One for each word it consists of.
    pub(super) words: Vec<MeantWord>,
    /// Ids and hashes that it is.
    pub(super) ids: Vec<String>,
    /// Ids and hashes that it begins.
    pub(super) ids_begun: Vec<String>,
}

/// What one run of letters and digits means. All with the key of the organisation before them.
#[derive(Clone, Debug, Default)]
pub(super) struct MeantWord {
    pub(super) exact: String,
    pub(super) begun: Vec<String>,
    pub(super) slips: Vec<String>,
}

/// Finds out what a typed word means.
pub(super) fn meant(
    searcher: &Searcher,
    text: Field,
    ids: Field,
    org: &str,
    asked: &Asked,
) -> tantivy::Result<Meant> {
    let mut meant = Meant {
        ids: vec![format!("{org}{}", asked.name)],
        ..Meant::default()
    };
    if asked.name.chars().count() >= SHORTEST_ID {
        meant.ids_begun = begun(searcher, ids, org, &asked.name, MOST_IDS)?;
    }
    let last = asked.words.len().saturating_sub(1);
    for (place, word) in asked.words.iter().enumerate() {
        let length = word.chars().count();
        let mut found = MeantWord {
            exact: format!("{org}{word}"),
            ..MeantWord::default()
        };
        if asked.open && place == last && length >= SHORTEST_BEGINNING {
            found.begun = begun(searcher, text, org, word, MOST_BEGINNINGS)?;
        }
        if last == 0 && length >= ONE_SLIP && !word.contains(|char: char| char.is_ascii_digit()) {
            let slips = if length >= TWO_SLIPS { 2 } else { 1 };
            found.slips = slipped(searcher, text, org, word, slips)?;
        }
        meant.words.push(found);
    }
    Ok(meant)
}

/// The terms that begin like that, the most frequent first.
fn begun(
    searcher: &Searcher,
    field: Field,
    org: &str,
    beginning: &str,
    most: usize,
) -> tantivy::Result<Vec<String>> {
    let from = format!("{org}{beginning}");
    let mut found = Frequent::default();
    for segment in searcher.segment_readers() {
        let inverted = segment.inverted_index(field)?;
        let mut stream = inverted.terms().range().ge(&from).into_stream()?;
        for _ in 0..MOST_LOOKED_AT {
            if !stream.advance() || !stream.key().starts_with(from.as_bytes()) {
                break;
            }
            found.add(stream.key(), stream.value().doc_freq);
        }
    }
    Ok(found.most(most))
}

/// The words that it may be a slip for.
fn slipped(
    searcher: &Searcher,
    field: Field,
    org: &str,
    word: &str,
    slips: u8,
) -> tantivy::Result<Vec<String>> {
    let term = Term::from_field_text(field, word);
    let fuzzy = FuzzyTermQuery::new(term, slips, true).automaton()?;
    let mut found = Frequent::default();
    for segment in searcher.segment_readers() {
        let automaton = After {
            before: org.as_bytes(),
            then: &fuzzy,
        };
        let inverted = segment.inverted_index(field)?;
        let mut stream = inverted.terms().search(automaton).ge(org).into_stream()?;
        for _ in 0..MOST_LOOKED_AT {
            if !stream.advance() {
                break;
            }
            found.add(stream.key(), stream.value().doc_freq);
        }
    }
    let mut found = found.most(MOST_SLIPS);
    let exact = format!("{org}{word}");
    found.retain(|word| *word != exact);
    Ok(found)
}

/// Terms by how many documents have them.
#[derive(Default)]
struct Frequent(BTreeMap<Vec<u8>, u64>);

impl Frequent {
    fn add(&mut self, term: &[u8], documents: u32) {
        match self.0.get_mut(term) {
            Some(known) => *known += u64::from(documents),
            None => {
                self.0.insert(term.to_vec(), u64::from(documents));
            }
        }
    }

    fn most(self, most: usize) -> Vec<String> {
        let ordered: BTreeSet<(std::cmp::Reverse<u64>, Vec<u8>)> = self
            .0
            .into_iter()
            .map(|(term, documents)| (std::cmp::Reverse(documents), term))
            .collect();
        ordered
            .into_iter()
            .take(most)
            .filter_map(|(_, term)| String::from_utf8(term).ok())
            .collect()
    }
}

/// Accepts fixed bytes, and then what another automaton accepts.
struct After<'a, A> {
    before: &'a [u8],
    then: A,
}

#[derive(Clone)]
enum AfterState<S> {
    Before(usize),
    Then(S),
    Never,
}

impl<A: Automaton> After<'_, A> {
    fn at(&self, place: usize) -> AfterState<A::State> {
        if place == self.before.len() {
            AfterState::Then(self.then.start())
        } else {
            AfterState::Before(place)
        }
    }
}

impl<A: Automaton> Automaton for After<'_, A> {
    type State = AfterState<A::State>;

    fn start(&self) -> Self::State {
        self.at(0)
    }

    fn is_match(&self, state: &Self::State) -> bool {
        matches!(state, AfterState::Then(state) if self.then.is_match(state))
    }

    fn can_match(&self, state: &Self::State) -> bool {
        match state {
            AfterState::Before(_) => true,
            AfterState::Then(state) => self.then.can_match(state),
            AfterState::Never => false,
        }
    }

    fn accept(&self, state: &Self::State, byte: u8) -> Self::State {
        match state {
            AfterState::Before(place) if self.before.get(*place) == Some(&byte) => {
                self.at(place + 1)
            }
            AfterState::Before(_) | AfterState::Never => AfterState::Never,
            AfterState::Then(state) => AfterState::Then(self.then.accept(state, byte)),
        }
    }
}
