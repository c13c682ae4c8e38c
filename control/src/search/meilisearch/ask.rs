//! A question as Meilisearch understands it. Nothing that a person typed gets into a filter as it
//! was typed: values are filtered by their digest, and the words of a query consist of letters and
//! digits alone.

use std::collections::BTreeMap;

use meilisearch_sdk::indexes::Index;
use meilisearch_sdk::search::{MatchingStrategies, MultiSearchQuery, SearchQuery, Selectors};
use meilisearch_sdk::settings::{
    FacetSortValue, FacetingSettings, MinWordSizeForTypos, PaginationSetting, Settings,
    TypoToleranceSettings,
};

use super::http::Http;
use crate::clock::Moment;
use crate::ids::OrgId;
use crate::search::engine::{MOST_VALUES, Place, Question, Sort};
use crate::search::facet::Facet;
use crate::sessions::{hex, identity};

/// How many bytes of a digest tell a counted value apart.
const OWN: usize = 12;
/// After how many milliseconds a search is cut short. What is cut short is not in order any more, so
/// this is about as long as an answer is waited for.
const CUTOFF: u64 = 25_000;

/// One search of those that a question takes.
pub(super) struct Search {
    words: String,
    /// All of them must fit.
    filters: Vec<String>,
    wanted: Wanted,
}

enum Wanted {
    Page {
        limit: usize,
        sort: Sort,
        /// How many results came before, for an order that can only be counted.
        before: usize,
    },
    Counts(Vec<&'static str>),
}

/// The searches that one question takes: the page, the count, and one for each facet that the
/// query filters by.
pub(super) fn searches(question: &Question) -> Vec<Search> {
    let words = words(question);
    let search = |filters: Vec<String>, wanted: Wanted| Search {
        words: words.clone(),
        filters,
        wanted,
    };
    let mut of_page = filters(question, None);
    of_page.extend(page_after(question));
    let before = question.after.map_or(0, |after| after.before);
    let page = Wanted::Page {
        limit: question.limit + 1,
        sort: question.sort,
        before: usize::try_from(before).unwrap_or(usize::MAX),
    };
    let aside = aside(question);
    let others = Facet::ALL
        .into_iter()
        .filter(|facet| question.counting && !aside.contains(facet))
        .map(Facet::as_str)
        .collect();
    let mut searches = vec![
        search(of_page, page),
        search(filters(question, None), Wanted::Counts(others)),
    ];
    for facet in aside {
        let counts = Wanted::Counts(vec![facet.as_str()]);
        searches.push(search(filters(question, Some(facet)), counts));
    }
    searches
}

/// All of them in one request.
pub(super) fn at_once<'a>(
    index: &'a Index<Http>,
    searches: &'a [Search],
) -> MultiSearchQuery<'a, 'a, Http> {
    let mut all = index.client.multi_search();
    for search in searches {
        all.with_search_query(search.of(index));
    }
    all
}

impl Search {
    fn of<'a>(&'a self, index: &'a Index<Http>) -> SearchQuery<'a, Http> {
        let mut search = index.search();
        search
            .with_query(&self.words)
            .with_matching_strategy(MatchingStrategies::ALL)
            .with_array_filter(self.filters.iter().map(String::as_str).collect());
        match &self.wanted {
            Wanted::Page {
                limit,
                sort,
                before,
            } => {
                search
                    .with_limit(*limit)
                    .with_attributes_to_retrieve(Selectors::Some(&["shown", "title", "text"]))
                    .with_show_matches_position(true);
                match sort {
                    Sort::Newest => search.with_sort(&["at:desc", "rank:desc"]),
                    Sort::Best => search.with_offset(*before),
                };
            }
            Wanted::Counts(facets) => {
                search
                    .with_hits_per_page(0)
                    .with_facets(Selectors::Some(facets));
            }
        }
        search
    }
}

/// The facets whose own counts leave their own filter aside.
pub(super) fn aside(question: &Question) -> Vec<Facet> {
    Facet::ALL
        .into_iter()
        .filter(|facet| question.counting && question.query.by(*facet).next().is_some())
        .collect()
}

/// Where the page begins, for an order that can be filtered by.
fn page_after(question: &Question) -> Option<String> {
    let Place { at, rank, .. } = question.after.filter(|_| question.sort == Sort::Newest)?;
    Some(format!(
        "(at < \"{at}\" OR (at = \"{at}\" AND rank < \"{rank}\"))"
    ))
}

fn words(question: &Question) -> String {
    let query = &question.query;
    let mut words: Vec<String> = Vec::new();
    words.extend(
        query
            .phrases
            .iter()
            .map(|phrase| format!("\"{}\"", phrase.join(" "))),
    );
    words.extend(
        query
            .without
            .iter()
            .map(|words| format!("-\"{}\"", words.join(" "))),
    );
    words.extend(query.asked.iter().map(|asked| asked.words.join(" ")));
    // A space at the end says that the last word is complete.
    if query.asked.last().is_none_or(|asked| !asked.open) {
        words.push(String::new());
    }
    words.join(" ")
}

fn filters(question: &Question, aside: Option<Facet>) -> Vec<String> {
    let seen = seen(question.org(), question.clearance().as_str());
    let mut all = vec![format!("seen = \"{seen}\"")];
    for facet in Facet::ALL.into_iter().filter(|facet| Some(*facet) != aside) {
        let mut wanted = Vec::new();
        for by in question.query.by(facet) {
            let digest = digest(facet, &by.value);
            if by.excluded {
                all.push(format!("is != \"{digest}\""));
            } else {
                wanted.push(format!("\"{digest}\""));
            }
        }
        if !wanted.is_empty() {
            all.push(format!("is IN [{}]", wanted.join(", ")));
        }
    }
    let query = &question.query;
    if let Some(from) = query.from.map(Moment::millis) {
        all.push(format!("at >= \"{from}\""));
    }
    if let Some(until) = query.until.map(Moment::millis) {
        all.push(format!("at < \"{until}\""));
    }
    all
}

