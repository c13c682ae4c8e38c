//! A question as the index understands it.

use std::collections::HashSet;

use tantivy::query::{
    BooleanQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, PhraseQuery, Query, TermQuery,
    TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::excluded::Excluded;
use super::schema::{Fields, filter, org_key, seen};
use super::words::{Meant, MeantWord, meant};
use crate::search::engine::Question;
use crate::search::facet::Facet;

/// How well a word fits, by how it was found. The same for every document and every index: what is
/// best does not shift while others are shipping, and says nothing about other tenants.
const AN_ID: f32 = 16.0;
const AN_ID_BEGUN: f32 = 12.0;
const IN_TITLE: f32 = 8.0;
const IN_TEXT: f32 = 4.0;
const BEGUN: f32 = 2.0;
const SLIPPED: f32 = 1.0;

type Clause = (Occur, Box<dyn Query>);

/// A question, with what its words mean in the index as it is.
pub(super) struct Plan<'a> {
    fields: &'a Fields,
    question: &'a Question,
    org: String,
    meant: Vec<Meant>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        fields: &'a Fields,
        searcher: &Searcher,
        question: &'a Question,
    ) -> tantivy::Result<Self> {
        let org = org_key(question.org());
        let meant = question
            .query
            .asked
            .iter()
            .map(|asked| meant(searcher, fields.text, fields.ids, &org, asked))
            .collect::<tantivy::Result<_>>()?;
        Ok(Self {
            fields,
            question,
            org,
            meant,
        })
    }

    /// What to search for. With a facet set aside, as if nothing were filtered by it.
    pub(super) fn query(&self, aside: Option<Facet>) -> BooleanQuery {
        let mut clauses: Vec<Clause> = Vec::new();
        let who = seen(self.question.org(), self.question.clearance());
        clauses.push((Occur::Must, exactly(self.fields.seen, &who)));
        for meant in &self.meant {
            clauses.push((Occur::Must, self.word(meant)));
        }
        for phrase in &self.question.query.phrases {
            clauses.push((Occur::Must, self.phrase(phrase)));
        }
        for without in &self.question.query.without {
            clauses.push((Occur::MustNot, Box::new(Excluded(self.phrase(without)))));
        }
        for facet in Facet::ALL {
            if Some(facet) != aside {
                clauses.extend(self.filters(facet));
            }
        }
        BooleanQuery::new(clauses)
    }

    /// The words of a document that are what was asked for.
    pub(super) fn is_meant(&self) -> impl Fn(&str) -> bool + use<> {
        let mut meant: HashSet<String> = HashSet::new();
        let bare = |term: &String| term.get(self.org.len()..).unwrap_or_default().to_owned();
        for word in self.meant.iter().flat_map(|meant| &meant.words) {
            meant.insert(bare(&word.exact));
            meant.extend(word.begun.iter().map(bare));
            meant.extend(word.slips.iter().map(bare));
        }
        for phrase in &self.question.query.phrases {
            meant.extend(phrase.iter().cloned());
        }
        move |word| meant.contains(word)
    }

    fn filters(&self, facet: Facet) -> Vec<Clause> {
        let mut wanted = Vec::new();
        let mut clauses = Vec::new();
        for by in self.question.query.by(facet) {
            let term = filter(self.question.org(), facet, &by.value);
            if by.excluded {
                clauses.push((Occur::MustNot, exactly(self.fields.facet, &term)));
            } else {
                wanted.push(exactly(self.fields.facet, &term));
            }
        }
        if !wanted.is_empty() {
            clauses.push((Occur::Must, any(wanted)));
        }
        clauses
    }

    fn word(&self, meant: &Meant) -> Box<dyn Query> {
        let mut ways = vec![
            one_of(self.fields.ids, &meant.ids, AN_ID),
            one_of(self.fields.ids, &meant.ids_begun, AN_ID_BEGUN),
        ];
        let runs: Vec<Box<dyn Query>> = meant.words.iter().map(|word| self.run(word)).collect();
        ways.push(Some(all(runs)));
        best(ways.into_iter().flatten().collect())
    }

    fn run(&self, word: &MeantWord) -> Box<dyn Query> {
        let exact = std::slice::from_ref(&word.exact);
        let ways = [
            one_of(self.fields.title, exact, IN_TITLE),
            one_of(self.fields.text, exact, IN_TEXT),
            one_of(self.fields.text, &word.begun, BEGUN),
            one_of(self.fields.text, &word.slips, SLIPPED),
        ];
        best(ways.into_iter().flatten().collect())
    }

    fn phrase(&self, words: &[String]) -> Box<dyn Query> {
        let term =
            |word: &String| Term::from_field_text(self.fields.text, &format!("{}{word}", self.org));
        match words {
            [] => any(Vec::new()),
            [word] => Box::new(TermQuery::new(term(word), IndexRecordOption::Basic)),
            words => Box::new(ConstScoreQuery::new(
                Box::new(PhraseQuery::new(words.iter().map(term).collect())),
                IN_TITLE,
            )),
        }
    }
}

fn exactly(field: Field, text: &str) -> Box<dyn Query> {
    let term = Term::from_field_text(field, text);
    let query = TermQuery::new(term, IndexRecordOption::Basic);
    // What everything found has in common says nothing about how well it fits.
    Box::new(ConstScoreQuery::new(Box::new(query), 0.0))
}

fn one_of(field: Field, terms: &[String], fit: f32) -> Option<Box<dyn Query>> {
    let term = |text: &String| Term::from_field_text(field, text);
    let query: Box<dyn Query> = match terms {
        [] => return None,
        [one] => Box::new(TermQuery::new(term(one), IndexRecordOption::Basic)),
        many => Box::new(TermSetQuery::new(many.iter().map(term))),
    };
    Some(Box::new(ConstScoreQuery::new(query, fit)))
}

fn best(mut ways: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    if ways.len() == 1
        && let Some(only) = ways.pop()
    {
        return only;
    }
    Box::new(DisjunctionMaxQuery::new(ways))
}

fn any(queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    Box::new(BooleanQuery::union(queries))
}

fn all(mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    if queries.len() == 1
        && let Some(only) = queries.pop()
    {
        return only;
    }
    Box::new(BooleanQuery::intersection(queries))
}
