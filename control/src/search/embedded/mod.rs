//! The embedded engine: a tantivy index in a folder of this server. It is fed by its own server
//! alone, and its mark is part of every commit, so that after a crash the two always belong
//! together. An index that is gone, damaged or of another version is no loss: everything in it
//! follows from the store, and it is built again.

mod excluded;
mod gather;
mod plan;
mod schema;
mod values;
mod words;
mod written;

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use async_trait::async_trait;
use tantivy::index::SegmentComponent;
use tantivy::indexer::IndexWriterOptions;
use tantivy::schema::Value as _;
use tantivy::{
    Executor, Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument,
    TantivyError,
};

use self::gather::Gather;
use self::plan::Plan;
use self::schema::Fields;
use self::values::KnownValues;
use super::document::{Document, Group};
use super::engine::{Answer, Changes, Engine, FacetCounts, Found, Mark, Question, ValueCount};
use super::facet::Facet;
use super::words::words as words_of;
use crate::background::Background;
use crate::{Control, Error, Result};

/// The folder of the index inside of the one that is configured. Only this one is ever emptied.
const FOLDER: &str = "links";
/// How much is gathered in memory before a piece of the index is written, in bytes.
const MEMORY: usize = 32 * 1024 * 1024;
/// The files that every piece of the index has.
const PARTS: [SegmentComponent; 5] = [
    SegmentComponent::Postings,
    SegmentComponent::Positions,
    SegmentComponent::Terms,
    SegmentComponent::Store,
    SegmentComponent::FastFields,
];

/// The embedded engine. Cheap to clone.
#[derive(Clone)]
pub(super) struct Embedded {
    inner: Arc<Inner>,
    /// What writes, and the threads of the index, which it starts: all of them give way.
    writing: Arc<Background>,
}

struct Inner {
    folder: PathBuf,
    fields: Fields,
    values: Arc<KnownValues>,
    open: RwLock<Option<Open>>,
    writer: Mutex<Option<IndexWriter>>,
    /// The pieces of the index are searched on all cores at once.
    searching: Executor,
}

/// An index that can be searched.
#[derive(Clone)]
struct Open {
    index: Index,
    reader: IndexReader,
}

impl Embedded {
    /// The engine on an index below `folder`, which need not be there yet.
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            inner: Arc::new(Inner {
                folder: folder.join(FOLDER),
                fields: Fields::new(),
                values: Arc::default(),
                open: RwLock::new(None),
                writer: Mutex::new(None),
                searching: on_all_cores(),
            }),
            writing: Arc::new(Background::new("index")),
        }
    }

    /// Reads the index away from the async threads.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        self.checked(done.ok())
    }

    /// Writes to the index when there is time.
    async fn write(
        &self,
        work: impl FnOnce(&Inner) -> Result<(), Trouble> + Send + 'static,
    ) -> Result<()> {
        let inner = Arc::clone(&self.inner);
        let done = self.writing.run(move || work(&inner)).await;
        self.checked(done.ok())
    }

    /// What goes wrong inside of the index closes it: it is looked at afresh before it is used again.
    fn checked<T>(&self, done: Option<Result<T, Trouble>>) -> Result<T> {
        match done {
            Some(Ok(done)) => Ok(done),
            Some(Err(trouble)) => {
                if matches!(trouble, Trouble::Index(_)) {
                    self.inner.close();
                }
                Err(trouble.into_error())
            }
            None => {
                self.inner.close();
                Err(Error::SearchUnavailable("The search index is damaged."))
            }
        }
    }
}

/// Why something was not done.
enum Trouble {
    Index(TantivyError),
    Other(Error),
}

/// Somebody closed the index meanwhile.
const CLOSED: Trouble = Trouble::Other(Error::SearchUnavailable("The search index was closed."));

impl Trouble {
    fn into_error(self) -> Error {
        match self {
            Self::Other(error) => error,
            Self::Index(TantivyError::LockFailure(..)) => Error::SearchUnavailable(
                "The search index is in use by another process. Give each server its own search.dir.",
            ),
            Self::Index(error) => {
                tracing::warn!(%error, "the search index cannot be used");
                Error::SearchUnavailable("The search index cannot be used just now.")
            }
        }
    }
}

impl<E: Into<TantivyError>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::Index(error.into())
    }
}

