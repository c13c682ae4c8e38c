//! Sessions as agents write them, as many as are wanted: Lodestar's own load sessions with other ids, times
//! and words, hashed again so that every event verifies. The same number makes the same bytes.

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use machinaut_chain::canonical::hash;
use machinaut_chain::json::Limits as JsonLimits;
use machinaut_chain::sample::{Hold, Story};
use machinaut_chain::ship::{Limits, Payload, Sensitivity, read_record};
use machinaut_chain::timestamp::Instant;

use crate::words::Changer;

/// What sessions are made from: the record lines of real ones. Where Lodestar's data is not here, of
/// the sample story.
static TEMPLATES: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    let real = real();
    if real.is_empty() {
        vec![lines(&sample())]
    } else {
        real
    }
});

fn data() -> PathBuf {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/lodestar");
    std::env::var_os("MACHINAUT_LODESTAR_DATA").map_or_else(|| beside.into(), PathBuf::from)
}

/// What is to be said above every figure where these are not made from real sessions.
pub(crate) fn warning() -> Option<String> {
    real().is_empty().then(|| {
        format!(
            "!!! NO LODESTAR DATA in {} (MACHINAUT_LODESTAR_DATA): every session below is the short sample \
             story, and NO FIGURE BELOW COMPARES with those of docs/performance.md !!!",
            data().display()
        )
    })
}

fn real() -> Vec<Vec<String>> {
    let Ok(folder) = fs::read_dir(data().join("load")) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = folder.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "gz"));
    files.sort();
    let unpack = |file: &PathBuf| {
        let mut body = Vec::new();
        let packed = fs::File::open(file).unwrap();
        flate2::read::GzDecoder::new(packed)
            .read_to_end(&mut body)
            .unwrap();
        lines(&body)
    };
    files.iter().map(unpack).collect()
}

fn sample() -> Vec<u8> {
    let story = Hold::push_to_main(Story {
        project: "bench".parse().unwrap(),
        session: "session".parse().unwrap(),
        agent: "agent:bench".parse().unwrap(),
        first_seq: 0,
        request_id: "3b8a6ad9-9c04-4b53-8d6c-2f6f2d7a6a01".to_owned(),
        action_id: "3b8a6ad9-9c04-4b53-8d6c-2f6f2d7a6a02".to_owned(),
        held_at: Instant::from_millis(1_795_409_175_531),
        deadline: None,
    });
    story.log().ship_body(Sensitivity::Secret)
}

/// The records of a body, without its manifest.
fn lines(body: &[u8]) -> Vec<String> {
    let body = std::str::from_utf8(body).unwrap();
    body.lines().skip(1).map(str::to_owned).collect()
}

/// A session, as it is shipped at the highest ceiling.
pub(crate) struct Session {
    project: String,
    name: String,
    records: Vec<String>,
}

impl Session {
    /// The session of this number, as long as a real one: about 150 events.
    pub(crate) fn usual(number: u64) -> Self {
        Self::grown(number, 1, usize::MAX)
    }

    /// A session of at least so many events, or of as many as fit into a body of so many bytes: several
    /// real ones, told one after another as one.
    pub(crate) fn grown(number: u64, events: usize, body_bytes: usize) -> Self {
        let mut session = Self {
            project: String::new(),
            name: format!("load-session-{number}"),
            records: Vec::new(),
        };
        let mut bytes = session.manifest().len() + 100;
        let mut round = 0;
        while session.records.len() < events {
            let mut changer = Changer::new(number.wrapping_mul(1_000_003).wrapping_add(round));
            let template = usize::try_from(number + round).unwrap() % TEMPLATES.len();
            for line in &TEMPLATES[template] {
                let record = session.told_again(line, &mut changer);
                bytes += record.len() + 1;
                if bytes > body_bytes {
                    return session;
                }
                session.records.push(record);
            }
            round += 1;
        }
        session
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn events(&self) -> usize {
        self.records.len()
    }

    /// One more event, in which an observation says this word.
    pub(crate) fn observe(&mut self, word: &str) {
        let payload = format!(
            r#"{{"id":"{word}","schema":"tool.output","source":{{"tool":"fs.read"}},"context":{{}},"trust":"tool","sensitivity":"internal","payload":{{"contents":"{word}"}}}}"#
        );
        let place = self.records.len();
        let record = Envelope {
            id: &format!("event-{word}"),
            event_type: "observation.recorded",
            schema_version: "0.1.0",
            actor: "agent:bench",
            at: "2026-11-23T04:46:15Z",
        }
        .record(self, place, &payload);
        self.records.push(record);
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = self.manifest();
        for record in &self.records {
            body.push('\n');
            body.push_str(record);
        }
        body.push('\n');
        body.into_bytes()
    }

    fn manifest(&self) -> String {
        let Self {
            project,
            name,
            records,
        } = self;
        format!(
            r#"{{"kind":"lodestar.session_ship","version":1,"project_id":"{project}","session_id":"{name}","event_count":{},"ceiling":"secret","redacted_count":0}}"#,
            records.len()
        )
    }

    /// One record with another place, its payload changed and hashed again.
    fn told_again(&mut self, line: &str, changer: &mut Changer) -> String {
        let record = read_record(line.as_bytes(), &Limits::default()).unwrap();
        let header = &record.header;
        if self.project.is_empty() {
            self.project = header.project_id.to_string();
        }
        let mut payload = String::new();
        if let Payload::Open(json) = record.payload {
            changer.json(json, &mut payload);
        }
        Envelope {
            id: &changer.text(header.id.as_str()),
            event_type: header.event_type.as_str(),
            schema_version: header.schema_version.as_str(),
            actor: header.actor_id.as_str(),
            at: &changer.text(header.timestamp.as_str()),
        }
        .record(self, self.records.len(), &payload)
    }
}

/// What a record says beside its place and its payload.
struct Envelope<'a> {
    id: &'a str,
    event_type: &'a str,
    schema_version: &'a str,
    actor: &'a str,
    at: &'a str,
}

impl Envelope<'_> {
    fn record(&self, session: &Session, place: usize, payload: &str) -> String {
        let digest = hash(payload.as_bytes(), &JsonLimits::default()).unwrap();
        let Self {
            id,
            event_type,
            schema_version,
            actor,
            at,
        } = self;
        let Session { project, name, .. } = session;
        format!(
            r#"{{"v":1,"redacted":false,"envelope":{{"id":"{id}","seq":{place},"type":"{event_type}","schema_version":"{schema_version}","project_id":"{project}","session_id":"{name}","actor_id":"{actor}","timestamp":"{at}","logical_clock":{place},"causal_parent_ids":[],"payload_hash":"{digest}","payload":{payload},"versions":{{"schema_registry_version":"0.1.0"}}}}}}"#
        )
    }
}
