use std::time::Duration;

use sea_orm::EntityTrait;
use secrecy::SecretString;

use crate::identity::web_sessions::{WebSession, create, delete, delete_expired, load, save};
use crate::identity::web_sessions_table;
use crate::trial::{NOON, Trial};

fn session(data: &str) -> WebSession {
    WebSession {
        data: data.to_owned(),
        expires_at: NOON + Duration::from_mins(1),
    }
}

#[tokio::test]
async fn a_web_session_is_kept_changed_and_forgotten() {
    Trial::each(async |trial| {
        let (control, id) = (&trial.control, SecretString::from("an id"));
        assert!(create(control, &id, session("1")).await.unwrap());
        save(control, &id, session("2")).await.unwrap();
        assert_eq!(load(control, &id).await.unwrap(), Some(session("2")));
        delete(control, &id).await.unwrap();
        assert_eq!(load(control, &id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_web_session_is_not_started_under_the_id_of_another() {
    Trial::each(async |trial| {
        let (control, id) = (&trial.control, SecretString::from("an id"));
        assert!(create(control, &id, session("first")).await.unwrap());
        assert!(!create(control, &id, session("second")).await.unwrap());
        assert_eq!(load(control, &id).await.unwrap(), Some(session("first")));
    })
    .await;
}

#[tokio::test]
async fn an_expired_web_session_is_gone_before_it_is_swept() {
    Trial::each(async |trial| {
        let (control, id) = (&trial.control, SecretString::from("an id"));
        save(control, &id, session("1")).await.unwrap();
        trial.clock.advance(Duration::from_mins(1));
        assert_eq!(load(control, &id).await.unwrap(), None);
        assert_eq!(trial.count("web_sessions").await, 1);
        delete_expired(control).await.unwrap();
        assert_eq!(trial.count("web_sessions").await, 0);
    })
    .await;
}

#[tokio::test]
async fn sweeping_leaves_what_is_in_use() {
    Trial::each(async |trial| {
        let (control, id) = (&trial.control, SecretString::from("an id"));
        trial.organisation("acme").await;
        save(control, &id, session("1")).await.unwrap();
        delete_expired(control).await.unwrap();
        assert_eq!(load(control, &id).await.unwrap(), Some(session("1")));
        assert_eq!(trial.count("sign_ins").await, 1);
        trial.clock.advance(control.limits().sign_in_lifetime);
        delete_expired(control).await.unwrap();
        assert_eq!(trial.count("sign_ins").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_stolen_database_holds_no_cookie() {
    Trial::each(async |trial| {
        let id = SecretString::from("the value of the cookie");
        save(&trial.control, &id, session("1")).await.unwrap();
        let rows = web_sessions_table::Entity::find()
            .all(trial.control.read())
            .await
            .unwrap();
        let [row] = rows.as_slice() else {
            panic!("one session: {rows:?}")
        };
        let as_id = SecretString::from(String::from_utf8_lossy(&row.id_hash).into_owned());
        assert_eq!(row.id_hash.len(), 32);
        assert_eq!(load(&trial.control, &as_id).await.unwrap(), None);
    })
    .await;
}
