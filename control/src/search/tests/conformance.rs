//! What every engine must do alike.

use machinaut_chain::links::Facets;
use machinaut_chain::why::Kind;

use super::bench::{Bench, counts, mark, on_both_engines, titles};
use crate::clock::Moment;
use crate::search::document::Document;
use crate::search::engine::Changes;
use crate::search::pieces::pieces;
use crate::search::{Ask, Facet, Part, Sort};

on_both_engines! {
    every_word_must_be_found_in_title_or_text,
    the_last_word_may_go_on_while_it_is_typed,
    a_slip_in_a_long_word_is_forgiven,
    a_phrase_is_found_in_its_order_and_nowhere_else,
    what_is_excluded_is_not_found,
    filters_of_one_facet_are_alternatives_and_of_two_are_both_meant,
    a_filter_can_be_turned_round_and_does_not_mind_case,
    words_that_no_vocabulary_has_are_filtered_exactly_and_counted_as_other,
    results_are_of_the_time_that_is_asked_for,
    facets_count_what_is_found_and_leave_their_own_filter_aside,
    an_empty_query_finds_everything_the_newest_first,
    every_facet_filters_and_counts,
    pages_go_on_where_they_stopped_also_within_one_moment,
    pages_neither_repeat_nor_pass_over_anything_while_others_ship,
    the_best_fit_comes_first_where_that_is_asked_for,
    ids_and_hashes_are_found_whole_and_by_their_beginning,
    what_was_found_is_marked_as_data,
    a_group_is_replaced_whole_and_the_same_again_changes_nothing,
    what_comes_piece_by_piece_replaces_a_group_as_one,
    accents_and_case_do_not_matter,
    a_word_ends_where_letters_and_digits_end,
}

async fn every_word_must_be_found_in_title_or_text(bench: &Bench) {
    let mut both = bench.document(1, "the deploy key leaked");
    both.text = "rotate the credentials".to_owned();
    bench
        .put(vec![both, bench.document(2, "a deploy is due")])
        .await;
    assert_eq!(
        bench.titles("deploy ").await,
        ["a deploy is due", "the deploy key leaked"]
    );
    assert_eq!(
        bench.titles("deploy credentials ").await,
        ["the deploy key leaked"]
    );
    assert!(bench.titles("deploy nothing ").await.is_empty());
}

async fn the_last_word_may_go_on_while_it_is_typed(bench: &Bench) {
    bench
        .put(vec![
            bench.document(1, "production migration"),
            bench.document(2, "produce"),
        ])
        .await;
    assert_eq!(
        bench.titles("prod").await,
        ["produce", "production migration"]
    );
    assert_eq!(bench.titles("producti").await, ["production migration"]);
    assert_eq!(
        bench.titles("production migr").await,
        ["production migration"]
    );
    assert!(bench.titles("prod ").await.is_empty(), "a complete word");
    assert!(bench.titles("prod migration").await.is_empty());
}

async fn a_slip_in_a_long_word_is_forgiven(bench: &Bench) {
    bench
        .put(vec![
            bench.document(1, "rotate the credentials"),
            bench.document(2, "main"),
        ])
        .await;
    for slip in ["credentails ", "credntials ", "credentialz ", "rotaet "] {
        assert_eq!(
            bench.titles(slip).await,
            ["rotate the credentials"],
            "{slip}"
        );
    }
    assert!(
        bench.titles("mian ").await.is_empty(),
        "a short word is meant"
    );
    assert!(
        bench.titles("\"credentails\"").await.is_empty(),
        "so is a quoted one"
    );
}

async fn a_phrase_is_found_in_its_order_and_nowhere_else(bench: &Bench) {
    let mut apart = bench.document(3, "push");
    apart.text = "to main".to_owned();
    bench
        .put(vec![
            bench.document(1, "push to main now"),
            bench.document(2, "main: nothing to push"),
            apart,
        ])
        .await;
    assert_eq!(bench.titles("\"push to main\"").await, ["push to main now"]);
    assert_eq!(
        bench.titles("\"Push, to (main)\"").await,
        ["push to main now"]
    );
    assert!(bench.titles("\"main to push\"").await.is_empty());
}

