//! Every body that the real Lodestar shipped is read whole, and every bad one gets its answer.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

#[cfg(not(target_arch = "wasm32"))]
mod lodestar;
#[cfg(target_arch = "wasm32")]
use crate::lodestar;

use lodestar::text;
use machinaut_chain::json::Value;
use machinaut_chain::ship::{
    Error, FindingKind, Limits, Reader, Summary, read_log_line, read_record,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn read(body: &[u8], piece: usize) -> Result<Summary, Error> {
    let mut records = 0;
    let mut reader = Reader::new(Limits::default());
    let mut sink = |record: machinaut_chain::ship::Record<'_>| {
        records += 1;
        let again = read_record(record.bytes, &Limits::default()).unwrap();
        assert_eq!(again.commitment, record.commitment);
        assert_eq!(again.header, record.header);
    };
    for piece in body.chunks(piece) {
        reader.push(piece, &mut sink)?;
    }
    let summary = reader.finish(&mut sink)?;
    assert_eq!(summary.received, records);
    Ok(summary)
}

/// The line that a refusal names, for the bad bodies where more than one could be meant.
fn line_of(file: &str) -> usize {
    let one = [
        "empty-body",
        "blank-lines-only",
        "no-manifest",
        "manifest-last",
        "manifest-only-nonzero-count",
        "manifest-only-zero",
        "wrong-kind",
        "wrong-version",
        "version-string",
        "ceiling-unknown",
        "ceiling-missing",
        "event-count-too-high",
        "event-count-too-low",
        "event-count-negative",
        "event-count-float",
        "redacted-count-mismatch",
        "redacted-count-mismatch-internal",
        "bom",
        "utf16",
        "json-array-body",
        "two-objects-on-line",
        "session-id-huge",
        "session-id-controls",
    ];
    let stem = file.trim_end_matches(".ndjson");
    match stem {
        _ if one.contains(&stem) => 1,
        "manifest-duplicated"
        | "manifest-project-differs"
        | "manifest-session-differs"
        | "raw-control-char"
        | "seq-negative" => 2,
        "truncated-last-line" => 9,
        "trailing-garbage" | "nul-bytes" => 10,
        _ => 0,
    }
}

#[test]
fn every_bad_body_gets_the_answer_of_its_index() {
    let Some(index) = lodestar::json("ship/bad/index.json") else {
        return;
    };
    let index = index.as_array().unwrap();
    assert_eq!(index.len(), 108);
    let mut wrong = Vec::new();
    for case in index {
        let name = text(case, "file");
        let body = lodestar::file(&format!("ship/bad/{name}")).unwrap();
        let read = read(body, usize::MAX);
        let answer = match &read {
            Err(_) => "reject",
            Ok(summary) if summary.findings.is_empty() => "accept",
            Ok(_) => "accept_flagged",
        };
        if answer != text(case, "answer") {
            wrong.push(format!("{name}: {answer}, {read:?}"));
            continue;
        }
        if let Some(finding) = case.get("finding").and_then(Value::as_str) {
            let kind: FindingKind = finding.parse().unwrap();
            if !read.as_ref().unwrap().findings.contains_key(&kind) {
                wrong.push(format!("{name}: {:?}", read.as_ref().unwrap().findings));
            }
        }
        if let Err(error) = read {
            println!("{name}: {error}");
            let line = line_of(name);
            if line != 0 && error.line != line {
                wrong.push(format!("{name}: line {line} expected, {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_body_of_a_session_is_read_and_all_its_payloads_verify() {
    let mut mismatches = 0;
    for (name, body) in lodestar::files("sessions/", ".ndjson") {
        let Some((_, file)) = name.rsplit_once("/ship-") else {
            continue;
        };
        let summary = read(body, usize::MAX).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(format!("{}.ndjson", summary.manifest.ceiling), file);
        let found = summary
            .findings
            .get(&FindingKind::PayloadHashMismatch)
            .copied()
            .unwrap_or(0);
        if !name.contains("drv-adversarial-emit") {
            assert!(
                summary.findings.is_empty(),
                "{name}: {:?}",
                summary.findings
            );
        }
        mismatches += found;
    }
    assert!(lodestar::FILES.is_empty() || mismatches > 0);
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn every_body_of_the_load_is_read_and_all_its_payloads_verify() {
    for (name, packed) in lodestar::files("load/", ".ndjson.gz") {
        let mut body = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed), &mut body).unwrap();
        let summary = read(&body, 64 * 1024).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            summary.findings.is_empty(),
            "{name}: {:?}",
            summary.findings
        );
    }
}

#[test]
fn a_line_of_the_log_and_its_shipped_record_commit_to_the_same() {
    for (name, log) in lodestar::files("sessions/", "/log.ndjson") {
        let body = lodestar::file(&name.replace("log.ndjson", "ship-internal.ndjson")).unwrap();
        let lines = |bytes: &'static [u8]| {
            bytes
                .split(|&byte| byte == b'\n')
                .filter(|line| !line.is_empty())
        };
        assert_eq!(lines(log).count() + 1, lines(body).count(), "{name}");
        // A log of several days need not stand in the order of its seq; a ship does.
        let mut log: Vec<_> = lines(log)
            .map(|line| read_log_line(line, &Limits::default()).unwrap())
            .collect();
        log.sort_by_key(|record| record.header.seq);
        for (bare, record) in log.into_iter().zip(lines(body).skip(1)) {
            let shipped = read_record(record, &Limits::default()).unwrap();
            assert_eq!(bare.commitment, shipped.commitment, "{name}");
            assert_eq!(bare.header, shipped.header, "{name}");
            assert_eq!(bare.withheld(), None);
        }
    }
}

#[test]
fn the_size_of_the_pieces_changes_nothing() {
    for (name, body) in lodestar::files("ship/bad/", ".ndjson") {
        if body.len() > 100_000 {
            continue;
        }
        let whole = read(body, usize::MAX);
        for piece in [1, 7, 64, 1000] {
            assert_eq!(read(body, piece), whole, "{name} in pieces of {piece}");
        }
    }
}
