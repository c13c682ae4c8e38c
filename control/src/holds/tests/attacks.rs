use std::time::Duration;

use machinaut_chain::approval::{Resolution, ResolutionKind};
use machinaut_chain::json::{Object, Value};
use machinaut_chain::session::Sensitivity;
use sea_orm::ConnectionTrait as _;

use super::bench::{ACTION, APPROVER, Approver, Bench, PROJECT, REQUEST, instant};
use crate::clock::Moment;
use crate::holds::delivery::Stage;
use crate::holds::{Proof, Standing};
use crate::ids::HoldId;
use crate::trial::Trial;
use crate::{Error, holds, keys};

/// The decision is refused, and nothing of it is stored or served.
async fn refused(bench: &Bench<'_>, id: HoldId, resolution: &Resolution) -> Error {
    let error = bench
        .decide(id, resolution)
        .await
        .expect_err("a decision that must not count");
    assert_eq!(bench.trial.count("decisions").await, 0);
    assert_eq!(bench.ask().await, None);
    error
}

fn granted(bench: &Bench<'_>, at: Moment) -> Resolution {
    bench.alice.decides(ResolutionKind::Granted, at)
}

#[tokio::test]
async fn a_forged_decision_is_refused() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        let mallory = Approver::new(APPROVER, 66);
        let forged = mallory.decides(ResolutionKind::Granted, bench.now());
        assert!(matches!(
            refused(&bench, id, &forged).await,
            Error::Invalid { .. }
        ));
    })
    .await;
}

#[tokio::test]
async fn an_unsigned_decision_is_refused() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        let unsigned = Resolution {
            signature: None,
            ..granted(&bench, bench.now())
        };
        refused(&bench, id, &unsigned).await;
    })
    .await;
}

#[tokio::test]
async fn a_tampered_decision_is_refused() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        let denied = bench.alice.decides(ResolutionKind::Denied, bench.now());
        let flipped = Resolution {
            kind: ResolutionKind::Granted,
            ..denied.clone()
        };
        refused(&bench, id, &flipped).await;
        let reasoned = Resolution {
            reason: Some("because".into()),
            ..denied
        };
        refused(&bench, id, &reasoned).await;
    })
    .await;
}

#[tokio::test]
async fn a_signature_lifted_from_another_hold_is_refused() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        let mut other = bench.alice.document(ResolutionKind::Granted, bench.now());
        other.request_id = "request-2".into();
        let lifted = Resolution {
            signature: bench.alice.sign(&other).signature,
            ..granted(&bench, bench.now())
        };
        refused(&bench, id, &lifted).await;
    })
    .await;
}

#[tokio::test]
async fn a_decision_replayed_on_another_hold_is_refused() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        let mut other = bench.alice.document(ResolutionKind::Granted, bench.now());
        other.request_id = "request-2".into();
        refused(&bench, id, &bench.alice.sign(&other)).await;
        other.request_id = REQUEST.into();
        other.action_id = "action-2".into();
        refused(&bench, id, &bench.alice.sign(&other)).await;
    })
    .await;
}

#[tokio::test]
async fn a_decision_of_the_wrong_signer_is_refused() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        let bob = Approver::new("bob@desk", 9);
        bob.register(trial, &bench.scope).await;
        // Bob signs, in the name of Alice.
        let named = bench.alice.document(ResolutionKind::Granted, bench.now());
        refused(&bench, id, &bob.sign(&named)).await;
        // Bob signs, and says that Bob signed, a decision that names Alice.
        let mut resolution = bob.sign(&named);
        if let Some(signature) = &mut resolution.signature {
            signature.signer_id = bob.id.into();
        }
        refused(&bench, id, &resolution).await;
    })
    .await;
}

#[tokio::test]
async fn a_decision_with_an_unregistered_key_is_refused() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        let stranger = Approver::new("mallory@desk", 66);
        let decision = stranger.decides(ResolutionKind::Granted, bench.now());
        refused(&bench, id, &decision).await;
    })
    .await;
}

