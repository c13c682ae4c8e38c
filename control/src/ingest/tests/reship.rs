use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use machinaut_chain::session::{FindingKind, Sensitivity};
use machinaut_chain::ship::Manifest;
use sea_orm::ConnectionTrait as _;

use super::bench::{Bench, Line, body, line};
use crate::ingest::reading::{self, Arrived};
use crate::ingest::spool::Spool;
use crate::ingest::{self, Encoding, again};
use crate::sessions::{self, IncidentKind};
use crate::trial::Trial;
use crate::{Control, Error};

fn withheld(seq: u64, id: &'static str) -> Line {
    Line {
        withheld: true,
        ..line(seq, id)
    }
}

#[tokio::test]
async fn a_grown_session_appends_its_end() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        bench
            .ship(&body(&[line(3, "a"), line(4, "b")]).bytes())
            .await
            .unwrap();
        bench.trial.clock.advance(Duration::from_mins(1));
        let grown = body(&[line(3, "a"), line(4, "b"), line(9, "c")]);
        let receipt = bench.ship(&grown.bytes()).await.unwrap();
        assert_eq!(
            (receipt.received, receipt.appended, receipt.unchanged),
            (3, 1, 2)
        );
        let page = bench.only_session().await;
        assert_eq!(
            (page.row.events, page.row.ships, page.receipts.len()),
            (3, 2, 2)
        );
        assert_eq!((page.row.first_seq, page.row.last_seq), (3, 9));
        assert_eq!(
            page.receipts[0]
                .received_at
                .since(page.receipts[1].received_at)
                .as_secs(),
            60
        );
        let expected: Vec<String> = grown.records.iter().map(Line::text).collect();
        assert_eq!(bench.records().await, expected);
        assert_eq!(trial.count("segments").await, 2);
    })
    .await;
}

#[tokio::test]
async fn the_same_body_again_costs_a_receipt_and_nothing_else() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let same = body(&[line(3, "a"), withheld(4, "b")]).bytes();
        let first = bench.ship(&same).await.unwrap();
        let second = bench.ship(&same).await.unwrap();
        assert_ne!(first.receipt_id, second.receipt_id);
        assert_eq!(
            (second.received, second.appended, second.unchanged),
            (2, 0, 2)
        );
        assert_eq!(
            (second.redacted, &second.body_sha256),
            (1, &first.body_sha256)
        );
        assert_eq!(
            (trial.count("segments").await, trial.count("receipts").await),
            (1, 2)
        );
        assert_eq!(bench.only_session().await.row.ships, 2);
    })
    .await;
}

#[tokio::test]
async fn the_same_body_again_is_recognised_before_anything_of_it_is_parsed() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let same = body(&[line(3, "a"), line(4, "b")]).bytes();
        bench.ship(&same).await.unwrap();
        // Here no event could be read, neither of what comes nor of what is kept.
        let strict = trial.with_limits(|limits| limits.nesting = 1).await;
        let damage = "UPDATE segments SET commitments = lines";
        let write = trial.control.begin().await.unwrap();
        write.execute_unprepared(damage).await.unwrap();
        write.commit().await.unwrap();
        let ship = async |body: &[u8]| {
            let pieces = [Ok(Bytes::copy_from_slice(body))];
            let pieces = futures::stream::iter(pieces);
            let plain = Encoding::Identity;
            ingest::receive(&bench.shipper, &strict, pieces, None, plain).await
        };
        trial.clock.advance(Duration::from_secs(1));
        let again = ship(&same).await.unwrap();
        assert_eq!((again.received, again.unchanged), (2, 2));
        let other = ship(&body(&[line(3, "a"), line(4, "c")]).bytes()).await;
        assert!(other.is_err(), "{other:?}");
        strict.close().await.unwrap();
    })
    .await;
}

async fn manifest_of(control: &Control, body: &[u8]) -> Manifest {
    let pieces = futures::stream::iter([Ok(Bytes::copy_from_slice(body))]);
    let spool = Spool::collect(pieces, None, u64::MAX, control.ship_room(), 0);
    let arrived = Arrived {
        spool: spool.await.unwrap(),
        encoding: Encoding::Identity,
    };
    reading::manifest(&arrived, control.limits()).unwrap()
}

