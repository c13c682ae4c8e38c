//! Walks over what a query matches, once: counts it, keeps the page that is asked for, and counts
//! its facets.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::ColumnValues;
use tantivy::fastfield::AliveBitSet;
use tantivy::query::Weight;
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocAddress, DocId, Score, SegmentReader};

use super::schema::{BITS, HALF, OPEN, PACKED, decoded};
use super::values::{KnownValues, Values};
use crate::search::engine::{MOST_VALUES, Place, Sort};
use crate::search::facet::Facet;

/// What is to be gathered.
#[derive(Clone, Debug)]
pub(super) struct Gather {
    pub(super) limit: usize,
    pub(super) sort: Sort,
    pub(super) after: Option<Place>,
    pub(super) from: Option<i64>,
    pub(super) until: Option<i64>,
    pub(super) facets: Vec<Facet>,
    pub(super) values: Arc<KnownValues>,
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
    open: Vec<(Facet, Values, Vec<u32>)>,
}

impl Gather {
    fn is_within(&self, at: i64) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at < until)
    }
}

impl Collector for Gather {
    type Fruit = Gathered;
    type Child = Walk;

    fn for_segment(&self, ordinal: u32, reader: &SegmentReader) -> tantivy::Result<Walk> {
        let columns = reader.fast_fields();
        let mut open = Vec::new();
        for facet in self.facets.iter().filter(|facet| OPEN.contains(facet)) {
            if let Some(column) = columns.str(facet.as_str())? {
                let values = self.values.of(reader.segment_id(), *facet, &column)?;
                let counts = vec![0; values.len()];
                let ords = Arc::clone(&column.ords().values);
                open.push((*facet, values, ords, counts));
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
        let packed = packed_sums(&parts);
        for facet in &self.facets {
            let mut counts = match packed.get(facet) {
                Some(sums) => named(*facet, sums),
                None => open_counts(*facet, &parts),
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
        let mut living = Block::default();
        if self.requires_scoring() {
            weight.for_each(reader, &mut |doc, score| {
                if is_alive(alive, doc) && living.add(doc, score) {
                    walk.take(&mut living);
                }
            })?;
        } else {
            weight.for_each_no_score(reader, &mut |docs| {
                for doc in docs {
                    if is_alive(alive, *doc) && living.add(*doc, 0.0) {
                        walk.take(&mut living);
                    }
                }
            })?;
        }
        walk.take(&mut living);
        Ok(walk.harvest())
    }
}

fn is_alive(alive: Option<&AliveBitSet>, doc: DocId) -> bool {
    alive.is_none_or(|alive| alive.is_alive(doc))
}

/// Documents that are looked at together: column by column is much faster than one by one.
#[derive(Default)]
struct Block {
    docs: Vec<DocId>,
    scores: Vec<Score>,
}

impl Block {
    /// Adds a document, and tells whether the block is full now.
    fn add(&mut self, doc: DocId, score: Score) -> bool {
        self.docs.push(doc);
        self.scores.push(score);
        self.docs.len() == COLLECT_BLOCK_BUFFER_LEN
    }
}

/// A facet with values of its own, the place of each document's value among them, and how often each was
/// seen.
type OpenColumn = (Facet, Values, Arc<dyn ColumnValues<u64>>, Vec<u32>);

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
    /// Takes what is in the block, and empties it.
    fn take(&mut self, block: &mut Block) {
        let Block { docs, scores } = block;
        let mut times = [0; COLLECT_BLOCK_BUFFER_LEN];
        if let Some(times) = times.get_mut(..docs.len())
            && self.needs_times()
        {
            self.at.get_vals(docs, times);
            let mut taken = 0;
            for place in 0..times.len() {
                let (Some(at), Some(doc), Some(score)) =
                    (times.get(place), docs.get(place), scores.get(place))
                else {
                    break;
                };
                let (at, doc, score) = (*at, *doc, *score);
                if self.gather.is_within(at) {
                    self.keep(doc, at, score);
                    if let Some(slot) = docs.get_mut(taken) {
                        *slot = doc;
                    }
                    taken += 1;
                }
            }
            docs.truncate(taken);
        }
        self.total += u64::try_from(docs.len()).unwrap_or_default();
        self.count(docs);
        docs.clear();
        scores.clear();
    }

    fn needs_times(&self) -> bool {
        self.gather.limit > 0 || self.gather.from.is_some() || self.gather.until.is_some()
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
        let mut alone = Block::default();
        alone.add(doc, score);
        self.take(&mut alone);
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
                .map(|(facet, values, _, counts)| (facet, values, counts))
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

/// How often each code of each packed facet was seen.
fn packed_sums(parts: &[Part]) -> HashMap<Facet, Vec<u64>> {
    let mut sums = HashMap::new();
    for (is_upper, from) in [(false, 0), (true, HALF)] {
        let mut together: Vec<u64> = Vec::new();
        for part in parts {
            let half = if is_upper { &part.upper } else { &part.lower };
            together.resize(half.len(), 0);
            for (sum, count) in together.iter_mut().zip(half) {
                *sum += u64::from(*count);
            }
        }
        if together.is_empty() {
            continue;
        }
        let of_half = PACKED
            .into_iter()
            .filter(|(_, shift, _)| (*shift >= HALF) == is_upper);
        let mut of_half: Vec<(Facet, u32, Vec<u64>)> = of_half
            .map(|(facet, shift, width)| (facet, shift - from, vec![0; 1 << width]))
            .collect();
        for (value, count) in together.iter().enumerate().filter(|(_, count)| **count > 0) {
            for (_, shift, sums) in &mut of_half {
                let code = (value >> *shift) & (sums.len() - 1);
                if let Some(sum) = sums.get_mut(code) {
                    *sum += count;
                }
            }
        }
        sums.extend(of_half.into_iter().map(|(facet, _, sums)| (facet, sums)));
    }
    sums
}

fn named(facet: Facet, sums: &[u64]) -> Vec<(String, u64)> {
    sums.iter()
        .enumerate()
        .filter(|(_, sum)| **sum > 0)
        .filter_map(|(code, sum)| Some((decoded(facet, code)?.to_owned(), *sum)))
        .collect()
}

fn open_counts(facet: Facet, parts: &[Part]) -> Vec<(String, u64)> {
    let mut sums: HashMap<&str, u64> = HashMap::new();
    let of_facet = parts.iter().flat_map(|part| &part.open);
    for (_, values, counts) in of_facet.filter(|(known, ..)| *known == facet) {
        for (value, count) in values.iter().zip(counts) {
            if *count > 0 && !value.is_empty() {
                *sums.entry(value).or_default() += u64::from(*count);
            }
        }
    }
    let mut most: Vec<(&str, u64)> = sums.into_iter().collect();
    if most.len() > MOST_VALUES {
        let order =
            |(a, many): &(&str, u64), (b, more): &(&str, u64)| more.cmp(many).then(a.cmp(b));
        most.select_nth_unstable_by(MOST_VALUES, order);
        most.truncate(MOST_VALUES);
    }
    let most = most.into_iter();
    most.map(|(value, sum)| (value.to_owned(), sum)).collect()
}
