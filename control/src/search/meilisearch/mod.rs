//! The engine that several servers share: a Meilisearch, spoken to over its HTTP API. The client
//! that the rest of the house has is enough for the few calls there are; why that is not the SDK's,
//! `docs/search.md` says.
//!
//! The mark is kept in the database, beside the lease of the server that feeds it. A change is
//! written, waited for, and only then marked as done; a document carries the stamp of the writing,
//! so that what was there of its group before can be told apart and taken out after.

mod ask;
mod http;

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::http::Http;
use super::document::Document;
use super::engine::{
    Answer, Changes, Engine, FacetCounts, Found, Mark, Place, Question, Sort, ValueCount,
};
use super::facet::Facet;
use super::feed::{set_shared_mark, shared_mark};
use crate::ids::new_uuid;
use crate::sessions::hex;
use crate::{Control, Error, Result};

/// How many documents, and how many groups, go into one request. Meilisearch takes 100 MB by default.
const AT_ONCE: usize = 1_000;

/// The Meilisearch engine.
#[derive(Clone)]
pub(super) struct Meilisearch(Arc<Inner>);

struct Inner {
    http: Http,
    index: String,
}

impl Meilisearch {
    /// The engine on an index of that name.
    pub(super) fn new(url: String, key: Option<SecretString>, index: String) -> Self {
        Self(Arc::new(Inner {
            http: Http::new(url, key),
            index,
        }))
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&inner))
            .await
            .map_err(|_| Error::Broken("asking Meilisearch ends"))?
    }

    /// Takes the whole index away.
    #[cfg(test)]
    pub(super) async fn drop_index(&self) -> Result<()> {
        self.work(Inner::remove).await
    }
}

impl Inner {
    fn path(&self, rest: &str) -> String {
        format!("/indexes/{}{rest}", self.index)
    }

    fn is_there(&self) -> Result<bool> {
        let reply = self.http.get(&self.path(""))?;
        match reply.status {
            200 => Ok(true),
            404 => Ok(false),
            _ => Err(reply.refusal()),
        }
    }

    fn remove(&self) -> Result<()> {
        let reply = self.http.delete(&self.path(""))?;
        if reply.status == 404 {
            return Ok(());
        }
        self.http.done(&reply, &["index_not_found"])
    }

    fn make(&self) -> Result<()> {
        let index = json!({ "uid": self.index, "primaryKey": "id" });
        let reply = self.http.post("/indexes", &index)?;
        self.http.done(&reply, &["index_already_exists"])?;
        let reply = self.http.patch(&self.path("/settings"), &ask::settings())?;
        self.http.done(&reply, &[])
    }

    fn apply(&self, changes: &Changes, stamp: &str) -> Result<()> {
        for documents in changes.documents.chunks(AT_ONCE) {
            let rows: Vec<Value> = documents
                .iter()
                .map(|document| row(document, stamp))
                .collect::<Result<_>>()?;
            let reply = self
                .http
                .post(&self.path("/documents"), &Value::Array(rows))?;
            self.http.done(&reply, &[])?;
        }
        for groups in changes.groups.chunks(AT_ONCE) {
            let groups: Vec<String> = groups
                .iter()
                .map(|group| format!("\"{}\"", group.key()))
                .collect();
            let before = format!("group IN [{}] AND stamp != \"{stamp}\"", groups.join(", "));
            let body = json!({ "filter": before });
            let reply = self.http.post(&self.path("/documents/delete"), &body)?;
            self.http.done(&reply, &[])?;
        }
        Ok(())
    }

