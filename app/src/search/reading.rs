//! What was found, as the page shows it.

use std::time::{Duration, Instant};

use machinaut_control::search::{
    self, Ask, FacetCounts, Filter, Hit, Misunderstood, Part, Results, Sort,
};
use machinaut_control::sessions as kept_sessions;
use machinaut_control::{Control, Error, Scope};

use super::address::{Asked, FACETS};
use super::model::{FacetView, HitView, Marked, SavedView, SearchView, ValueView};
use crate::sessions::marked_href;

/// A lag below this is not worth a word.
const WORTH_A_WORD: Duration = Duration::from_secs(5);

/// Finds what an address asks for.
pub(super) async fn read(
    scope: &Scope,
    control: &Control,
    asked: &Asked,
) -> Result<SearchView, Error> {
    let began = Instant::now();
    let text = whole_query(asked);
    let after = Some(asked.get("after")).filter(|after| !after.is_empty());
    let ask = Ask {
        text: text.clone(),
        sort: if asked.get("sort") == "newest" {
            Sort::Newest
        } else {
            Sort::Best
        },
        after: after.map(str::to_owned),
        limit: 0,
    };
    let results = match search::find(scope, control, &ask).await {
        Ok(results) => results,
        Err(Error::Query(why)) => {
            return Ok(SearchView {
                misunderstood: place_of(&text, &why),
                text,
                ..SearchView::default()
            });
        }
        Err(error) => return Err(error),
    };
    let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let asks_nothing = text.is_empty() && after.is_none();
    let is_new_here = asks_nothing
        && results.total == 0
        && results.freshness.is_complete()
        && has_no_session(scope, control).await?;
    let saved = if asks_nothing {
        saved(scope, control).await?
    } else {
        Vec::new()
    };
    let lag = results.freshness.behind;
    let lag_ms = i64::try_from(lag.as_millis()).unwrap_or(i64::MAX);
    Ok(SearchView {
        instead: instead(asked, &results.hits),
        facets: facets(asked, &results),
        chips: results
            .filters
            .iter()
            .map(|filter| chip(asked, filter))
            .collect(),
        total: results.total,
        next: results.next.map(|next| asked.with("after", &next).href()),
        fresh_to: control.now().millis().saturating_sub(lag_ms),
        behind: (lag > WORTH_A_WORD).then_some(lag.as_secs()),
        rebuilt: results.freshness.progress.map(search::Progress::percent),
        hits: results.hits.into_iter().filter_map(hit).collect(),
        text,
        took,
        saved,
        is_new_here,
        misunderstood: Vec::new(),
    })
}

/// Filters first: a word that is still being typed is the last one.
fn whole_query(asked: &Asked) -> String {
    let filters = asked.filters().filter_map(|(name, value)| {
        let facet = name.parse().ok()?;
        let value = value.clone();
        let filter = Filter {
            facet,
            value,
            excluded: false,
        };
        Some(search::with_filter("", &filter))
    });
    let last = Some(asked.get("last")).filter(|last| !last.is_empty());
    let last = last.map(|last| format!("last:{last}"));
    let text = Some(asked.get("q").to_owned()).filter(|text| !text.trim().is_empty());
    let pieces: Vec<String> = filters.chain(last).chain(text).collect();
    pieces.join(" ")
}

async fn has_no_session(scope: &Scope, control: &Control) -> Result<bool, Error> {
    let any = kept_sessions::Filter::default();
    let first = kept_sessions::list(scope, control, &any, None, 1).await?;
    Ok(first.sessions.is_empty())
}

async fn saved(scope: &Scope, control: &Control) -> Result<Vec<SavedView>, Error> {
    let saved = search::saved(scope, control).await?;
    Ok(saved
        .into_iter()
        .map(|saved| SavedView {
            id: saved.id.to_string(),
            name: saved.name,
            href: Asked::text(&saved.text)
                .with("sort", sort_name(saved.sort))
                .href(),
        })
        .collect())
}

/// As it stands in an address; the best first is what goes without saying.
const fn sort_name(sort: Sort) -> &'static str {
    match sort {
        Sort::Best => "",
        Sort::Newest => "newest",
    }
}

