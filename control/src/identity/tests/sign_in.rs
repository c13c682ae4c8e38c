use std::net::IpAddr;
use std::time::Duration;

use secrecy::SecretString;

use crate::identity::{SignIn, SignedIn, scope_for, sign_in, sign_out};
use crate::ids::SignInId;
use crate::trial::{PASSWORD, Trial};
use crate::{Error, Result};

const EMAIL: &str = "owner@acme.example";

fn at(address: &str) -> IpAddr {
    address.parse().unwrap()
}

async fn knock(
    trial: &Trial,
    email: &str,
    password: &str,
    address: impl Into<Option<IpAddr>>,
) -> Result<SignedIn> {
    let password = SecretString::from(password);
    sign_in(
        &trial.control,
        SignIn {
            email: email.to_owned(),
            password,
            address: address.into(),
        },
    )
    .await
}

#[tokio::test]
async fn an_email_and_its_password_sign_in() {
    Trial::each(async |trial| {
        let owner = trial.organisation("acme").await;
        let signed_in = knock(trial, " Owner@ACME.example", PASSWORD, None)
            .await
            .unwrap();
        let scope = scope_for(&trial.control, signed_in.sign_in).await.unwrap();
        assert_eq!((scope.org(), scope.member()), (owner.org(), owner.member()));
        assert_ne!(scope.sign_in(), owner.sign_in());
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_email_get_the_same_answer() {
    Trial::each(async |trial| {
        trial.organisation("acme").await;
        for (email, password) in [
            (EMAIL, "wrong horse battery"),
            ("nobody@acme.example", PASSWORD),
            ("not an email", PASSWORD),
            (EMAIL, ""),
        ] {
            let answer = knock(trial, email, password, None).await;
            assert!(matches!(answer, Err(Error::SignInRefused)), "{email}");
        }
    })
    .await;
}

#[tokio::test]
async fn guessing_at_one_email_is_stopped_and_does_not_shut_its_owner_out() {
    Trial::each(async |trial| {
        trial.organisation("acme").await;
        let (guesser, owner) = (at("192.0.2.1"), at("198.51.100.1"));
        for _ in 0..trial
            .control
            .limits()
            .sign_in_failures_per_email_and_network
        {
            let answer = knock(trial, EMAIL, "wrong horse battery", guesser).await;
            assert!(matches!(answer, Err(Error::SignInRefused)));
        }

        let right_at_last = knock(trial, EMAIL, PASSWORD, guesser).await;
        let Err(Error::TooManyAttempts { retry_after }) = right_at_last else {
            panic!("not stopped: {right_at_last:?}")
        };
        knock(trial, EMAIL, PASSWORD, owner).await.unwrap();

        trial.clock.advance(retry_after);
        knock(trial, EMAIL, PASSWORD, guesser).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn guessing_at_one_email_from_many_networks_is_stopped() {
    Trial::each(async |trial| {
        trial.organisation("acme").await;
        for n in 0..trial.control.limits().sign_in_failures_per_email {
            let from = at(&format!("192.0.2.{n}"));
            let answer = knock(trial, EMAIL, "wrong horse battery", from).await;
            assert!(matches!(answer, Err(Error::SignInRefused)));
        }
        let from_elsewhere = knock(trial, EMAIL, PASSWORD, at("198.51.100.1")).await;
        assert!(matches!(from_elsewhere, Err(Error::TooManyAttempts { .. })));
    })
    .await;
}

#[tokio::test]
async fn guessing_all_at_once_counts_every_guess() {
    Trial::each(async |trial| {
        trial.organisation("acme").await;
        let allowed = trial
            .control
            .limits()
            .sign_in_failures_per_email_and_network;
        let guesses = (0..allowed + 6).map(|_| knock(trial, EMAIL, "wrong horse battery", None));

        let answers = futures::future::join_all(guesses).await;

        let heard = answers
            .iter()
            .filter(|answer| matches!(answer, Err(Error::SignInRefused)));
        assert_eq!(heard.count(), usize::try_from(allowed).unwrap());
    })
    .await;
}

#[tokio::test]
async fn guessing_at_many_emails_from_one_network_is_stopped() {
    Trial::each(async |trial| {
        trial.organisation("acme").await;
        for n in 0..trial.control.limits().sign_in_failures_per_network {
            let from = at(&format!("2001:db8:0:1::{n:x}"));
            let answer = knock(trial, &format!("guess{n}@acme.example"), "", from).await;
            assert!(matches!(answer, Err(Error::SignInRefused)));
        }
        let same_network = knock(trial, EMAIL, PASSWORD, at("2001:db8:0:1:ffff::1")).await;
        assert!(matches!(same_network, Err(Error::TooManyAttempts { .. })));
        knock(trial, EMAIL, PASSWORD, at("2001:db8:0:2::1"))
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_right_password_starts_the_count_afresh() {
    Trial::each(async |trial| {
        trial.organisation("acme").await;
        for _ in 0..3 {
            for _ in 1..trial
                .control
                .limits()
                .sign_in_failures_per_email_and_network
            {
                knock(trial, EMAIL, "wrong horse battery", None)
                    .await
                    .unwrap_err();
            }
            knock(trial, EMAIL, PASSWORD, None).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn failures_are_remembered_by_every_server() {
    Trial::each(async |trial| {
        trial.organisation("acme").await;
        for _ in 0..trial
            .control
            .limits()
            .sign_in_failures_per_email_and_network
        {
            knock(trial, EMAIL, "wrong horse battery", None)
                .await
                .unwrap_err();
        }
        let other = trial.second_server().await;
        let with = SignIn {
            email: EMAIL.to_owned(),
            password: SecretString::from(PASSWORD),
            address: None,
        };
        let answer = sign_in(&other, with).await;
        assert!(
            matches!(answer, Err(Error::TooManyAttempts { .. })),
            "{answer:?}"
        );
        other.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_replayed_sign_in_is_worth_nothing_after_the_sign_out() {
    Trial::each(async |trial| {
        let here = trial.organisation("acme").await;
        let elsewhere = knock(trial, EMAIL, PASSWORD, None).await.unwrap();

        sign_out(&here, &trial.control).await.unwrap();

        let replayed = scope_for(&trial.control, here.sign_in()).await;
        assert!(matches!(replayed, Err(Error::Unauthenticated)));
        scope_for(&trial.control, elsewhere.sign_in).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_ends_by_itself() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        trial.clock.advance(Duration::from_hours(14 * 24 - 1));
        scope_for(&trial.control, scope.sign_in()).await.unwrap();
        trial.clock.advance(Duration::from_hours(1));
        let late = scope_for(&trial.control, scope.sign_in()).await;
        assert!(matches!(late, Err(Error::Unauthenticated)));
    })
    .await;
}

#[tokio::test]
async fn an_invented_sign_in_is_nobody() {
    Trial::each(async |trial| {
        let invented = scope_for(&trial.control, SignInId::mint(&trial.control)).await;
        assert!(matches!(invented, Err(Error::Unauthenticated)));
    })
    .await;
}