    fn search(&self, question: &Question) -> Result<Answer> {
        let body = json!({ "queries": ask::searches(&self.index, question) });
        let reply = self.http.post("/multi-search", &body)?;
        if reply.status != 200 {
            return match reply.code() {
                "index_not_found" => Ok(Answer::default()),
                _ => Err(reply.refusal()),
            };
        }
        let read: Replies = serde_json::from_value(reply.body)
            .map_err(|_| Error::SearchUnavailable("Meilisearch answered something unknown."))?;
        let mut results = read.results.into_iter();
        let (Some(page), Some(count)) = (results.next(), results.next()) else {
            return Err(Error::SearchUnavailable(
                "Meilisearch answered something unknown.",
            ));
        };
        let more = page.hits.len() > question.limit;
        let before = question.after.map_or(0, |after| after.before);
        let hits = (before + 1..)
            .zip(page.hits.into_iter().take(question.limit))
            .map(|(before, hit)| found(&hit, before, question.sort))
            .collect::<Result<_>>()?;
        let told: Vec<FacetCounts> = std::iter::once(&count)
            .chain(results.as_slice())
            .flat_map(|counted| &counted.facet_distribution)
            .flat_map(facet_counts)
            .collect();
        // A facet that no document ever had is not told at all.
        let facets = Facet::ALL
            .into_iter()
            .filter(|_| question.counting)
            .map(|facet| {
                let found = told.iter().find(|counts| counts.facet == facet);
                let values = found.map(|counts| counts.values.clone());
                FacetCounts {
                    facet,
                    values: values.unwrap_or_default(),
                }
            })
            .collect();
        Ok(Answer {
            hits,
            total: count.total_hits,
            more,
            facets,
        })
    }
}

#[derive(Deserialize)]
struct Replies {
    results: Vec<Reply>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    hits: Vec<Hit>,
    #[serde(default)]
    total_hits: u64,
    #[serde(default)]
    facet_distribution: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Hit {
    shown: String,
    #[serde(default, rename = "_matchesPosition")]
    matches: Matches,
}

#[derive(Default, Deserialize)]
struct Matches {
    #[serde(default)]
    title: Vec<Span>,
    #[serde(default)]
    text: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    start: usize,
    length: usize,
}

impl Span {
    fn range(&self) -> Range<usize> {
        self.start..self.start.saturating_add(self.length)
    }
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
        let is_there = self.work(Inner::is_there).await?;
        Ok(mark.filter(|_| is_there))
    }

    async fn apply(&self, control: &Control, changes: Changes, mark: &Mark) -> Result<()> {
        let stamp = new_uuid(control).to_string();
        self.work(move |inner| inner.apply(&changes, &stamp))
            .await?;
        set_shared_mark(control, self, mark).await
    }

    async fn wipe(&self, control: &Control, mark: &Mark) -> Result<()> {
        self.work(|inner| {
            inner.remove()?;
            inner.make()
        })
        .await?;
        set_shared_mark(control, self, mark).await
    }

    async fn search(&self, question: Question) -> Result<Answer> {
        self.work(move |inner| inner.search(&question)).await
    }

    async fn documents(&self) -> Result<u64> {
        self.work(|inner| {
            let reply = inner.http.get(&inner.path("/stats"))?;
            Ok(reply
                .body
                .get("numberOfDocuments")
                .and_then(Value::as_u64)
                .unwrap_or_default())
        })
        .await
    }
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
        "title": document.title,
        "text": document.text,
        "names": document.known_names().collect::<Vec<_>>(),
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

fn found(hit: &Hit, before: u64, sort: Sort) -> Result<Found> {
    let document: Document = serde_json::from_str(&hit.shown)
        .map_err(|_| Error::SearchUnavailable("Meilisearch answered something unknown."))?;
    Ok(Found {
        in_title: hit.matches.title.iter().map(Span::range).collect(),
        in_text: hit.matches.text.iter().map(Span::range).collect(),
        place: Place {
            fit: 0,
            at: document.millis(),
            rank: document.rank(),
            before: if sort == Sort::Best { before } else { 0 },
        },
        document,
    })
}

fn facet_counts(distribution: &Map<String, Value>) -> impl Iterator<Item = FacetCounts> {
    distribution.iter().filter_map(|(name, values)| {
        let mut values: Vec<ValueCount> = values
            .as_object()?
            .iter()
            .filter_map(|(value, count)| {
                Some(ValueCount {
                    value: ask::value_of(value)?.to_owned(),
                    count: count.as_u64()?,
                })
            })
            .collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        Some(FacetCounts {
            facet: name.parse().ok()?,
            values,
        })
    })
}