#[tokio::test]
async fn a_decision_with_the_key_of_another_member_is_refused() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        // An organisation has one member for now: the key is given to somebody else's.
        trial.organisation("globex").await;
        let write = trial.control.begin().await.unwrap();
        write
            .execute_unprepared(
                "UPDATE approver_keys SET member_id = \
                 (SELECT id FROM members WHERE email = 'owner@globex.example')",
            )
            .await
            .unwrap();
        write.commit().await.unwrap();
        let error = refused(&bench, id, &granted(&bench, bench.now())).await;
        assert!(error.to_string().contains("another member"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_decision_with_a_revoked_key_is_refused() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        let key = keys::list(&bench.scope, &trial.control)
            .await
            .unwrap()
            .remove(0);
        keys::revoke(&bench.scope, &trial.control, key.id)
            .await
            .unwrap();
        refused(&bench, id, &granted(&bench, bench.now())).await;
    })
    .await;
}

#[tokio::test]
async fn a_late_decision_is_refused() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        let deadline = bench.page(id).await.row.deadline.unwrap();
        bench.pass(Duration::from_secs(299));
        // Signed for a moment after the deadline, before it has passed.
        let late = granted(&bench, deadline + Duration::from_millis(1));
        refused(&bench, id, &late).await;
        // Dated back to before the deadline, after it has passed.
        bench.pass(Duration::from_secs(2));
        let dated_back = granted(&bench, deadline);
        assert!(matches!(
            refused(&bench, id, &dated_back).await,
            Error::Conflict(_)
        ));
    })
    .await;
}

#[tokio::test]
async fn a_decision_of_a_device_with_a_wrong_clock_is_refused() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        let hour = Duration::from_hours(1);
        refused(&bench, id, &granted(&bench, bench.now().before(hour))).await;
    })
    .await;
}

#[tokio::test]
async fn a_stranger_cannot_see_or_decide_a_hold_by_its_id() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        bench.ship(Sensitivity::Secret).await;
        let stranger = trial.organisation("globex").await;
        let control = &trial.control;
        let is_unknown = |error: Error| matches!(error, Error::NotFound("hold"));
        assert!(is_unknown(
            holds::get(&stranger, control, id).await.unwrap_err()
        ));
        assert!(is_unknown(
            holds::why(&stranger, control, id).await.unwrap_err()
        ));
        let mallory = Approver::new("mallory@globex", 66);
        mallory.register(trial, &stranger).await;
        let decision = mallory.decides(ResolutionKind::Granted, bench.now());
        assert!(is_unknown(
            holds::decide(&stranger, control, id, &decision)
                .await
                .unwrap_err()
        ));
        assert_eq!(
            holds::inbox(&stranger, control).await.unwrap(),
            holds::Inbox::default()
        );
        assert_eq!(holds::open_count(&stranger, control).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_strangers_guard_gets_no_decision_and_deletes_none() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        bench.grant(id).await;
        bench.ask().await.unwrap();
        let stranger = trial.organisation("globex").await;
        let guard = trial.machine(&stranger).await;
        let control = &trial.control;
        let asked = holds::fetch(&guard, control, PROJECT, REQUEST, Duration::ZERO)
            .await
            .unwrap();
        assert_eq!(asked, None);
        holds::consume(&guard, control, PROJECT, REQUEST)
            .await
            .unwrap();
        assert!(bench.ask().await.is_some());
    })
    .await;
}

