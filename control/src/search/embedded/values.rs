//! The values of the facets whose words come from logs, as the pieces of an index have them. A piece keeps them packed,
//! and finding one among them costs as much as reading hundreds; a search has to name the values of every piece. So they
//! are unpacked once for each piece, which never changes.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::SegmentReader;
use tantivy::columnar::StrColumn;
use tantivy::index::SegmentId;

use crate::search::facet::Facet;

/// The values of one facet in one piece, by their place in its dictionary.
pub(super) type Values = Arc<[String]>;

/// The values of every piece of an index that was searched.
#[derive(Debug, Default)]
pub(super) struct KnownValues(Mutex<HashMap<(SegmentId, Facet), Values>>);

impl KnownValues {
    /// The values of a facet in a piece.
    pub(super) fn of(
        &self,
        segment: SegmentId,
        facet: Facet,
        column: &StrColumn,
    ) -> tantivy::Result<Values> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(values) = known.get(&(segment, facet)) {
            return Ok(Arc::clone(values));
        }
        drop(known);
        let mut values = Vec::with_capacity(column.num_terms());
        let mut terms = column.dictionary().stream()?;
        while terms.advance() {
            values.push(String::from_utf8_lossy(terms.key()).into_owned());
        }
        let values: Values = values.into();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((segment, facet), Arc::clone(&values));
        Ok(values)
    }

    /// Forgets the pieces that are gone.
    pub(super) fn keep_only(&self, segments: &[SegmentReader]) {
        let there: HashSet<SegmentId> = segments.iter().map(SegmentReader::segment_id).collect();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(segment, _), _| there.contains(segment));
    }
}