#[tokio::test]
async fn the_same_body_that_another_server_receipts_in_between_is_not_looked_at_again() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let same = body(&[line(3, "a"), line(4, "b")]).bytes();
        bench.ship(&same).await.unwrap();
        let control = &trial.control;
        let manifest = manifest_of(control, &same).await;
        let last = again::find(control, bench.scope.org(), &manifest).await;
        let last = last.unwrap().unwrap();
        let second = trial.second_server().await;
        let theirs = bench.ship_to(&second, &same).await.unwrap();
        let ours = again::once_more(&bench.shipper, control, &manifest, last).await;
        let ours = ours.unwrap().expect("it is still the last body");
        assert_ne!(ours.receipt_id, theirs.receipt_id);
        assert_eq!((ours.received, ours.unchanged), (2, 2));
        let page = bench.only_session().await;
        assert_eq!((page.row.ships, page.receipts.len()), (3, 3));
        second.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_body_is_not_the_last_one_again_where_another_server_took_another_one_in_between() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let short = body(&[line(3, "a")]).bytes();
        bench.ship(&short).await.unwrap();
        let control = &trial.control;
        let manifest = manifest_of(control, &short).await;
        let last = again::find(control, bench.scope.org(), &manifest).await;
        let last = last.unwrap().unwrap();
        let second = trial.second_server().await;
        let grown = body(&[line(3, "a"), line(4, "b")]).bytes();
        bench.ship_to(&second, &grown).await.unwrap();
        let before = bench.everything().await;
        let ours = again::once_more(&bench.shipper, control, &manifest, last.clone()).await;
        assert!(ours.unwrap().is_none());
        assert_eq!(bench.everything().await, before);
        let gone = bench.only_session().await.row.id;
        sessions::delete(&bench.scope, control, gone).await.unwrap();
        let ours = again::once_more(&bench.shipper, control, &manifest, last).await;
        assert!(ours.unwrap().is_none());
        assert_eq!(trial.count("receipts").await, 0);
        second.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_same_body_that_many_servers_get_at_once_is_receipted_by_each_of_them() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let same = body(&[line(3, "a"), line(4, "b")]).bytes();
        bench.ship(&same).await.unwrap();
        let mut servers = Vec::new();
        for _ in 0..12 {
            servers.push(trial.with_limits(|_| ()).await);
        }
        let ships = servers.iter().map(|server| bench.ship_to(server, &same));
        let receipts = futures::future::try_join_all(ships).await.unwrap();
        assert!(receipts.iter().all(|receipt| receipt.unchanged == 2));
        let ids: HashSet<_> = receipts.iter().map(|receipt| receipt.receipt_id).collect();
        assert_eq!(ids.len(), 12);
        assert_eq!(bench.only_session().await.row.ships, 13);
        assert_eq!(trial.count("receipts").await, 13);
        for server in servers {
            server.close().await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn another_body_of_the_same_length_is_not_taken_for_the_last_one() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        bench.ship(&body(&[line(3, "a")]).bytes()).await.unwrap();
        let rewritten = body(&[Line {
            actor: "agent:b",
            ..line(3, "a")
        }]);
        assert!(matches!(
            bench.ship(&rewritten.bytes()).await,
            Err(Error::Rewritten { .. })
        ));
        let other = body(&[line(4, "b")]).bytes();
        assert_eq!(bench.ship(&other).await.unwrap().appended, 1);
    })
    .await;
}

#[tokio::test]
async fn what_was_withheld_is_revealed_and_stays_open() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let low = body(&[line(3, "a"), withheld(4, "b")]);
        bench.ship(&low.bytes()).await.unwrap();
        assert_eq!(bench.only_session().await.row.withheld, 1);
        let mut high = body(&[line(3, "a"), line(4, "b")]);
        high.ceiling = "secret";
        let receipt = bench.ship(&high.bytes()).await.unwrap();
        assert_eq!(
            (receipt.appended, receipt.revealed, receipt.unchanged),
            (0, 1, 1)
        );
        let receipt = bench.ship(&low.bytes()).await.unwrap();
        assert_eq!(
            (receipt.appended, receipt.revealed, receipt.unchanged),
            (0, 0, 2)
        );
        let page = bench.only_session().await;
        assert_eq!((page.row.events, page.row.withheld), (2, 0));
        assert_eq!(
            (page.row.ceiling, page.receipts[0].ceiling),
            (Sensitivity::Secret, Sensitivity::Internal)
        );
        assert_eq!(
            page.row.summary.withheld, 0,
            "the summary sees what is open"
        );
        let open: Vec<String> = high.records.iter().map(Line::text).collect();
        assert_eq!(bench.records().await, open);
        assert!(page.findings.is_empty() && page.incidents.is_empty());
    })
    .await;
}

