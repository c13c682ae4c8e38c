use std::time::Duration;

use super::bench::{Bench, Line, body, line};
use crate::sessions::{self, Filter};
use crate::trial::Trial;

#[tokio::test]
async fn a_long_session_is_kept_in_many_segments_and_read_as_one() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let note: &'static str = "x".repeat(2_000).leak();
        let records: Vec<Line> = (0..1_000)
            .map(|seq| Line {
                note,
                ..line(seq, "e")
            })
            .collect();
        let shipped = body(&records);
        bench.ship(&shipped.bytes()).await.unwrap();
        assert!(trial.count("segments").await > 3);
        let expected: Vec<String> = records.iter().map(Line::text).collect();
        assert_eq!(bench.records().await, expected);
    })
    .await;
}

#[tokio::test]
async fn lists_go_on_where_they_stopped_and_find_what_is_asked_for() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        for number in 0..5 {
            let body = String::from_utf8(body(&[line(3, "a")]).bytes()).unwrap();
            let body = body.replace(
                "\"session_id\":\"s\"",
                &format!("\"session_id\":\"Run_{number}\""),
            );
            bench.ship(body.as_bytes()).await.unwrap();
            trial.clock.advance(Duration::from_secs(1));
        }
        let (scope, control) = (&bench.scope, &trial.control);
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = sessions::list(scope, control, &Filter::default(), after, 2)
                .await
                .unwrap();
            seen.extend(page.sessions.into_iter().map(|row| row.session_id));
            after = match page.next {
                Some(next) => Some(next.to_string().parse().unwrap()),
                None => break,
            };
        }
        assert_eq!(seen, ["Run_4", "Run_3", "Run_2", "Run_1", "Run_0"]);
        let find = async |text: &str| {
            let filter = Filter {
                text: Some(text.to_owned()),
                ..Filter::default()
            };
            sessions::list(scope, control, &filter, None, 100)
                .await
                .unwrap()
                .sessions
                .len()
        };
        assert_eq!(
            (find("run_3").await, find("run").await, find("run%3").await),
            (1, 5, 0)
        );
        assert_eq!(sessions::projects(scope, control).await.unwrap(), ["p"]);
        let flagged = Filter {
            flagged: true,
            ..Filter::default()
        };
        assert!(
            sessions::list(scope, control, &flagged, None, 9)
                .await
                .unwrap()
                .sessions
                .is_empty()
        );
    })
    .await;
}
