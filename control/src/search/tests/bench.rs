//! What every test of an engine starts from. Each runs on the embedded engine, and on a real
//! Meilisearch where `MACHINAUT_TEST_MEILI_URL` or `MACHINAUT_MEILI_URL` names one.

use std::sync::{Arc, Once};

use machinaut_chain::links::Facets;
use machinaut_chain::session::Sensitivity;
use machinaut_chain::why::Kind;
use secrecy::SecretString;
use uuid::Uuid;

use crate::clock::Moment;
use crate::ids::{OrgId, SessionKey};
use crate::search::document::{Document, Group};
use crate::search::engine::{Changes, Engine, Mark, VERSION};
use crate::search::meilisearch::Meilisearch;
use crate::search::outbox::Position;
use crate::search::{Ask, Facet, Results, Settings, Sort, feed, find};
use crate::trial::{NOON, Trial};
use crate::{Control, Error, LocalOperator, Result, Scope, identity, members};

pub(super) struct Bench {
    pub(super) control: Control,
    pub(super) engine: Arc<dyn Engine>,
    pub(super) scope: Scope,
    pub(super) stranger: Scope,
}

/// Tests of the given names, each on both engines.
macro_rules! on_both_engines {
    ($($name:ident,)+) => {
        mod embedded {
            $(#[tokio::test]
            async fn $name() {
                super::super::bench::on_embedded(super::$name).await;
            })+
        }

        mod meilisearch {
            $(#[tokio::test]
            async fn $name() {
                super::super::bench::on_meilisearch(super::$name).await;
            })+
        }
    };
}
pub(super) use on_both_engines;

pub(super) async fn on_embedded(test: impl AsyncFn(&Bench)) {
    let trial = Trial::sqlite().await;
    test(&Bench::set_up(&trial, trial.control.clone()).await).await;
    trial.end().await;
}

pub(super) async fn on_meilisearch(test: impl AsyncFn(&Bench)) {
    let Some((url, key)) = meilisearch() else {
        return;
    };
    let index = format!("machinaut_test_{}", Uuid::now_v7().simple());
    let trial = Trial::sqlite().await;
    let settings = Settings::Meilisearch {
        url: url.clone(),
        key: key.clone(),
        index: index.clone(),
    };
    let bench = Bench::set_up(&trial, trial.searching(settings).await).await;
    test(&bench).await;
    Meilisearch::new(url, key, index)
        .drop_index()
        .await
        .unwrap();
    bench.control.close().await.unwrap();
    trial.end().await;
}

/// The Meilisearch that there is; none, and one loud line, where none was named.
pub(super) fn meilisearch() -> Option<(String, Option<SecretString>)> {
    static SAID: Once = Once::new();
    let variable = |names: [&str; 2]| names.iter().find_map(|name| std::env::var(name).ok());
    let Some(url) = variable(["MACHINAUT_TEST_MEILI_URL", "MACHINAUT_MEILI_URL"]) else {
        SAID.call_once(|| {
            // Past the capture of the test harness, which would hide it.
            let _ = std::io::Write::write_all(
                &mut std::io::stderr(),
                b"!!! MACHINAUT_TEST_MEILI_URL is not set: NOTHING IS TESTED ON MEILISEARCH\n",
            );
        });
        return None;
    };
    let key = variable(["MACHINAUT_TEST_MEILI_KEY", "MACHINAUT_MEILI_KEY"]);
    let url = url.trim_end_matches('/').to_owned();
    Some((url, key.map(SecretString::from)))
}

impl Bench {
    async fn set_up(trial: &Trial, control: Control) -> Self {
        let scope = trial.organisation("acme").await;
        let stranger = trial.organisation("globex").await;
        let engine = control.search().engine().unwrap();
        if engine.is_shared() {
            assert!(feed::lease(&control, &*engine).await.unwrap());
        }
        engine.wipe(&control, &mark()).await.unwrap();
        control.search().stand(Some(mark()));
        Self {
            control,
            engine,
            scope,
            stranger,
        }
    }

