//! Walks over what a query matches, once: counts it, keeps the page that is asked for, and counts
//! its facets.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{ColumnValues, StrColumn};
use tantivy::fastfield::AliveBitSet;
use tantivy::query::Weight;
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocAddress, DocId, Score, SegmentReader};

use super::schema::{BITS, HALF, OPEN, PACKED, decoded};
use crate::search::engine::{MOST_VALUES, Place, Sort};
use crate::search::facet::Facet;

/// How many values of each segment are looked up in the others.
const CANDIDATES: usize = 2 * MOST_VALUES;

/// What is to be gathered.
#[derive(Clone, Debug)]
pub(super) struct Gather {
    pub(super) limit: usize,
    pub(super) sort: Sort,
    pub(super) after: Option<Place>,
    pub(super) from: Option<i64>,
    pub(super) until: Option<i64>,
    pub(super) facets: Vec<Facet>,
}

/// What was gathered.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) total: u64,
    /// The best ones, one more than was asked for where there are more.
    pub(super) page: Vec<(Place, DocAddress)>,
    pub(super) counts: Vec<(Facet, Vec<(String, u64)>)>,
}

/// What one segment brought.
pub(super) struct Part {
    total: u64,
    page: Vec<(Place, DocAddress)>,
    lower: Vec<u32>,
    upper: Vec<u32>,
    open: Vec<(Facet, StrColumn, Vec<u32>)>,
}

impl Collector for Gather {
    type Fruit = Gathered;
    type Child = Walk;

    fn for_segment(&self, ordinal: u32, reader: &SegmentReader) -> tantivy::Result<Walk> {
        let columns = reader.fast_fields();
        let mut open = Vec::new();
        for facet in self.facets.iter().filter(|facet| OPEN.contains(facet)) {
            if let Some(column) = columns.str(facet.as_str())? {
                let counts = vec![0; column.num_terms()];
                let ords = Arc::clone(&column.ords().values);
                open.push((*facet, column, ords, counts));
            }
        }
        let packed = self.facets.iter().any(|facet| !OPEN.contains(facet));
        Ok(Walk {
            gather: self.clone(),
            segment: ordinal,
            at: columns.i64("at")?.values,
            rank: columns.u64("rank")?.values,
            packed: if packed {
                Some(columns.u64("packed")?.values)
            } else {
                None
            },
            total: 0,
            heap: BinaryHeap::new(),
            lower: vec![0; if packed { 1 << HALF } else { 0 }],
            upper: vec![0; if packed { 1 << (BITS - HALF) } else { 0 }],
            open,
        })
    }

    fn requires_scoring(&self) -> bool {
        self.sort == Sort::Best && self.limit > 0
    }

    fn merge_fruits(&self, parts: Vec<Part>) -> tantivy::Result<Gathered> {
        let mut gathered = Gathered {
            total: parts.iter().map(|part| part.total).sum(),
            ..Gathered::default()
        };
        for facet in &self.facets {
            let mut counts = if OPEN.contains(facet) {
                open_counts(*facet, &parts)?
            } else {
                packed_counts(*facet, &parts)
            };
            counts.sort_unstable_by(|(a, many), (b, more)| more.cmp(many).then(a.cmp(b)));
            counts.truncate(MOST_VALUES);
            gathered.counts.push((*facet, counts));
        }
        gathered.page = parts.into_iter().flat_map(|part| part.page).collect();
        gathered
            .page
            .sort_unstable_by_key(|(place, _)| Reverse(*place));
        gathered.page.truncate(self.limit + 1);
        Ok(gathered)
    }

    fn collect_segment(
        &self,
        weight: &dyn Weight,
        ordinal: u32,
        reader: &SegmentReader,
    ) -> tantivy::Result<Part> {
        let mut walk = self.for_segment(ordinal, reader)?;
        let alive = reader.alive_bitset();
        if self.requires_scoring() {
            weight.for_each(reader, &mut |doc, score| {
                if is_alive(alive, doc) {
                    walk.take(&[doc], score);
                }
            })?;
        } else {
            let mut living = Vec::with_capacity(COLLECT_BLOCK_BUFFER_LEN);
            weight.for_each_no_score(reader, &mut |docs| {
                living.clear();
                living.extend(docs.iter().copied().filter(|doc| is_alive(alive, *doc)));
                walk.take(&living, 0.0);
            })?;
        }
        Ok(walk.harvest())
    }
}

fn is_alive(alive: Option<&AliveBitSet>, doc: DocId) -> bool {
    alive.is_none_or(|alive| alive.is_alive(doc))
}

/// A facet with values of its own: its column, the place of each document's value in the dictionary,
/// and how often each place was seen.
type OpenColumn = (Facet, StrColumn, Arc<dyn ColumnValues<u64>>, Vec<u32>);

/// The walk over one segment.
pub(super) struct Walk {
    gather: Gather,
    segment: u32,
    at: Arc<dyn ColumnValues<i64>>,
    rank: Arc<dyn ColumnValues<u64>>,
    packed: Option<Arc<dyn ColumnValues<u64>>>,
    total: u64,
    /// The least of what is kept is on top.
    heap: BinaryHeap<Reverse<(Place, DocId)>>,
    lower: Vec<u32>,
    upper: Vec<u32>,
    open: Vec<OpenColumn>,
}

