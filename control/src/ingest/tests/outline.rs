use futures::FutureExt as _;
use sea_orm::ConnectionTrait as _;

use super::bench::{Bench, Line, body, line, lodestar};
use crate::Error;
use crate::ids::SessionKey;
use crate::sessions::{self, Outline};
use crate::trial::Trial;

async fn outline(bench: &Bench<'_>, id: SessionKey) -> Outline {
    sessions::outline(&bench.scope, &bench.trial.control, id)
        .await
        .unwrap()
}

/// Whatever is read by its place is as it is in the whole session, whichever others are read with it.
async fn reads_as_the_whole(bench: &Bench<'_>, what: &str) {
    let (scope, control) = (&bench.scope, &bench.trial.control);
    for row in bench.sessions().await {
        let outline = outline(bench, row.id).await;
        let whole = sessions::read_in(control, scope.org(), row.id)
            .await
            .unwrap();
        let backwards: Vec<usize> = (0..outline.events().len()).rev().collect();
        let mut read = outline.read(control, &backwards).await.unwrap();
        read.reverse();
        assert_eq!(read, whole.events(), "{what}");
        for (place, event) in whole.events().iter().enumerate().step_by(7) {
            let one = outline.read(control, &[place]).await.unwrap();
            assert_eq!(one, std::slice::from_ref(event), "{what}");
            let is_same = {
                let event_type = event.event_type().to_owned();
                move |other: &str| other == event_type
            };
            let of_type = outline.of_type(control, is_same).await.unwrap();
            let expected: Vec<usize> = (0..)
                .zip(whole.events())
                .filter(|(_, other)| other.event_type() == event.event_type())
                .map(|(place, _)| place)
                .collect();
            assert_eq!(of_type, expected, "{what}");
        }
    }
}

#[tokio::test]
async fn events_that_are_read_alone_are_as_they_stand_in_the_whole_session() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let withheld = Line {
            withheld: true,
            ..line(4, "b")
        };
        let first = [
            line(3, "a"),
            withheld,
            line(9, "d"),
            line(9, "e"),
            line(12, "a"),
        ];
        bench.ship(&body(&first).bytes()).await.unwrap();
        reads_as_the_whole(&bench, "as it came first").await;
        let again = [
            line(3, "a"),
            line(4, "b"),
            line(6, "pushed in"),
            line(9, "d"),
            line(9, "e"),
            line(12, "a"),
            line(13, "f"),
        ];
        bench.ship(&body(&again).bytes()).await.unwrap();
        assert!(trial.count("segments").await > 1);
        reads_as_the_whole(&bench, "with its end and what it revealed").await;
    })
    .await;
}

#[tokio::test]
async fn events_of_real_sessions_are_read_alone_as_in_the_whole() {
    let Some(data) = lodestar() else { return };
    let trial = Trial::sqlite().await;
    let mut count = 0;
    for session in std::fs::read_dir(data.join("sessions")).unwrap() {
        let folder = session.unwrap().path();
        let Ok(internal) = std::fs::read(folder.join("ship-internal.ndjson")) else {
            continue;
        };
        let secret = std::fs::read(folder.join("ship-secret.ndjson")).unwrap();
        count += 1;
        let name = format!("s{count}");
        let scope = trial.organisation(&name).await;
        let shipper = trial.machine(&scope).await;
        let bench = Bench {
            trial: &trial,
            scope,
            shipper,
        };
        bench.ship(&internal).await.unwrap();
        bench.ship(&secret).await.unwrap();
        reads_as_the_whole(&bench, &folder.display().to_string()).await;
    }
    assert!(count > 30, "{count}");
}

#[tokio::test]
async fn a_page_of_a_long_session_opens_no_record_that_it_does_not_show() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let note: &'static str = "x".repeat(2_000).leak();
        let records: Vec<Line> = (0..1_000)
            .map(|seq| Line {
                note,
                ..line(seq, format!("e{seq}").leak())
            })
            .collect();
        bench.ship(&body(&records).bytes()).await.unwrap();
        let id = bench.only_session().await.row.id;
        let damage = "UPDATE segments SET lines = commitments WHERE ordinal > 0";
        let control = &trial.control;
        let write = control.begin().await.unwrap();
        write.execute_unprepared(damage).await.unwrap();
        write.commit().await.unwrap();

        let outline = outline(&bench, id).await;
        assert_eq!(outline.events().len(), 1_000);
        let first: Vec<usize> = (0..200).collect();
        assert_eq!(outline.read(control, &first).await.unwrap().len(), 200);
        let event = sessions::event(&bench.scope, control, id, 150, None)
            .await
            .unwrap();
        assert_eq!(event.line, records[150].text().into_bytes());
        let beside = (event.previous.unwrap().seq, event.next.unwrap().seq);
        assert_eq!((beside, event.of), ((149, 151), 1_000));
        // The damage shows where it is.
        let last = outline.read(control, &[999]).await;
        assert!(matches!(last, Err(Error::Broken(_))), "{last:?}");
    })
    .await;
}

#[tokio::test]
async fn a_huge_record_waits_for_room_and_a_page_of_short_ones_does_not() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let short: &'static str = "x".repeat(2_000).leak();
        let huge: &'static str = "x".repeat(10 * 1024 * 1024).leak();
        // The huge one is in one segment with many short ones.
        let mut records: Vec<Line> = (0..=400)
            .map(|seq| Line {
                note: short,
                ..line(seq, format!("e{seq}").leak())
            })
            .collect();
        records[400].note = huge;
        bench.ship(&body(&records).bytes()).await.unwrap();
        assert_eq!(trial.count("segments").await, 2);
        let control = &trial.control;
        let outline = outline(&bench, bench.only_session().await.row.id).await;

        let room = control.reading_room();
        let another = room.enter(u64::MAX).await.unwrap();
        let mut huge = Box::pin(outline.read(control, &[400]));
        assert!((&mut huge).now_or_never().is_none());
        let page: Vec<usize> = (0..200).collect();
        assert_eq!(outline.read(control, &page).await.unwrap().len(), 200);
        drop(another);
        // Whoever waits for the room has it at once, before it reads anything.
        assert!(room.enter(u64::MAX).now_or_never().is_none());
        assert_eq!(huge.await.unwrap().len(), 1);
        assert!(room.enter(u64::MAX).now_or_never().is_some());
    })
    .await;
}