impl Inner {
    fn lock_writer(&self) -> MutexGuard<'_, Option<IndexWriter>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = None;
        *self.lock_writer() = None;
    }

    /// The index as it lies in its folder; none where there is none that can be used.
    fn open(&self) -> Option<Open> {
        let known = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = known.as_ref() {
            return Some(open.clone());
        }
        drop(known);
        let open = self.open_afresh()?;
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = Some(open.clone());
        Some(open)
    }

    fn open_afresh(&self) -> Option<Open> {
        if !self.folder.join("meta.json").is_file() {
            return None;
        }
        let mut index = Index::open_in_dir(&self.folder).ok()?;
        index.set_tokenizers(Fields::tokenizers());
        if index.schema() != self.fields.schema {
            return None;
        }
        let damaged = index.validate_checksum().ok()?;
        if !damaged.is_empty() {
            tracing::warn!(files = damaged.len(), "the search index is damaged");
            return None;
        }
        index.set_executor(self.searching.clone());
        let reader = index.reader_builder();
        let reader = reader.reload_policy(ReloadPolicy::Manual).try_into().ok()?;
        Some(Open { index, reader })
    }

    fn searcher(&self) -> Option<Searcher> {
        Some(self.open()?.reader.searcher())
    }

    /// The mark of the last commit, where every file of it is still there.
    fn mark(&self) -> Result<Option<Mark>, Trouble> {
        let Some(open) = self.open() else {
            return Ok(None);
        };
        let Ok(meta) = open.index.load_metas() else {
            self.close();
            return Ok(None);
        };
        let whole = meta
            .segments
            .iter()
            .flat_map(|segment| PARTS.map(|part| segment.relative_path(part)))
            .all(|file| self.folder.join(file).is_file());
        if !whole {
            tracing::warn!("files of the search index are missing");
            self.close();
            return Ok(None);
        }
        // Another process may have written it.
        open.reader.reload()?;
        Ok(meta
            .payload
            .and_then(|payload| serde_json::from_str(&payload).ok()))
    }

    fn apply(&self, changes: Changes, mark: &Mark) -> Result<(), Trouble> {
        let open = self.open().ok_or(Trouble::Other(Error::SearchUnavailable(
            "The search index is gone; it is being built again.",
        )))?;
        {
            let mut writer = self.lock_writer();
            if writer.is_none() {
                *writer = Some(new_writer(&open.index)?);
            }
        }
        let added = self.add(changes);
        let mut writer = self.lock_writer();
        let writer = writer.as_mut().ok_or(CLOSED)?;
        if let Err(trouble) = added.and_then(|()| commit(writer, mark)) {
            // Part of a session must not come along with the next commit.
            writer.rollback()?;
            return Err(trouble);
        }
        open.reader.reload()?;
        self.values
            .keep_only(open.reader.searcher().segment_readers());
        Ok(())
    }

    /// Nothing of it is found before the commit. Whoever closes the index does not wait for pieces that are
    /// still to come.
    fn add(&self, changes: Changes) -> Result<(), Trouble> {
        let add = |groups: &[Group], documents: &[Document]| {
            let writer = self.lock_writer();
            let writer = writer.as_ref().ok_or(CLOSED)?;
            for group in groups {
                writer.delete_term(self.fields.of_group(group));
            }
            for document in documents {
                let row = self.fields.write(document).map_err(Trouble::Other)?;
                writer.add_document(row)?;
            }
            Ok::<(), Trouble>(())
        };
        add(&changes.groups, &changes.documents)?;
        if let Some(mut pieces) = changes.long {
            while let Some(documents) = pieces.next_blocking().map_err(Trouble::Other)? {
                add(&[], &documents)?;
            }
        }
        Ok(())
    }

    fn wipe(&self, mark: &Mark) -> Result<(), Trouble> {
        let mut writer = self.lock_writer();
        // A writer that another process has is noticed before anything is taken away.
        let held = match writer.take() {
            Some(writer) => Some(writer),
            None => match self.open() {
                Some(open) => Some(new_writer(&open.index)?),
                None => None,
            },
        };
        drop(held);
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = None;
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        make_folder(&self.folder)?;
        let mut index = Index::create_in_dir(&self.folder, self.fields.schema.clone())?;
        index.set_tokenizers(Fields::tokenizers());
        let mut fresh = new_writer(&index)?;
        commit(&mut fresh, mark)?;
        *writer = Some(fresh);
        Ok(())
    }

    fn search(&self, question: &Question) -> Result<Answer, Trouble> {
        let Some(searcher) = self.searcher() else {
            return Ok(Answer::default());
        };
        let plan = Plan::new(&self.fields, &searcher, question)?;
        let aside: Vec<Facet> = Facet::ALL
            .into_iter()
            .filter(|facet| question.counting && is_filtered_by(question, *facet))
            .collect();
        let counted = Facet::ALL
            .into_iter()
            .filter(|facet| question.counting && !aside.contains(facet));
        let gather = Gather {
            limit: question.limit,
            sort: question.sort,
            after: question.after,
            from: question.query.from.map(crate::clock::Moment::millis),
            until: question.query.until.map(crate::clock::Moment::millis),
            facets: counted.collect(),
            values: Arc::clone(&self.values),
        };
        let gathered = searcher.search(&plan.query(None), &gather)?;
        let mut counts = gathered.counts;
        for facet in aside {
            let only = Gather {
                limit: 0,
                facets: vec![facet],
                ..gather.clone()
            };
            counts.extend(searcher.search(&plan.query(Some(facet)), &only)?.counts);
        }
        counts.sort_by_key(|(facet, _)| *facet);
        let is_meant = plan.is_meant();
        let more = gathered.page.len() > question.limit;
        let page = gathered.page.into_iter().take(question.limit);
        let hits = page
            .map(|(place, address)| {
                let row: TantivyDocument = searcher.doc(address)?;
                let shown = row.get_first(self.fields.document);
                let document: Document = shown
                    .and_then(|shown| shown.as_bytes())
                    .and_then(|shown| serde_json::from_slice(shown).ok())
                    .ok_or(Trouble::Other(Error::Broken("a kept document can be read")))?;
                let marks = |text: &str| {
                    let found = words_of(text).into_iter();
                    found
                        .filter(|word| is_meant(&word.text))
                        .map(|word| word.place)
                        .collect()
                };
                Ok(Found {
                    in_title: marks(&document.title),
                    in_text: marks(&document.text),
                    document,
                    place,
                })
            })
            .collect::<Result<_, Trouble>>()?;
        Ok(Answer {
            hits,
            total: gathered.total,
            more,
            facets: counts.into_iter().map(facet_counts).collect(),
        })
    }
}