fn place_of(text: &str, why: &Misunderstood) -> Vec<String> {
    let piece = |from: usize, until: usize| -> String {
        let length = until.saturating_sub(from);
        text.chars().skip(from).take(length).collect()
    };
    vec![
        piece(0, why.start),
        piece(why.start, why.end),
        piece(why.end, usize::MAX),
        why.problem.clone(),
    ]
}

fn chip(asked: &Asked, filter: &Filter) -> ValueView {
    let name = filter.facet.as_str();
    ValueView {
        name: if filter.excluded {
            format!("-{name}")
        } else {
            name.to_owned()
        },
        value: filter.value.clone(),
        count: 0,
        is_chosen: true,
        href: without(asked, filter).href(),
    }
}

/// A filter stands in the address, or was typed, or both.
fn without(asked: &Asked, filter: &Filter) -> Asked {
    let typed = search::without_filter(asked.get("q"), filter);
    let asked = asked.with("q", &typed);
    if filter.excluded {
        asked
    } else {
        asked.without(filter.facet.as_str(), &filter.value)
    }
}

fn facets(asked: &Asked, results: &Results) -> Vec<FacetView> {
    let facet_of = |name: &'static str| {
        let counts = results
            .facets
            .iter()
            .find(|counts| counts.facet.as_str() == name)?;
        facet(asked, name, counts, results)
    };
    FACETS.into_iter().filter_map(facet_of).collect()
}

/// None where every result has the same value: choosing it would change nothing.
fn facet(
    asked: &Asked,
    name: &'static str,
    counts: &FacetCounts,
    results: &Results,
) -> Option<FacetView> {
    let chosen: Vec<&Filter> = results
        .filters
        .iter()
        .filter(|filter| filter.facet == counts.facet && !filter.excluded)
        .collect();
    let value = |value: &str, count: u64| {
        let filter = chosen
            .iter()
            .find(|filter| filter.value.eq_ignore_ascii_case(value));
        ValueView {
            name: name.to_owned(),
            value: value.to_owned(),
            count,
            is_chosen: filter.is_some(),
            href: match filter {
                Some(filter) => without(asked, filter).href(),
                None => asked.and(name, value).href(),
            },
        }
    };
    let mut values: Vec<ValueView> = counts
        .values
        .iter()
        .map(|counted| value(&counted.value, counted.count))
        .collect();
    // What is chosen can be taken back, also where it finds nothing.
    for filter in &chosen {
        let is_there = |other: &ValueView| other.value.eq_ignore_ascii_case(&filter.value);
        if !values.iter().any(is_there) {
            values.push(value(&filter.value, 0));
        }
    }
    let tells_apart = match values.as_slice() {
        [] => false,
        [only] => only.is_chosen || only.count < results.total,
        _ => true,
    };
    tells_apart.then(|| FacetView {
        name: name.to_owned(),
        values,
    })
}

pub(super) fn hit(hit: Hit) -> Option<HitView> {
    let href = match (&hit.hold, &hit.session, hit.seq) {
        (Some(hold), _, _) => format!("/holds/{hold}"),
        (None, Some(session), Some(seq)) => {
            marked_href(&session.to_string(), seq, hit.event_id.as_deref())
        }
        (None, Some(session), None) => format!("/sessions/{session}"),
        (None, None, _) => return None,
    };
    let value = |name: &str| {
        let mut values = hit.values.iter();
        let found = values.find(|(facet, _)| facet.as_str() == name);
        found.map(|(_, value)| value.clone())
    };
    let security = value("security").filter(|word| word != "clean");
    let truth = value("truth").filter(|word| word != "supported");
    let state = security.or(truth).or_else(|| value("severity"));
    let state = state
        .or_else(|| value("verdict"))
        .or_else(|| value("phase"));
    Some(HitView {
        state,
        agent: value("agent"),
        level: value("level"),
        kind: Some(hit.kind),
        title: alternating(hit.title),
        snippet: alternating(hit.snippet),
        withheld: hit.withheld.map(|class| class.as_str().to_owned()),
        project: hit.project_id,
        seq: hit.seq,
        at: hit.at.map(machinaut_control::clock::Moment::millis),
        href,
    })
}

/// Plain and marked in turns, beginning with plain.
fn alternating(parts: Vec<Part>) -> Marked {
    let mut text: Marked = Vec::new();
    for part in parts {
        let is_marked = text.len().is_multiple_of(2);
        match text.last_mut() {
            Some(last) if part.marked == is_marked => last.push_str(&part.text),
            None if part.marked => text.extend([String::new(), part.text]),
            _ => text.push(part.text),
        }
    }
    text
}

