//! Any body: the size of the pieces it comes in changes nothing, and what was kept of it is read
//! again to the same commitments.
#![no_main]

use libfuzzer_sys::fuzz_target;
use machinaut_chain::canonical::Hash;
use machinaut_chain::ship::{
    Error, FindingKind, Limits, Reader, Record, Summary, read_log_line, read_record,
};

/// Sequence and id repeat only within a body, so a record alone does not know of it.
fn own(findings: &[FindingKind]) -> Vec<FindingKind> {
    let across = [
        FindingKind::SequenceCollision,
        FindingKind::DuplicateEventId,
    ];
    findings
        .iter()
        .copied()
        .filter(|kind| !across.contains(kind))
        .collect()
}

fn read(body: &[u8], piece: usize) -> Result<(Vec<Hash>, Summary), Error> {
    let mut commitments = Vec::new();
    let mut sink = |record: Record<'_>| {
        let again = read_record(record.bytes, &Limits::default()).expect("it was read before");
        assert_eq!(again.commitment, record.commitment);
        assert_eq!(again.payload, record.payload);
        assert_eq!(again.findings, own(&record.findings));
        commitments.push(record.commitment);
    };
    let mut reader = Reader::new(Limits::default());
    for piece in body.chunks(piece) {
        reader.push(piece, &mut sink)?;
    }
    let summary = reader.finish(&mut sink)?;
    Ok((commitments, summary))
}

fuzz_target!(|input: &[u8]| {
    let Some((&piece, body)) = input.split_first() else {
        return;
    };
    let whole = read(body, body.len().max(1));
    assert_eq!(read(body, usize::from(piece) + 1), whole);
    for line in body.split(|&byte| byte == b'\n') {
        let _ = read_log_line(line, &Limits::default());
    }
});
