//! How a run of records is kept: the lines as they came, as one zstd frame, and beside them a
//! packed list that says which event each line is and what it committed to. The list answers what
//! is known already without touching the lines; both are written once and never changed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use zstd::bulk::Compressor;

use super::table::segment::Model;
use crate::{Error, Result};

/// How much of the lines goes into one segment, in bytes before compression. Opening one event
/// opens one segment.
pub(crate) const SEGMENT_BYTES: usize = 512 * 1024;

/// How hard a ship is compressed: its sender waits for it.
const LEVEL: i32 = 1;
const VERSION: u8 = 1;

/// How open a kept record is. A later one that is more open stands in for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Openness {
    /// The payload was withheld; only the commitment is known.
    Withheld,
    /// There is a payload, but it is not the one that was committed to.
    Mismatched,
    /// The payload is there and its hash is the committed one.
    Verified,
}

impl Openness {
    fn code(self) -> u8 {
        match self {
            Self::Withheld => 0,
            Self::Mismatched => 1,
            Self::Verified => 2,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Withheld),
            1 => Some(Self::Mismatched),
            2 => Some(Self::Verified),
            _ => None,
        }
    }
}

/// Which event a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    pub(crate) event_id: String,
    /// SHA-256 over the envelope without its payload, and the payload hash.
    pub(crate) commitment: [u8; 32],
    pub(crate) openness: Openness,
}

/// Packs the next entry of a segment.
///
/// # Errors
/// [`Error::Broken`] where an id is longer than any limit allows.
pub(crate) fn pack(entry: &Entry, packed: &mut Vec<u8>) -> Result<()> {
    if packed.is_empty() {
        packed.push(VERSION);
    }
    let id = entry.event_id.as_bytes();
    let length =
        u16::try_from(id.len()).map_err(|_| Error::Broken("an event id fits its length"))?;
    packed.extend_from_slice(&entry.seq.to_le_bytes());
    packed.push(entry.openness.code());
    packed.extend_from_slice(&entry.commitment);
    packed.extend_from_slice(&length.to_le_bytes());
    packed.extend_from_slice(id);
    Ok(())
}

/// Reads packed entries again.
///
/// # Errors
/// [`Error::Broken`] where they are not what [`pack`] wrote.
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<Entry>> {
    let broken = || Error::Broken("kept commitments can be read");
    let Some((&VERSION, mut rest)) = packed.split_first() else {
        return Err(broken());
    };
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let (entry, after) = entry(rest).ok_or_else(broken)?;
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}

fn entry(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    let (seq, bytes) = bytes.split_first_chunk::<8>()?;
    let (openness, bytes) = bytes.split_first()?;
    let (commitment, bytes) = bytes.split_first_chunk::<32>()?;
    let (length, bytes) = bytes.split_first_chunk::<2>()?;
    let (id, bytes) = bytes.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    let entry = Entry {
        seq: u64::from_le_bytes(*seq),
        event_id: String::from_utf8(id.to_vec()).ok()?,
        commitment: *commitment,
        openness: Openness::from_code(*openness)?,
    };
    Some((entry, bytes))
}

/// Compresses lines, one segment after another in the same memory.
pub(crate) struct Packer(Option<Compressor<'static>>);

/// Compressors that nobody uses at present: each has a table of its own to fill.
static IDLE: Mutex<Vec<Compressor<'static>>> = Mutex::new(Vec::new());
/// How many of them are kept.
const MOST_IDLE: usize = 4;

impl Packer {
    /// # Errors
    /// [`Error::Broken`] where there is no memory for it.
    pub(crate) fn new() -> Result<Self> {
        let idle = idle().pop();
        match idle {
            Some(idle) => Ok(Self(Some(idle))),
            None => Compressor::new(LEVEL)
                .map(|new| Self(Some(new)))
                .map_err(|_| cannot_compress()),
        }
    }

    /// # Errors
    /// [`Error::Broken`] where the compressor fails.
    pub(crate) fn compress(&mut self, lines: &[u8]) -> Result<Vec<u8>> {
        let compressor = self.0.as_mut().ok_or_else(cannot_compress)?;
        compressor.compress(lines).map_err(|_| cannot_compress())
    }
}

impl Drop for Packer {
    fn drop(&mut self) {
        let mut idle = idle();
        if idle.len() < MOST_IDLE {
            idle.extend(self.0.take());
        }
    }
}

fn idle() -> MutexGuard<'static, Vec<Compressor<'static>>> {
    // Nothing in here panics half-way.
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn cannot_compress() -> Error {
    Error::Broken("lines can be compressed")
}

/// Opens what a [`Packer`] wrote; `raw_bytes` is its length before.
///
/// # Errors
/// [`Error::Broken`] where it is damaged.
pub(crate) fn decompress(frame: &[u8], raw_bytes: usize) -> Result<Vec<u8>> {
    zstd::bulk::decompress(frame, raw_bytes).map_err(|_| Error::Broken("kept records can be read"))
}

/// Opens the records of a row; [`lines`] tells them apart.
///
/// # Errors
/// [`Error::Broken`] where it is damaged.
pub(crate) fn lines_of(row: &Model) -> Result<Vec<u8>> {
    let raw_bytes = usize::try_from(row.raw_bytes).unwrap_or_default();
    decompress(&row.lines, raw_bytes)
}

/// The lines of a segment, without their line ends.
pub(crate) fn lines(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    raw.strip_suffix(b"\n")
        .unwrap_or(raw)
        .split(|&byte| byte == b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<Entry> {
        vec![
            Entry {
                seq: 0,
                event_id: String::new(),
                commitment: [0; 32],
                openness: Openness::Withheld,
            },
            Entry {
                seq: (1 << 53) - 1,
                event_id: "ü".repeat(1_024),
                commitment: [255; 32],
                openness: Openness::Verified,
            },
        ]
    }

    fn packed() -> Vec<u8> {
        let mut packed = Vec::new();
        for entry in sample() {
            pack(&entry, &mut packed).unwrap();
        }
        packed
    }

    #[test]
    fn packed_entries_come_back_as_they_were() {
        assert_eq!(unpack(&packed()).unwrap(), sample());
    }

    #[test]
    fn damaged_entries_are_noticed() {
        let packed = packed();
        assert!(unpack(&[]).is_err());
        assert!(unpack(&packed[..packed.len() - 1]).is_err());
        assert!(unpack(&[9]).is_err());
    }

    #[test]
    fn lines_come_back_as_they_were() {
        let raw = b"{\"a\":1}\n{\"b\":\"\\ud800\"}\n";
        let frame = Packer::new().unwrap().compress(raw).unwrap();
        assert_eq!(decompress(&frame, raw.len()).unwrap(), raw);
        assert_eq!(
            lines(raw).collect::<Vec<_>>(),
            [&b"{\"a\":1}"[..], b"{\"b\":\"\\ud800\"}"]
        );
        assert!(decompress(&frame[1..], raw.len()).is_err());
    }
}
