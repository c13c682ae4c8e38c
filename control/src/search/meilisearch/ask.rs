//! A question as Meilisearch understands it. Nothing that a person typed gets into a filter as it
//! was typed: values are filtered by their digest, and the words of a query consist of letters and
//! digits alone.

use serde_json::{Value, json};

use crate::clock::Moment;
use crate::ids::OrgId;
use crate::search::engine::{MOST_VALUES, Place, Question, Sort};
use crate::search::facet::Facet;
use crate::sessions::{hex, identity};

/// How many bytes of a digest tell a counted value apart.
const OWN: usize = 12;

/// The searches that one question takes: the page, the count, and one for each facet that the
/// query filters by.
pub(super) fn searches(index: &str, question: &Question) -> Vec<Value> {
    let q = words(question);
    let base = |filter: Value| {
        json!({
            "indexUid": index,
            "q": q,
            "matchingStrategy": "all",
            "filter": filter,
        })
    };
    let mut page = base(filter(question, None, page_after(question)));
    set(&mut page, "limit", json!(question.limit + 1));
    set(
        &mut page,
        "attributesToRetrieve",
        json!(["shown", "title", "text"]),
    );
    set(&mut page, "showMatchesPosition", json!(true));
    match (question.sort, question.after) {
        (Sort::Newest, _) => set(&mut page, "sort", json!(["at:desc", "rank:desc"])),
        (Sort::Best, Some(after)) => set(&mut page, "offset", json!(after.before)),
        (Sort::Best, None) => {}
    }

    let aside = aside(question);
    let facets: Vec<&str> = Facet::ALL
        .into_iter()
        .filter(|facet| question.counting && !aside.contains(facet))
        .map(Facet::as_str)
        .collect();
    let count = |filter: Value, facets: Vec<&str>| {
        let mut count = base(filter);
        set(&mut count, "hitsPerPage", json!(0));
        set(&mut count, "facets", json!(facets));
        count
    };
    let mut searches = vec![page, count(filter(question, None, None), facets)];
    for facet in aside {
        let without = filter(question, Some(facet), None);
        searches.push(count(without, vec![facet.as_str()]));
    }
    searches
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

fn filter(question: &Question, aside: Option<Facet>, after: Option<String>) -> Value {
    let seen = seen(question.org(), question.clearance().as_str());
    let mut all = vec![json!(format!("seen = \"{seen}\""))];
    for facet in Facet::ALL.into_iter().filter(|facet| Some(*facet) != aside) {
        let mut wanted = Vec::new();
        for by in question.query.by(facet) {
            let digest = digest(facet, &by.value);
            if by.excluded {
                all.push(json!(format!("is != \"{digest}\"")));
            } else {
                wanted.push(format!("is = \"{digest}\""));
            }
        }
        if !wanted.is_empty() {
            all.push(json!(wanted));
        }
    }
    let query = &question.query;
    if let Some(from) = query.from.map(Moment::millis) {
        all.push(json!(format!("at >= \"{from}\"")));
    }
    if let Some(until) = query.until.map(Moment::millis) {
        all.push(json!(format!("at < \"{until}\"")));
    }
    all.extend(after.map(|after| json!(after)));
    Value::Array(all)
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
pub(super) fn settings() -> Value {
    let mut filterable: Vec<&str> = vec!["seen", "is", "group", "stamp", "at", "rank"];
    filterable.extend(Facet::ALL.map(Facet::as_str));
    json!({
        "searchableAttributes": ["title", "text", "names"],
        "displayedAttributes": ["shown", "title", "text"],
        "filterableAttributes": filterable,
        "sortableAttributes": ["at", "rank"],
        "rankingRules": [
            "sort", "words", "typo", "proximity", "attribute", "exactness", "at:desc", "rank:desc"
        ],
        "typoTolerance": {
            "enabled": true,
            "minWordSizeForTypos": { "oneTypo": 5, "twoTypos": 9 },
            "disableOnAttributes": ["names"]
        },
        "faceting": { "maxValuesPerFacet": MOST_VALUES, "sortFacetValuesBy": { "*": "count" } },
        "pagination": { "maxTotalHits": 1_000_000_000 }
    })
}

fn set(search: &mut Value, key: &str, value: Value) {
    if let Some(search) = search.as_object_mut() {
        search.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Query;
    use crate::search::engine::Sort;
    use crate::trial::{NOON, Trial};

    #[tokio::test]
    async fn every_search_of_a_question_is_within_its_organisation_and_clearance() {
        let trial = Trial::sqlite().await;
        let scope = trial.organisation("acme").await;
        let typed = "\"push to main\" -\"dry run\" -staging deploy kind:action kind:claim \
            -tool:\"x OR y\" after:1969-12-31 git_pu";
        let query = Query::parse(typed, NOON).unwrap();
        let mut question = Question::within(&scope, query, Sort::Newest, 20);
        let first = searches("links", &question);
        question.counting = false;
        question.after = Some(Place {
            at: -5,
            rank: 7,
            ..Place::default()
        });
        let next = searches("links", &question);
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
