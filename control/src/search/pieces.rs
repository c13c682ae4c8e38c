//! Documents that come piece by piece, so that those of a long session are never in memory at once.
//! Whoever makes them waits until the last ones were taken, and whoever takes them knows whether they came
//! to their end.

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::document::Document;
use crate::{Error, Result};

/// Documents, to be taken as they come.
#[derive(Debug)]
pub(super) struct Pieces(Receiver<Piece>);

/// Gives documents to whoever takes them.
pub(super) struct Giver(Sender<Piece>);

enum Piece {
    Documents(Vec<Document>),
    End(Result<()>),
}

/// Both ends.
pub(super) fn pieces() -> (Giver, Pieces) {
    let (sender, receiver) = channel(1);
    (Giver(sender), Pieces(receiver))
}

impl Giver {
    /// Gives the next ones.
    ///
    /// # Errors
    /// [`Error::Broken`] where nobody takes them any more.
    pub(super) async fn give(&self, documents: Vec<Document>) -> Result<()> {
        let given = self.0.send(Piece::Documents(documents)).await;
        given.map_err(|_| Error::Broken("an engine takes what it is given"))
    }

    /// Says that these were all, or why there are no more.
    pub(super) async fn end(self, outcome: Result<()>) {
        // Whoever does not take them any more knows why.
        let _ = self.0.send(Piece::End(outcome)).await;
    }
}

impl Pieces {
    /// Waits for the next ones; none at the end.
    ///
    /// # Errors
    /// Why there are no more, where these were not all.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Document>>> {
        Self::told(self.0.recv().await)
    }

    /// The same, away from the async threads.
    pub(super) fn next_blocking(&mut self) -> Result<Option<Vec<Document>>> {
        Self::told(self.0.blocking_recv())
    }

    fn told(piece: Option<Piece>) -> Result<Option<Vec<Document>>> {
        match piece {
            Some(Piece::Documents(documents)) => Ok(Some(documents)),
            Some(Piece::End(outcome)) => outcome.map(|()| None),
            None => Err(Error::Broken("what is told of a session comes to its end")),
        }
    }
}
