//! What every test of ships starts from, and bodies to ship: real ones where Lodestar's data is
//! here, and small ones that are made line by line.

use std::path::PathBuf;
use std::sync::Once;
use std::time::Duration;

use bytes::Bytes;
use machinaut_chain::json::{Limits, Object, Value};
use sea_orm::{ConnectionTrait as _, Statement};

use crate::ids::SessionKey;
use crate::ingest::{self, Encoding, Receipt};
use crate::sessions::{self, Filter, SessionPage, SessionRow};
use crate::trial::Trial;
use crate::{Control, Credential, Result, Scope};

/// The tables that a ship may write to.
const TABLES: [&str; 9] = [
    "sessions",
    "segments",
    "receipts",
    "findings",
    "incidents",
    "holds",
    "decisions",
    "ship_usage",
    "audit_log",
];

pub(super) struct Bench<'a> {
    pub(super) trial: &'a Trial,
    pub(super) scope: Scope,
    pub(super) shipper: Credential,
}

impl<'a> Bench<'a> {
    pub(super) async fn set_up(trial: &'a Trial) -> Self {
        let scope = trial.organisation("acme").await;
        let shipper = trial.machine(&scope).await;
        Self {
            trial,
            scope,
            shipper,
        }
    }

    pub(super) async fn ship(&self, body: &[u8]) -> Result<Receipt> {
        self.ship_as(&self.shipper, body).await
    }

    pub(super) async fn ship_as(&self, shipper: &Credential, body: &[u8]) -> Result<Receipt> {
        self.send(shipper, &self.trial.control, body).await
    }

    /// As [`Bench::ship`], to another server.
    pub(super) async fn ship_to(&self, server: &Control, body: &[u8]) -> Result<Receipt> {
        self.send(&self.shipper, server, body).await
    }

    /// Ships in pieces whose ends fall anywhere.
    async fn send(&self, shipper: &Credential, server: &Control, body: &[u8]) -> Result<Receipt> {
        let pieces: Vec<_> = body
            .chunks(7_001)
            .map(|piece| Ok(Bytes::copy_from_slice(piece)))
            .collect();
        // No two ships at the same moment, so that the last one is the last one.
        self.trial.clock.advance(Duration::from_millis(1));
        let length = u64::try_from(body.len()).ok();
        ingest::receive(
            shipper,
            server,
            futures::stream::iter(pieces),
            length,
            Encoding::Identity,
        )
        .await
    }

    pub(super) async fn sessions(&self) -> Vec<SessionRow> {
        let filter = Filter::default();
        sessions::list(&self.scope, &self.trial.control, &filter, None, 100)
            .await
            .unwrap()
            .sessions
    }

    pub(super) async fn only_session(&self) -> SessionPage {
        let mut sessions = self.sessions().await;
        assert_eq!(sessions.len(), 1);
        self.page(sessions.remove(0).id).await
    }

    pub(super) async fn page(&self, id: SessionKey) -> SessionPage {
        sessions::get(&self.scope, &self.trial.control, id)
            .await
            .unwrap()
    }

    pub(super) async fn records(&self) -> Vec<String> {
        let id = self.only_session().await.row.id;
        let records = sessions::records(&self.scope, &self.trial.control, id)
            .await
            .unwrap();
        records
            .into_iter()
            .map(|line| String::from_utf8(line).unwrap())
            .collect()
    }

    /// Everything that the tables of this room hold, to compare before and after.
    pub(super) async fn everything(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for table in TABLES {
            let backend = self.trial.control.read().get_database_backend();
            let all = Statement::from_string(backend, format!("SELECT * FROM {table}"));
            let found = self.trial.control.read().query_all_raw(all).await.unwrap();
            let mut shown: Vec<String> =
                found.iter().map(|row| format!("{table} {row:?}")).collect();
            shown.sort();
            rows.push(format!("{table}: {}", self.trial.count(table).await));
            rows.extend(shown);
        }
        rows
    }
}

/// A body of one small session, line by line.
#[derive(Clone)]
pub(super) struct Body {
    pub(super) ceiling: &'static str,
    pub(super) records: Vec<Line>,
}

/// One record of a [`Body`].
#[derive(Clone)]
pub(super) struct Line {
    pub(super) seq: u64,
    pub(super) id: &'static str,
    pub(super) actor: &'static str,
    pub(super) note: &'static str,
    /// What is sent instead of the payload that was committed to.
    pub(super) tampered: Option<&'static str>,
    pub(super) withheld: bool,
}

pub(super) fn line(seq: u64, id: &'static str) -> Line {
    Line {
        seq,
        id,
        actor: "agent:a",
        note: "a note",
        tampered: None,
        withheld: false,
    }
}

pub(super) fn body(records: &[Line]) -> Body {
    Body {
        ceiling: "internal",
        records: records.to_vec(),
    }
}

impl Body {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let withheld = self.records.iter().filter(|record| record.withheld).count();
        let mut body = format!(
            "{{\"kind\":\"lodestar.session_ship\",\"version\":1,\"project_id\":\"p\",\
             \"session_id\":\"s\",\"event_count\":{},\"ceiling\":\"{}\",\"redacted_count\":{}}}\n",
            self.records.len(),
            self.ceiling,
            withheld,
        );
        for record in &self.records {
            body.push_str(&record.text());
            body.push('\n');
        }
        body.into_bytes()
    }
}

impl Line {
    pub(super) fn text(&self) -> String {
        let note = |text: &str| {
            let mut payload = Object::new();
            payload.insert("note", text);
            Value::Object(payload)
        };
        let committed = note(self.note);
        let hash =
            machinaut_chain::canonical::hash(committed.to_json().as_bytes(), &Limits::default());
        let sent = if self.withheld {
            "{\"lodestar.redacted\":true}".to_owned()
        } else {
            self.tampered.map_or(committed, note).to_json()
        };
        let marking = if self.withheld {
            "\"payload_sensitivity\":\"secret\","
        } else {
            ""
        };
        format!(
            "{{\"v\":1,\"redacted\":{},{marking}\"envelope\":{{\"id\":\"{}\",\"seq\":{},\
             \"type\":\"agent.note\",\"schema_version\":\"0.1.0\",\"project_id\":\"p\",\
             \"session_id\":\"s\",\"actor_id\":\"{}\",\"timestamp\":\"2026-11-23T04:46:15.531Z\",\
             \"logical_clock\":0,\"causal_parent_ids\":[],\"payload_hash\":\"{}\",\
             \"payload\":{sent},\"versions\":{{}}}}}}",
            self.withheld,
            self.id,
            self.seq,
            self.actor,
            hash.unwrap(),
        )
    }
}

/// The folder of Lodestar's data; none, and one loud line, where it is not here.
pub(crate) fn lodestar() -> Option<PathBuf> {
    static SAID: Once = Once::new();
    let beside = || {
        PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../shared/lodestar"
        ))
    };
    let folder = std::env::var_os("MACHINAUT_LODESTAR_DATA").map_or_else(beside, PathBuf::from);
    if folder.join("ship/bad/index.json").exists() {
        return Some(folder);
    }
    SAID.call_once(|| {
        // Past the capture of the test harness, which would hide it.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"SKIPPED: Lodestar's conformance data is not here; \
              MACHINAUT_LODESTAR_DATA names the folder that holds it\n",
        );
    });
    None
}