    /// Puts documents into the index, each group of them whole.
    pub(super) async fn put(&self, documents: Vec<Document>) {
        let mut groups: Vec<Group> = documents.iter().map(|document| document.group).collect();
        groups.dedup();
        self.replace(groups, documents).await;
    }

    pub(super) async fn replace(&self, groups: Vec<Group>, documents: Vec<Document>) {
        let changes = Changes {
            groups,
            documents,
            long: None,
        };
        self.engine
            .apply(&self.control, changes, &mark())
            .await
            .unwrap();
    }

    /// A document of the organisation, of a session of its own.
    pub(super) fn document(&self, number: u64, title: &str) -> Document {
        document(self.scope.org(), number, title)
    }

    pub(super) async fn ask(&self, scope: &Scope, ask: Ask) -> Result<Results> {
        find(scope, &self.control, &ask).await
    }

    pub(super) async fn found_by(&self, scope: &Scope, text: &str) -> Results {
        let ask = Ask {
            text: text.to_owned(),
            ..Ask::default()
        };
        let found = self.ask(scope, ask).await;
        found.unwrap_or_else(|error| panic!("{text:?}: {error}"))
    }

    /// The titles that are found, the newest first.
    pub(super) async fn titles(&self, text: &str) -> Vec<String> {
        titles(&self.found_by(&self.scope, text).await)
    }

    pub(super) async fn refused(&self, text: &str) -> Error {
        let ask = Ask {
            text: text.to_owned(),
            ..Ask::default()
        };
        self.ask(&self.scope, ask).await.unwrap_err()
    }

    /// Everything that a question finds, page by page.
    pub(super) async fn all_pages(&self, text: &str, sort: Sort, limit: usize) -> Vec<String> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let ask = Ask {
                text: text.to_owned(),
                sort,
                after,
                limit,
            };
            let page = self.ask(&self.scope, ask).await.unwrap();
            assert!(page.hits.len() <= limit);
            all.extend(titles(&page));
            after = page.next;
            if after.is_none() {
                return all;
            }
        }
    }

    /// The same member, with that clearance.
    pub(super) async fn cleared(&self, clearance: Sensitivity) -> Scope {
        let operator = LocalOperator::at_the_console();
        members::set_clearance(operator, &self.control, "owner@acme.example", clearance)
            .await
            .unwrap();
        identity::scope_for(&self.control, self.scope.sign_in())
            .await
            .unwrap()
    }
}

pub(super) fn mark() -> Mark {
    Mark {
        version: VERSION,
        after: Position::default(),
        building: None,
    }
}

pub(super) fn document(org: OrgId, number: u64, title: &str) -> Document {
    Document {
        org,
        group: Group::Session(SessionKey::from(Uuid::from_u64_pair(7, number))),
        kind: Kind::Claim,
        id: Some(format!("claim-{number}")),
        seq: Some(number),
        event_id: Some(format!("event-{number}")),
        at: Some(Moment::from_millis(
            NOON.millis() + i64::try_from(number).unwrap(),
        )),
        withheld: None,
        title: title.to_owned(),
        text: String::new(),
        names: Vec::new(),
        facets: Facets::default(),
        project_id: Some("shop".to_owned()),
        session_id: Some(format!("run-{number}")),
        hold: None,
        from: Sensitivity::Public,
        until: Sensitivity::Secret,
        twin: 0,
    }
}

pub(super) fn titles(results: &Results) -> Vec<String> {
    let titles = results.hits.iter().map(|hit| {
        let parts = hit.title.iter().map(|part| part.text.as_str());
        parts.collect::<String>()
    });
    titles.collect()
}

/// How often each value of a facet was found.
pub(super) fn counts(results: &Results, facet: Facet) -> Vec<(String, u64)> {
    let counted = results.facets.iter().find(|counts| counts.facet == facet);
    let values = &counted
        .unwrap_or_else(|| panic!("{facet} is counted"))
        .values;
    values
        .iter()
        .map(|value| (value.value.clone(), value.count))
        .collect()
}
