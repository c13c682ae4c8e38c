use std::time::Duration;

use machinaut_chain::approval::{Resolution, ResolutionKind};
use machinaut_chain::session::Sensitivity;

use super::bench::{APPROVER, Approver, Bench, PROJECT, REQUEST, instant};
use crate::holds::delivery::{Stage, State, What};
use crate::holds::{Decidable, Ending, Guard, Proof, Standing};
use crate::trial::Trial;
use crate::{Error, holds};

#[tokio::test]
async fn the_loop_runs_from_the_announcement_to_the_confirmation_in_the_log() {
    Trial::each(async |trial| {
        let (mut bench, id) = Bench::held(trial).await;
        bench.ship(Sensitivity::Secret).await;
        let page = bench.page(id).await;
        assert_eq!(page.row.standing, Standing::Waiting);
        assert!(matches!(page.row.guard, Guard::Waiting { .. }));
        assert_eq!(page.decidable, Decidable::Yes);
        assert!(page.row.to_weigh.is_some_and(|count| count > 0));
        assert_eq!(page.row.project_id.as_deref(), Some(PROJECT));
        let why = holds::why(&bench.scope, &trial.control, id)
            .await
            .unwrap()
            .unwrap();
        assert!(why.nodes.len() > 3);

        let (resolution, view) = bench.grant(id).await;
        assert_eq!(view.delivery.stage, Stage::Relayed);
        let served = bench.ask().await.unwrap();
        assert_eq!(Resolution::parse(served.as_bytes()).unwrap(), resolution);
        assert_eq!(
            bench.page(id).await.decisions[0].delivery.stage,
            Stage::Fetched
        );

        bench.consume().await;
        assert_eq!(
            bench.page(id).await.decisions[0].delivery.stage,
            Stage::Settling
        );
        bench.pass(Duration::from_secs(3));
        assert_eq!(
            bench.page(id).await.decisions[0].delivery.stage,
            Stage::Accepted
        );

        let noticed = instant(bench.now());
        bench.log.resolve(&resolution, noticed);
        bench.ship(Sensitivity::Secret).await;
        let page = bench.page(id).await;
        let delivery = &page.decisions[0].delivery;
        assert_eq!(delivery.stage, Stage::Confirmed);
        assert!(
            delivery.steps.iter().all(|step| step.state == State::Done),
            "{delivery:?}"
        );
        assert!(page.decisions[0].confirmed_by.is_some());
        let log = page.row.log.unwrap();
        assert_eq!(
            (log.ending, log.proof),
            (Ending::Granted, Proof::OurDecision)
        );
        assert_eq!(bench.inbox().await.ended.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_guard_that_consumes_and_asks_again_has_refused_the_signature() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        bench.grant(id).await;
        bench.ask().await.unwrap();
        bench.consume().await;
        assert_eq!(
            bench.ask().await,
            None,
            "what was refused is served no more"
        );
        let page = bench.page(id).await;
        assert_eq!(page.decisions[0].delivery.stage, Stage::Refused);
        assert_eq!(page.decisions[0].delivery.steps[3].what, What::Refused);
        assert!(!page.decisions[0].in_force);
        assert_eq!(page.row.standing, Standing::Waiting);

        let bob = Approver::new("bob@desk", 9);
        bob.register(trial, &bench.scope).await;
        let second = bob.decides(ResolutionKind::Denied, bench.now());
        bench.decide(id, &second).await.unwrap();
        let served = bench.ask().await.unwrap();
        assert_eq!(Resolution::parse(served.as_bytes()).unwrap(), second);
        assert_eq!(bench.page(id).await.decisions.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_second_decision_on_one_hold_is_refused() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        let (first, _) = bench.grant(id).await;
        let second = bench.alice.decides(ResolutionKind::Denied, bench.now());
        let refused = bench.decide(id, &second).await.unwrap_err();
        assert!(matches!(&refused, Error::Conflict(_)), "{refused}");
        let served = bench.ask().await.unwrap();
        assert_eq!(Resolution::parse(served.as_bytes()).unwrap(), first);
        assert_eq!(trial.count("decisions").await, 1);
    })
    .await;
}

#[tokio::test]
async fn of_two_decisions_at_the_same_moment_one_is_stored() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        let granted = bench.alice.decides(ResolutionKind::Granted, bench.now());
        let denied = bench.alice.decides(ResolutionKind::Denied, bench.now());
        let both = tokio::join!(bench.decide(id, &granted), bench.decide(id, &denied));
        assert!(both.0.is_ok() != both.1.is_ok());
        assert_eq!(trial.count("decisions").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_held_question_is_answered_as_soon_as_somebody_decides() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        let question = holds::fetch(
            &bench.guard,
            &trial.control,
            PROJECT,
            REQUEST,
            Duration::from_secs(10),
        );
        let deciding = async {
            // The question is being held: only a decision can end it in time.
            tokio::task::yield_now().await;
            bench.grant(id).await
        };
        let both = tokio::time::timeout(Duration::from_secs(8), async {
            tokio::join!(question, deciding)
        });
        let (answer, (resolution, _)) = both
            .await
            .expect("the answer comes before the wait is over");
        let answer = answer.unwrap().expect("a resolution");
        assert_eq!(Resolution::parse(answer.as_bytes()).unwrap(), resolution);
    })
    .await;
}

