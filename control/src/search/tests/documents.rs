//! What is made of a session for the index, whatever its agent wrote and whatever became of it.

use machinaut_chain::json::{Object, Value};
use machinaut_chain::sample::{Hold, Log, Story};
use machinaut_chain::session::Sensitivity;
use machinaut_chain::timestamp::Instant;
use sea_orm::entity::prelude::*;

use super::freshness::{catch_up, ship_body};
use crate::ids::SessionKey;
use crate::search::document::Document;
use crate::search::{Ask, Facet, Results, find, store};
use crate::sessions::table::segment::{Column, Entity};
use crate::sessions::{self, Filter, SessionRow};
use crate::trial::{NOON, Trial};
use crate::{Control, Scope};

fn log(session: &str) -> Log {
    Log::new(
        "p".parse().unwrap(),
        session.parse().unwrap(),
        "agent:a".parse().unwrap(),
        0,
        Instant::from_millis(NOON.millis()),
    )
}

fn claim(log: &mut Log, id: &str, statement: &str) {
    say(
        log,
        "claim.extracted",
        &[("id", id), ("statement", statement)],
    );
}

fn say(log: &mut Log, event_type: &str, members: &[(&str, &str)]) {
    let members = members.iter().map(|(key, text)| (*key, Value::from(*text)));
    let payload: Object = members.collect();
    log.event(event_type, "0.1.0", payload.into());
}

async fn found(scope: &Scope, control: &Control) -> Results {
    let ask = Ask {
        limit: 100,
        ..Ask::default()
    };
    find(scope, control, &ask).await.unwrap()
}

async fn rows(scope: &Scope, control: &Control) -> Vec<SessionRow> {
    let list = sessions::list(scope, control, &Filter::default(), None, 100).await;
    list.unwrap().sessions
}

#[tokio::test]
async fn values_as_long_as_an_agent_likes_are_cut_before_they_are_indexed() {
    Trial::each(async |trial| {
        let (scope, control) = (trial.organisation("acme").await, &trial.control);
        // A cut of any even length would cut a character in two.
        let giant = format!("abc{}", "ü".repeat(100_000));
        let giants = |names: &[&'static str]| -> Vec<(&str, &str)> {
            names.iter().map(|name| (*name, giant.as_str())).collect()
        };
        let mut log = log("s");
        for (event_type, names) in [
            ("action.proposed", &["id", "tool", "phase"][..]),
            ("decision.made", &["id", "made_by"]),
            ("outcome.observed", &["id", "action_id", "result"]),
            ("belief.adopted", &["id", "truth_status", "security_status"]),
            ("sentinel.alerted", &["alert_id", "severity"]),
        ] {
            say(&mut log, event_type, &giants(names));
        }
        let body = log.ship_body(Sensitivity::Secret);
        ship_body(trial, &trial.machine(&scope).await, body).await;

        let row = rows(&scope, control).await.remove(0);
        let row = sessions::find(control, scope.org(), row.id).await.unwrap();
        let documents = store::at_once(control, &row, u64::MAX)
            .await
            .unwrap()
            .unwrap();
        let told: Vec<&Document> = documents.iter().filter(|one| one.id.is_some()).collect();
        assert_eq!(told.len(), 5);
        for document in told {
            let id = document.id.as_deref().unwrap();
            assert!(giant.starts_with(id) && (1_000..=1_024).contains(&id.len()));
            let is_of_giant = |name: &String| name.len() > 500 && giant.starts_with(name);
            assert!(document.names.iter().any(is_of_giant));
            assert!(document.names.iter().all(|name| name.len() <= 512));
            for facet in Facet::ALL {
                let value = facet.value_of(document).unwrap_or_default();
                assert!(value.len() <= 1_024, "{facet}");
            }
        }

        catch_up(control).await;
        let found = found(&scope, control).await;
        assert_eq!(found.total, 5);
        let tools = found
            .facets
            .iter()
            .find(|counts| counts.facet == Facet::Tool);
        let tools = &tools.unwrap().values;
        assert_eq!(tools.len(), 1);
        assert!(giant.starts_with(&tools[0].value) && tools[0].value.len() <= 1_024);
    })
    .await;
}