#[tokio::test]
async fn rewriting_is_refused_and_an_incident_keeps_both_commitments() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        bench
            .ship(&body(&[line(3, "a"), line(4, "b")]).bytes())
            .await
            .unwrap();
        let kept = bench.records().await;
        let forged = body(&[
            line(3, "a"),
            Line {
                note: "another note",
                ..line(4, "b")
            },
            line(5, "c"),
        ]);
        for times in 1..=2 {
            let error = bench.ship(&forged.bytes()).await.unwrap_err();
            assert_eq!(error.status(), 409);
            let page = bench.only_session().await;
            assert_eq!(
                (page.row.events, page.row.ships, page.row.incidents),
                (2, 1, 1)
            );
            let incident = &page.incidents[0];
            assert_eq!((incident.kind, incident.seq), (IncidentKind::Rewritten, 4));
            assert_eq!((incident.event_id.as_str(), incident.times), ("b", times));
            let Error::Rewritten { kept, offered, .. } = &error else {
                panic!("{error}")
            };
            assert_eq!(
                (&incident.kept, incident.offered.as_ref()),
                (kept, Some(offered))
            );
            assert_ne!(kept, offered);
        }
        assert_eq!(bench.records().await, kept);
        assert_eq!(trial.count("receipts").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_changed_envelope_under_the_same_payload_is_a_rewrite_too() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        bench
            .ship(&body(&[withheld(3, "a")]).bytes())
            .await
            .unwrap();
        let forged = body(&[Line {
            actor: "human:root",
            ..withheld(3, "a")
        }]);
        assert!(matches!(
            bench.ship(&forged.bytes()).await,
            Err(Error::Rewritten { seq: 3, .. })
        ));
    })
    .await;
}

#[tokio::test]
async fn vanishing_does_not_fail_the_ship_and_is_noticed() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        bench
            .ship(&body(&[line(3, "a"), line(4, "b"), line(5, "c")]).bytes())
            .await
            .unwrap();
        let cut = body(&[line(4, "b")]).bytes();
        let receipt = bench.ship(&cut).await.unwrap();
        assert_eq!((receipt.received, receipt.unchanged), (1, 1));
        assert_eq!(receipt.findings.len(), 1);
        assert_eq!(
            (receipt.findings[0].kind, receipt.findings[0].count),
            (FindingKind::VanishedFromLog, 2)
        );
        let page = bench.only_session().await;
        assert_eq!(
            (page.row.events, page.row.findings, page.row.incidents),
            (3, 2, 2)
        );
        let mut incidents: Vec<_> = page
            .incidents
            .iter()
            .map(|incident| (incident.seq, incident.kind, incident.events))
            .collect();
        incidents.sort_by_key(|(seq, ..)| *seq);
        assert_eq!(
            incidents,
            [
                (3, IncidentKind::Vanished, 1),
                (5, IncidentKind::RolledBack, 1)
            ],
            "its beginning is gone, and its end went back"
        );
        assert!(page.incidents.iter().all(|one| one.offered.is_none()));
        assert_eq!(bench.records().await.len(), 3);
        assert_eq!(page.row.summary.events, 3, "the summary sees what vanished");
    })
    .await;
}

#[tokio::test]
async fn an_event_pushed_in_behind_is_kept_and_found() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        bench
            .ship(&body(&[line(3, "a"), line(9, "b")]).bytes())
            .await
            .unwrap();
        let pushed = body(&[line(3, "a"), line(5, "x"), line(9, "b")]);
        let receipt = bench.ship(&pushed.bytes()).await.unwrap();
        assert_eq!(receipt.appended, 1);
        assert_eq!(receipt.findings[0].kind, FindingKind::InsertedBehind);
        let shipped: Vec<String> = pushed.records.iter().map(Line::text).collect();
        assert_eq!(bench.records().await, shipped, "in the order of the log");
    })
    .await;
}

#[tokio::test]
async fn another_payload_under_the_hash_of_a_known_one_is_noticed_and_not_taken() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let honest = body(&[line(3, "a")]);
        bench.ship(&honest.bytes()).await.unwrap();
        let forged = body(&[Line {
            tampered: Some("a lie"),
            ..line(3, "a")
        }]);
        let receipt = bench.ship(&forged.bytes()).await.unwrap();
        assert_eq!((receipt.unchanged, receipt.findings.len()), (1, 1));
        let page = bench.only_session().await;
        assert_eq!(page.incidents.len(), 1);
        assert_eq!(page.incidents[0].kind, IncidentKind::PayloadAltered);
        assert_eq!(page.findings[0].kind, FindingKind::PayloadHashMismatch);
        assert_eq!(bench.records().await, [honest.records[0].text()]);
    })
    .await;
}

