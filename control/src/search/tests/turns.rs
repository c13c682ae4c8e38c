//! How many searches run at once.

use super::bench::{Bench, on_embedded};
use crate::search::Ask;
use crate::{Error, Limits};

/// Takes every turn there is, for a tenant that searches a lot.
async fn flood(bench: &Bench) -> Vec<crate::ingest::Turn> {
    let mut taken = Vec::new();
    for _ in 0..Limits::default().searches_at_once {
        let turn = bench.control.search().turn(bench.stranger.org()).await;
        taken.push(turn.unwrap());
    }
    taken
}

#[tokio::test]
async fn a_search_beyond_what_runs_at_once_is_told_when_to_come_back() {
    on_embedded(async |bench: &Bench| {
        let taken = flood(bench).await;
        let error = bench.ask(&bench.scope, Ask::default()).await.unwrap_err();
        assert!(matches!(error, Error::Busy { .. }), "{error}");
        assert_eq!(error.status(), 503);
        assert!(error.retry_after().is_some());
        assert!(error.to_string().contains("Try again in"), "{error}");
        drop(taken);
        assert!(bench.titles("").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_search_that_waits_is_answered_before_the_rest_of_a_flood() {
    on_embedded(async |bench: &Bench| {
        let mut taken = flood(bench).await;
        let more = (0..50).map(|_| bench.control.search().turn(bench.stranger.org()));
        let more = futures::future::join_all(more);
        let ours = async {
            let found = bench.ask(&bench.scope, Ask::default()).await;
            found.unwrap();
        };
        // Two turns come free and no third one: the flood has one of them, and we the other.
        let two_come_free = async {
            tokio::task::yield_now().await;
            taken.truncate(taken.len() - 2);
        };
        let (more, (), ()) = futures::join!(more, ours, two_come_free);
        let served = more.iter().filter(|turn| turn.is_ok()).count();
        assert!((1..=2).contains(&served), "{served}");
    })
    .await;
}