async fn what_is_excluded_is_not_found(bench: &Bench) {
    bench
        .put(vec![
            bench.document(1, "deploy to staging"),
            bench.document(2, "deploy to production"),
        ])
        .await;
    assert_eq!(
        bench.titles("deploy -staging").await,
        ["deploy to production"]
    );
    assert_eq!(
        bench.titles("deploy -\"to production\"").await,
        ["deploy to staging"]
    );
    assert_eq!(bench.titles("-staging").await, ["deploy to production"]);
}

/// Things of an agent with a tool.
fn by(mut document: Document, kind: Kind, agent: &str, tool: &str) -> Document {
    document.kind = kind;
    document.facets = Facets {
        agent: Some(agent.to_owned()),
        tool: Some(tool.to_owned()),
        ..Facets::default()
    };
    document
}

async fn put_tools(bench: &Bench) {
    bench
        .put(vec![
            by(
                bench.document(1, "one"),
                Kind::Action,
                "agent:Ada",
                "git.push",
            ),
            by(
                bench.document(2, "two"),
                Kind::Action,
                "agent:bob",
                "git.push",
            ),
            by(
                bench.document(3, "three"),
                Kind::Action,
                "agent:bob",
                "shell exec",
            ),
            by(
                bench.document(4, "four"),
                Kind::Observation,
                "agent:bob",
                "shell exec",
            ),
        ])
        .await;
}

async fn filters_of_one_facet_are_alternatives_and_of_two_are_both_meant(bench: &Bench) {
    put_tools(bench).await;
    assert_eq!(bench.titles("agent:agent:Ada").await, ["one"]);
    assert_eq!(
        bench
            .titles("tool:git.push tool:\"shell exec\" kind:action")
            .await,
        ["three", "two", "one"]
    );
    assert_eq!(
        bench.titles("kind:observation tool:git.push").await,
        Vec::<String>::new()
    );
    assert_eq!(bench.titles("three kind:action").await, ["three"]);
    assert_eq!(bench.titles("session:run-2").await, ["two"]);
    assert_eq!(bench.titles("project:shop one").await, ["one"]);
}

async fn a_filter_can_be_turned_round_and_does_not_mind_case(bench: &Bench) {
    put_tools(bench).await;
    assert_eq!(bench.titles("-tool:git.push").await, ["four", "three"]);
    assert_eq!(bench.titles("KIND:Action agent:AGENT:ada").await, ["one"]);
    assert_eq!(bench.titles("kind:action -agent:agent:bob").await, ["one"]);
}

async fn words_that_no_vocabulary_has_are_filtered_exactly_and_counted_as_other(bench: &Bench) {
    let mut odd = bench.document(1, "odd");
    odd.facets.phase = Some("teleported".to_owned());
    let mut usual = bench.document(2, "usual");
    usual.facets.phase = Some("completed".to_owned());
    bench.put(vec![odd, usual]).await;
    assert_eq!(bench.titles("phase:teleported").await, ["odd"]);
    assert_eq!(bench.titles("phase:other").await, ["odd"]);
    let all = bench.found_by(&bench.scope, "").await;
    assert_eq!(
        counts(&all, Facet::Phase),
        [("completed".to_owned(), 1), ("other".to_owned(), 1)]
    );
}

async fn results_are_of_the_time_that_is_asked_for(bench: &Bench) {
    let day = |number, title, day: i64| Document {
        at: Some(Moment::from_millis(1_793_491_200_000 + day * 86_400_000)),
        ..bench.document(number, title)
    };
    // 2026-11-01, 2026-11-10 and 2026-11-20.
    bench
        .put(vec![
            day(1, "first", 0),
            day(2, "tenth", 9),
            day(3, "twentieth", 19),
        ])
        .await;
    assert_eq!(
        bench.titles("after:2026-11-10").await,
        ["twentieth", "tenth"]
    );
    assert_eq!(bench.titles("before:2026-11-10").await, ["first"]);
    assert_eq!(
        bench.titles("after:2026-11-02 before:2026-11-11").await,
        ["tenth"]
    );
    assert_eq!(bench.titles("last:7d").await, ["twentieth"]);
    let found = bench.found_by(&bench.scope, "after:2026-11-10").await;
    assert_eq!(
        (found.total, counts(&found, Facet::Kind)),
        (2, vec![("claim".to_owned(), 2)])
    );
}

