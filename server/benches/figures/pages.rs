//! How long the server takes for the page of a session.

use machinaut_control::sessions::{self, Filter};
use serde_json::Value;

use crate::house::House;
use crate::load::Session;
use crate::table::{Row, Times, best_of, lines, millis, timed, times};

const VISITS: usize = 100;

pub(crate) fn run() -> Vec<Row> {
    vec![page_of(1, "< 30 ms"), page_of(10_000, "< 150 ms")]
}

fn page_of(events: usize, target: &'static str) -> Row {
    let house = House::open();
    let session = Session::grown(3, events, usize::MAX);
    let body = session.body();
    house.caller().ship(&body);
    let filter = Filter::default();
    let listed = sessions::list(&house.scope, house.control(), &filter, None, 10);
    let listed = house.runtime.block_on(listed).unwrap();
    let path = format!("/sessions/{}", listed.sessions[0].id);

    let mut browser = house.browser();
    let visit = |_| {
        let (answer, took) = timed(|| browser.get(&path));
        assert_eq!(answer.status, 200);
        let page = String::from_utf8_lossy(&answer.body);
        assert!(page.contains(session.name()), "the page is of the session");
        took
    };
    let visits = Times::of((0..VISITS).map(visit).collect());
    let parsed = best_of(5, || {
        for line in lines(&body) {
            std::hint::black_box(serde_json::from_slice::<Value>(line).unwrap());
        }
    });
    let slow = visits.percentile(95);
    Row {
        what: format!(
            "page of a session of {} events, 95 of 100",
            session.events()
        ),
        figure: format!(
            "{} (median {})",
            millis(slow),
            millis(visits.percentile(50))
        ),
        floor: format!("{}, serde_json of its lines", millis(parsed)),
        ratio: times(slow, parsed),
        target,
    }
}
