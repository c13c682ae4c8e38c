//! Where a body waits until it is read: a short one in memory, the rest of a long one in a file
//! without a name, which is gone when nobody holds it any more. A slow sender costs nothing but that.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use sha2::{Digest as _, Sha256};

use crate::{Error, Result};

/// How much of a body is kept in memory.
const IN_MEMORY: usize = 256 * 1024;

/// Where bodies wait on disk, and how much room all of them take there.
#[derive(Clone)]
pub(crate) struct Room {
    folder: Arc<Path>,
    taken: Arc<AtomicU64>,
}

impl Room {
    /// An empty one, in this folder.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder: folder.into(),
            taken: Arc::default(),
        }
    }

    /// A file without a name.
    fn file(&self) -> io::Result<File> {
        std::fs::create_dir_all(&self.folder)?;
        tempfile::tempfile_in(&self.folder)
    }
}

/// A part of the room, until it is dropped.
struct Share {
    room: Room,
    bytes: u64,
}

impl Share {
    /// Takes more, as long as no more than `most` are taken by all.
    fn more(&mut self, bytes: u64, most: u64) -> Result<()> {
        let before = self.room.taken.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before.saturating_add(bytes) > most {
            return Err(Error::Busy {
                retry_after: Duration::from_secs(5),
            });
        }
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A body that arrived whole.
pub(super) struct Spool {
    beginning: Vec<u8>,
    rest: Option<File>,
    bytes: u64,
    sha256: [u8; 32],
    share: Share,
}

impl Spool {
    /// Collects the pieces of a body, up to `limit` bytes; on disk, up to `most` of all bodies. `length`
    /// is what the sender says that it is.
    pub(super) async fn collect(
        mut pieces: impl Stream<Item = Result<Bytes>> + Unpin,
        length: Option<u64>,
        limit: u64,
        room: &Room,
        most: u64,
    ) -> Result<Self> {
        let expected = length.and_then(|length| usize::try_from(length).ok());
        let mut spool = Self {
            beginning: Vec::with_capacity(expected.unwrap_or_default().min(IN_MEMORY)),
            rest: None,
            bytes: 0,
            sha256: [0; 32],
            share: Share {
                room: room.clone(),
                bytes: 0,
            },
        };
        let mut hasher = Sha256::new();
        let mut pending = Vec::new();
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            spool.bytes = spool.bytes.saturating_add(bytes_of(&piece));
            if spool.bytes > limit {
                return Err(Error::TooLarge { limit });
            }
            // A piece is as much as the network brought at once: hashing it takes as long as reading it did.
            hasher.update(&piece);
            if spool.rest.is_none() && spool.beginning.len() + piece.len() <= IN_MEMORY {
                spool.beginning.extend_from_slice(&piece);
                continue;
            }
            pending.extend_from_slice(&piece);
            if pending.len() >= IN_MEMORY {
                (spool, pending) = spool.write(pending, most).await?;
            }
        }
        if !pending.is_empty() {
            (spool, _) = spool.write(pending, most).await?;
        }
        spool.sha256 = hasher.finalize().into();
        Ok(spool)
    }

    /// Puts bytes at the end of the file, off the async threads, and gives their memory back.
    async fn write(mut self, mut pending: Vec<u8>, most: u64) -> Result<(Self, Vec<u8>)> {
        self.share.more(bytes_of(&pending), most)?;
        tokio::task::spawn_blocking(move || {
            let file = match &mut self.rest {
                Some(file) => file,
                none => none.insert(self.share.room.file()?),
            };
            file.write_all(&pending)?;
            pending.clear();
            Ok((self, pending))
        })
        .await
        .map_err(|_| Error::Broken("a body can be put aside"))?
        .map_err(no_room)
    }

    /// Whether nothing of it is on disk.
    pub(super) fn is_in_memory(&self) -> bool {
        self.rest.is_none()
    }

    /// The folder that it waits in.
    pub(super) fn folder(&self) -> &Path {
        &self.share.room.folder
    }

    /// How long it is.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 of it, as it arrived.
    pub(super) fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Reads it from the beginning. Blocks: not for async threads.
    pub(super) fn read(&self) -> Result<impl Read + '_> {
        let rest = match &self.rest {
            Some(file) => {
                let mut file = file;
                file.seek(SeekFrom::Start(0)).map_err(no_room)?;
                Some(file)
            }
            None => None,
        };
        Ok(Cursor::new(self.beginning.as_slice()).chain(Rest(rest)))
    }
}

/// The part in the file, if there is one.
struct Rest<'a>(Option<&'a File>);

impl Read for Rest<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.as_mut().map_or(Ok(0), |file| file.read(into))
    }
}

fn bytes_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn no_room(error: io::Error) -> Error {
    tracing::error!(%error, "the folder in which bodies wait cannot be used");
    Error::Busy {
        retry_after: Duration::from_secs(30),
    }
}
