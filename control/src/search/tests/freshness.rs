//! What is in the store is in the index, whatever came in which order, and nothing else is.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use machinaut_chain::session::Sensitivity;

use super::bench::titles;
use crate::ids::{HoldId, SessionKey};
use crate::ingest::tests::lodestar_data;
use crate::search::document::Document;
use crate::search::engine::Changes;
use crate::search::feed::{Step, keep_fresh, step};
use crate::search::outbox::{self, Subject};
use crate::search::pieces::Pieces;
use crate::search::{Ask, Results, Sort, find, freshness, rebuild, store};
use crate::sessions::{self, Filter};
use crate::trial::Trial;
use crate::{Control, Credential, LocalOperator, Scope, holds, identity, ingest, members};

/// The names of some sessions that Lodestar wrote; none where its data is not here.
pub(super) fn lodestar_sessions() -> Option<Vec<String>> {
    let folder = lodestar_data()?.join("sessions");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    Some(names)
}

pub(super) async fn ship(trial: &Trial, shipper: &Credential, session: &str, ceiling: &str) {
    let file: PathBuf = lodestar_data()
        .unwrap()
        .join("sessions")
        .join(session)
        .join(format!("ship-{ceiling}.ndjson"));
    ship_body(trial, shipper, std::fs::read(file).unwrap()).await;
}

pub(super) async fn ship_body(trial: &Trial, shipper: &Credential, body: Vec<u8>) {
    trial.clock.advance(Duration::from_millis(5));
    let length = u64::try_from(body.len()).ok();
    let pieces = futures::stream::iter([Ok(Bytes::from(body))]);
    ingest::receive(
        shipper,
        &trial.control,
        pieces,
        length,
        ingest::Encoding::Identity,
    )
    .await
    .unwrap();
}

/// Lets the index of a server catch up.
pub(super) async fn catch_up(control: &Control) {
    let engine = control.search().engine().unwrap();
    while step(control, &*engine).await.unwrap() != Step::Idle {}
}

pub(super) async fn everything(scope: &Scope, control: &Control) -> Vec<String> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let ask = Ask {
            limit: 100,
            after,
            sort: Sort::Newest,
            ..Ask::default()
        };
        let page = find(scope, control, &ask).await.unwrap();
        all.extend(page.hits.iter().map(|hit| {
            let title: String = hit.title.iter().map(|part| part.text.as_str()).collect();
            format!(
                "{:?} {:?} {:?} {:?} {:?} {title} {:?}",
                hit.session, hit.hold, hit.kind, hit.seq, hit.event_id, hit.values
            )
        }));
        after = page.next;
        if after.is_none() {
            all.sort();
            return all;
        }
    }
}

/// Every document that comes in pieces.
async fn all_of(mut pieces: Pieces) -> Vec<Document> {
    let mut all = Vec::new();
    while let Some(documents) = pieces.next().await.unwrap() {
        all.extend(documents);
    }
    all
}

#[tokio::test]
async fn a_session_that_is_told_piece_by_piece_is_told_as_a_whole_one_is() {
    let Some(names) = lodestar_sessions() else {
        return;
    };
    let trial = Trial::sqlite().await;
    let scope = trial.organisation("acme").await;
    let shipper = trial.machine(&scope).await;
    for name in &names {
        ship(&trial, &shipper, name, "internal").await;
        ship(&trial, &shipper, name, "secret").await;
    }
    let control = &trial.control;
    let (mut compared, mut pieces) = (0, 0);
    for (org, session) in store::sessions_below(control, None, 1_000).await.unwrap() {
        let row = sessions::find(control, org, session).await.unwrap();
        let mut whole = store::at_once(control, &row, u64::MAX)
            .await
            .unwrap()
            .unwrap();
        let making = store::Making::of(control, &row).await.unwrap();
        let mut told = all_of(store::in_pieces(control, making)).await;
        let outline = sessions::outline_in(control, org, session).await.unwrap();
        pieces += outline.runs().len();
        whole.sort_by_key(Document::key);
        told.sort_by_key(Document::key);
        assert_eq!(told, whole, "{}", row.session_id);
        compared += whole.len();
    }
    assert!(compared > 1_000 && pieces > 70, "{compared} {pieces}");
}