#[tokio::test]
async fn a_payload_that_did_not_match_is_replaced_by_the_one_that_does_and_stays_flagged() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        bench
            .ship(
                &body(&[Line {
                    tampered: Some("a lie"),
                    ..line(3, "a")
                }])
                .bytes(),
            )
            .await
            .unwrap();
        let honest = body(&[line(3, "a")]);
        assert_eq!(bench.ship(&honest.bytes()).await.unwrap().revealed, 1);
        assert_eq!(bench.records().await, [honest.records[0].text()]);
        assert_eq!(bench.only_session().await.row.findings, 1);
    })
    .await;
}

#[tokio::test]
async fn two_first_ships_of_one_session_at_once_make_one_session() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let short = body(&[line(3, "a")]).bytes();
        let long = body(&[line(3, "a"), line(4, "b")]).bytes();
        let (one, other, third) =
            tokio::join!(bench.ship(&short), bench.ship(&long), bench.ship(&long));
        let appended = one.unwrap().appended + other.unwrap().appended + third.unwrap().appended;
        assert_eq!(appended, 2);
        let page = bench.only_session().await;
        assert_eq!((page.row.events, page.row.ships), (2, 3));
    })
    .await;
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_no_trace() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let before = bench.everything().await;
        let whole = body(&[line(3, "a"), line(4, "b")]).bytes();
        let half = Bytes::copy_from_slice(&whole[..whole.len() / 2]);
        let pieces = futures::stream::iter([Ok(half), Err(Error::Interrupted)]);
        let shipped = ingest::receive(
            &bench.shipper,
            &trial.control,
            pieces,
            None,
            Encoding::Identity,
        )
        .await;
        assert!(matches!(shipped, Err(Error::Interrupted)));
        assert_eq!(bench.everything().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_whether_it_says_so_or_not() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let limit = trial.control.limits().ship_body_bytes;
        let nothing = futures::stream::iter([Ok(Bytes::from_static(b"x"))]);
        let said = ingest::receive(
            &bench.shipper,
            &trial.control,
            nothing,
            Some(limit + 1),
            Encoding::Identity,
        )
        .await;
        assert!(matches!(said, Err(Error::TooLarge { .. })));
        let mebibyte = Bytes::from(vec![b' '; 1 << 20]);
        let pieces = usize::try_from(limit >> 20).unwrap() + 1;
        let endless = futures::stream::iter(std::iter::repeat_n(mebibyte, pieces).map(Ok));
        let unsaid = ingest::receive(
            &bench.shipper,
            &trial.control,
            endless,
            None,
            Encoding::Identity,
        )
        .await;
        assert!(matches!(
            unsaid,
            Err(Error::TooLarge { .. } | Error::Malformed { .. })
        ));
        assert!(bench.sessions().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn slow_senders_hold_up_nobody() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let whole = body(&[line(3, "a")]).bytes();
        let begun = Bytes::copy_from_slice(&whole[..200]);
        let slow = || {
            let pieces = futures::stream::iter([Ok(begun.clone())]);
            let never = futures::stream::pending();
            ingest::receive(
                &bench.shipper,
                &trial.control,
                pieces.chain(never),
                None,
                Encoding::Identity,
            )
        };
        let crowd = futures::future::select_all((0..20).map(|_| Box::pin(slow())));
        let ship = Box::pin(bench.ship(&whole));
        match futures::future::select(crowd, ship).await {
            futures::future::Either::Left(_) => panic!("a slow sender was answered first"),
            futures::future::Either::Right((receipt, _)) => {
                assert_eq!(receipt.unwrap().appended, 1);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn long_bodies_wait_for_each_other_and_no_short_one_waits_for_them() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let short = body(&[line(3, "a")]).bytes();
        // Room at the end of a line means nothing, and makes any body long.
        let mut long = short.strip_suffix(b"\n").unwrap().to_vec();
        long.resize(usize::try_from(ingest::LONG).unwrap() + 1, b' ');
        let of_another = trial.control.long_ship_turns();
        let reading = of_another.take(bench.scope.org(), 1).await.unwrap();
        let mut long = Box::pin(bench.ship(&long));
        let first = futures::future::select(&mut long, Box::pin(bench.ship(&short))).await;
        let futures::future::Either::Right((receipt, _)) = first else {
            panic!("a long body was read beside another one");
        };
        assert_eq!(receipt.unwrap().appended, 1);
        drop(reading);
        assert_eq!(long.await.unwrap().unchanged, 1);
    })
    .await;
}
