//! Search, as a page asks for it.

use machinaut_control::trial::Trial;

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_finds_no_turn_is_told_when_to_come_back() {
    House::each(async |house| {
        let cookie = house.cookie().await;
        let headers = [("sec-fetch-site", "same-origin"), ("cookie", &*cookie)];
        let search = async || {
            let form = "address=q%3Dpush";
            house.post_form("/api/search", &headers, form).await
        };
        let others = Trial::every_search(&house.trial.control, &house.scope).await;
        let refused = search().await;
        assert_eq!(refused.status.as_u16(), 503, "{refused:?}");
        let seconds: u64 = refused.header("retry-after").parse().unwrap();
        assert!(seconds > 0);
        assert!(refused.body.contains("later"), "{refused:?}");
        assert!(refused.body.contains("The server is busy"), "{refused:?}");
        drop(others);
        let found = search().await;
        assert_eq!(found.status.as_u16(), 200, "{found:?}");
    })
    .await;
}
