use std::time::Duration;

use sea_orm::EntityTrait;
use secrecy::{ExposeSecret, SecretString};

use super::{NewToken, authenticate, create, create_at_the_console, entity, list, revoke};
use crate::ids::TokenId;
use crate::live::Topic;
use crate::trial::{NOON, Trial};
use crate::{Error, Grant, LocalOperator};

fn named(name: &str, grants: &[Grant]) -> NewToken {
    NewToken {
        name: name.to_owned(),
        grants: grants.to_vec(),
        project: None,
    }
}

#[tokio::test]
async fn a_token_is_recognised_with_its_organisation_grants_and_project() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let token = trial.token(&scope, &[Grant::Ship], Some("billing")).await;

        let machine = authenticate(&trial.control, &token).await.unwrap();

        assert_eq!(machine.org(), scope.org());
        machine.require(Grant::Ship).unwrap();
        let other_grant = machine.require(Grant::Approvals);
        assert!(matches!(
            other_grant,
            Err(Error::MissingGrant(Grant::Approvals))
        ));
        machine
            .require_project(&"billing".parse().unwrap())
            .unwrap();
        for other in ["Billing", "billing ", "payments"] {
            let other_project = machine.require_project(&other.parse().unwrap());
            assert!(
                matches!(other_project, Err(Error::ProjectNotGranted)),
                "{other}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_without_a_project_is_good_for_each() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let machine = trial.machine(&scope).await;
        assert_eq!(machine.project(), None);
        machine
            .require_project(&"whatever".parse().unwrap())
            .unwrap();
        for grant in Grant::ALL {
            machine.require(grant).unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_changed_cut_or_invented_token_is_nobody() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let good = trial.token(&scope, &Grant::ALL, None).await;
        let good = good.expose_secret();
        let last = if good.ends_with('0') { "1" } else { "0" };
        let (prefix, _) = good.rsplit_once('_').unwrap();
        for bad in [
            String::new(),
            format!("{}{last}", &good[..good.len() - 1]),
            good[..good.len() - 1].to_owned(),
            format!("{good}0"),
            format!("{good} "),
            good.to_uppercase(),
            prefix.to_owned(),
            format!("{prefix}_{}", "0".repeat(64)),
            good.replace("mnt_", "mnt_0"),
            "mnt_%_%".to_owned(),
            "\u{0}".to_owned(),
        ] {
            let answer = authenticate(&trial.control, &SecretString::from(bad.clone())).await;
            assert!(matches!(answer, Err(Error::Unauthenticated)), "{bad:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_stolen_token_is_worth_nothing_once_it_is_revoked() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let stolen = trial.token(&scope, &Grant::ALL, None).await;
        let other = trial.token(&scope, &Grant::ALL, None).await;
        let machine = authenticate(&trial.control, &stolen).await.unwrap();
        let mut live = trial.control.live().subscribe(scope.org());

        revoke(&scope, &trial.control, machine.token())
            .await
            .unwrap();

        let replayed = authenticate(&trial.control, &stolen).await;
        assert!(matches!(replayed, Err(Error::Unauthenticated)));
        authenticate(&trial.control, &other).await.unwrap();
        assert_eq!(live.next().await, Topic::Tokens);
    })
    .await;
}

#[tokio::test]
async fn revoking_again_keeps_the_first_time() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let (token, _) = create(&scope, &trial.control, named("ci", &[Grant::Ship]))
            .await
            .unwrap();
        revoke(&scope, &trial.control, token.id).await.unwrap();
        trial.clock.advance(Duration::from_mins(1));
        revoke(&scope, &trial.control, token.id).await.unwrap();
        let [listed] = list(&scope, &trial.control)
            .await
            .unwrap()
            .try_into()
            .unwrap();
        assert_eq!(listed.revoked_at, Some(NOON));
    })
    .await;
}

#[tokio::test]
async fn a_token_of_another_organisation_does_not_exist() {
    Trial::each(async |trial| {
        let owner = trial.organisation("acme").await;
        let stranger = trial.organisation("globex").await;
        let token = trial.token(&owner, &Grant::ALL, None).await;
        let machine = authenticate(&trial.control, &token).await.unwrap();

        for id in [machine.token(), TokenId::mint(&trial.control)] {
            let answer = revoke(&stranger, &trial.control, id).await;
            assert!(matches!(answer, Err(Error::NotFound("token"))));
        }

        assert_eq!(list(&stranger, &trial.control).await.unwrap(), []);
        authenticate(&trial.control, &token).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_stolen_database_holds_no_token() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let token = trial.token(&scope, &Grant::ALL, None).await;
        let (_, secret) = token.expose_secret().rsplit_once('_').unwrap();

        let rows = entity::Entity::find()
            .all(trial.control.read())
            .await
            .unwrap();

        let [row] = rows.as_slice() else {
            panic!("one token: {rows:?}")
        };
        assert_eq!(row.token_hash.len(), 32);
        assert!(!String::from_utf8_lossy(&row.token_hash).contains(secret));
        assert!(!row.prefix.contains(secret) && !row.name.contains(secret));
        let listed = list(&scope, &trial.control).await.unwrap();
        assert!(!format!("{listed:?}").contains(&secret[..16]));
    })
    .await;
}

#[tokio::test]
async fn the_last_use_is_known_to_the_minute() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let token = trial.token(&scope, &Grant::ALL, None).await;
        let last_use = async || list(&scope, &trial.control).await.unwrap()[0].last_used_at;
        assert_eq!(last_use().await, None);
        authenticate(&trial.control, &token).await.unwrap();
        assert_eq!(last_use().await, Some(NOON));
        trial.clock.advance(Duration::from_secs(59));
        authenticate(&trial.control, &token).await.unwrap();
        assert_eq!(last_use().await, Some(NOON));
        trial.clock.advance(Duration::from_secs(1));
        authenticate(&trial.control, &token).await.unwrap();
        assert_eq!(last_use().await, Some(NOON + Duration::from_mins(1)));
    })
    .await;
}

#[tokio::test]
async fn a_token_that_could_do_nothing_is_not_made() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        for new in [
            named("ci", &[]),
            named(" ", &Grant::ALL),
            named("a\nb", &Grant::ALL),
        ] {
            let answer = create(&scope, &trial.control, new).await;
            assert!(matches!(answer, Err(Error::Invalid { .. })));
        }
        assert_eq!(trial.count("machine_tokens").await, 0);
    })
    .await;
}

#[tokio::test]
async fn the_console_makes_tokens_for_organisations_that_there_are() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let operator = LocalOperator::at_the_console();
        let (made, token) = create_at_the_console(
            operator,
            &trial.control,
            "acme",
            named("ci", &[Grant::Ship]),
        )
        .await
        .unwrap();
        assert!(
            token
                .expose_secret()
                .starts_with(&format!("{}_", made.begins))
        );
        assert_eq!(list(&scope, &trial.control).await.unwrap(), [made]);
        let nowhere =
            create_at_the_console(operator, &trial.control, "acne", named("ci", &Grant::ALL)).await;
        assert!(matches!(nowhere, Err(Error::NotFound("organisation"))));
    })
    .await;
}
