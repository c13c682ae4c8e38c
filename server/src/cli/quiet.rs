//! Standard output whose reader may stop reading: `machinaut … | head` ends without noise.

use std::io::{self, ErrorKind, Write};

/// Writes until nobody reads any more, and from then on pretends to: what a command exits with is
/// what it found, not how much of it was looked at.
pub(super) struct UntilClosed<W> {
    out: W,
    is_closed: bool,
}

impl<W> UntilClosed<W> {
    pub(super) const fn new(out: W) -> Self {
        Self {
            out,
            is_closed: false,
        }
    }

    fn unless_closed<T>(&mut self, answer: io::Result<T>, instead: T) -> io::Result<T> {
        match answer {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(instead)
            }
            answer => answer,
        }
    }
}

impl<W: Write> Write for UntilClosed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_closed {
            return Ok(bytes.len());
        }
        let answer = self.out.write(bytes);
        self.unless_closed(answer, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_closed {
            return Ok(());
        }
        let answer = self.out.flush();
        self.unless_closed(answer, ())
    }
}
