//! What nobody may find, and what nobody can do to an engine by asking.

use machinaut_chain::session::Sensitivity;

use super::bench::{Bench, counts, document, on_both_engines, titles};
use crate::Error;
use crate::search::document::Document;
use crate::search::{Ask, Facet, Sort};

on_both_engines! {
    another_tenants_words_ids_and_facets_do_not_exist,
    many_words_of_another_tenant_do_not_crowd_out_ones_own,
    what_is_above_the_clearance_is_told_as_below_it_or_not_at_all,
    a_change_of_clearance_holds_at_once,
    a_filter_value_is_never_part_of_an_expression,
    odd_queries_find_nothing_and_break_nothing,
    a_place_in_the_results_is_good_for_one_question_only,
    a_huge_query_is_refused_with_the_place,
}

async fn another_tenants_words_ids_and_facets_do_not_exist(bench: &Bench) {
    let mut secret = document(bench.stranger.org(), 1, "globexian zeppelin");
    secret.facets.agent = Some("agent:theirs".to_owned());
    secret.project_id = Some("skunkworks".to_owned());
    secret.names = vec!["deadbeefcafe0000".to_owned()];
    bench
        .put(vec![secret, bench.document(2, "ours, a zebra")])
        .await;
    for typed in [
        "globexian",
        "globexain ",
        "zepp",
        "\"globexian zeppelin\"",
        "deadbeefcafe0000",
        "deadbeef",
        "agent:agent:theirs",
        "project:skunkworks",
        "claim-1",
        "run-1",
        "-zebra",
        "-kind:action -zebra",
    ] {
        let found = bench.found_by(&bench.scope, typed).await;
        assert_eq!((found.total, titles(&found)), (0, vec![]), "{typed}");
        for facet in Facet::ALL {
            let counted = counts(&found, facet);
            assert!(
                !counted.iter().any(|(value, _)| {
                    ["agent:theirs", "skunkworks", "run-1"].contains(&value.as_str())
                }),
                "{typed}: {counted:?}"
            );
        }
    }
    assert_eq!(bench.titles("").await, ["ours, a zebra"]);
    let theirs = bench.found_by(&bench.stranger, "").await;
    assert_eq!(titles(&theirs), ["globexian zeppelin"]);
}

async fn many_words_of_another_tenant_do_not_crowd_out_ones_own(bench: &Bench) {
    let flood: Vec<Document> = (0..40)
        .map(|number| {
            let words: Vec<String> = (0..150).map(|word| format!("aa{number}b{word}")).collect();
            Document {
                text: words.join(" "),
                ..document(bench.stranger.org(), number, "aaa")
            }
        })
        .collect();
    bench.put(flood).await;
    bench.put(vec![bench.document(100, "aazygy")]).await;
    assert_eq!(bench.titles("aa").await, ["aazygy"]);
    assert_eq!(bench.titles("aazyg").await, ["aazygy"]);
    assert_eq!(bench.titles("aazigy ").await, ["aazygy"]);
}

async fn what_is_above_the_clearance_is_told_as_below_it_or_not_at_all(bench: &Bench) {
    let telling = |title: &str, text: &str, from, until| Document {
        from,
        until,
        text: text.to_owned(),
        ..bench.document(1, title)
    };
    let withheld = Document {
        withheld: Some(Sensitivity::Secret),
        ..telling("", "", Sensitivity::Public, Sensitivity::Internal)
    };
    bench
        .put(vec![
            withheld,
            telling(
                "known",
                "the codename is bluebird",
                Sensitivity::Confidential,
                Sensitivity::Secret,
            ),
        ])
        .await;
    assert_eq!(bench.titles("bluebird").await, ["known"]);
    assert_eq!(bench.found_by(&bench.scope, "").await.total, 1);
    let low = bench.cleared(Sensitivity::Internal).await;
    for typed in ["bluebird", "blue", "blubird ", "\"codename is\"", "known"] {
        assert_eq!(bench.found_by(&low, typed).await.total, 0, "{typed}");
    }
    let all = bench.found_by(&low, "").await;
    assert_eq!((all.total, titles(&all)), (1, vec![String::new()]));
    assert_eq!(all.hits[0].withheld, Some(Sensitivity::Secret));
    assert_eq!(counts(&all, Facet::Kind), [("claim".to_owned(), 1)]);
}

async fn a_change_of_clearance_holds_at_once(bench: &Bench) {
    bench
        .put(vec![Document {
            from: Sensitivity::Secret,
            ..bench.document(1, "top secret")
        }])
        .await;
    assert_eq!(bench.titles("").await, ["top secret"]);
    let low = bench.cleared(Sensitivity::Confidential).await;
    assert_eq!(bench.found_by(&low, "secret").await.total, 0);
    let high = bench.cleared(Sensitivity::Secret).await;
    assert_eq!(bench.found_by(&high, "secret").await.total, 1);
}

