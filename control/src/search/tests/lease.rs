//! Which of several servers feeds an engine that they share.

use std::time::Duration;

use sea_orm::entity::prelude::*;

use crate::Control;
use crate::clock::Moment;
use crate::search::feed::{alive, lease};
use crate::search::meilisearch::Meilisearch;
use crate::search::table::feed;
use crate::trial::Trial;

async fn held_until(control: &Control) -> Moment {
    let row = feed::Entity::find_by_id("meilisearch").one(control.read());
    row.await.unwrap().unwrap().until
}

#[tokio::test]
async fn a_server_that_works_for_long_keeps_the_engine_and_one_that_is_gone_does_not() {
    Trial::each(async |trial| {
        let nowhere = "http://127.0.0.1:9".to_owned();
        let engine = Meilisearch::new(nowhere, None, "links".to_owned());
        let (ours, theirs) = (&trial.control, trial.second_server().await);
        let takes = async |control: &Control| lease(control, &engine).await.unwrap();
        assert!(takes(ours).await);
        let works = async {
            for _ in 0..5 {
                trial.clock.advance(Duration::from_secs(10));
                while held_until(ours).await < ours.now() + Duration::from_secs(15) {
                    tokio::task::yield_now().await;
                }
                assert!(!takes(&theirs).await);
            }
        };
        let still_ours = || lease(ours, &engine);
        let works = tokio::time::timeout(Duration::from_mins(1), works);
        let worked = alive(Duration::from_millis(5), still_ours, works).await;
        worked.unwrap().unwrap();

        trial.clock.advance(Duration::from_secs(16));
        assert!(takes(&theirs).await);
        let for_ever = std::future::pending::<()>();
        let stopped = alive(Duration::from_millis(5), still_ours, for_ever).await;
        assert!(stopped.is_none(), "what is theirs now is not worked on");
        theirs.close().await.unwrap();
    })
    .await;
}