#[tokio::test]
async fn a_hold_with_a_long_id_is_found_as_the_hold_that_it_is() {
    Trial::each(async |trial| {
        let (scope, control) = (trial.organisation("acme").await, &trial.control);
        let story = Story {
            project: "p".parse().unwrap(),
            session: "s".parse().unwrap(),
            agent: "agent:a".parse().unwrap(),
            first_seq: 0,
            // As long as ids may be.
            request_id: "€".repeat(1_024),
            action_id: "¥".repeat(1_024),
            held_at: Instant::from_millis(NOON.millis()),
            deadline: None,
        };
        let body = Hold::push_to_main(story)
            .log()
            .ship_body(Sensitivity::Secret);
        ship_body(trial, &trial.machine(&scope).await, body).await;
        assert_eq!(trial.count("holds").await, 1);
        catch_up(control).await;
        let ask = Ask {
            text: "kind:hold".to_owned(),
            ..Ask::default()
        };
        let hits = find(&scope, control, &ask).await.unwrap().hits;
        assert_eq!(hits.len(), 1);
        assert!(hits[0].hold.is_some());
    })
    .await;
}

/// Puts something else in place of what is kept of a session.
async fn damage(control: &Control, session: SessionKey, kept: Column, other: Column) {
    let write = control.begin().await.unwrap();
    Entity::update_many()
        .col_expr(kept, Expr::col(other))
        .filter(Column::Session.eq(session))
        .exec(&*write)
        .await
        .unwrap();
    write.commit().await.unwrap();
}

/// Sessions that are told at once or piece by piece, some of which cannot be read any more, between two
/// that can. Each has one claim whose id is the name of the session, and may have more.
async fn some_cannot_be_read(trial: &Trial, scope: &Scope) {
    let shipper = trial.machine(scope).await;
    let statement = "word ".repeat(40_000);
    let damages = [
        (Column::Lines, Column::Commitments),
        (Column::Commitments, Column::Lines),
    ];
    let sound = |name: &str| {
        let mut log = log(name);
        claim(&mut log, name, "a claim");
        log
    };
    let ship =
        async |log: Log| ship_body(trial, &shipper, log.ship_body(Sensitivity::Secret)).await;
    ship(sound("the first")).await;
    for (number, (kept, other)) in (0..).zip(damages) {
        for statement in ["short", &statement] {
            let name = format!("broken {number} {}", statement.len());
            let mut log = sound(&name);
            claim(&mut log, "another", statement);
            ship(log).await;
            let rows = rows(scope, &trial.control).await;
            let row = rows.iter().find(|row| row.session_id == name).unwrap();
            damage(&trial.control, row.id, kept, other).await;
        }
    }
    ship(sound("the last")).await;
    assert_eq!(rows(scope, &trial.control).await.len(), 6);
}

async fn ids(scope: &Scope, control: &Control) -> Vec<String> {
    let hits = found(scope, control).await.hits.into_iter();
    let mut ids: Vec<String> = hits.filter_map(|hit| hit.id).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn a_session_that_cannot_be_read_is_passed_over_and_those_behind_it_are_indexed() {
    Trial::each(async |trial| {
        let (scope, control) = (trial.organisation("acme").await, &trial.control);
        catch_up(control).await;
        some_cannot_be_read(trial, &scope).await;
        catch_up(control).await;
        assert_eq!(ids(&scope, control).await, ["the first", "the last"]);
    })
    .await;
}

#[tokio::test]
async fn an_index_is_built_although_some_sessions_cannot_be_read() {
    Trial::each(async |trial| {
        let (scope, control) = (trial.organisation("acme").await, &trial.control);
        some_cannot_be_read(trial, &scope).await;
        // It has no mark, so that it is built from the store.
        catch_up(control).await;
        assert_eq!(ids(&scope, control).await, ["the first", "the last"]);
    })
    .await;
}