async fn a_filter_value_is_never_part_of_an_expression(bench: &Bench) {
    let odd_names = [
        r"back\slash\",
        r"o'clock' OR org = 'x",
        "] , ( ) AND NOT",
        "ünï\u{202e}cøde",
    ];
    let mut documents: Vec<Document> = (1..)
        .zip(odd_names)
        .map(|(number, name)| {
            let mut document = bench.document(number, &format!("ours {number}"));
            document.facets.tool = Some(name.to_owned());
            document
        })
        .collect();
    documents.push(document(bench.stranger.org(), 50, "theirs"));
    bench.put(documents).await;
    for (number, name) in (1..).zip(odd_names) {
        let found = bench.titles(&format!("tool:\"{name}\"")).await;
        assert_eq!(found, [format!("ours {number}")], "{name}");
    }
    let theirs = bench.stranger.org();
    for injected in [
        format!("tool:x\"_OR_seen=\"{theirs}:secret"),
        format!("tool:\"x\\\" OR seen = \\\"{theirs}:secret\""),
        format!("agent:x) OR (seen = {theirs}:secret"),
        "tool:* ".to_owned(),
        "tool:x\\".to_owned(),
        "tool:\\\"".to_owned(),
        "session:' OR 1=1 --".to_owned(),
        "tool:[git TO shell]".to_owned(),
    ] {
        let found = bench.found_by(&bench.scope, &injected).await;
        assert!(!titles(&found).contains(&"theirs".to_owned()), "{injected}");
        assert_eq!(found.total, 0, "{injected}");
    }
}

async fn odd_queries_find_nothing_and_break_nothing(bench: &Bench) {
    bench.put(vec![bench.document(1, "ours")]).await;
    for odd in [
        "\"",
        "\"\"",
        "-",
        "--",
        "-\"",
        "a:b:c",
        "*",
        "(((",
        "\u{0}",
        "\u{202e}x",
        "🦀",
        "org:x",
        "seen:x",
        "text:ours AND",
        "/.*/",
        "ours^9 zz",
        "+zz",
        "zz~2",
        "[* TO *] zz",
        "%27zz",
        "${zz}",
        "\\zz",
    ] {
        let found = bench.found_by(&bench.scope, odd).await;
        let is_blank = !odd.chars().any(char::is_alphanumeric);
        assert_eq!(found.total, u64::from(is_blank), "{odd:?}");
    }
}

async fn a_place_in_the_results_is_good_for_one_question_only(bench: &Bench) {
    let ours = (0..5)
        .map(|number| bench.document(number, "ours"))
        .collect();
    bench.put(ours).await;
    let ask = |text: &str, sort, after| Ask {
        text: text.to_owned(),
        sort,
        after,
        limit: 2,
    };
    let first = bench
        .ask(&bench.scope, ask("ours ", Sort::Newest, None))
        .await
        .unwrap();
    let next = first.next;
    let is_refused =
        async |scope, ask| matches!(bench.ask(scope, ask).await, Err(Error::Invalid { .. }));
    assert!(next.is_some());
    assert!(is_refused(&bench.scope, ask("other ", Sort::Newest, next.clone())).await);
    assert!(is_refused(&bench.scope, ask("ours ", Sort::Best, next.clone())).await);
    assert!(is_refused(&bench.stranger, ask("ours ", Sort::Newest, next.clone())).await);
    let low = bench.cleared(Sensitivity::Public).await;
    assert!(is_refused(&low, ask("ours ", Sort::Newest, next)).await);
    for forged in ["", "0", "x-1-1-1-1", "' OR 1=1"] {
        let forged = Some(forged.to_owned());
        assert!(is_refused(&bench.scope, ask("ours ", Sort::Newest, forged)).await);
    }
}

async fn a_huge_query_is_refused_with_the_place(bench: &Bench) {
    for (huge, place) in [
        ("x".repeat(1_000_000), (1_000, 1_000_000)),
        ("word ".repeat(100), (50, 54)),
        ("-tool:a ".repeat(100), (256, 263)),
    ] {
        match bench.refused(&huge).await {
            Error::Query(said) => assert_eq!((said.start, said.end), place),
            error => panic!("{error}"),
        }
    }
    // The widest beginning there is, and the most words, are bounded and fine.
    bench
        .put(vec![bench.document(1, "a b c d e f g h i j")])
        .await;
    assert_eq!(bench.titles("a b c d e f g h i j").await.len(), 1);
}
