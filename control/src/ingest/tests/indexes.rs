//! What is asked with every ship does not go through all sessions or receipts.

use sea_orm::QueryTrait as _;
use uuid::Uuid;

use crate::ids::OrgId;
use crate::ingest::again::last_of;
use crate::trial::Trial;

#[tokio::test]
async fn the_last_body_of_a_session_is_looked_up_in_an_index_and_its_receipt_by_its_id() {
    Trial::each(async |trial| {
        let org = OrgId::from(Uuid::nil());
        let last = last_of(org, vec![1]).into_query();
        let Some(searches) = trial.searches(&last).await else {
            return;
        };
        let [session, receipt] = &searches[..] else {
            panic!("{searches:?}");
        };
        assert!(
            session.contains("sessions_identity (org_id=? AND identity=?)"),
            "{session}"
        );
        assert!(receipt.starts_with("SEARCH receipts"), "{receipt}");
        assert!(receipt.contains("(id=?)"), "{receipt}");
    })
    .await;
}