async fn facets_count_what_is_found_and_leave_their_own_filter_aside(bench: &Bench) {
    put_tools(bench).await;
    let count = |value: &str, count| (value.to_owned(), count);
    let all = bench.found_by(&bench.scope, "").await;
    assert_eq!(
        counts(&all, Facet::Kind),
        [count("action", 3), count("observation", 1)]
    );
    assert_eq!(
        counts(&all, Facet::Agent),
        [count("agent:bob", 3), count("agent:Ada", 1)]
    );
    assert_eq!(counts(&all, Facet::Severity), []);

    let filtered = bench
        .found_by(&bench.scope, "kind:action agent:agent:bob")
        .await;
    assert_eq!(filtered.total, 2);
    assert_eq!(
        counts(&filtered, Facet::Kind),
        [count("action", 2), count("observation", 1)]
    );
    assert_eq!(
        counts(&filtered, Facet::Agent),
        [count("agent:bob", 2), count("agent:Ada", 1)]
    );
    assert_eq!(
        counts(&filtered, Facet::Tool),
        [count("git.push", 1), count("shell exec", 1)]
    );
    let facets: Vec<Facet> = filtered.facets.iter().map(|counts| counts.facet).collect();
    assert_eq!(facets, Facet::ALL);
}

async fn every_facet_filters_and_counts(bench: &Bench) {
    let mut documents = Vec::new();
    let mut expected = Vec::new();
    for facet in Facet::ALL {
        let values: Vec<String> = match facet.vocabulary() {
            Some(words) => words.iter().map(|word| (*word).to_owned()).collect(),
            None => vec![format!("a {facet}"), format!("another {facet}")],
        };
        for value in values {
            let number = u64::try_from(documents.len()).unwrap();
            let mut document = bench.document(number, &format!("the {facet} {value}"));
            give(&mut document, facet, &value);
            expected.push((facet, value, document.title.clone()));
            documents.push(document);
        }
    }
    bench.put(documents).await;
    for (facet, value, title) in expected {
        let found = bench
            .found_by(&bench.scope, &format!("\"{title}\" {facet}:\"{value}\""))
            .await;
        assert_eq!(titles(&found), [title.as_str()], "{facet} {value}");
        let counted = counts(&found, facet);
        assert!(
            counted.contains(&(value.clone(), 1)),
            "{facet}: {counted:?}"
        );
        let excluded = format!("\"{title}\" -{facet}:\"{value}\"");
        assert!(bench.titles(&excluded).await.is_empty(), "{excluded}");
    }
}

/// Gives a document that value of that facet.
fn give(document: &mut Document, facet: Facet, value: &str) {
    let facets = &mut document.facets;
    let slot = match facet {
        Facet::Kind => {
            document.kind = serde_json::from_value(value.into()).unwrap();
            return;
        }
        Facet::Project => &mut document.project_id,
        Facet::Session => &mut document.session_id,
        Facet::Agent => &mut facets.agent,
        Facet::Tool => &mut facets.tool,
        Facet::Level => &mut facets.level,
        Facet::Phase => &mut facets.phase,
        Facet::Verdict => &mut facets.verdict,
        Facet::Sensitivity => &mut facets.sensitivity,
        Facet::Truth => &mut facets.truth,
        Facet::Security => &mut facets.security,
        Facet::Severity => &mut facets.severity,
    };
    *slot = Some(value.to_owned());
}

