use std::time::Duration;

use futures::FutureExt;
use sea_orm::ConnectionTrait;

use super::{BACKLOG, Event, Subscription, Topic};
use crate::ids::HoldId;
use crate::trial::Trial;
use crate::{Control, Scope};

/// Far longer than an event takes; reached only when one is lost.
const LOST: Duration = Duration::from_secs(20);

async fn tell(control: &Control, scope: &Scope, topic: Topic) {
    let mut write = control.begin().await.unwrap();
    write.tell(scope.org(), topic);
    write.commit().await.unwrap();
}

async fn hear(subscription: &mut Subscription) -> Topic {
    tokio::time::timeout(LOST, subscription.next())
        .await
        .expect("an event was lost")
}

#[tokio::test]
async fn an_event_wakes_every_subscriber_of_its_organisation() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let hold = Topic::Hold(HoldId::mint(&trial.control));
        let live = trial.control.live();
        let (mut one, mut two) = (live.subscribe(scope.org()), live.subscribe(scope.org()));
        tell(&trial.control, &scope, hold).await;
        assert_eq!((hear(&mut one).await, hear(&mut two).await), (hold, hold));
    })
    .await;
}

#[tokio::test]
async fn an_event_of_another_organisation_is_not_heard() {
    Trial::each(async |trial| {
        let (acme, globex) = (
            trial.organisation("acme").await,
            trial.organisation("globex").await,
        );
        let mut stranger = trial.control.live().subscribe(globex.org());
        tell(
            &trial.control,
            &acme,
            Topic::Hold(HoldId::mint(&trial.control)),
        )
        .await;
        tell(&trial.control, &globex, Topic::Keys).await;
        assert_eq!(hear(&mut stranger).await, Topic::Keys);
        assert!(stranger.next().now_or_never().is_none());
    })
    .await;
}

#[tokio::test]
async fn what_was_not_committed_is_not_told() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let mut subscription = trial.control.live().subscribe(scope.org());
        let mut write = trial.control.begin().await.unwrap();
        write.tell(scope.org(), Topic::Keys);
        drop(write);
        tell(&trial.control, &scope, Topic::Tokens).await;
        assert_eq!(hear(&mut subscription).await, Topic::Tokens);
    })
    .await;
}

#[tokio::test]
async fn one_transaction_tells_each_thing_once() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let mut subscription = trial.control.live().subscribe(scope.org());
        let mut write = trial.control.begin().await.unwrap();
        for topic in [Topic::Keys, Topic::Tokens, Topic::Keys] {
            write.tell(scope.org(), topic);
        }
        write.commit().await.unwrap();
        tell(&trial.control, &scope, Topic::Everything).await;
        let heard = [
            hear(&mut subscription).await,
            hear(&mut subscription).await,
            hear(&mut subscription).await,
        ];
        assert_eq!(heard, [Topic::Keys, Topic::Tokens, Topic::Everything]);
    })
    .await;
}

#[tokio::test]
async fn a_subscriber_that_fell_behind_is_told_to_look_at_everything() {
    let trial = Trial::sqlite().await;
    let scope = trial.organisation("acme").await;
    let mut slow = trial.control.live().subscribe(scope.org());
    let event = Event {
        org: scope.org(),
        topic: Topic::Keys,
    };
    trial
        .control
        .live()
        .send_after_commit(vec![event; BACKLOG + 1]);
    assert_eq!(hear(&mut slow).await, Topic::Everything);
    assert_eq!(hear(&mut slow).await, Topic::Keys);
}

#[tokio::test]
async fn a_second_server_hears_what_the_first_one_did() {
    let Some(trial) = Trial::postgres().await else {
        return;
    };
    let scope = trial.organisation("acme").await;
    let other = trial.second_server().await;
    let mut subscription = other.live().subscribe(scope.org());
    tell(&trial.control, &scope, Topic::Keys).await;
    assert_eq!(hear(&mut subscription).await, Topic::Keys);
    other.close().await.unwrap();
    trial.end().await;
}

#[tokio::test]
async fn a_server_that_lost_its_connection_looks_at_everything_and_hears_again() {
    let Some(trial) = Trial::postgres().await else {
        return;
    };
    let scope = trial.organisation("acme").await;
    let mut subscription = trial.control.live().subscribe(scope.org());
    trial
        .control
        .read()
        .execute_unprepared(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND query LIKE 'LISTEN%'",
        )
        .await
        .unwrap();
    assert_eq!(hear(&mut subscription).await, Topic::Everything);
    tell(&trial.control, &scope, Topic::Keys).await;
    assert_eq!(hear(&mut subscription).await, Topic::Keys);
    trial.end().await;
}
