use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;

use super::{ApproverKey, NewKey, Tier, approver, authorized_keys_snippet, list, register, revoke};
use crate::ids::KeyId;
use crate::live::Topic;
use crate::trial::{NOON, Trial};
use crate::{Error, Result, Scope};

fn pem(seed: u8) -> String {
    let pair = SigningKey::from_bytes(&[seed; 32]);
    pair.verifying_key()
        .to_public_key_pem(LineEnding::LF)
        .unwrap()
}

async fn pin(trial: &Trial, scope: &Scope, approver_id: &str, seed: u8) -> Result<ApproverKey> {
    let new = NewKey {
        approver_id: approver_id.parse().unwrap(),
        label: "phone".to_owned(),
        public_key: pem(seed),
    };
    register(scope, &trial.control, new).await
}

#[tokio::test]
async fn a_registered_key_is_listed_as_the_members_own() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let mut live = trial.control.live().subscribe(scope.org());

        let key = pin(trial, &scope, "ada@phone", 1).await.unwrap();

        assert_eq!((key.member, key.tier), (scope.member(), Tier::CustomerHeld));
        assert_eq!((key.public_key.clone(), key.created_at), (pem(1), NOON));
        assert!(
            key.fingerprint.starts_with("SHA256:"),
            "{}",
            key.fingerprint
        );
        assert_eq!(list(&scope, &trial.control).await.unwrap(), [key]);
        assert_eq!(live.next().await, Topic::Keys);
    })
    .await;
}

#[tokio::test]
async fn the_snippet_pins_exactly_this_key_under_exactly_this_approver() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let key = pin(trial, &scope, "a\"da@phone", 1).await.unwrap();

        let snippet = authorized_keys_snippet(&scope, &trial.control, key.id)
            .await
            .unwrap();

        let config: serde_json::Value = serde_json::from_str(&format!("{{{snippet}}}")).unwrap();
        let pinned = serde_json::json!({
            "authorized_keys": [{ "actor_id": "a\"da@phone", "public_key": pem(1) }]
        });
        assert_eq!(config, pinned);
    })
    .await;
}

#[tokio::test]
async fn one_approver_id_has_one_key_for_ever() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let key = pin(trial, &scope, "ada@phone", 1).await.unwrap();
        let second = pin(trial, &scope, "ada@phone", 2).await;
        assert!(matches!(second, Err(Error::Conflict(_))));
        revoke(&scope, &trial.control, key.id).await.unwrap();
        let after_revocation = pin(trial, &scope, "ada@phone", 2).await;
        assert!(matches!(after_revocation, Err(Error::Conflict(_))));
    })
    .await;
}

#[tokio::test]
async fn one_key_cannot_stand_for_two_approvers() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        pin(trial, &scope, "ada@phone", 1).await.unwrap();
        let again = pin(trial, &scope, "ada@desk", 1).await;
        assert!(matches!(again, Err(Error::Conflict(_))));
        assert_eq!(trial.count("approver_keys").await, 1);
    })
    .await;
}

#[tokio::test]
async fn organisations_choose_approver_ids_without_knowing_of_each_other() {
    Trial::each(async |trial| {
        let (acme, globex) = (
            trial.organisation("acme").await,
            trial.organisation("globex").await,
        );
        let ours = pin(trial, &acme, "ada@phone", 1).await.unwrap();
        let theirs = pin(trial, &globex, "ada@phone", 1).await.unwrap();
        assert_eq!(
            list(&acme, &trial.control).await.unwrap(),
            std::slice::from_ref(&ours)
        );
        let found = approver(trial.control.read(), globex.org(), &ours.approver_id)
            .await
            .unwrap();
        assert_eq!(found, Some(theirs));
    })
    .await;
}

#[tokio::test]
async fn a_revoked_key_stays_on_record() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let key = pin(trial, &scope, "ada@phone", 1).await.unwrap();
        revoke(&scope, &trial.control, key.id).await.unwrap();
        trial.clock.advance(std::time::Duration::from_mins(1));
        revoke(&scope, &trial.control, key.id).await.unwrap();
        let revoked = ApproverKey {
            revoked_at: Some(NOON),
            ..key
        };
        assert_eq!(list(&scope, &trial.control).await.unwrap(), [revoked]);
    })
    .await;
}

#[tokio::test]
async fn a_key_of_another_organisation_does_not_exist() {
    Trial::each(async |trial| {
        let owner = trial.organisation("acme").await;
        let stranger = trial.organisation("globex").await;
        let key = pin(trial, &owner, "ada@phone", 1).await.unwrap();

        for id in [key.id, KeyId::mint(&trial.control)] {
            let revoked = revoke(&stranger, &trial.control, id).await;
            assert!(matches!(revoked, Err(Error::NotFound("key"))));
            let snippet = authorized_keys_snippet(&stranger, &trial.control, id).await;
            assert!(matches!(snippet, Err(Error::NotFound("key"))));
        }
        assert_eq!(list(&stranger, &trial.control).await.unwrap(), []);
        assert_eq!(list(&owner, &trial.control).await.unwrap(), [key]);
    })
    .await;
}

#[tokio::test]
async fn a_private_key_leaves_no_trace() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let new = NewKey {
            approver_id: "ada@phone".parse().unwrap(),
            label: "phone".to_owned(),
            public_key: pem(1).replace("PUBLIC", "PRIVATE"),
        };
        let answer = register(&scope, &trial.control, new).await;
        assert!(matches!(answer, Err(Error::Invalid { field: "key", .. })));
        assert_eq!(trial.count("approver_keys").await, 0);
    })
    .await;
}
