//! Ships of those who would take more than their share, or send what should not be taken.

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use machinaut_chain::session::FindingKind;

use super::bench::{Bench, Body, Line, body, line};
use crate::audit::{self, Act, Actor};
use crate::ingest::{self, Encoding, Quotas};
use crate::sessions::{self, IncidentKind};
use crate::trial::Trial;
use crate::{Control, Credential, Error, Result};

fn note(seq: u64, id: &'static str, note: &'static str) -> Line {
    Line {
        note,
        ..line(seq, id)
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut packed = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

async fn ship_packed(
    control: &Control,
    shipper: &Credential,
    packed: &[u8],
    encoding: Encoding,
) -> Result<ingest::Receipt> {
    let pieces: Vec<_> = packed
        .chunks(1_009)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    let length = u64::try_from(packed.len()).ok();
    let pieces = futures::stream::iter(pieces);
    ingest::receive(shipper, control, pieces, length, encoding).await
}

#[tokio::test]
async fn a_packed_body_is_the_same_body() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let plain = body(&[line(3, "a"), line(4, "b")]).bytes();
        let (control, shipper) = (&trial.control, &bench.shipper);
        let first = ship_packed(control, shipper, &gzip(&plain), Encoding::Gzip)
            .await
            .unwrap();
        assert_eq!(first.appended, 2);
        trial.clock.advance(Duration::from_secs(1));
        for (packed, encoding) in [
            (zstd(&plain), Encoding::Zstd),
            (plain.clone(), Encoding::Identity),
        ] {
            let again = ship_packed(control, shipper, &packed, encoding)
                .await
                .unwrap();
            assert_eq!((again.appended, again.unchanged), (0, 2));
            assert_eq!(again.body_sha256, first.body_sha256, "of what was packed");
            trial.clock.advance(Duration::from_secs(1));
        }
        let page = bench.only_session().await;
        let length = u64::try_from(plain.len()).unwrap();
        assert!(page.receipts.iter().all(|one| one.body_bytes == length));
    })
    .await;
}

#[tokio::test]
async fn a_zip_bomb_is_refused_and_leaves_no_trace() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let before = bench.everything().await;
        let control = trial
            .with_limits(|limits| limits.ship_body_bytes = 1_000_000)
            .await;
        let mut bomb = body(&[line(3, "a")]).bytes();
        bomb.extend(vec![b' '; 20_000_000]);
        for (packed, encoding) in [(gzip(&bomb), Encoding::Gzip), (zstd(&bomb), Encoding::Zstd)] {
            assert!(packed.len() < 100_000);
            let refused = ship_packed(&control, &bench.shipper, &packed, encoding).await;
            assert!(
                matches!(refused, Err(Error::TooLarge { limit: 1_000_000 })),
                "{refused:?}"
            );
        }
        let broken = ship_packed(&control, &bench.shipper, b"not packed", Encoding::Zstd).await;
        assert!(matches!(broken, Err(Error::Unpacking)), "{broken:?}");
        assert_eq!(bench.everything().await, before);
        control.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_huge_line_is_refused_and_one_as_long_as_lines_may_be_is_kept() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let control = trial
            .with_limits(|limits| limits.ship_line_bytes = 2_000_000)
            .await;
        let huge: &'static str = "x".repeat(2_000_000).leak();
        let shipped = body(&[line(3, "a"), note(4, "b", huge)]).bytes();
        let ship = |body: Vec<u8>| ship_all(&control, &bench.shipper, body);
        let refused = ship(shipped).await;
        assert!(
            matches!(refused, Err(Error::Malformed { line: Some(3), .. })),
            "{refused:?}"
        );
        let long = body(&[line(3, "a"), note(4, "b", &huge[..1_900_000])]).bytes();
        assert_eq!(ship(long).await.unwrap().appended, 2);
        assert_eq!(bench.records().await[1].len() / 100_000, 19);
        control.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_body_that_hides_its_manifest_is_refused_before_its_turn() {
    let trial = Trial::sqlite().await;
    let bench = Bench::set_up(&trial).await;
    let before = bench.everything().await;
    let control = trial.with_limits(|limits| limits.id_chars = 16).await;
    let shipped = body(&[line(3, "a")]).bytes();
    for hiding in [" ".repeat(100_000), "\n".repeat(100_000)] {
        let hidden = [hiding.as_bytes(), &shipped].concat();
        // Whoever reads now has the only turn for as long as this lasts.
        let _turn = control.ship_turns().take(bench.shipper.org(), 99).await;
        for (packed, encoding) in [
            (hidden.clone(), Encoding::Identity),
            (gzip(&hidden), Encoding::Gzip),
            (zstd(&hidden), Encoding::Zstd),
        ] {
            let refused = ship_packed(&control, &bench.shipper, &packed, encoding).await;
            assert!(
                matches!(refused, Err(Error::Malformed { line: Some(1), .. })),
                "{refused:?}"
            );
        }
    }
    assert_eq!(bench.everything().await, before);
    control.close().await.unwrap();
}

