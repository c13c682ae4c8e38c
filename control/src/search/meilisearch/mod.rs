//! The engine that several servers share: a Meilisearch, spoken to with its SDK, over the HTTP
//! client that the rest of the house has.
//!
//! The mark is kept in the database, beside the lease of the server that feeds it. A change is
//! written, waited for, and only then marked as done; a document carries the stamp of the writing,
//! so that what was there of its group before can be told apart and taken out after.

mod ask;
mod http;

use std::collections::HashMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use meilisearch_sdk::client::Client;
use meilisearch_sdk::documents::DocumentDeletionQuery;
use meilisearch_sdk::errors::{Error as SdkError, ErrorCode, ErrorType};
use meilisearch_sdk::indexes::Index;
use meilisearch_sdk::search::{MatchRange, SearchResult};
use meilisearch_sdk::task_info::TaskInfo;
use meilisearch_sdk::tasks::Task;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use self::http::{AWAY, Http};
use super::document::Document;
use super::engine::{
    Answer, Changes, Engine, FacetCounts, Found, Mark, Place, Question, Sort, ValueCount,
};
use super::facet::Facet;
use super::feed::{set_shared_mark, shared_mark};
use super::words::{places, spelled};
use crate::ids::new_uuid;
use crate::sessions::hex;
use crate::{Control, Error, Result};

/// How many documents, and how many groups, go into one request. Meilisearch takes 100 MB by default.
const AT_ONCE: usize = 1_000;
/// How long a task may take that was accepted.
const TASK_PATIENCE: Duration = Duration::from_mins(10);
const FIRST_LOOK: Duration = Duration::from_millis(10);
const LONGEST_LOOK: Duration = Duration::from_millis(500);

const UNKNOWN: Error = Error::SearchUnavailable("Meilisearch answered something unknown.");

/// The Meilisearch engine.
#[derive(Clone)]
pub(super) struct Meilisearch(Index<Http>);

impl Meilisearch {
    /// The engine on an index of that name.
    pub(super) fn new(url: String, key: Option<SecretString>, index: String) -> Self {
        // The key is with the client alone: the SDK keeps it where it can be printed.
        let client = Client::new_with_client(url, None::<String>, Http::new(key));
        Self(client.index(index))
    }

    /// Takes the whole index away.
    #[cfg(test)]
    pub(super) async fn drop_index(&self) -> Result<()> {
        self.remove().await
    }

    async fn is_there(&self) -> Result<bool> {
        let Self(index) = self;
        match index.client.get_raw_index(&index.uid).await {
            Ok(_) => Ok(true),
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(refusal(error)),
        }
    }

    async fn remove(&self) -> Result<()> {
        match self.0.clone().delete().await {
            Ok(task) => self.done(task, Some(ErrorCode::IndexNotFound)).await,
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(refusal(error)),
        }
    }

    async fn make(&self) -> Result<()> {
        let Self(index) = self;
        let task = index.client.create_index(&index.uid, Some("id")).await;
        let already = ErrorCode::IndexAlreadyExists;
        self.done(task.map_err(refusal)?, Some(already)).await?;
        let task = index.set_settings(&ask::settings()).await;
        self.done(task.map_err(refusal)?, None).await
    }

    async fn put(&self, changes: Changes, stamp: &str) -> Result<()> {
        let Self(index) = self;
        self.add(&changes.documents, stamp).await?;
        if let Some(mut pieces) = changes.long {
            while let Some(documents) = pieces.next().await? {
                self.add(&documents, stamp).await?;
            }
        }
        for groups in changes.groups.chunks(AT_ONCE) {
            let groups: Vec<String> = groups
                .iter()
                .map(|group| format!("\"{}\"", group.key()))
                .collect();
            let before = format!("group IN [{}] AND stamp != \"{stamp}\"", groups.join(", "));
            let mut of_before = DocumentDeletionQuery::new(index);
            of_before.with_filter(&before);
            let task = index.delete_documents_with(&of_before).await;
            self.done(task.map_err(refusal)?, None).await?;
        }
        Ok(())
    }