/// What of the store a member of that clearance is to find.
async fn in_store(scope: &Scope, control: &Control) -> Vec<String> {
    let mut changes = Changes::default();
    for (org, session) in store::sessions_below(control, None, 1_000).await.unwrap() {
        let subject = Subject::Session(session);
        store::read(control, org, subject, &mut changes)
            .await
            .unwrap();
        if let Some(long) = changes.long.take() {
            changes.documents.extend(all_of(long).await);
        }
    }
    for (org, hold) in holds::indexed_alone(control, None, 1_000).await.unwrap() {
        let subject = Subject::Hold(hold.id);
        store::read(control, org, subject, &mut changes)
            .await
            .unwrap();
    }
    let mut all: Vec<String> = changes
        .documents
        .into_iter()
        .filter(|document| {
            document.org == scope.org()
                && document.seen_by().any(|level| level == scope.clearance())
        })
        .map(|document| {
            let values: Vec<_> = crate::search::Facet::ALL
                .into_iter()
                .filter_map(|facet| Some((facet, facet.value_of(&document)?.to_owned())))
                .collect();
            let session = match document.group {
                crate::search::document::Group::Session(session) => Some(session),
                crate::search::document::Group::Hold(_) => None,
            };
            format!(
                "{:?} {:?} {:?} {:?} {:?} {} {values:?}",
                session,
                document.hold,
                document.kind,
                document.seq,
                document.event_id,
                document.title
            )
        })
        .collect();
    all.sort();
    all
}

async fn found(scope: &Scope, control: &Control, text: &str) -> Results {
    let ask = Ask {
        text: text.to_owned(),
        ..Ask::default()
    };
    find(scope, control, &ask).await.unwrap()
}

async fn cleared(scope: &Scope, control: &Control, clearance: Sensitivity) -> Scope {
    let operator = LocalOperator::at_the_console();
    members::set_clearance(operator, control, "owner@acme.example", clearance)
        .await
        .unwrap();
    identity::scope_for(control, scope.sign_in()).await.unwrap()
}

async fn session_keys(scope: &Scope, control: &Control) -> Vec<SessionKey> {
    let filter = Filter::default();
    let list = sessions::list(scope, control, &filter, None, 100).await;
    let rows = list.unwrap().sessions;
    rows.into_iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn the_index_is_what_the_store_says_after_any_ships_reveals_and_deletions() {
    let Some(names) = lodestar_sessions() else {
        return;
    };
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let shipper = trial.machine(&scope).await;
        let control = &trial.control;
        let mut seed: u64 = 11;
        let mut next = |below: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(99);
            usize::try_from(seed >> 33).unwrap() % below
        };
        for round in 0..8 {
            for _ in 0..=next(2) {
                let name = &names[next(6)];
                let ceiling = ["public", "internal", "confidential", "secret"][next(4)];
                ship(trial, &shipper, name, ceiling).await;
            }
            if next(3) == 0
                && let Some(gone) = session_keys(&scope, control).await.first()
            {
                sessions::delete(&scope, control, *gone).await.unwrap();
            }
            catch_up(control).await;
            for clearance in [Sensitivity::Secret, Sensitivity::Internal] {
                let scope = cleared(&scope, control, clearance).await;
                let expected = in_store(&scope, control).await;
                assert!(!expected.is_empty() || round == 0);
                assert_eq!(everything(&scope, control).await, expected, "round {round}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_deleted_session_leaves_the_index_and_strangers_cannot_delete_it() {
    let Some(names) = lodestar_sessions() else {
        return;
    };
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let stranger = trial.organisation("globex").await;
        let shipper = trial.machine(&scope).await;
        ship(trial, &shipper, &names[0], "secret").await;
        catch_up(&trial.control).await;
        let key = session_keys(&scope, &trial.control).await[0];
        assert!(
            sessions::delete(&stranger, &trial.control, key)
                .await
                .is_err()
        );
        catch_up(&trial.control).await;
        assert!(found(&scope, &trial.control, "").await.total > 0);
        sessions::delete(&scope, &trial.control, key).await.unwrap();
        assert_eq!(trial.count("segments").await, 0);
        catch_up(&trial.control).await;
        assert_eq!(found(&scope, &trial.control, "").await.total, 0);
    })
    .await;
}

#[tokio::test]
async fn the_many_holds_of_a_session_do_not_let_it_be_read_again_and_again() {
    if lodestar_sessions().is_none() {
        return;
    }
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let shipper = trial.machine(&scope).await;
        ship(trial, &shipper, "drv-http-multi-hold", "secret").await;
        assert!(trial.count("holds").await > 2);
        assert_eq!(trial.count("outbox").await, 1, "the session, and it alone");
        catch_up(&trial.control).await;
        let shown = found(&scope, &trial.control, "kind:hold").await.total;
        assert!(shown > 2, "{shown}");
    })
    .await;
}