#[tokio::test]
async fn a_question_to_another_server_is_answered_too() {
    let Some(trial) = Trial::postgres().await else {
        return;
    };
    let (bench, id) = Bench::held(&trial).await;
    let other = trial.second_server().await;
    let question = holds::fetch(
        &bench.guard,
        &other,
        PROJECT,
        REQUEST,
        Duration::from_secs(10),
    );
    let deciding = async {
        tokio::task::yield_now().await;
        bench.grant(id).await
    };
    let both = tokio::time::timeout(Duration::from_secs(8), async {
        tokio::join!(question, deciding)
    });
    let (answer, _) = both
        .await
        .expect("the answer comes before the wait is over");
    assert!(answer.unwrap().is_some());
}

#[tokio::test]
async fn deleting_before_anything_was_fetched_removes_nothing() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        bench.grant(id).await;
        bench.consume().await;
        assert!(bench.ask().await.is_some());
        bench.consume().await;
        bench.consume().await;
        assert_eq!(
            bench.page(id).await.decisions[0].delivery.stage,
            Stage::Settling
        );
    })
    .await;
}

#[tokio::test]
async fn a_lost_deletion_leaves_a_fetched_decision_that_the_log_confirms() {
    Trial::each(async |trial| {
        let (mut bench, id) = Bench::held(trial).await;
        let (resolution, _) = bench.grant(id).await;
        bench.ask().await.unwrap();
        bench.pass(Duration::from_secs(5));
        assert_eq!(
            bench.page(id).await.decisions[0].delivery.stage,
            Stage::Unacknowledged
        );
        let noticed = instant(bench.now());
        bench.log.resolve(&resolution, noticed);
        bench.ship(Sensitivity::Secret).await;
        assert_eq!(
            bench.page(id).await.decisions[0].delivery.stage,
            Stage::Confirmed
        );
    })
    .await;
}

#[tokio::test]
async fn a_decision_that_the_guard_passes_over_is_said_to_be_passed_over() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        bench.grant(id).await;
        for _ in 0..5 {
            assert!(bench.ask().await.is_some());
        }
        assert_eq!(
            bench.page(id).await.decisions[0].delivery.stage,
            Stage::PassedOver
        );
    })
    .await;
}

#[tokio::test]
async fn a_denial_keeps_its_reason_in_what_is_signed_and_served() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        let mut document = bench.alice.document(ResolutionKind::Denied, bench.now());
        document.reason = Some("note.ts was misread\n— run the tests again 🚦".into());
        let denial = bench.alice.sign(&document);
        let view = bench.decide(id, &denial).await.unwrap();
        assert!(view.document.contains("run the tests again"));
        assert_eq!(view.approver_id, APPROVER);
        let served = bench.ask().await.unwrap();
        assert_eq!(Resolution::parse(served.as_bytes()).unwrap(), denial);
    })
    .await;
}

#[tokio::test]
async fn time_closes_a_hold_that_nobody_decided() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        bench.pass(Duration::from_secs(301));
        assert_eq!(bench.page(id).await.row.standing, Standing::PastDeadline);
        assert!(matches!(bench.page(id).await.decidable, Decidable::No(_)));
        assert_eq!(bench.inbox().await.past.len(), 1);
        assert_eq!(
            holds::open_count(&bench.scope, &trial.control)
                .await
                .unwrap(),
            0
        );
    })
    .await;
}

#[tokio::test]
async fn what_waits_is_found_by_what_a_list_shows_the_most_urgent_first() {
    Trial::each(async |trial| {
        let (bench, pushed) = Bench::held(trial).await;
        bench.ship(Sensitivity::Secret).await;
        for (request, reason, minutes) in [
            ("later", "Rotate the Keys", 9),
            ("soon", "rotate the logs", 3),
            ("last", "turn nothing", 20),
        ] {
            let at = |minutes: u64| (bench.now() + Duration::from_mins(minutes)).to_rfc3339();
            let announced = serde_json::json!({
                "request_id": request, "action_id": request, "reason": reason,
                "required_authority": {}, "requested_at": at(0), "deadline": at(minutes),
            });
            holds::announce(
                &bench.guard,
                &trial.control,
                announced.to_string().as_bytes(),
            )
            .await
            .unwrap();
        }
        let found = async |text: &str, most| -> Vec<Option<String>> {
            let found = holds::waiting(&bench.scope, &trial.control, text, most).await;
            found.unwrap().into_iter().map(|row| row.reason).collect()
        };
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(
            found("ROTATE THE", 4).await,
            [said("rotate the logs"), said("Rotate the Keys")]
        );
        assert_eq!(found("rotate", 1).await, [said("rotate the logs")]);
        assert_eq!(found("", 4).await.len(), 4);
        assert_eq!(found("wants to push", 4).await.len(), 1, "its sentence");
        assert_eq!(found(PROJECT, 4).await.len(), 1);
        assert_eq!(found("%", 4).await, []);
        bench.pass(Duration::from_mins(4));
        assert_eq!(found("logs", 4).await, [], "past its deadline");
        bench.grant(pushed).await;
        assert_eq!(found("wants to push", 4).await, []);
        let stranger = trial.organisation("globex").await;
        let theirs = holds::waiting(&stranger, &trial.control, "", 4).await;
        assert_eq!(theirs.unwrap(), []);
    })
    .await;
}