    async fn add(&self, documents: &[Document], stamp: &str) -> Result<()> {
        let Self(index) = self;
        for documents in documents.chunks(AT_ONCE) {
            let rows: Vec<Value> = documents
                .iter()
                .map(|document| row(document, stamp))
                .collect::<Result<_>>()?;
            let task = index.add_documents(&rows, None).await;
            self.done(task.map_err(refusal)?, None).await?;
        }
        Ok(())
    }

    /// Waits until a task that was accepted is done. One that fails for the `harmless` reason counts
    /// as done. The SDK can wait, too, but starts a thread for each look.
    async fn done(&self, task: TaskInfo, harmless: Option<ErrorCode>) -> Result<()> {
        let since = Instant::now();
        let mut look = FIRST_LOOK;
        while since.elapsed() < TASK_PATIENCE {
            match self.0.get_task(&task).await.map_err(refusal)? {
                Task::Succeeded { .. } => return Ok(()),
                Task::Failed { content } => {
                    let code = content.error.error_code;
                    if harmless.as_ref() == Some(&code) {
                        return Ok(());
                    }
                    tracing::warn!(%code, "a Meilisearch task failed");
                    return Err(Error::SearchUnavailable("Meilisearch refused a change."));
                }
                Task::Enqueued { .. } | Task::Processing { .. } => tokio::time::sleep(look).await,
            }
            look = (look * 2).min(LONGEST_LOOK);
        }
        Err(AWAY)
    }
}

/// What of a document comes back.
#[derive(Deserialize)]
struct Shown {
    shown: String,
}

#[async_trait]
impl Engine for Meilisearch {
    fn name(&self) -> &'static str {
        "meilisearch"
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn mark(&self, control: &Control) -> Result<Option<Mark>> {
        let mark = shared_mark(control, self).await?;
        let is_there = self.is_there().await?;
        Ok(mark.filter(|_| is_there))
    }

    async fn apply(&self, control: &Control, changes: Changes, mark: &Mark) -> Result<()> {
        let stamp = new_uuid(control).to_string();
        self.put(changes, &stamp).await?;
        set_shared_mark(control, self, mark).await
    }

    async fn wipe(&self, control: &Control, mark: &Mark) -> Result<()> {
        self.remove().await?;
        self.make().await?;
        set_shared_mark(control, self, mark).await
    }

    async fn search(&self, question: Question) -> Result<Answer> {
        let Self(index) = self;
        let searches = ask::searches(&question);
        let read = match ask::at_once(index, &searches).execute::<Shown>().await {
            Ok(read) => read,
            Err(error) if is_missing(&error) => return Ok(Answer::default()),
            Err(error) => return Err(refusal(error)),
        };
        let mut results = read.results.into_iter();
        let (Some(page), Some(count)) = (results.next(), results.next()) else {
            return Err(UNKNOWN);
        };
        let more = page.hits.len() > question.limit;
        let before = question.after.map_or(0, |after| after.before);
        let hits = (before + 1..)
            .zip(page.hits.into_iter().take(question.limit))
            .map(|(before, hit)| found(hit, before, question.sort))
            .collect::<Result<_>>()?;
        let total = count.total_hits.unwrap_or_default();
        let told: HashMap<String, HashMap<String, usize>> = std::iter::once(count)
            .chain(results)
            .filter_map(|counted| counted.facet_distribution)
            .flatten()
            .collect();
        // A facet that no document ever had is not told at all.
        let facets = Facet::ALL
            .into_iter()
            .filter(|_| question.counting)
            .map(|facet| FacetCounts {
                facet,
                values: told.get(facet.as_str()).map(counted).unwrap_or_default(),
            })
            .collect();
        Ok(Answer {
            hits,
            total: number(total),
            more,
            facets,
        })
    }

