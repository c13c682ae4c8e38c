use std::time::Duration;

use secrecy::SecretString;

use crate::identity::{
    Invitation, SetUp, SetupLink, SignIn, first_start, invitation, issue_setup_link, scope_for,
    setup, sign_in,
};
use crate::trial::{PASSWORD, Trial};
use crate::{Error, LocalOperator, members, orgs};

fn filled_in(organisation: &str, email: &str) -> SetUp {
    SetUp {
        organisation: Some(organisation.to_owned()),
        name: "Ada".to_owned(),
        email: email.to_owned(),
        password: SecretString::from(PASSWORD),
    }
}

async fn founding_link(trial: &Trial) -> SetupLink {
    first_start(&trial.control)
        .await
        .unwrap()
        .expect("an empty server prints a link")
}

async fn link_into(trial: &Trial, organisation: &str) -> SetupLink {
    let operator = LocalOperator::at_the_console();
    issue_setup_link(operator, &trial.control, organisation)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_first_start_prints_a_link_that_founds_an_organisation_and_signs_its_owner_in() {
    Trial::each(async |trial| {
        let link = founding_link(trial).await;
        let founding = Invitation {
            organisation: None,
            owner: None,
        };
        assert_eq!(
            invitation(&trial.control, &link.secret).await.unwrap(),
            founding
        );

        let with = filled_in(" Acme ", "Ada@Example.com");
        let signed_in = setup(&trial.control, &link.secret, with).await.unwrap();

        let scope = scope_for(&trial.control, signed_in.sign_in).await.unwrap();
        let organisation = orgs::current(&scope, &trial.control).await.unwrap();
        let member = members::current(&scope, &trial.control).await.unwrap();
        assert_eq!(organisation.name, "Acme");
        assert_eq!(
            (member.name.as_str(), member.email.as_str()),
            ("Ada", "ada@example.com")
        );
        assert!(first_start(&trial.control).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_setup_link_used_twice_is_refused() {
    Trial::each(async |trial| {
        let link = founding_link(trial).await;
        setup(
            &trial.control,
            &link.secret,
            filled_in("Acme", "ada@a.example"),
        )
        .await
        .unwrap();

        let again = setup(
            &trial.control,
            &link.secret,
            filled_in("Evil", "eve@e.example"),
        )
        .await;

        assert!(matches!(again, Err(Error::SetupLinkSpent)));
        assert_eq!(trial.count("organisations").await, 1);
        assert_eq!(trial.count("members").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_setup_link_used_by_many_at_once_lets_one_in() {
    Trial::each(async |trial| {
        let link = founding_link(trial).await;
        let tries = (0..8).map(|n| {
            setup(
                &trial.control,
                &link.secret,
                filled_in(&format!("org {n}"), &format!("{n}@x.y")),
            )
        });

        let results = futures::future::join_all(tries).await;

        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert_eq!(trial.count("organisations").await, 1);
        assert_eq!(trial.count("members").await, 1);
    })
    .await;
}

#[tokio::test]
async fn another_link_of_the_first_start_is_worth_nothing_once_one_was_used() {
    Trial::each(async |trial| {
        let (ours, of_another_server) = (founding_link(trial).await, founding_link(trial).await);
        setup(
            &trial.control,
            &ours.secret,
            filled_in("Acme", "ada@a.example"),
        )
        .await
        .unwrap();

        let late = setup(
            &trial.control,
            &of_another_server.secret,
            filled_in("Evil", "eve@e.example"),
        )
        .await;

        assert!(matches!(late, Err(Error::SetupLinkSpent)));
    })
    .await;
}

#[tokio::test]
async fn an_expired_setup_link_is_refused() {
    Trial::each(async |trial| {
        let link = founding_link(trial).await;
        trial
            .clock
            .advance(trial.control.limits().setup_link_lifetime);

        let late = setup(
            &trial.control,
            &link.secret,
            filled_in("Acme", "ada@a.example"),
        )
        .await;

        assert!(matches!(late, Err(Error::SetupLinkSpent)));
        let page = invitation(&trial.control, &link.secret).await;
        assert!(matches!(page, Err(Error::SetupLinkSpent)));
    })
    .await;
}

#[tokio::test]
async fn a_guessed_setup_link_is_refused() {
    Trial::each(async |trial| {
        founding_link(trial).await;
        let guess = SecretString::from("0".repeat(64));
        let answer = setup(&trial.control, &guess, filled_in("Evil", "eve@e.example")).await;
        assert!(matches!(answer, Err(Error::SetupLinkSpent)));
    })
    .await;
}

#[tokio::test]
async fn a_setup_link_survives_a_slip_of_the_finger() {
    Trial::each(async |trial| {
        let link = founding_link(trial).await;
        let mut short = filled_in("Acme", "ada@a.example");
        short.password = SecretString::from("too short");

        let refused = setup(&trial.control, &link.secret, short).await;

        assert!(matches!(
            refused,
            Err(Error::Invalid {
                field: "password",
                ..
            })
        ));
        setup(
            &trial.control,
            &link.secret,
            filled_in("Acme", "ada@a.example"),
        )
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_setup_link_is_kept_only_as_a_hash() {
    use sea_orm::EntityTrait;
    use secrecy::ExposeSecret;
    Trial::each(async |trial| {
        let link = founding_link(trial).await;
        let rows = crate::identity::setup_links::Entity::find()
            .all(trial.control.read())
            .await
            .unwrap();
        let [row] = rows.as_slice() else {
            panic!("one link: {rows:?}")
        };
        assert_eq!(row.secret_hash.len(), 32);
        assert!(!format!("{row:?}").contains(link.secret.expose_secret()));
    })
    .await;
}

#[tokio::test]
async fn a_link_into_an_organisation_lets_its_owner_choose_a_new_password() {
    Trial::each(async |trial| {
        let before = trial.organisation("acme").await;
        let link = link_into(trial, "acme").await;
        let page = invitation(&trial.control, &link.secret).await.unwrap();
        assert_eq!(page.organisation.as_deref(), Some("acme"));
        assert_eq!(
            page.owner,
            Some(("Ada".to_owned(), "owner@acme.example".to_owned()))
        );

        let mut with = filled_in("ignored", "owner@acme.example");
        with.password = SecretString::from("a quite different one");
        let signed_in = setup(&trial.control, &link.secret, with).await.unwrap();

        assert_eq!(
            (signed_in.org, signed_in.member),
            (before.org(), before.member())
        );
        let with_the_old_one = sign_in(
            &trial.control,
            SignIn {
                email: "owner@acme.example".to_owned(),
                password: SecretString::from(PASSWORD),
                address: None,
            },
        )
        .await;
        assert!(matches!(with_the_old_one, Err(Error::SignInRefused)));
        assert_eq!(trial.count("members").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_new_password_ends_every_sign_in_with_the_old_one() {
    Trial::each(async |trial| {
        let stolen = trial.organisation("acme").await;
        let bystander = trial.organisation("globex").await;

        let renewed = trial.owner_by_link("acme", "owner@acme.example").await;

        let replayed = scope_for(&trial.control, stolen.sign_in()).await;
        assert!(matches!(replayed, Err(Error::Unauthenticated)));
        scope_for(&trial.control, renewed.sign_in).await.unwrap();
        scope_for(&trial.control, bystander.sign_in())
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_newer_link_into_an_organisation_replaces_the_older_one() {
    Trial::each(async |trial| {
        trial.organisation("acme").await;
        let older = link_into(trial, "acme").await;
        link_into(trial, "acme").await;
        trial.clock.advance(Duration::from_secs(1));

        let answer = invitation(&trial.control, &older.secret).await;

        assert!(matches!(answer, Err(Error::SetupLinkSpent)));
    })
    .await;
}

#[tokio::test]
async fn a_link_into_one_organisation_cannot_take_an_account_of_another() {
    Trial::each(async |trial| {
        let victim = trial.organisation("globex").await;
        trial.organisation("acme").await;
        let link = link_into(trial, "acme").await;

        let grab = filled_in("acme", "OWNER@globex.example");
        let answer = setup(&trial.control, &link.secret, grab).await;

        assert!(matches!(answer, Err(Error::Conflict(_))));
        let member = members::current(&victim, &trial.control).await.unwrap();
        assert_eq!(member.email, "owner@globex.example");
    })
    .await;
}

#[tokio::test]
async fn a_link_into_an_unknown_organisation_is_not_issued() {
    Trial::each(async |trial| {
        let operator = LocalOperator::at_the_console();
        let answer = issue_setup_link(operator, &trial.control, "nobody").await;
        assert!(matches!(answer, Err(Error::NotFound("organisation"))));
    })
    .await;
}

#[tokio::test]
async fn two_organisations_cannot_have_one_name() {
    Trial::each(async |trial| {
        let operator = LocalOperator::at_the_console();
        orgs::create(operator, &trial.control, "acme")
            .await
            .unwrap();
        let again = orgs::create(operator, &trial.control, " acme ").await;
        assert!(matches!(again, Err(Error::Conflict(_))));
        assert!(first_start(&trial.control).await.unwrap().is_none());
    })
    .await;
}
