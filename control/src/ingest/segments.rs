//! The segments that a ship becomes, made while it is read: lines and commitments in runs, each run
//! compressed as soon as it is long enough. What a long ship becomes waits in a file without a name,
//! so that the length of a ship does not show in memory.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::sessions::segment::{self, Entry, Packer, SEGMENT_BYTES};
use crate::{Error, Result};

/// How much of the compressed runs of one ship is kept in memory.
const IN_MEMORY: usize = 1024 * 1024;

/// A segment to be written.
pub(super) struct Prepared {
    pub(super) events: u64,
    pub(super) first_seq: u64,
    pub(super) last_seq: u64,
    pub(super) raw_bytes: usize,
    frame: usize,
    commitments: usize,
}

/// The segments of one ship.
pub(super) struct Segments {
    prepared: Vec<Prepared>,
    packer: Packer,
    lines: Vec<u8>,
    commitments: Vec<u8>,
    events: u64,
    first_seq: u64,
    last_seq: u64,
    /// Frames and commitments, one after another, as long as there are few.
    memory: Vec<u8>,
    file: Option<File>,
    folder: PathBuf,
}

impl Segments {
    /// None yet. What is long waits in `folder`.
    pub(super) fn new(folder: &Path) -> Result<Self> {
        Ok(Self {
            prepared: Vec::new(),
            packer: Packer::new()?,
            lines: Vec::new(),
            commitments: Vec::new(),
            events: 0,
            first_seq: 0,
            last_seq: 0,
            memory: Vec::new(),
            file: None,
            folder: folder.to_owned(),
        })
    }

    /// Takes a record that is to be kept.
    pub(super) fn add(&mut self, entry: &Entry, line: &[u8]) -> Result<()> {
        if self.events == 0 {
            self.first_seq = entry.seq;
        }
        self.last_seq = entry.seq;
        self.events += 1;
        self.lines.extend_from_slice(line);
        self.lines.push(b'\n');
        segment::pack(entry, &mut self.commitments)?;
        if self.lines.len() >= SEGMENT_BYTES {
            self.close()?;
        }
        Ok(())
    }

    /// Ends the run that is open.
    pub(super) fn close(&mut self) -> Result<()> {
        if self.events == 0 {
            return Ok(());
        }
        let frame = self.packer.compress(&self.lines)?;
        self.prepared.push(Prepared {
            events: std::mem::take(&mut self.events),
            first_seq: self.first_seq,
            last_seq: self.last_seq,
            raw_bytes: self.lines.len(),
            frame: frame.len(),
            commitments: self.commitments.len(),
        });
        self.put(&frame)?;
        let commitments = std::mem::take(&mut self.commitments);
        self.put(&commitments)?;
        // One huge line is no reason to keep as much room for the next ones.
        self.lines.clear();
        self.lines.shrink_to(2 * SEGMENT_BYTES);
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        if self.file.is_none() && self.memory.len() + bytes.len() <= IN_MEMORY {
            self.memory.extend_from_slice(bytes);
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let mut file = tempfile::tempfile_in(&self.folder).map_err(|_| no_file())?;
                file.write_all(&self.memory).map_err(|_| no_file())?;
                self.memory = Vec::new();
                none.insert(file)
            }
        };
        file.write_all(bytes).map_err(|_| no_file())
    }

    /// What is to be written, from the first segment on.
    pub(super) fn drain(&mut self) -> Result<Drain<'_>> {
        if let Some(file) = &mut self.file {
            file.seek(SeekFrom::Start(0)).map_err(|_| no_file())?;
        }
        Ok(Drain {
            prepared: self.prepared.iter(),
            memory: &self.memory,
            file: self.file.as_mut(),
        })
    }
}

/// A segment, with its bytes.
pub(super) struct Next<'a> {
    pub(super) prepared: &'a Prepared,
    /// The records, compressed.
    pub(super) lines: Vec<u8>,
    pub(super) commitments: Vec<u8>,
}

/// Gives out one segment after another.
pub(super) struct Drain<'a> {
    prepared: std::slice::Iter<'a, Prepared>,
    memory: &'a [u8],
    file: Option<&'a mut File>,
}

impl<'a> Drain<'a> {
    /// The next segment.
    pub(super) fn next(&mut self) -> Result<Option<Next<'a>>> {
        let Some(prepared) = self.prepared.next() else {
            return Ok(None);
        };
        Ok(Some(Next {
            prepared,
            lines: self.get(prepared.frame)?,
            commitments: self.get(prepared.commitments)?,
        }))
    }

    fn get(&mut self, length: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        if let Some(file) = &mut self.file {
            file.read_exact(&mut bytes).map_err(|_| no_file())?;
        } else {
            let (here, rest) = self
                .memory
                .split_at_checked(length)
                .ok_or(Error::Broken("what was prepared can be read"))?;
            bytes.copy_from_slice(here);
            self.memory = rest;
        }
        Ok(bytes)
    }
}

fn no_file() -> Error {
    Error::Broken("temporary files can be written and read")
}