/// Who sees a document: an organisation and a clearance in one.
pub(super) fn seen(org: OrgId, clearance: &str) -> String {
    format!("{org}:{clearance}")
}

/// What a value is filtered by, whatever its case.
pub(super) fn digest(facet: Facet, value: &str) -> String {
    hex(&identity(&[facet.as_str(), &value.to_lowercase()]))
}

/// A value as it is counted. Meilisearch counts values together that differ in case alone, and tells
/// them as some document has them, whoever's that is: with the digest of organisation and value
/// before it, nobody is told how another one writes it.
pub(super) fn counted(org: OrgId, facet: Facet, value: &str) -> String {
    let digest = identity(&[&org.to_string(), facet.as_str(), value]);
    format!("{}:{value}", hex(digest.get(..OWN).unwrap_or_default()))
}

/// The value that was counted.
pub(super) fn value_of(counted: &str) -> Option<&str> {
    counted.split_once(':').map(|(_, value)| value)
}

/// How the index is to be kept.
pub(super) fn settings() -> Settings {
    let own = ["seen", "is", "group", "stamp", "at", "rank"];
    Settings::new()
        .with_searchable_attributes(["title", "text", "names"])
        .with_displayed_attributes(["shown", "title", "text"])
        .with_filterable_attributes(own.into_iter().chain(Facet::ALL.map(Facet::as_str)))
        .with_sortable_attributes(["at", "rank"])
        .with_ranking_rules([
            "sort",
            "words",
            "typo",
            "proximity",
            "attribute",
            "exactness",
            "at:desc",
            "rank:desc",
        ])
        .with_typo_tolerance(TypoToleranceSettings {
            enabled: Some(true),
            min_word_size_for_typos: Some(MinWordSizeForTypos {
                one_typo: Some(5),
                two_typos: Some(9),
            }),
            disable_on_attributes: Some(vec!["names".to_owned()]),
            ..TypoToleranceSettings::default()
        })
        .with_faceting(FacetingSettings {
            max_values_per_facet: MOST_VALUES,
            sort_facet_values_by: Some(BTreeMap::from([("*".to_owned(), FacetSortValue::Count)])),
        })
        .with_pagination(PaginationSetting {
            max_total_hits: 1_000_000_000,
        })
        .with_search_cutoff(CUTOFF)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Meilisearch;
    use super::*;
    use crate::search::Query;
    use crate::trial::{NOON, Trial};

    #[tokio::test]
    async fn every_search_of_a_question_is_within_its_organisation_and_clearance() {
        let trial = Trial::sqlite().await;
        let scope = trial.organisation("acme").await;
        let typed = "\"push to main\" -\"dry run\" -staging deploy kind:action kind:claim \
            -tool:\"x OR y\" after:1969-12-31 git_pu";
        let query = Query::parse(typed, NOON).unwrap();
        let mut question = Question::within(&scope, query, Sort::Newest, 20);
        let engine = Meilisearch::new("http://meili".to_owned(), None, "links".to_owned());
        let sent = |question: &Question| -> Vec<Value> {
            let searches = searches(question);
            let mut sent = serde_json::to_value(at_once(&engine.0, &searches)).unwrap();
            serde_json::from_value(sent["queries"].take()).unwrap()
        };
        let first = sent(&question);
        question.counting = false;
        question.after = Some(Place {
            at: -5,
            rank: 7,
            ..Place::default()
        });
        let next = sent(&question);
        let seen = json!(format!("seen = \"{}:secret\"", scope.org()));
        for search in first.iter().chain(&next) {
            assert_eq!(search["indexUid"], "links");
            assert_eq!(search["filter"][0], seen);
            assert_eq!(
                search["q"],
                "\"push to main\" -\"dry run\" -\"staging\" deploy git pu"
            );
        }
        // The page, the counts, and those of the two facets that are filtered by.
        assert_eq!((first.len(), next.len()), (4, 2));
        assert_eq!(first[0]["limit"], 21);
        assert_eq!(first[0]["sort"], json!(["at:desc", "rank:desc"]));
        assert_eq!(first[2]["facets"], json!(["kind"]));
        assert_eq!(first[3]["facets"], json!(["tool"]));
        let of_page = first[0]["filter"].to_string();
        assert!(of_page.contains("at >= \\\"-86400000\\\""), "{of_page}");
        assert!(
            next[0]["filter"]
                .to_string()
                .contains("(at < \\\"-5\\\" OR (at = \\\"-5\\\" AND rank < \\\"7\\\"))")
        );
        assert_eq!(next[1]["hitsPerPage"], 0);
        assert!(!of_page.contains(" OR y"));
        trial.end().await;
    }

    #[test]
    fn a_value_is_counted_for_its_own_organisation_and_as_it_is_written() {
        let [ours, theirs] = [1, 2].map(|number| OrgId::from(uuid::Uuid::from_u128(number)));
        let own = counted(ours, Facet::Agent, "agent:Ada");
        assert_eq!(value_of(&own), Some("agent:Ada"));
        let digest = |counted: &str| counted.split(':').next().map(str::to_owned);
        for other in [
            counted(theirs, Facet::Agent, "agent:Ada"),
            counted(ours, Facet::Agent, "agent:ada"),
            counted(ours, Facet::Tool, "agent:Ada"),
        ] {
            assert_ne!(digest(&own), digest(&other), "{other}");
        }
    }
}
