//! What the fuzz targets and the seeding of their corpora share.

use machinaut_chain::json::{Limits, Value};
use machinaut_chain::sample::Log;
use machinaut_chain::timestamp::Instant;

/// The log of a session whose events are given one to a line: type, schema version and payload,
/// with tabs between them. What is not JSON is left out, so that every input makes a log.
pub fn log_of(input: &[u8]) -> Option<Vec<u8>> {
    let (project, session, agent) = ("p".parse().ok()?, "s".parse().ok()?, "a".parse().ok()?);
    let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
    for line in input.split(|&byte| byte == b'\n') {
        let mut parts = line.splitn(3, |&byte| byte == b'\t');
        let event_type = std::str::from_utf8(parts.next()?).ok();
        let version = parts
            .next()
            .and_then(|version| std::str::from_utf8(version).ok());
        let payload = parts
            .next()
            .and_then(|json| Value::parse(json, &Limits::default()).ok());
        if let (Some(event_type), Some(version), Some(payload)) = (event_type, version, payload) {
            log.event(event_type, version, payload);
        }
    }
    Some(log.lines())
}
