//! Carries a body from the async side, where it arrives, to the thread that reads it, a few pieces
//! at a time: the sender is slowed down to the speed of the reader, and the reader waits for the
//! sender.

use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use tokio::sync::mpsc;

use super::Turns;
use crate::{Error, Result};

/// How many pieces may wait to be read.
const AHEAD: usize = 4;
/// How much of the beginning is looked at for the manifest.
const BEGINNING: usize = 64 * 1024;
/// How long a sender may be silent in the middle of a body.
const PATIENCE: Duration = Duration::from_secs(30);

/// A body, counted against its limit while it arrives.
pub(super) struct Body<S> {
    pieces: S,
    beginning: Vec<Bytes>,
    bytes: u64,
    limit: u64,
}

impl<S: Stream<Item = Result<Bytes>> + Unpin> Body<S> {
    pub(super) fn new(pieces: S, limit: u64) -> Self {
        Self {
            pieces,
            beginning: Vec::new(),
            bytes: 0,
            limit,
        }
    }

    async fn next(&mut self) -> Option<Result<Bytes>> {
        let piece = match tokio::time::timeout(PATIENCE, self.pieces.next()).await {
            Err(_) => return Some(Err(Error::Interrupted)),
            Ok(piece) => piece?,
        };
        Some(piece.and_then(|piece| {
            let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            self.bytes = self.bytes.saturating_add(length);
            if self.bytes > self.limit {
                return Err(Error::TooLarge { limit: self.limit });
            }
            Ok(piece)
        }))
    }

    /// Reads on until the first line is there, and shows what is there by then. It stays part of
    /// the body.
    pub(super) async fn beginning(&mut self) -> Result<Vec<u8>> {
        let mut seen = Vec::new();
        while !seen.contains(&b'\n') && seen.len() < BEGINNING {
            let Some(piece) = self.next().await else {
                break;
            };
            let piece = piece?;
            seen.extend_from_slice(&piece);
            self.beginning.push(piece);
        }
        Ok(seen)
    }

    /// Carries everything over to `chunks`, until the body ends or nobody reads on.
    pub(super) async fn carry(mut self, to: mpsc::Sender<Result<Bytes>>) {
        for piece in std::mem::take(&mut self.beginning) {
            if to.send(Ok(piece)).await.is_err() {
                return;
            }
        }
        while let Some(piece) = self.next().await {
            let failed = piece.is_err();
            if to.send(piece).await.is_err() || failed {
                return;
            }
        }
    }
}

/// The reading end of a body.
pub(super) struct Chunks {
    pieces: mpsc::Receiver<Result<Bytes>>,
    turns: Turns,
}

impl Chunks {
    /// Hands every piece to `read`, each in its turn. Blocks: not for async threads.
    pub(super) fn each(mut self, mut read: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        while let Some(piece) = self.pieces.blocking_recv() {
            let piece = piece?;
            let _turn = self.turns.take();
            read(&piece)?;
        }
        Ok(())
    }
}

/// Both ends of the way from the async side to a reading thread.
pub(super) fn way(turns: Turns) -> (mpsc::Sender<Result<Bytes>>, Chunks) {
    let (sender, pieces) = mpsc::channel(AHEAD);
    (sender, Chunks { pieces, turns })
}
