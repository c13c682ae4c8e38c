//! What follows from a session is what the real Lodestar said, at both ceilings.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

#[cfg(not(target_arch = "wasm32"))]
mod lodestar;
#[cfg(target_arch = "wasm32")]
use crate::lodestar;

use machinaut_chain::calibration::calibrate;
use machinaut_chain::harvest::candidates;
use machinaut_chain::json::{Limits, Value};
use machinaut_chain::pending::{holds_of, pending_approvals};
use machinaut_chain::projection::project;
use machinaut_chain::report::report;
use machinaut_chain::session::{Gist, Session, Summary};
use machinaut_chain::ship;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const SESSIONS: usize = 38;

/// Every session at both ceilings, with the folder of what Lodestar says about it.
fn sessions() -> Vec<(String, Session)> {
    let mut sessions = Vec::new();
    for ceiling in ["secret", "internal"] {
        for (path, body) in lodestar::files("sessions/", &format!("/ship-{ceiling}.ndjson")) {
            let lines = body.split(|byte| *byte == b'\n').skip(1);
            let session = Session::from_record_lines(lines).unwrap();
            let folder = path.rsplit_once('/').unwrap().0;
            sessions.push((format!("{folder}/expected/{ceiling}"), session));
        }
    }
    assert!(sessions.is_empty() || sessions.len() == 2 * SESSIONS);
    sessions
}

#[test]
fn what_is_counted_while_events_pass_by_is_what_the_whole_session_says() {
    for (path, body) in lodestar::files("sessions/", ".ndjson") {
        if !path.contains("/ship-") {
            continue;
        }
        let lines = || {
            body.split(|byte| *byte == b'\n')
                .skip(1)
                .filter(|line| !line.is_empty())
        };
        let session = Session::from_record_lines(lines()).unwrap();
        let whole = (Summary::of(&session), holds_of(&session));
        let in_order: Vec<&[u8]> = lines().collect();
        let backwards: Vec<&[u8]> = in_order.iter().rev().copied().collect();
        let (early, late): (Vec<_>, Vec<_>) =
            in_order.iter().enumerate().partition(|(n, _)| n % 3 == 1);
        let mixed = early.into_iter().chain(late).map(|(_, line)| *line);
        for order in [in_order.clone(), backwards, mixed.collect()] {
            let mut gist = Gist::default();
            for line in order {
                gist.add_record(ship::read_record(line, &ship::Limits::default()).unwrap());
            }
            assert_eq!(gist.finish(), whole, "{path}");
        }
    }
}

#[test]
fn events_stand_in_the_order_of_the_log_with_their_lines_however_they_came() {
    for (path, body) in lodestar::files("sessions/", "/ship-secret.ndjson") {
        let lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').skip(1).collect();
        let session = Session::from_record_lines(lines.iter().copied()).unwrap();
        let is_contested = |session: &Session| {
            let mut events = session.events().windows(2);
            events.any(|pair| pair[0].seq() == pair[1].seq())
        };
        if is_contested(&session) {
            continue;
        }
        let (early, late): (Vec<_>, Vec<_>) =
            lines.iter().enumerate().partition(|(n, _)| n % 3 == 1);
        let mixed = late.into_iter().chain(early).map(|(_, line)| *line);
        let sorted = Session::from_record_lines(mixed).unwrap();
        assert_eq!(sorted.events(), session.events(), "{path}");
        for event in session.events() {
            let (seq, id) = (event.seq(), event.id());
            assert_eq!(sorted.line(seq, id), session.line(seq, id), "{path}");
        }
    }
}

/// Holds what we say against what Lodestar said, byte for byte.
fn compare(file: &str, ours: impl Fn(&Session) -> Value) {
    let mut deviations = Vec::new();
    for (folder, session) in sessions() {
        let path = format!("{folder}/{file}");
        let expected = lodestar::json(&path).unwrap().to_json();
        let ours = ours(&session).to_json();
        if ours != expected {
            deviations.push(format!("{path}: {}", first_difference(&ours, &expected)));
        }
    }
    assert!(
        deviations.is_empty(),
        "{} deviations:\n{}",
        deviations.len(),
        deviations.join("\n")
    );
}

