//! `machinaut chain` over the conformance data that the real Lodestar made.

mod derived;
mod policy;
mod resolution;
mod streams;
mod verify;
mod why;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use machinaut_chain::canonical;
use machinaut_chain::json::Limits;
use machinaut_server::cli;
use serde_json::{Value, json};

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The one sentence on standard error; nothing may stand on standard output beside it.
    pub(crate) fn sentence(&self) -> &str {
        assert_eq!(self.out, b"", "{self:?}");
        let sentence = self.err.strip_prefix("machinaut: ").unwrap();
        assert_eq!(sentence.lines().count(), 1, "{self:?}");
        assert!(!sentence.trim_end().contains(char::is_control), "{self:?}");
        sentence
    }
}

/// Runs `machinaut chain` with these arguments, and with settings that nothing can be served with.
pub(crate) fn chain(arguments: &[&dyn AsRef<std::ffi::OsStr>]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["machinaut", "chain"]
        .map(OsString::from)
        .into_iter()
        .chain(arguments.iter().map(|argument| argument.as_ref().into()));
    let unfit = [("MACHINAUT_DATABASE_URL".into(), "nowhere".into())];
    let code = cli::run(arguments, unfit, &mut out, &mut err);
    let err = String::from_utf8(err).unwrap();
    Ran { code, out, err }
}

/// The conformance data; none where it is absent, which is said in one loud line.
pub(crate) fn lodestar() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/lodestar");
    let data = std::env::var_os("MACHINAUT_LODESTAR_DATA").map_or(beside, PathBuf::from);
    if data.is_dir() {
        return Some(data);
    }
    // Past the capture of the test harness, which would hide it.
    let line = "SKIPPED: Lodestar's conformance data is not here; \
                MACHINAUT_LODESTAR_DATA names the folder that holds it\n";
    let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
    None
}

/// The folder of every session.
pub(crate) fn sessions() -> Vec<PathBuf> {
    let Some(data) = lodestar() else {
        return Vec::new();
    };
    let folders = std::fs::read_dir(data.join("sessions")).unwrap();
    let mut folders: Vec<PathBuf> = folders
        .map(|folder| folder.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert_eq!(folders.len(), 38);
    folders
}

/// A JSON file of the data.
pub(crate) fn data(name: &str) -> Option<Value> {
    let text = std::fs::read(lodestar()?.join(name)).unwrap();
    Some(serde_json::from_slice(&text).unwrap())
}

/// A file of its own with this content.
pub(crate) fn file(content: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    file
}

/// A line of a raw log.
pub(crate) fn event(session: &str, seq: u64, event_type: &str, payload: &Value) -> String {
    let hash = canonical::hash(payload.to_string().as_bytes(), &Limits::default()).unwrap();
    let envelope = json!({
        "id": format!("event-{session}-{seq}"), "seq": seq, "type": event_type,
        "schema_version": "0.1.0", "project_id": "p", "session_id": session,
        "actor_id": "agent:a", "timestamp": "2026-11-23T04:46:15Z", "logical_clock": seq,
        "causal_parent_ids": [], "payload_hash": hash, "payload": payload, "versions": {},
    });
    format!("{envelope}\n")
}