/// What was found in the place of a word that nothing of the page says.
fn instead(asked: &Asked, hits: &[Hit]) -> Vec<String> {
    let parts = hits
        .iter()
        .flat_map(|hit| hit.title.iter().chain(&hit.snippet));
    let found: Vec<String> = parts
        .filter(|part| part.marked)
        .map(|part| part.text.to_lowercase())
        .collect();
    let typed = asked.get("q");
    let plain_words = typed.split_whitespace().filter(|word| {
        word.len() >= 4
            && word
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
    });
    for word in plain_words.filter(|word| !word.starts_with('-')) {
        let lower = word.to_lowercase();
        if found.iter().any(|found| found.contains(&lower)) {
            continue;
        }
        let near = found.iter().find(|found| is_slip(&lower, found));
        if let Some(near) = near {
            let exact = typed.replacen(word, &format!("\"{word}\""), 1);
            let href = asked.with("q", &exact).href();
            return vec![word.to_owned(), near.clone(), href];
        }
    }
    Vec::new()
}

/// Whether one word is the beginning of the other but for a slip of the fingers.
fn is_slip(word: &str, other: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    let allowed = if letters.len() < 8 { 1 } else { 2 };
    let mut swapped = (1..letters.len()).map(|place| {
        let mut letters = letters.clone();
        letters.swap(place - 1, place);
        letters.into_iter().collect::<String>()
    });
    distance_to_start(&letters, other) <= allowed
        || swapped.any(|swapped| other.starts_with(&swapped))
}

/// How many letters have to be changed, added or left out to get to the beginning of another word.
fn distance_to_start(word: &[char], other: &str) -> usize {
    let other: Vec<char> = other.chars().take(word.len() + 2).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in word.iter().enumerate() {
        let mut next = vec![place + 1];
        for (theirs, above) in other.iter().zip(row.windows(2)) {
            let &[diagonal, above] = above else { continue };
            let left = next.last().copied().unwrap_or_default();
            let changed = diagonal + usize::from(letter != theirs);
            next.push(changed.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.into_iter().min().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str, marked: bool) -> Part {
        Part {
            text: text.to_owned(),
            marked,
        }
    }

    #[test]
    fn pieces_take_turns_and_begin_with_a_plain_one() {
        let parts = vec![
            part("git", true),
            part("_", false),
            part("pu", true),
            part("sh", true),
        ];
        assert_eq!(alternating(parts), ["", "git", "_", "push"]);
        assert_eq!(
            alternating(vec![part("a", false), part("b", false)]),
            ["ab"]
        );
        assert!(alternating(Vec::new()).is_empty());
    }

    #[test]
    fn a_slip_is_a_letter_more_or_less_or_other_or_two_that_changed_places() {
        for typed in ["pusg", "psuh", "puxsh", "psh", "pushe"] {
            assert!(is_slip(typed, "pushed"), "{typed}");
        }
        for other in ["public", "pull", "git"] {
            assert!(!is_slip("push", other), "{other}");
        }
    }

    #[test]
    fn the_query_that_is_asked_has_the_filters_of_the_address_before_the_text() {
        let asked = Asked::text("git_pu")
            .and("kind", "action")
            .and("tool", "a b");
        let asked = asked.with("last", "7d");
        assert_eq!(
            whole_query(&asked),
            "kind:action tool:\"a b\" last:7d git_pu"
        );
        assert_eq!(whole_query(&Asked::default()), "");
    }

    #[test]
    fn a_filter_that_was_typed_is_taken_out_of_the_text() {
        let asked = Asked::text("push kind:action");
        let filter = Filter {
            facet: search::Facet::Kind,
            value: "action".to_owned(),
            excluded: false,
        };
        assert_eq!(chip(&asked, &filter).href, "/search?q=push");
        let both = asked.and("kind", "action");
        assert_eq!(chip(&both, &filter).href, "/search?q=push");
    }

    #[test]
    fn what_was_not_understood_is_cut_out_between_characters() {
        let why = Misunderstood {
            start: 4,
            end: 8,
            problem: "No.".to_owned(),
        };
        assert_eq!(place_of("bär kïnd x", &why), ["bär ", "kïnd", " x", "No."]);
    }
}