#[async_trait]
impl Engine for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn is_shared(&self) -> bool {
        false
    }

    async fn mark(&self, _: &Control) -> Result<Option<Mark>> {
        self.read(Inner::mark).await
    }

    async fn apply(&self, _: &Control, changes: Changes, mark: &Mark) -> Result<()> {
        let mark = mark.clone();
        self.write(move |inner| inner.apply(changes, &mark)).await
    }

    async fn wipe(&self, _: &Control, mark: &Mark) -> Result<()> {
        let mark = mark.clone();
        self.write(move |inner| inner.wipe(&mark)).await
    }

    async fn search(&self, question: Question) -> Result<Answer> {
        self.read(move |inner| inner.search(&question)).await
    }

    fn close(&self) {
        self.inner.close();
    }

    async fn documents(&self) -> Result<u64> {
        self.read(|inner| Ok(inner.searcher().map_or(0, |searcher| searcher.num_docs())))
            .await
    }
}

fn is_filtered_by(question: &Question, facet: Facet) -> bool {
    question.query.by(facet).next().is_some()
}

fn facet_counts((facet, values): (Facet, Vec<(String, u64)>)) -> FacetCounts {
    let values = values.into_iter();
    FacetCounts {
        facet,
        values: values
            .map(|(value, count)| ValueCount { value, count })
            .collect(),
    }
}

/// Not started by a thread that gives way, or its threads would give way, too.
fn on_all_cores() -> Executor {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    Executor::multi_thread(cores, "search-").unwrap_or_else(|_| Executor::single_thread())
}

fn new_writer(index: &Index) -> tantivy::Result<IndexWriter> {
    let options = IndexWriterOptions::builder()
        .memory_budget_per_thread(MEMORY)
        .num_worker_threads(1)
        .num_merge_threads(1)
        .build();
    index.writer_with_options(options)
}

fn commit(writer: &mut IndexWriter, mark: &Mark) -> Result<(), Trouble> {
    let payload = serde_json::to_string(mark)
        .map_err(|_| Trouble::Other(Error::Broken("a mark can be written")))?;
    let mut prepared = writer.prepare_commit()?;
    prepared.set_payload(&payload);
    prepared.commit()?;
    Ok(())
}

/// Readable by its owner alone: it holds what was shipped.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