#[tokio::test]
async fn another_token_of_the_organisation_does_not_delete_what_it_did_not_get() {
    Trial::each(async |trial| {
        let (bench, id) = Bench::held(trial).await;
        bench.grant(id).await;
        bench.ask().await.unwrap();
        let other = trial.machine(&bench.scope).await;
        holds::consume(&other, &trial.control, PROJECT, REQUEST)
            .await
            .unwrap();
        assert!(bench.ask().await.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_token_without_the_grant_does_nothing() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let token = trial.token(&bench.scope, &[crate::Grant::Ship], None).await;
        let shipper = crate::tokens::authenticate(&trial.control, &token)
            .await
            .unwrap();
        let control = &trial.control;
        let body = bench.log.request().to_json();
        let announced = holds::announce(&shipper, control, body.as_bytes()).await;
        assert!(matches!(announced, Err(Error::MissingGrant(_))));
        let asked = holds::fetch(&shipper, control, PROJECT, REQUEST, Duration::ZERO).await;
        assert!(matches!(asked, Err(Error::MissingGrant(_))));
        let deleted = holds::consume(&shipper, control, PROJECT, REQUEST).await;
        assert!(matches!(deleted, Err(Error::MissingGrant(_))));
        assert_eq!(trial.count("holds").await, 0);
    })
    .await;
}

/// The payload of an answer as an agent may plant it, with its own idea of a signature.
fn planted(signature: Option<&machinaut_chain::signature::Signature>, at: &str) -> Value {
    let mut payload = Object::new();
    payload.insert("request_id", REQUEST);
    payload.insert("action_id", ACTION);
    payload.insert("approver_id", APPROVER);
    payload.insert("at", at);
    if let Some(signature) = signature {
        let mut object = Object::new();
        object.insert("signer_id", signature.signer_id.clone());
        object.insert("payload_hash", signature.payload_hash.clone());
        object.insert("algorithm", signature.algorithm.clone());
        object.insert("signature", signature.signature.clone());
        object.insert("at", signature.at.clone());
        payload.insert("signature", object);
    }
    Value::Object(payload)
}

#[tokio::test]
async fn an_unsigned_answer_in_the_log_confirms_nothing() {
    Trial::each(async |trial| {
        let (mut bench, id) = Bench::held(trial).await;
        let (resolution, _) = bench.grant(id).await;
        let payload = planted(None, resolution.at.as_str());
        bench
            .log
            .log_mut()
            .event("approval.granted", "0.1.0", payload);
        bench.ship(Sensitivity::Secret).await;
        let page = bench.page(id).await;
        assert_eq!(page.decisions[0].delivery.stage, Stage::EndedOtherwise);
        assert_eq!(page.row.log.unwrap().proof, Proof::Unsigned);
    })
    .await;
}

#[tokio::test]
async fn a_denial_that_is_logged_as_a_grant_with_our_signature_confirms_nothing() {
    Trial::each(async |trial| {
        let (mut bench, id) = Bench::held(trial).await;
        let denied = bench.alice.decides(ResolutionKind::Denied, bench.now());
        bench.decide(id, &denied).await.unwrap();
        let payload = planted(denied.signature.as_ref(), denied.at.as_str());
        bench
            .log
            .log_mut()
            .event("approval.granted", "0.1.0", payload);
        bench.ship(Sensitivity::Secret).await;
        let page = bench.page(id).await;
        assert_ne!(page.decisions[0].delivery.stage, Stage::Confirmed);
        assert_eq!(page.row.log.unwrap().proof, Proof::UnknownKey);
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_the_guard_named_as_planted_neither_closes_nor_confirms() {
    Trial::each(async |trial| {
        let (mut bench, id) = Bench::held(trial).await;
        let payload = planted(None, &bench.now().to_rfc3339());
        let event = bench
            .log
            .log_mut()
            .event("approval.granted", "0.1.0", payload);
        bench.ship(Sensitivity::Secret).await;
        assert_eq!(bench.page(id).await.row.standing, Standing::Closed);
        let mut rejection = Object::new();
        rejection.insert("request_id", REQUEST);
        rejection.insert("action_id", ACTION);
        rejection.insert("approver_id", APPROVER);
        rejection.insert("reason", "the signature does not verify");
        rejection.insert("at", bench.now().to_rfc3339().as_str());
        rejection.insert("source", "log");
        rejection.insert("rejected_event_id", event.as_str());
        bench.log.log_mut().event(
            "guard.approval.signature_rejected",
            "1",
            Value::Object(rejection),
        );
        bench.ship(Sensitivity::Secret).await;
        let page = bench.page(id).await;
        assert_eq!((page.row.standing, page.row.log), (Standing::Waiting, None));
        bench.grant(id).await;
    })
    .await;
}

#[tokio::test]
async fn an_end_planted_in_the_log_closes_no_hold_that_the_guard_still_asks_about() {
    Trial::each(async |trial| {
        let (mut bench, id) = Bench::held(trial).await;
        let payload = planted(None, &bench.now().to_rfc3339());
        bench
            .log
            .log_mut()
            .event("approval.expired", "0.1.0", payload);
        bench.ship(Sensitivity::Secret).await;
        assert_eq!(bench.page(id).await.row.standing, Standing::Closed);
        bench.pass(Duration::from_secs(30));
        bench.ask().await;
        let page = bench.page(id).await;
        assert_eq!(page.row.standing, Standing::Waiting);
        assert!(page.row.log.is_some(), "what the log claims is still shown");
        assert_eq!(bench.inbox().await.waiting.len(), 1);
        assert_eq!(
            holds::open_count(&bench.scope, &trial.control)
                .await
                .unwrap(),
            1
        );
        bench.grant(id).await;
        assert!(bench.ask().await.is_some());
    })
    .await;
}

#[tokio::test]
async fn an_answer_signed_elsewhere_with_a_registered_key_is_said_to_be_that() {
    Trial::each(async |trial| {
        let (mut bench, id) = Bench::held(trial).await;
        let elsewhere = granted(&bench, bench.now());
        let noticed = instant(bench.now());
        bench.log.resolve(&elsewhere, noticed);
        bench.ship(Sensitivity::Secret).await;
        let page = bench.page(id).await;
        assert_eq!(page.row.log.unwrap().proof, Proof::RegisteredKey);
        assert_eq!(
            (page.row.standing, page.decisions.len()),
            (Standing::Closed, 0)
        );
    })
    .await;
}

#[tokio::test]
async fn an_announcement_that_is_not_one_is_refused_and_leaves_nothing() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let good = bench.log.request().to_json();
        let huge = format!("{{\"pad\":\"{}\"}}", "x".repeat(70_000));
        for (body, status) in [
            ("", 422),
            ("[]", 422),
            ("{\"request_id\":\"r\"}", 422),
            (good.replace(REQUEST, "a\\u0000b").as_str(), 422),
            (good.replace(REQUEST, "").as_str(), 422),
            (huge.as_str(), 413),
        ] {
            let error = holds::announce(&bench.guard, &trial.control, body.as_bytes())
                .await
                .unwrap_err();
            assert_eq!(error.status(), status);
        }
        assert_eq!(trial.count("holds").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_log_with_a_flood_of_holds_makes_no_flood_of_rows() {
    Trial::each(async |trial| {
        let (mut bench, id) = Bench::held(trial).await;
        for number in 0..600 {
            let mut payload = Object::new();
            payload.insert("request_id", format!("flood-{number}").as_str());
            payload.insert("action_id", format!("flood-action-{number}").as_str());
            payload.insert("reason", "because");
            payload.insert("required_authority", Object::new());
            payload.insert("requested_at", bench.now().to_rfc3339().as_str());
            bench
                .log
                .log_mut()
                .event("approval.requested", "0.1.0", Value::Object(payload));
        }
        bench.ship(Sensitivity::Secret).await;
        assert_eq!(trial.count("holds").await, 500);
        let last = bench.inbox().await.waiting;
        assert!(
            last.iter()
                .any(|hold| hold.request_id.as_deref() == Some("flood-599"))
        );
        let held = bench.page(id).await.row;
        assert!(
            held.facts.is_some(),
            "what the guard announced is not drowned"
        );
    })
    .await;
}
