//! What is asked with every ship and for every inbox does not go through all holds of an organisation.

use sea_orm::{ConnectionTrait, DbBackend, QueryTrait, StatementBuilder};
use uuid::Uuid;

use crate::Control;
use crate::holds::known::named_so;
use crate::holds::row::may_wait;
use crate::ids::OrgId;
use crate::trial::Trial;

#[tokio::test]
async fn the_names_of_a_hold_are_looked_up_in_an_index_each() {
    Trial::each(async |trial| {
        let org = OrgId::from(Uuid::nil());
        let names = named_so(org, vec![vec![1], vec![2]], vec![vec![3], vec![4]]);
        let Some(plan) = plan(&trial.control, &names).await else {
            return;
        };
        let [request, action] = searches(&plan)[..] else {
            panic!("{plan:?}");
        };
        assert!(request.contains("holds_request (org_id=? AND request_key=?)"));
        assert!(action.contains("holds_action (org_id=? AND action_key=?)"));
    })
    .await;
}

#[tokio::test]
async fn the_inbox_looks_through_no_hold_that_has_ended() {
    Trial::each(async |trial| {
        let org = OrgId::from(Uuid::nil());
        let waiting = may_wait(org, trial.control.now()).into_query();
        let Some(plan) = plan(&trial.control, &waiting).await else {
            return;
        };
        let [search] = searches(&plan)[..] else {
            panic!("{plan:?}");
        };
        assert!(search.contains("holds_waiting (org_id=?)"), "{search}");
    })
    .await;
}

/// How SQLite goes about a question. PostgreSQL decides by how many rows there are.
async fn plan(control: &Control, question: &impl StatementBuilder) -> Option<Vec<String>> {
    if control.read().get_database_backend() != DbBackend::Sqlite {
        return None;
    }
    let mut statement = DbBackend::Sqlite.build(question);
    statement.sql.insert_str(0, "EXPLAIN QUERY PLAN ");
    let rows = control.read().query_all_raw(statement).await.unwrap();
    let steps = rows.iter().map(|row| row.try_get("", "detail").unwrap());
    Some(steps.collect())
}

fn searches(plan: &[String]) -> Vec<&str> {
    let steps = plan.iter().map(String::as_str);
    steps
        .filter(|step| step.starts_with("SEARCH") || step.starts_with("SCAN"))
        .collect()
}