fn first_difference(ours: &str, theirs: &str) -> String {
    let place = ours
        .bytes()
        .zip(theirs.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let around = |text: &str| {
        let bytes = text.as_bytes();
        let start = place.saturating_sub(60);
        String::from_utf8_lossy(&bytes[start..bytes.len().min(place + 60)]).into_owned()
    };
    format!(
        "at byte {place}\n   ours: {}\n theirs: {}",
        around(ours),
        around(theirs)
    )
}

#[test]
fn every_projection_is_lodestars_to_the_last_byte() {
    compare("projection.json", project);
}

#[test]
fn every_list_of_pending_approvals_is_lodestars_to_the_last_byte() {
    compare("pending_approvals.json", pending_approvals);
}

#[test]
fn every_calibration_is_lodestars_to_the_last_bit() {
    compare("calibration.json", |session| calibrate(session).to_value());
}

#[test]
fn every_harvest_is_lodestars_to_the_last_byte() {
    compare("harvest.json", candidates);
}

/// The sections of a report: each heading with its entries, each entry as the facts in it that
/// stand as code.
fn facts(report: &str) -> Vec<(String, Vec<Vec<String>>)> {
    let mut sections: Vec<(String, Vec<String>)> = Vec::new();
    // What follows the rule is about the report and not about the session.
    let told = report
        .split_once("\n---\n")
        .map_or(report, |(told, _)| told);
    for line in told.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            sections.push((heading.to_owned(), Vec::new()));
        } else if let Some((_, entries)) = sections.last_mut() {
            match entries.last_mut() {
                // Lodestar lets a statement run over several lines.
                Some(entry) if !line.trim_start().starts_with("- ") => entry.push_str(line),
                _ => entries.push(line.to_owned()),
            }
        }
    }
    let of_entries = |(heading, entries): (String, Vec<String>)| {
        let codes = entries
            .iter()
            .map(|entry| codes(entry, heading == "Claims"))
            .collect();
        (heading, codes)
    };
    sections.into_iter().map(of_entries).collect()
}

/// What stands as code in an entry, but for what a statement quotes. Lodestar puts some facts in
/// brackets, and several into one.
fn codes(entry: &str, begins_with_a_statement: bool) -> Vec<String> {
    let told = entry.rsplit_once("**").map_or(entry, |(_, after)| after);
    let codes = told.split('`').skip(1).step_by(2);
    let codes = codes.flat_map(|code| {
        code.trim_start_matches('(')
            .trim_end_matches(')')
            .split(", sensitivity ")
    });
    let codes: Vec<String> = codes.map(str::to_owned).collect();
    let skipped = if begins_with_a_statement {
        codes.len().saturating_sub(2)
    } else {
        0
    };
    codes[skipped..].to_vec()
}

#[test]
fn every_report_has_the_sections_and_the_facts_of_lodestars() {
    let mut deviations = Vec::new();
    for (folder, session) in sessions() {
        let theirs = String::from_utf8(
            lodestar::file(&format!("{folder}/report.md"))
                .unwrap()
                .to_vec(),
        );
        let (ours, theirs) = (facts(&report(&session)), facts(&theirs.unwrap()));
        let headings = |report: &[(String, Vec<Vec<String>>)]| -> Vec<String> {
            report.iter().map(|(heading, _)| heading.clone()).collect()
        };
        if headings(&ours) != headings(&theirs) {
            deviations.push(format!(
                "{folder}: {:?} and not {:?}",
                headings(&ours),
                headings(&theirs)
            ));
            continue;
        }
        for ((heading, ours), (_, theirs)) in ours.iter().zip(&theirs) {
            if ours.len() != theirs.len() {
                deviations.push(format!(
                    "{folder} {heading}: {} entries and not {}",
                    ours.len(),
                    theirs.len()
                ));
            }
            let different = ours
                .iter()
                .zip(theirs)
                .find(|(ours, theirs)| ours != theirs);
            if let Some((ours, theirs)) = different {
                deviations.push(format!("{folder} {heading}: {ours:?} and not {theirs:?}"));
            }
        }
    }
    assert!(
        deviations.is_empty(),
        "{} deviations:\n{}",
        deviations.len(),
        deviations.join("\n")
    );
}

#[test]
fn a_raw_log_says_what_its_ship_at_the_highest_ceiling_says() {
    for (path, log) in lodestar::files("sessions/", "/log.ndjson") {
        let folder = path.rsplit_once('/').unwrap().0;
        let session = Session::from_log_lines(log.split(|byte| *byte == b'\n')).unwrap();
        let expected = lodestar::json(&format!("{folder}/expected/secret/projection.json"));
        let (ours, theirs) = (project(&session).to_json(), expected.unwrap().to_json());
        assert!(
            ours == theirs,
            "{path}: {}",
            first_difference(&ours, &theirs)
        );
    }
}

#[test]
fn an_event_is_found_with_the_bytes_it_came_in() {
    for (_, session) in sessions() {
        for event in session.events() {
            let line = session.line(event.seq(), event.id()).unwrap();
            let record = Value::parse(line, &Limits::default()).unwrap();
            let id = record.at(&["envelope", "id"]).and_then(Value::as_str);
            assert_eq!(id, Some(event.id()));
            assert!(session.event(event.seq(), event.id()).is_some());
        }
    }
}
