//! How documents lie in the index. Every term begins with the organisation that it belongs to, so
//! that one tenant's words, ids and filters are not even in the part of a dictionary that a query
//! of another tenant looks into; and every query needs the term that says who may see a document:
//! organisation and clearance in one.

use machinaut_chain::session::Sensitivity;
use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{TantivyDocument, Term};

use super::written::{self, Written};
use crate::ids::OrgId;
use crate::search::document::{Document, Group};
use crate::search::facet::{Facet, OTHER};
use crate::search::words::{name, words};
use crate::{Error, Result};

/// The facets with values of their own, each in a column.
pub(super) const OPEN: [Facet; 4] = [Facet::Project, Facet::Session, Facet::Agent, Facet::Tool];

/// The facets of fixed vocabularies, each in some bits of one number: its first bit, and how many.
/// Those of the lower half and those of the upper half are counted together.
pub(super) const PACKED: [(Facet, u32, u32); 8] = [
    (Facet::Kind, 0, 4),
    (Facet::Level, 4, 3),
    (Facet::Phase, 7, 4),
    (Facet::Verdict, 11, 4),
    (Facet::Sensitivity, 15, 3),
    (Facet::Truth, 18, 3),
    (Facet::Security, 21, 3),
    (Facet::Severity, 24, 3),
];
/// The first bit of the upper half.
pub(super) const HALF: u32 = 15;
/// How many bits there are.
pub(super) const BITS: u32 = 27;

/// The fields of the index.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    pub(super) schema: Schema,
    pub(super) text: Field,
    pub(super) title: Field,
    pub(super) ids: Field,
    pub(super) seen: Field,
    pub(super) facet: Field,
    pub(super) group: Field,
    open: [Field; 4],
    packed: Field,
    at: Field,
    rank: Field,
    pub(super) document: Field,
}

impl Fields {
    pub(super) fn new() -> Self {
        let mut builder = Schema::builder();
        let indexed = |tokenizer, record| {
            let indexing = TextFieldIndexing::default()
                .set_tokenizer(tokenizer)
                .set_fieldnorms(false)
                .set_index_option(record);
            TextOptions::default().set_indexing_options(indexing)
        };
        let terms = indexed("raw", IndexRecordOption::Basic);
        let text = indexed(written::NAME, IndexRecordOption::WithFreqsAndPositions);
        let text = builder.add_text_field("text", text);
        let title = indexed(written::NAME, IndexRecordOption::Basic);
        let title = builder.add_text_field("title", title);
        let ids = builder.add_text_field("ids", terms.clone());
        let seen = builder.add_text_field("seen", terms.clone());
        let facet = builder.add_text_field("facet", terms.clone());
        let group = builder.add_text_field("group", terms);
        let open = OPEN.map(|facet| {
            builder.add_text_field(facet.as_str(), TextOptions::default().set_fast("raw"))
        });
        let packed = builder.add_u64_field("packed", FAST);
        let at = builder.add_i64_field("at", FAST);
        let rank = builder.add_u64_field("rank", FAST);
        let document = builder.add_bytes_field("document", STORED);
        Self {
            schema: builder.build(),
            text,
            title,
            ids,
            seen,
            facet,
            group,
            open,
            packed,
            at,
            rank,
            document,
        }
    }

    /// A document as the index takes it.
    pub(super) fn write(&self, document: &Document) -> Result<TantivyDocument> {
        let org = org_key(document.org);
        let mut row = TantivyDocument::new();
        let title = words(&document.title);
        let text = words(&document.text);
        row.add_text(self.title, written::words(&org, [&*title]));
        row.add_text(self.text, written::words(&org, [&*title, &*text]));
        for known in document.known_names() {
            row.add_text(self.ids, format!("{org}{}", name(known)));
        }
        for clearance in document.seen_by() {
            row.add_text(self.seen, seen(document.org, clearance));
        }
        let mut packed = 0;
        for facet in Facet::ALL {
            if let Some(value) = facet.value_of(document) {
                row.add_text(self.facet, filter(document.org, facet, value));
            }
            if facet.counted(document) == Some(OTHER) && facet.value_of(document) != Some(OTHER) {
                row.add_text(self.facet, filter(document.org, facet, OTHER));
            }
        }
        for (facet, shift, _) in PACKED {
            packed |= code(facet, facet.counted(document)) << shift;
        }
        for (field, facet) in self.open.iter().zip(OPEN) {
            row.add_text(*field, facet.value_of(document).unwrap_or_default());
        }
        row.add_text(self.group, document.group.key());
        row.add_u64(self.packed, packed);
        row.add_i64(self.at, document.millis());
        row.add_u64(self.rank, document.rank());
        let shown =
            serde_json::to_vec(document).map_err(|_| Error::Broken("a document can be written"))?;
        row.add_bytes(self.document, &shown);
        Ok(row)
    }

    /// What makes the words of the fields.
    pub(super) fn tokenizers() -> TokenizerManager {
        let tokenizers = TokenizerManager::default();
        tokenizers.register(written::NAME, Written);
        tokenizers
    }

    /// The term that deletes a group.
    pub(super) fn of_group(&self, group: &Group) -> Term {
        Term::from_field_text(self.group, &group.key())
    }
}

/// What every term of an organisation begins with.
pub(super) fn org_key(org: OrgId) -> String {
    let mut key = uuid::Uuid::from(org).simple().to_string();
    key.push('/');
    key
}

/// The term that a member of an organisation with that clearance must find in a document.
pub(super) fn seen(org: OrgId, clearance: Sensitivity) -> String {
    format!("{}{}", org_key(org), clearance.as_str())
}

/// The term of a filter, whatever the case of its value.
pub(super) fn filter(org: OrgId, facet: Facet, value: &str) -> String {
    format!(
        "{}{}:{}",
        org_key(org),
        facet.as_str(),
        value.to_lowercase()
    )
}

/// What stands for a value in the bits of its facet: 0 for none, 1 for another word, then the
/// vocabulary.
fn code(facet: Facet, value: Option<&str>) -> u64 {
    let Some(value) = value else {
        return 0;
    };
    let words = facet.vocabulary().unwrap_or_default();
    words
        .iter()
        .position(|word| *word == value)
        .and_then(|place| u64::try_from(place + 2).ok())
        .unwrap_or(1)
}

/// What a value in the bits of a facet stands for.
pub(super) fn decoded(facet: Facet, code: usize) -> Option<&'static str> {
    match code {
        0 => None,
        1 => Some(OTHER),
        _ => facet.vocabulary()?.get(code - 2).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_a_vocabulary_has_its_bits_and_no_two_facets_share_any() {
        let mut end = 0;
        for (facet, shift, width) in PACKED {
            assert_eq!(shift, end);
            end = shift + width;
            let words = facet.vocabulary().unwrap();
            for (place, word) in words.iter().enumerate() {
                let code = code(facet, Some(word));
                assert_eq!(code, u64::try_from(place).unwrap() + 2);
                assert!(code < 1 << width, "{facet}");
                assert_eq!(decoded(facet, usize::try_from(code).unwrap()), Some(*word));
            }
            assert!(HALF <= shift || end <= HALF, "{facet} is in one half");
        }
        assert_eq!(end, BITS);
    }
}