    async fn documents(&self) -> Result<u64> {
        match self.0.get_stats().await {
            Ok(stats) => Ok(number(stats.number_of_documents)),
            Err(error) if is_missing(&error) => Ok(0),
            Err(error) => Err(refusal(error)),
        }
    }
}

fn is_missing(error: &SdkError) -> bool {
    matches!(error, SdkError::Meilisearch(error) if error.error_code == ErrorCode::IndexNotFound)
}

/// What a refusal means here. What Meilisearch says about it may repeat what it was asked, and is
/// not told.
fn refusal(error: SdkError) -> Error {
    let code = match error {
        SdkError::Other(ours) => {
            return ours.downcast().map_or(AWAY, |ours| *ours);
        }
        SdkError::Meilisearch(error) => match error.error_type {
            ErrorType::Auth => None,
            _ => Some(error.error_code.to_string()),
        },
        SdkError::MeilisearchCommunication(error) => match error.status_code {
            401 | 403 => None,
            status => Some(status.to_string()),
        },
        _ => return UNKNOWN,
    };
    tracing::warn!(code, "Meilisearch refused");
    Error::SearchUnavailable(match code {
        Some(_) => "Meilisearch refused what it was asked for.",
        None => {
            "Meilisearch refused the key. Set MACHINAUT_MEILI_KEY to one that may search and write."
        }
    })
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn row(document: &Document, stamp: &str) -> Result<Value> {
    let shown =
        serde_json::to_string(document).map_err(|_| Error::Broken("a document can be written"))?;
    let seen: Vec<String> = document
        .seen_by()
        .map(|clearance| ask::seen(document.org, clearance.as_str()))
        .collect();
    let mut is: Vec<String> = Vec::new();
    let mut row = json!({
        "id": hex(&document.key()),
        "group": document.group.key(),
        "stamp": stamp,
        "seen": seen,
        "at": document.millis(),
        "rank": document.rank(),
        "title": spelled(&document.title),
        "text": spelled(&document.text),
        "names": document.known_names().map(spelled).collect::<Vec<_>>(),
        "shown": shown,
    });
    if let Some(row) = row.as_object_mut() {
        for facet in Facet::ALL {
            let values = [facet.value_of(document), facet.counted(document)];
            is.extend(
                values
                    .into_iter()
                    .flatten()
                    .map(|value| ask::digest(facet, value)),
            );
            if let Some(value) = facet.counted(document) {
                let value = ask::counted(document.org, facet, value);
                row.insert(facet.as_str().to_owned(), json!(value));
            }
        }
        row.insert("is".to_owned(), json!(is));
    }
    Ok(row)
}

fn found(hit: SearchResult<Shown>, before: u64, sort: Sort) -> Result<Found> {
    let document: Document = serde_json::from_str(&hit.result.shown).map_err(|_| UNKNOWN)?;
    let matches = hit.matches_position.unwrap_or_default();
    let marked = |attribute: &str, text: &str| {
        let ranges = matches.get(attribute).into_iter().flatten();
        places(text, ranges.map(range).collect())
    };
    Ok(Found {
        in_title: marked("title", &document.title),
        in_text: marked("text", &document.text),
        place: Place {
            fit: 0,
            at: document.millis(),
            rank: document.rank(),
            before: if sort == Sort::Best { before } else { 0 },
        },
        document,
    })
}

fn range(range: &MatchRange) -> Range<usize> {
    range.start..range.start.saturating_add(range.length)
}

fn counted(values: &HashMap<String, usize>) -> Vec<ValueCount> {
    let mut values: Vec<ValueCount> = values
        .iter()
        .filter_map(|(value, count)| {
            Some(ValueCount {
                value: ask::value_of(value)?.to_owned(),
                count: number(*count),
            })
        })
        .collect();
    values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    values
}