async fn pages_neither_repeat_nor_pass_over_anything_while_others_ship(bench: &Bench) {
    // What Meilisearch ranks best, only it knows; its pages of that are counted.
    let sorts: &[Sort] = match bench.engine.name() {
        "embedded" => &[Sort::Newest, Sort::Best],
        _ => &[Sort::Newest],
    };
    for sort in sorts {
        let prefix = format!("{sort:?}").to_lowercase();
        let base = if *sort == Sort::Best { 1_000 } else { 100 };
        let known: Vec<Document> = (0..9)
            .map(|number| bench.document(base + 2 * number, &format!("{prefix} {number}")))
            .collect();
        let mut expected: Vec<String> = known.iter().rev().map(|d| d.title.clone()).collect();
        bench.put(known).await;
        let mut seen = Vec::new();
        let mut after = None;
        let mut shipped = 0;
        loop {
            let ask = Ask {
                text: format!("{prefix} "),
                sort: *sort,
                after,
                limit: 2,
            };
            let page = bench.ask(&bench.scope, ask).await.unwrap();
            seen.extend(titles(&page));
            after = page.next;
            if after.is_none() {
                break;
            }
            // Newer than everything, and between what was on this page.
            let newer = bench.document(base + 500 + shipped, &format!("{prefix} newer"));
            let between =
                bench.document(base + 15 - 4 * shipped.min(3), &format!("{prefix} between"));
            bench.put(vec![newer, between]).await;
            shipped += 1;
        }
        seen.retain(|title| !title.ends_with("between"));
        expected.retain(|title| !title.ends_with("between"));
        assert_eq!(seen, expected, "{sort:?}");
    }
}

async fn an_empty_query_finds_everything_the_newest_first(bench: &Bench) {
    assert!(bench.titles("").await.is_empty());
    bench
        .put(vec![
            bench.document(1, "old"),
            bench.document(5, "new"),
            bench.document(3, "middle"),
        ])
        .await;
    assert_eq!(bench.titles("").await, ["new", "middle", "old"]);
    assert_eq!(bench.titles("  ").await, ["new", "middle", "old"]);
    assert_eq!(bench.found_by(&bench.scope, "").await.total, 3);
}

async fn pages_go_on_where_they_stopped_also_within_one_moment(bench: &Bench) {
    let documents: Vec<Document> = (0..23)
        .map(|number| {
            let mut document = bench.document(number, &format!("page {number}"));
            // Many of one moment.
            document.at = bench.document(number / 6, "").at;
            document
        })
        .collect();
    bench.put(documents).await;
    for sort in [Sort::Newest, Sort::Best] {
        let one_by_one = bench.all_pages("page ", sort, 1).await;
        let by_four = bench.all_pages("page ", sort, 4).await;
        let at_once = bench.all_pages("page ", sort, 100).await;
        assert_eq!(at_once.len(), 23, "{sort:?}");
        assert_eq!(one_by_one, at_once, "{sort:?}");
        assert_eq!(by_four, at_once, "{sort:?}");
        let mut different = at_once.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), 23, "{sort:?}");
    }
    let first = Ask {
        text: "page ".to_owned(),
        limit: 5,
        ..Ask::default()
    };
    let first = bench.ask(&bench.scope, first).await.unwrap();
    let second = Ask {
        text: "page ".to_owned(),
        limit: 5,
        after: first.next,
        ..Ask::default()
    };
    let second = bench.ask(&bench.scope, second).await.unwrap();
    assert_eq!((first.total, second.total), (23, 23));
    assert!(second.facets.is_empty(), "facets come with the first page");
}

async fn the_best_fit_comes_first_where_that_is_asked_for(bench: &Bench) {
    let mut in_text = bench.document(2, "something else");
    in_text.text = "a deployment, at last".to_owned();
    bench
        .put(vec![
            bench.document(1, "deployment"),
            in_text,
            bench.document(3, "deploymant"),
        ])
        .await;
    let best = bench.all_pages("deployment ", Sort::Best, 10).await;
    assert_eq!(best, ["deployment", "something else", "deploymant"]);
    let newest = bench.all_pages("deployment ", Sort::Newest, 10).await;
    assert_eq!(newest, ["deploymant", "something else", "deployment"]);
}

async fn ids_and_hashes_are_found_whole_and_by_their_beginning(bench: &Bench) {
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let mut hashed = bench.document(1, "hashed");
    hashed.names = vec![hash.to_owned(), "act_0190163d-8694".to_owned()];
    bench.put(vec![hashed, bench.document(2, "another")]).await;
    for typed in [
        hash,
        "9f86d0818",
        "9F86D081884C",
        "act_0190163d-8694",
        "act_0190163d-86",
    ] {
        assert_eq!(bench.titles(typed).await, ["hashed"], "{typed}");
    }
    assert_eq!(bench.titles("event-2").await, ["another"]);
    assert!(bench.titles("9f86d0819").await.is_empty());
}