#[tokio::test]
async fn a_long_body_waits_where_it_is_told_to_and_leaves_nothing_there() {
    let folder = tempfile::tempdir().unwrap();
    let trial = Trial::sqlite().await;
    let bench = Bench::set_up(&trial).await;
    let mut options = crate::Options::new(trial.database_url.clone());
    options.waiting_room = folder.path().join("of").join("bodies");
    let waiting_room = options.waiting_room.clone();
    let control = Control::open(options).await.unwrap();
    let long: &'static str = "x".repeat(2_000_000).leak();
    let shipped = body(&[line(3, "a"), note(4, "b", long)]).bytes();
    let receipt = ship_all(&control, &bench.shipper, shipped).await.unwrap();
    assert_eq!(receipt.appended, 2);
    assert_eq!(std::fs::read_dir(&waiting_room).unwrap().count(), 0);
    control.close().await.unwrap();
}

async fn ship_all(
    control: &Control,
    shipper: &Credential,
    body: Vec<u8>,
) -> Result<ingest::Receipt> {
    let whole = futures::stream::iter([Ok(Bytes::from(body))]);
    ingest::receive(shipper, control, whole, None, Encoding::Identity).await
}

#[tokio::test]
async fn a_flood_of_bad_events_is_counted_whole_and_takes_a_bounded_number_of_rows() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let bad = Line {
            tampered: Some("a lie"),
            ..line(3, "a")
        };
        let flood = body(&vec![bad; 3_000]);
        let receipt = bench.ship(&flood.bytes()).await.unwrap();
        let count = |wanted| {
            let found = receipt.findings.iter().find(|found| found.kind == wanted);
            found.map_or(0, |found| found.count)
        };
        assert_eq!(count(FindingKind::PayloadHashMismatch), 3_000);
        assert_eq!(count(FindingKind::SequenceCollision), 3_000);
        assert_eq!(receipt.appended, 1, "one line, repeated");
        assert!(trial.count("findings").await <= 5_000);
    })
    .await;
}

#[tokio::test]
async fn one_tenants_share_is_no_other_tenants_loss() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let other = trial.organisation("globex").await;
        let other = trial.machine(&other).await;
        let control = trial
            .with_limits(|limits| {
                limits.ships_open = 8;
                limits.ships_open_per_tenant = 4;
            })
            .await;
        let whole = body(&[line(3, "a")]).bytes();
        let begun = Bytes::copy_from_slice(&whole[..200]);
        let endless = || {
            let pieces = futures::stream::iter([Ok(begun.clone())]);
            let pieces = pieces.chain(futures::stream::pending());
            ingest::receive(&bench.shipper, &control, pieces, None, Encoding::Identity)
        };
        // The first four wait for ever; each one more is refused at once.
        let mut crowd: Vec<_> = (0..4).map(|_| Box::pin(endless())).collect();
        for ship in &mut crowd {
            assert!(futures::poll!(ship).is_pending());
        }
        let refused = endless().await;
        assert!(
            matches!(refused, Err(Error::TooManyShips { .. })),
            "{refused:?}"
        );
        let receipt = ship_all(&control, &other, whole.clone()).await.unwrap();
        assert_eq!(receipt.appended, 1);
        let traffic = ingest::traffic(&control);
        assert_eq!((traffic.open, traffic.refused_share), (4, 1));
        drop(crowd);
        ship_all(&control, &bench.shipper, whole).await.unwrap();
        assert_eq!(ingest::traffic(&control).open, 0);
        control.close().await.unwrap();
    })
    .await;
}

fn session(name: &str) -> Vec<u8> {
    let body = String::from_utf8(body(&[line(3, "a"), line(4, "b")]).bytes()).unwrap();
    let name = format!("\"session_id\":\"{name}\"");
    body.replace("\"session_id\":\"s\"", &name).into_bytes()
}

