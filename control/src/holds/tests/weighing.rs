//! What the inbox says of reasons to hesitate follows a ship without holding it up.

use std::time::Duration;

use machinaut_chain::session::Sensitivity;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait as _;
use tokio::sync::oneshot;

use super::bench::Bench;
use crate::holds::keep_weighed;
use crate::holds::weigh::{count_next, weigh, write_down};
use crate::live::Topic;
use crate::sessions::table::session;
use crate::trial::Trial;

#[tokio::test]
async fn no_ship_waits_until_its_holds_are_weighed_and_a_restarted_server_weighs_them() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let body = bench.log.log().ship_body(Sensitivity::Secret);
        bench.ship_unweighed(body).await.unwrap();
        assert_eq!(bench.only_hold().await.to_weigh, None);

        let restarted = trial.restarted().await;
        assert!(weigh(&restarted).await.unwrap());
        assert!(!weigh(&restarted).await.unwrap(), "nothing waits any more");
        restarted.close().await.unwrap();
        assert!(
            bench
                .only_hold()
                .await
                .to_weigh
                .is_some_and(|count| count > 0)
        );
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_shipped_again_while_it_is_weighed_is_weighed_again() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let body = bench.log.log().ship_body(Sensitivity::Secret);
        bench.ship_unweighed(body.clone()).await.unwrap();
        let counted = count_next(&trial.control).await.unwrap().unwrap();
        bench.ship_unweighed(body).await.unwrap();
        trial.clock.advance(Duration::from_mins(1));
        let later = trial.control.now();
        write_down(&trial.control, counted).await.unwrap();
        let waits = session::Entity::find().one(trial.control.read()).await;
        let since = waits.unwrap().unwrap().weigh_since;
        assert_eq!(since, Some(later), "behind those that came meanwhile");
        assert!(bench.only_hold().await.to_weigh.is_some(), "as of then");
        assert!(weigh(&trial.control).await.unwrap(), "it goes on waiting");
        assert!(!weigh(&trial.control).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_ship_wakes_whoever_weighs_and_the_inbox_is_told() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let (stop, stopped) = oneshot::channel::<()>();
        let control = trial.control.clone();
        let weighing = tokio::spawn(keep_weighed(control, async {
            let _ = stopped.await;
        }));
        let mut news = trial.control.live().subscribe(bench.scope.org());
        let body = bench.log.log().ship_body(Sensitivity::Secret);
        bench.ship_unweighed(body).await.unwrap();
        let id = bench.only_hold().await.id;
        while bench.only_hold().await.to_weigh.is_none() {
            // Hangs where nobody is told.
            while news.next().await != Topic::Hold(id) {}
        }
        stop.send(()).unwrap();
        weighing.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_long_session_waits_a_minute_at_most_while_long_bodies_are_read() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let body = bench.log.log().ship_body(Sensitivity::Secret);
        bench.ship_unweighed(body).await.unwrap();
        let reading = trial.control.long_ship_turns();
        let reading = reading.take(bench.scope.org(), 1).await.unwrap();
        let counted = count_next(&trial.control).await.unwrap();
        assert!(counted.is_some(), "a short one waits for nothing");

        let write = trial.control.begin().await.unwrap();
        let long = session::ActiveModel {
            last_body_bytes: Set(64 * 1024 * 1024),
            ..Default::default()
        };
        let made_long = session::Entity::update_many().set(long).exec(&*write);
        assert_eq!(made_long.await.unwrap().rows_affected, 1);
        write.commit().await.unwrap();
        assert!(!weigh(&trial.control).await.unwrap());
        trial.clock.advance(Duration::from_secs(61));
        assert!(count_next(&trial.control).await.unwrap().is_some());
        drop(reading);
        assert!(weigh(&trial.control).await.unwrap());
    })
    .await;
}