#[tokio::test]
async fn an_announced_hold_is_found_and_its_reason_only_by_those_who_may_know_it() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let guard = trial.machine(&scope).await;
        let control = &trial.control;
        let announced = br#"{"request_id":"req-zebra","action_id":"act-1","reason":"push to main",
            "required_authority":{},"requested_at":"2026-11-23T11:59:00Z"}"#;
        let hold: HoldId = holds::announce(&guard, control, announced).await.unwrap();
        assert_eq!(
            found(&scope, control, "kind:hold").await.total,
            0,
            "not yet"
        );
        catch_up(control).await;
        let hits = found(&scope, control, "push main verdict:open").await.hits;
        assert_eq!(hits[0].hold, Some(hold));
        let low = cleared(&scope, control, Sensitivity::Confidential).await;
        assert_eq!(found(&low, control, "push").await.total, 0);
        assert_eq!(titles(&found(&low, control, "req-zebra").await), [""]);
    })
    .await;
}

#[tokio::test]
async fn two_servers_on_one_database_find_the_same_each_with_its_own_index() {
    let Some(names) = lodestar_sessions() else {
        return;
    };
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let shipper = trial.machine(&scope).await;
        let second = trial.second_server().await;
        ship(trial, &shipper, &names[1], "secret").await;
        catch_up(&trial.control).await;
        ship(trial, &shipper, &names[2], "internal").await;
        catch_up(&second).await;
        let of_second = everything(&scope, &second).await;
        assert!(of_second.len() > everything(&scope, &trial.control).await.len());
        catch_up(&trial.control).await;
        assert_eq!(everything(&scope, &trial.control).await, of_second);
        second.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_change_that_is_committed_late_is_not_passed_over() {
    let Some(trial) = Trial::postgres().await else {
        return;
    };
    let control = &trial.control;
    let scope = trial.organisation("acme").await;
    let note = async |write: &_| {
        let hold = Subject::Hold(HoldId::mint(control));
        outbox::note(write, control, scope.org(), hold)
            .await
            .unwrap();
    };
    let early = control.begin().await.unwrap();
    note(&early).await;
    let late = control.begin().await.unwrap();
    note(&late).await;
    late.commit().await.unwrap();
    outbox::order(control).await.unwrap();
    let start = outbox::Position::default();
    let first = outbox::after(control, start, 10).await.unwrap().unwrap();
    assert_eq!(
        first.len(),
        1,
        "the open one is not seen, and holds nobody up"
    );
    early.commit().await.unwrap();
    outbox::order(control).await.unwrap();
    let rest = outbox::after(control, first[0].position, 10).await.unwrap();
    assert_eq!(rest.unwrap().len(), 1, "it comes after what was read");
    trial.end().await;
}

#[tokio::test]
async fn a_server_keeps_its_index_fresh_by_itself_until_it_is_stopped() {
    let Some(names) = lodestar_sessions() else {
        return;
    };
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let shipper = trial.machine(&scope).await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let worker = tokio::spawn(keep_fresh(trial.control.clone(), async move {
            let _ = stopped.await;
        }));
        ship(trial, &shipper, &names[0], "secret").await;
        let is_there = async {
            while found(&scope, &trial.control, "").await.total == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), is_there)
            .await
            .expect("what was shipped is found");
        let operator = LocalOperator::at_the_console();
        let wish = rebuild(operator, &trial.control).await.unwrap();
        assert_eq!(wish.nodes(&trial.control).await.unwrap().len(), 1);
        stop.send(()).unwrap();
        worker.await.unwrap();
        assert_eq!(
            wish.nodes(&trial.control).await.unwrap(),
            [],
            "nobody waits for a server that is stopped"
        );
    })
    .await;
}

#[tokio::test]
async fn lag_is_told_to_a_member_only_of_the_own_organisation() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let stranger = trial.organisation("globex").await;
        let guard = trial.machine(&scope).await;
        let control = &trial.control;
        catch_up(control).await;
        let announced = br#"{"request_id":"r","action_id":"a","reason":"x","required_authority":{},
            "requested_at":"2026-11-23T11:59:00Z"}"#;
        holds::announce(&guard, control, announced).await.unwrap();
        trial.clock.advance(Duration::from_secs(7));
        let own = found(&scope, control, "").await.freshness;
        assert_eq!((own.waiting, own.behind), (1, Duration::from_secs(7)));
        let others = found(&stranger, control, "").await.freshness;
        assert_eq!((others.waiting, others.behind), (0, Duration::ZERO));
        assert_eq!(freshness(control).await.unwrap().waiting, 1);
        catch_up(control).await;
        assert_eq!(freshness(control).await.unwrap().waiting, 0);
    })
    .await;
}
