//! An index can be lost in any way, at any time, and comes back from the store.

use std::path::Path;

use uuid::Uuid;

use super::bench::{mark, on_embedded};
use super::freshness::{catch_up, everything, lodestar_sessions, ship};
use crate::search::engine::{Changes, Mark};
use crate::search::feed::step;
use crate::search::outbox::{Position, last};
use crate::search::pieces::pieces;
use crate::search::{freshness, rebuild};
use crate::trial::Trial;
use crate::{Credential, Error, LocalOperator, Scope};

/// A trial with a few sessions in the store and in the index of its first server.
struct Filled {
    scope: Scope,
    shipper: Credential,
    names: Vec<String>,
    all: Vec<String>,
}

async fn filled(trial: &Trial) -> Option<Filled> {
    let names = lodestar_sessions()?;
    let scope = trial.organisation("acme").await;
    let shipper = trial.machine(&scope).await;
    for name in &names[..3] {
        ship(trial, &shipper, name, "secret").await;
    }
    catch_up(&trial.control).await;
    let all = everything(&scope, &trial.control).await;
    assert!(all.len() > 10);
    Some(Filled {
        scope,
        shipper,
        names,
        all,
    })
}

#[tokio::test]
async fn an_index_whose_folder_is_deleted_is_built_again_while_search_says_so() {
    Trial::each(async |trial| {
        let Some(filled) = filled(trial).await else {
            return;
        };
        let control = &trial.control;
        std::fs::remove_dir_all(trial.index("first")).unwrap();
        let engine = control.search().engine().unwrap();
        step(control, &*engine).await.unwrap();
        let meanwhile = freshness(control).await.unwrap();
        assert!(
            !meanwhile.is_complete(),
            "search says that it is incomplete"
        );
        // What is shipped meanwhile is not lost.
        ship(trial, &filled.shipper, &filled.names[4], "secret").await;
        catch_up(control).await;
        assert!(freshness(control).await.unwrap().is_complete());
        let again = everything(&filled.scope, control).await;
        assert!(filled.all.iter().all(|known| again.contains(known)));
        assert!(again.len() > filled.all.len());
    })
    .await;
}

#[tokio::test]
async fn a_damaged_index_is_noticed_at_the_start_and_built_again() {
    for damage in ["term", "store", "json"] {
        let trial = Trial::sqlite().await;
        let Some(filled) = filled(&trial).await else {
            return;
        };
        trial.control.close().await.unwrap();
        spoil(&trial.index("first"), damage);
        let again = trial.restarted().await;
        catch_up(&again).await;
        assert_eq!(
            everything(&filled.scope, &again).await,
            filled.all,
            "{damage}"
        );
        again.close().await.unwrap();
    }
}

/// Turns the bits of the middle of every file of that kind.
fn spoil(folder: &Path, extension: &str) {
    let mut spoilt = 0;
    for file in std::fs::read_dir(folder.join("links")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|found| found == extension) {
            let mut bytes = std::fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            for byte in bytes.iter_mut().skip(middle).take(8) {
                *byte = !*byte;
            }
            std::fs::write(&path, bytes).unwrap();
            spoilt += 1;
        }
    }
    assert!(spoilt > 0, "{extension}");
}

