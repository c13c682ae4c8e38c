//! What is asked with every ship and for every inbox does not go through all holds of an organisation.

use sea_orm::QueryTrait as _;
use uuid::Uuid;

use crate::holds::known::named_so;
use crate::holds::row::may_wait;
use crate::ids::OrgId;
use crate::trial::Trial;

#[tokio::test]
async fn the_names_of_a_hold_are_looked_up_in_an_index_each() {
    Trial::each(async |trial| {
        let org = OrgId::from(Uuid::nil());
        let names = named_so(org, vec![vec![1], vec![2]], vec![vec![3], vec![4]]);
        let Some(searches) = trial.searches(&names).await else {
            return;
        };
        let [request, action] = &searches[..] else {
            panic!("{searches:?}");
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
        let Some(searches) = trial.searches(&waiting).await else {
            return;
        };
        let [search] = &searches[..] else {
            panic!("{searches:?}");
        };
        assert!(search.contains("holds_waiting (org_id=?)"), "{search}");
    })
    .await;
}