impl Walk {
    fn take(&mut self, docs: &[DocId], score: Score) {
        let mut times = [0; COLLECT_BLOCK_BUFFER_LEN];
        let mut within = [0; COLLECT_BLOCK_BUFFER_LEN];
        for docs in docs.chunks(COLLECT_BLOCK_BUFFER_LEN) {
            let Some(times) = times.get_mut(..docs.len()) else {
                continue;
            };
            self.at.get_vals(docs, times);
            let mut count = 0;
            for (doc, at) in docs.iter().zip(times.iter()) {
                if self.gather.from.is_some_and(|from| *at < from)
                    || self.gather.until.is_some_and(|until| *at >= until)
                {
                    continue;
                }
                self.keep(*doc, *at, score);
                if let Some(slot) = within.get_mut(count) {
                    *slot = *doc;
                    count += 1;
                }
            }
            self.total += u64::try_from(count).unwrap_or_default();
            self.count(within.get(..count).unwrap_or_default());
        }
    }

    fn keep(&mut self, doc: DocId, at: i64, score: Score) {
        if self.gather.limit == 0 {
            return;
        }
        let fit = fit(score);
        // Most are older than everything on the page already.
        if self.heap.len() > self.gather.limit
            && self
                .heap
                .peek()
                .is_some_and(|Reverse((least, _))| (fit, at) < (least.fit, least.at))
        {
            return;
        }
        let place = Place {
            fit,
            at,
            rank: self.rank.get_val(doc),
            before: 0,
        };
        if self.gather.after.is_some_and(|after| place >= after) {
            return;
        }
        self.heap.push(Reverse((place, doc)));
        if self.heap.len() > self.gather.limit + 1 {
            self.heap.pop();
        }
    }

    fn count(&mut self, docs: &[DocId]) {
        let mut values = [0; COLLECT_BLOCK_BUFFER_LEN];
        let Some(values) = values.get_mut(..docs.len()) else {
            return;
        };
        if let Some(packed) = &self.packed {
            packed.get_vals(docs, values);
            for value in values.iter() {
                bump(&mut self.lower, value & ((1 << HALF) - 1));
                bump(&mut self.upper, value >> HALF);
            }
        }
        for (_, _, ords, counts) in &mut self.open {
            ords.get_vals(docs, values);
            for value in values.iter() {
                bump(counts, *value);
            }
        }
    }
}

impl SegmentCollector for Walk {
    type Fruit = Part;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.take(&[doc], score);
    }

    fn harvest(self) -> Part {
        let segment = self.segment;
        Part {
            total: self.total,
            page: self
                .heap
                .into_iter()
                .map(|Reverse((place, doc))| (place, DocAddress::new(segment, doc)))
                .collect(),
            lower: self.lower,
            upper: self.upper,
            open: self
                .open
                .into_iter()
                .map(|(facet, column, _, counts)| (facet, column, counts))
                .collect(),
        }
    }
}

/// A score as a number that orders alike: scores are never negative.
fn fit(score: Score) -> u32 {
    score.max(0.0).to_bits()
}

fn bump(counts: &mut [u32], place: u64) {
    if let Some(count) = usize::try_from(place)
        .ok()
        .and_then(|place| counts.get_mut(place))
    {
        *count += 1;
    }
}

fn packed_counts(facet: Facet, parts: &[Part]) -> Vec<(String, u64)> {
    let Some((_, shift, width)) = PACKED.into_iter().find(|(known, ..)| *known == facet) else {
        return Vec::new();
    };
    let (is_upper, shift) = if shift >= HALF {
        (true, shift - HALF)
    } else {
        (false, shift)
    };
    let mut sums = vec![0_u64; 1 << width];
    for part in parts {
        let half = if is_upper { &part.upper } else { &part.lower };
        for (value, count) in half.iter().enumerate().filter(|(_, count)| **count > 0) {
            if let Some(sum) = sums.get_mut((value >> shift) & ((1 << width) - 1)) {
                *sum += u64::from(*count);
            }
        }
    }
    sums.into_iter()
        .enumerate()
        .filter(|(_, sum)| *sum > 0)
        .filter_map(|(code, sum)| Some((decoded(facet, code)?.to_owned(), sum)))
        .collect()
}

/// The counts are exact; where a facet has very many values, those are told that are among the most
/// frequent of some segment.
fn open_counts(facet: Facet, parts: &[Part]) -> tantivy::Result<Vec<(String, u64)>> {
    let columns: Vec<(&StrColumn, &Vec<u32>)> = parts
        .iter()
        .flat_map(|part| &part.open)
        .filter(|(known, ..)| *known == facet)
        .map(|(_, column, counts)| (column, counts))
        .collect();
    let mut sums: HashMap<String, u64> = HashMap::new();
    for (column, counts) in &columns {
        let mut most: Vec<usize> = (0..counts.len())
            .filter(|ord| counts.get(*ord).is_some_and(|count| *count > 0))
            .collect();
        most.sort_unstable_by_key(|ord| Reverse(counts.get(*ord)));
        for ord in most.into_iter().take(CANDIDATES) {
            let mut value = String::new();
            let ord = u64::try_from(ord).unwrap_or(u64::MAX);
            if column.ord_to_str(ord, &mut value)? && !value.is_empty() {
                sums.entry(value).or_default();
            }
        }
    }
    for (value, sum) in &mut sums {
        for (column, counts) in &columns {
            let ord = column.dictionary().term_ord(value.as_bytes())?;
            let count = ord
                .and_then(|ord| usize::try_from(ord).ok())
                .and_then(|ord| counts.get(ord));
            *sum += count.map_or(0, |count| u64::from(*count));
        }
    }
    Ok(sums.into_iter().collect())
}