#[tokio::test]
async fn a_file_that_goes_missing_while_the_server_runs_is_noticed() {
    let trial = Trial::sqlite().await;
    let Some(filled) = filled(&trial).await else {
        return;
    };
    let lost = std::fs::read_dir(trial.index("first").join("links"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .find(|path| path.extension().is_some_and(|found| found == "store"))
        .unwrap();
    std::fs::remove_file(lost).unwrap();
    catch_up(&trial.control).await;
    assert_eq!(everything(&filled.scope, &trial.control).await, filled.all);
    trial.end().await;
}

#[tokio::test]
async fn what_was_shipped_before_a_crash_is_indexed_after_the_restart() {
    Trial::each(async |trial| {
        let Some(filled) = filled(trial).await else {
            return;
        };
        ship(trial, &filled.shipper, &filled.names[4], "secret").await;
        let engine = trial.control.search().engine().unwrap();
        // The server is gone before the index hears of it. Its lock on the index goes with it.
        engine
            .apply(&trial.control, Changes::default(), &mark_of(trial).await)
            .await
            .unwrap();
        let second = trial.second_server().await;
        catch_up(&second).await;
        let expected = everything(&filled.scope, &second).await;
        catch_up(&trial.control).await;
        assert_eq!(everything(&filled.scope, &trial.control).await, expected);
        second.close().await.unwrap();
    })
    .await;
}

async fn mark_of(trial: &Trial) -> Mark {
    let engine = trial.control.search().engine().unwrap();
    engine.mark(&trial.control).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_session_that_is_not_told_to_its_end_leaves_the_index_as_it_was() {
    on_embedded(async |bench| {
        let known = bench.document(1, "known");
        bench.put(vec![known.clone()]).await;
        let (giver, pieces) = pieces();
        let changes = Changes {
            groups: vec![known.group],
            documents: vec![bench.document(2, "along with it")],
            long: Some(pieces),
        };
        let half = async {
            giver.give(vec![known.clone()]).await.unwrap();
            giver.end(Err(Error::Broken("the store stays"))).await;
        };
        let mark = mark();
        let apply = bench.engine.apply(&bench.control, changes, &mark);
        let (applied, ()) = tokio::join!(apply, half);
        assert!(applied.is_err());
        // What was begun does not come along with what is done next.
        bench.put(vec![bench.document(3, "next")]).await;
        let mut titles = bench.titles("").await;
        titles.sort();
        assert_eq!(titles, ["known", "next"]);
    })
    .await;
}

#[tokio::test]
async fn changes_that_come_again_change_nothing() {
    Trial::each(async |trial| {
        let Some(filled) = filled(trial).await else {
            return;
        };
        let control = &trial.control;
        let engine = control.search().engine().unwrap();
        // As after a crash between the commit of an index and everything after it.
        engine
            .apply(control, Changes::default(), &mark())
            .await
            .unwrap();
        catch_up(control).await;
        assert_eq!(everything(&filled.scope, control).await, filled.all);
    })
    .await;
}

#[tokio::test]
async fn an_index_that_missed_changes_for_ever_is_built_anew() {
    Trial::each(async |trial| {
        let Some(filled) = filled(trial).await else {
            return;
        };
        let control = &trial.control;
        let engine = control.search().engine().unwrap();
        let end = last(control.read()).await.unwrap();
        let strange = [
            // Swept away, or of another history of the database.
            Position {
                number: 1,
                row: Uuid::nil(),
            },
            // Of a future that an older backup does not have.
            Position {
                number: end.number + 50,
                row: Uuid::nil(),
            },
        ];
        for after in strange {
            let mark = Mark { after, ..mark() };
            engine.wipe(control, &mark).await.unwrap();
            catch_up(control).await;
            assert_eq!(everything(&filled.scope, control).await, filled.all);
        }
        let mark = Mark {
            version: 0,
            ..mark()
        };
        engine.wipe(control, &mark).await.unwrap();
        catch_up(control).await;
        assert_eq!(everything(&filled.scope, control).await, filled.all);
    })
    .await;
}

#[tokio::test]
async fn a_rebuild_without_a_server_can_be_stopped_and_goes_on() {
    Trial::each(async |trial| {
        let Some(filled) = filled(trial).await else {
            return;
        };
        let control = &trial.control;
        let operator = LocalOperator::at_the_console;
        let wish = rebuild(operator(), control).await.unwrap();
        assert!(!wish.is_under_way);
        assert!(wish.nodes(control).await.unwrap().is_empty());
        assert!(wish.step(control).await.unwrap().is_some());
        // Stopped here, and asked for again.
        let again = rebuild(operator(), control).await.unwrap();
        assert!(again.is_under_way);
        while again.step(control).await.unwrap().is_some() {}
        assert_eq!(everything(&filled.scope, control).await, filled.all);
        assert!(!rebuild(operator(), control).await.unwrap().is_under_way);
    })
    .await;
}

#[tokio::test]
async fn running_servers_rebuild_on_request_and_tell_how_far_they_are() {
    Trial::each(async |trial| {
        let Some(filled) = filled(trial).await else {
            return;
        };
        let control = &trial.control;
        let engine = control.search().engine().unwrap();
        crate::search::feed::tell(control, &*engine).await.unwrap();
        let wish = rebuild(LocalOperator::at_the_console(), control)
            .await
            .unwrap();
        let nodes = wish.nodes(control).await.unwrap();
        assert_eq!((nodes.len(), nodes[0].is_done), (1, false));
        step(control, &*engine).await.unwrap();
        crate::search::feed::tell(control, &*engine).await.unwrap();
        let nodes = wish.nodes(control).await.unwrap();
        assert!(!nodes[0].is_done && nodes[0].progress.is_some());
        assert!(
            rebuild(LocalOperator::at_the_console(), control)
                .await
                .unwrap()
                .is_under_way
        );
        catch_up(control).await;
        crate::search::feed::tell(control, &*engine).await.unwrap();
        assert!(wish.nodes(control).await.unwrap()[0].is_done);
        assert_eq!(everything(&filled.scope, control).await, filled.all);
    })
    .await;
}
