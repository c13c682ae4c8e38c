//! How many searches run at once.

use super::bench::{Bench, on_embedded};
use crate::Error;
use crate::search::Ask;
use crate::trial::Trial;

#[tokio::test]
async fn a_search_beyond_what_runs_at_once_is_told_when_to_come_back() {
    on_embedded(async |bench: &Bench| {
        let taken = Trial::every_search(&bench.control, &bench.stranger).await;
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
        let mut taken = Trial::every_search(&bench.control, &bench.stranger).await;
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

#[tokio::test]
async fn a_search_whose_caller_left_gives_its_turn_back() {
    on_embedded(async |bench: &Bench| {
        // Left before it began, at each step of it, and after it ended.
        for steps in 0..20 {
            let mut taken = Trial::every_search(&bench.control, &bench.stranger).await;
            taken.pop();
            let mut asked = Box::pin(bench.ask(&bench.scope, Ask::default()));
            for _ in 0..steps {
                if futures::poll!(&mut asked).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(asked);
            let turn = bench.control.search().turn(bench.scope.org()).await;
            assert!(turn.is_ok(), "left after {steps} steps");
        }
    })
    .await;
}
