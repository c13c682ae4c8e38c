use std::time::Duration;

use machinaut_chain::sample::{Hold, Story};
use machinaut_chain::session::Sensitivity;

use super::bench::{ACTION, Bench, PROJECT, REQUEST, story};
use crate::holds::{Decidable, Ending, Guard};
use crate::trial::Trial;
use crate::{Error, Grant, holds, tokens};

#[tokio::test]
async fn announced_asked_for_and_shipped_is_one_hold_in_every_order() {
    const ORDERS: [[&str; 3]; 6] = [
        ["announce", "ask", "ship"],
        ["announce", "ship", "ask"],
        ["ask", "announce", "ship"],
        ["ask", "ship", "announce"],
        ["ship", "announce", "ask"],
        ["ship", "ask", "announce"],
    ];
    for ceiling in [Sensitivity::Internal, Sensitivity::Secret] {
        for order in ORDERS {
            Trial::each(async |trial| {
                let bench = Bench::set_up(trial).await;
                for side in order {
                    match side {
                        "announce" => drop(bench.announce().await),
                        "ask" => drop(bench.ask().await),
                        _ => drop(bench.ship(ceiling).await),
                    }
                }
                let case = (order, ceiling);
                let hold = bench.only_hold().await;
                assert_eq!(hold.request_id.as_deref(), Some(REQUEST), "{case:?}");
                assert_eq!(hold.action_id.as_deref(), Some(ACTION), "{case:?}");
                assert_eq!(hold.project_id.as_deref(), Some(PROJECT), "{case:?}");
                assert!(hold.session.is_some() && hold.facts.is_some(), "{case:?}");
                assert!(matches!(hold.guard, Guard::Waiting { .. }), "{case:?}");
                assert!(hold.deadline.is_some(), "{case:?}");
                let page = bench.page(hold.id).await;
                assert_eq!(page.decidable, Decidable::Yes, "{case:?}");
            })
            .await;
        }
    }
}

#[tokio::test]
async fn at_the_internal_ceiling_a_hold_is_known_by_its_action_and_says_what_is_missing() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        bench.ship(Sensitivity::Internal).await;
        let hold = bench.only_hold().await;
        assert_eq!(
            (hold.request_id, hold.action_id.as_deref()),
            (None, Some(ACTION))
        );
        assert!(hold.facts.is_some_and(|facts| facts.tool.is_some()));
        let Decidable::No(why) = bench.page(hold.id).await.decidable else {
            panic!("not decidable")
        };
        assert!(why.contains("--sensitivity-ceiling secret"));
        bench.ship(Sensitivity::Secret).await;
        let hold = bench.only_hold().await;
        assert_eq!(hold.request_id.as_deref(), Some(REQUEST));
    })
    .await;
}

#[tokio::test]
async fn a_hold_that_is_only_asked_for_is_shown_and_cannot_be_decided() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        assert_eq!(bench.ask().await, None);
        let hold = bench.only_hold().await;
        assert_eq!(
            (hold.request_id.as_deref(), hold.action_id),
            (Some(REQUEST), None)
        );
        assert!(matches!(
            bench.page(hold.id).await.decidable,
            Decidable::No(_)
        ));
    })
    .await;
}

#[tokio::test]
async fn the_address_of_a_hold_that_turned_out_to_be_another_one_still_leads_there() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        bench.ship(Sensitivity::Internal).await;
        let by_action = bench.only_hold().await.id;
        bench.ask().await;
        let inbox = bench.inbox().await;
        assert_eq!(
            inbox.waiting.len(),
            2,
            "nothing says yet that they are the same"
        );
        bench.announce().await;
        let hold = bench.only_hold().await;
        assert_ne!(hold.id, by_action);
        assert_eq!(bench.page(by_action).await.row.id, hold.id);
    })
    .await;
}

#[tokio::test]
async fn an_announcement_comes_twice_and_counts_once() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        assert_eq!(bench.announce().await, bench.announce().await);
        assert_eq!(trial.count("holds").await, 1);
    })
    .await;
}

#[tokio::test]
async fn many_sides_speaking_at_once_make_one_hold() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        tokio::join!(
            bench.announce(),
            bench.ask(),
            bench.ask(),
            bench.announce(),
            bench.ship(Sensitivity::Secret),
            bench.ask(),
        );
        bench.only_hold().await;
    })
    .await;
}

#[tokio::test]
async fn a_request_of_another_project_is_another_hold() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        bench.ask().await;
        let other = holds::fetch(
            &bench.guard,
            &trial.control,
            "other",
            REQUEST,
            Duration::ZERO,
        );
        assert_eq!(other.await.unwrap(), None);
        assert_eq!(bench.inbox().await.waiting.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_token_for_one_project_asks_about_no_other() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        bench.grant(id).await;
        let token = trial
            .token(&bench.scope, &[Grant::Approvals], Some("other"))
            .await;
        let stranger = tokens::authenticate(&trial.control, &token).await.unwrap();
        let asked = holds::fetch(&stranger, &trial.control, PROJECT, REQUEST, Duration::ZERO).await;
        assert!(matches!(asked, Err(Error::ProjectNotGranted)));
        let elsewhere = holds::fetch(&stranger, &trial.control, "other", REQUEST, Duration::ZERO);
        assert_eq!(
            elsewhere.await.unwrap(),
            None,
            "the decision is of another project"
        );
        let deleted = holds::consume(&stranger, &trial.control, PROJECT, REQUEST).await;
        assert!(matches!(deleted, Err(Error::ProjectNotGranted)));
    })
    .await;
}

#[tokio::test]
async fn a_log_that_shows_the_end_closes_the_hold() {
    Trial::each(async |trial| {
        let mut bench = Bench::set_up(trial).await;
        bench.ship(Sensitivity::Secret).await;
        let noticed = super::bench::instant(bench.now());
        bench.log.expire(noticed);
        bench.ship(Sensitivity::Secret).await;
        let log = bench.only_hold().await.log.unwrap();
        assert_eq!(log.ending, Ending::Expired);
        assert_eq!(bench.inbox().await.ended.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_log_that_names_another_action_for_an_announced_request_is_not_believed() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let id = bench.announce().await;
        let lie = Hold::push_to_main(Story {
            action_id: "harmless".to_owned(),
            ..story()
        });
        bench
            .ship_body(lie.log().ship_body(Sensitivity::Secret))
            .await
            .unwrap();
        let hold = bench.page(id).await.row;
        assert_eq!(hold.action_id.as_deref(), Some(ACTION));
        assert_eq!((hold.facts, hold.session), (None, None));
    })
    .await;
}

#[tokio::test]
async fn a_log_that_lied_about_the_action_is_forgotten_when_the_guard_announces() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let lie = Hold::push_to_main(Story {
            action_id: "harmless".to_owned(),
            ..story()
        });
        bench
            .ship_body(lie.log().ship_body(Sensitivity::Secret))
            .await
            .unwrap();
        bench.ask().await;
        let id = bench.announce().await;
        let hold = bench.page(id).await.row;
        assert_eq!(hold.action_id.as_deref(), Some(ACTION));
        assert_eq!((hold.facts, hold.session), (None, None));
    })
    .await;
}