#[tokio::test]
async fn a_quota_that_is_used_up_refuses_and_keeps_nothing_until_the_next_day() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let other = trial.organisation("globex").await;
        let other = trial.machine(&other).await;
        let control = trial
            .with_limits(|limits| limits.quotas.sessions_per_day = Some(2))
            .await;
        let ship = |name: &str| ship_all(&control, &bench.shipper, session(name));
        // All at once: no two of them fit for the same place.
        let ships = ["s1", "s2", "s3", "s4"].map(ship);
        let outcomes = futures::future::join_all(ships).await;
        let kept = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(kept, 2, "{outcomes:?}");
        let refused = outcomes.into_iter().find_map(Result::err).unwrap();
        assert_eq!(
            (refused.status(), refused.problem()),
            (429, "quota-exhausted")
        );
        // It is noon.
        assert_eq!(refused.retry_after(), Some(Duration::from_hours(12)));
        assert_eq!(trial.count("sessions").await, 2);
        assert_eq!(
            ingest::usage(&bench.scope, &control)
                .await
                .unwrap()
                .sessions,
            2
        );
        assert!(ingest::traffic(&control).refused_quota >= 2);
        ship_all(&control, &other, session("s1")).await.unwrap();
        trial.clock.advance(Duration::from_hours(13));
        ship("s5").await.unwrap();
        control.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn bytes_are_counted_as_they_were_unpacked_and_as_they_are_kept() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let whole = session("s1");
        bench.ship(&whole).await.unwrap();
        let length = u64::try_from(whole.len()).unwrap();
        let used = ingest::usage(&bench.scope, &trial.control).await.unwrap();
        assert_eq!((used.ships, used.sessions, used.body_bytes), (1, 1, length));
        assert!(used.stored_bytes > 0 && used.stored_bytes < length);
        bench.ship(&whole).await.unwrap();
        let again = ingest::usage(&bench.scope, &trial.control).await.unwrap();
        assert_eq!(
            (again.ships, again.sessions, again.body_bytes),
            (2, 1, 2 * length)
        );
        assert_eq!(again.stored_bytes, used.stored_bytes);
        for quotas in [
            Quotas {
                bytes_per_day: Some(2 * length),
                ..Quotas::default()
            },
            Quotas {
                stored_bytes: Some(used.stored_bytes),
                ..Quotas::default()
            },
        ] {
            let control = trial.with_limits(|limits| limits.quotas = quotas).await;
            let refused = ship_all(&control, &bench.shipper, session("s2")).await;
            assert!(
                matches!(refused, Err(Error::QuotaExhausted { .. })),
                "{refused:?}"
            );
            control.close().await.unwrap();
        }
        assert_eq!(trial.count("sessions").await, 1);
        let id = bench.only_session().await.row.id;
        sessions::delete(&bench.scope, &trial.control, id)
            .await
            .unwrap();
        let after = ingest::usage(&bench.scope, &trial.control).await.unwrap();
        assert_eq!(
            (after.ships, after.stored_bytes),
            (2, 0),
            "room is given back"
        );
    })
    .await;
}

#[tokio::test]
async fn ships_of_one_session_at_the_same_moment_are_kept_one_after_another() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let other_server = trial.second_server().await;
        let names: Vec<&'static str> = (0..24).map(|n| &*format!("e{n}").leak()).collect();
        let grown = |length: usize| -> Body {
            let events = names.iter().zip(0_u64..).take(length);
            body(
                &events
                    .map(|(name, seq)| line(seq, name))
                    .collect::<Vec<_>>(),
            )
        };
        let ships = (1..=24).map(|length| {
            let server = if length % 2 == 0 {
                &trial.control
            } else {
                &other_server
            };
            ship_all(server, &bench.shipper, grown(length).bytes())
        });
        let receipts = futures::future::join_all(ships).await;
        let receipts: Vec<_> = receipts.into_iter().map(Result::unwrap).collect();
        let appended: u64 = receipts.iter().map(|receipt| receipt.appended).sum();
        let page = bench.only_session().await;
        assert_eq!((appended, page.row.events, page.row.ships), (24, 24, 24));
        let expected: Vec<String> = grown(24).records.iter().map(Line::text).collect();
        assert_eq!(bench.records().await, expected);
        other_server.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_log_that_went_another_way_is_told_with_both_commitments_and_in_the_audit_log() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let first = body(&[line(3, "a"), line(4, "b"), line(5, "c")]);
        bench.ship(&first.bytes()).await.unwrap();
        // Taken back behind 4, and gone on with other events.
        let other = [line(3, "a"), line(4, "x"), line(5, "y"), line(6, "z")];
        let receipt = bench.ship(&body(&other).bytes()).await.unwrap();
        assert_eq!(receipt.appended, 3);
        let page = bench.only_session().await;
        assert_eq!((page.row.events, page.row.incidents), (6, 1));
        let incident = &page.incidents[0];
        assert_eq!(
            (incident.kind, incident.seq, incident.events),
            (IncidentKind::RolledBack, 4, 2)
        );
        assert_eq!(incident.event_id, "b");
        assert!(
            incident
                .offered
                .as_ref()
                .is_some_and(|offered| *offered != incident.kept)
        );

        let log = audit::list(&bench.scope, &trial.control, None, 10)
            .await
            .unwrap();
        assert_eq!(log.lines.len(), 1);
        assert_eq!(log.lines[0].actor, Actor::Token(bench.shipper.token()));
        let told = Act::IncidentFound {
            incident: incident.id,
            session: page.row.id,
            kind: IncidentKind::RolledBack,
        };
        assert_eq!(log.lines[0].act, told);
    })
    .await;
}

#[tokio::test]
async fn a_payload_that_is_not_the_one_committed_to_is_an_incident_once() {
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let bad = |seq, id| Line {
            tampered: Some("a lie"),
            ..line(seq, id)
        };
        bench
            .ship(&body(&[bad(3, "a"), bad(4, "b")]).bytes())
            .await
            .unwrap();
        let grown = body(&[bad(3, "a"), bad(4, "b"), line(5, "c")]);
        bench.ship(&grown.bytes()).await.unwrap();
        let page = bench.only_session().await;
        assert_eq!(page.incidents.len(), 1);
        let incident = &page.incidents[0];
        assert_eq!(
            (incident.kind, incident.seq, incident.events, incident.times),
            (IncidentKind::HashMismatch, 3, 2, 1)
        );
    })
    .await;
}