async fn what_was_found_is_marked_as_data(bench: &Bench) {
    let title = "<script>alert(1)</script> push";
    let mut hostile = bench.document(1, title);
    hostile.text = format!("{} <img src=x onerror=steal> Push!", "filler ".repeat(100));
    bench.put(vec![hostile]).await;
    let found = bench.found_by(&bench.scope, "push onerror ").await;
    let hit = &found.hits[0];
    let joined: String = hit.title.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(joined, title);
    let marked = |parts: &[Part]| -> Vec<String> {
        let marked = parts.iter().filter(|part| part.marked);
        marked.map(|part| part.text.clone()).collect()
    };
    assert_eq!(marked(&hit.title), ["push"]);
    assert_eq!(marked(&hit.snippet), ["onerror", "Push"]);
    let shown: usize = hit.snippet.iter().map(|part| part.text.len()).sum();
    assert!(shown < 400, "{shown}");
}

async fn a_group_is_replaced_whole_and_the_same_again_changes_nothing(bench: &Bench) {
    let in_one_group = |number, title| Document {
        group: bench.document(1, "").group,
        ..bench.document(number, title)
    };
    let first = vec![in_one_group(1, "first"), in_one_group(2, "second")];
    bench.put(first.clone()).await;
    bench.put(first).await;
    bench.put(vec![bench.document(9, "beside it")]).await;
    assert_eq!(bench.titles("").await, ["beside it", "second", "first"]);
    bench.put(vec![in_one_group(2, "second, longer")]).await;
    assert_eq!(bench.titles("").await, ["beside it", "second, longer"]);
    bench
        .replace(vec![bench.document(1, "").group], Vec::new())
        .await;
    assert_eq!(bench.titles("").await, ["beside it"]);
    let left = bench.found_by(&bench.scope, "").await;
    assert_eq!(counts(&left, Facet::Kind), [("claim".to_owned(), 1)]);
}

async fn accents_and_case_do_not_matter(bench: &Bench) {
    bench.put(vec![bench.document(1, "Café MÜNCHEN")]).await;
    for typed in ["cafe ", "CAFÉ ", "münchen ", "munchen "] {
        assert_eq!(bench.titles(typed).await, ["Café MÜNCHEN"], "{typed}");
    }
}

async fn a_word_ends_where_letters_and_digits_end(bench: &Bench) {
    let title =
        "path=/etc/passwd <img src=x> $HOME 50% a&b|c~d `code` «straße» søk 3×7 ünï\u{202e}cøde";
    bench.put(vec![bench.document(1, title)]).await;
    for typed in [
        "path ",
        "passwd ",
        "img ",
        "src ",
        "home ",
        "50 ",
        "a ",
        "b ",
        "c ",
        "d ",
        "code ",
        "straße ",
        "strasse ",
        "søk ",
        "sok ",
        "3 ",
        "7 ",
        "uni ",
        "cøde ",
        "\"src x home\"",
    ] {
        let found = bench.found_by(&bench.scope, typed).await;
        assert_eq!(titles(&found), [title], "{typed}");
        let marked = found.hits[0].title.iter().filter(|part| part.marked);
        assert!(marked.count() > 0, "{typed}");
    }
}

async fn what_comes_piece_by_piece_replaces_a_group_as_one(bench: &Bench) {
    let document = |number, title| Document {
        group: bench.document(1, "").group,
        ..bench.document(number, title)
    };
    bench
        .put(vec![document(1, "first"), document(2, "second")])
        .await;
    let (giver, pieces) = pieces();
    let changes = Changes {
        groups: vec![document(1, "").group, bench.document(9, "").group],
        documents: vec![bench.document(9, "beside")],
        long: Some(pieces),
    };
    let telling = async {
        giver.give(vec![document(3, "third")]).await.unwrap();
        giver.give(Vec::new()).await.unwrap();
        giver.give(vec![document(1, "first again")]).await.unwrap();
        giver.end(Ok(())).await;
    };
    let mark = mark();
    let apply = bench.engine.apply(&bench.control, changes, &mark);
    let (applied, ()) = tokio::join!(apply, telling);
    applied.unwrap();
    let mut titles = bench.titles("").await;
    titles.sort();
    assert_eq!(titles, ["beside", "first again", "third"]);
}
