//! How a body is packed on its way, and how it is unpacked within bounds: a bomb is noticed when it
//! has given out one byte more than a body may have, and never takes more memory than a good one.

use std::io::{self, BufReader, Read};
use std::str::FromStr;

use crate::{Error, Result};

/// The largest window of a zstd frame: 2^23 bytes, as RFC 9659 has it for what travels over HTTP.
const WINDOW_LOG: u32 = 23;
/// How much is read of what is packed at once.
const PIECE: usize = 64 * 1024;

/// How a body is packed: the `Content-Encoding` of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// It is not.
    #[default]
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 8878, with a window of at most 8 MiB (RFC 9659).
    Zstd,
}

impl Encoding {
    /// The names of those that are understood, for an answer.
    pub const SUPPORTED: &'static str = "gzip, zstd, identity";
}

impl FromStr for Encoding {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "identity" | "" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            _ => Err(Error::UnknownEncoding),
        }
    }
}

/// A body while it is unpacked. It gives out at most its limit.
pub(super) struct Unpacked<'a> {
    from: Box<dyn Read + 'a>,
    packed: bool,
    left: u64,
    limit: u64,
}

impl<'a> Unpacked<'a> {
    pub(super) fn new(from: impl Read + 'a, encoding: Encoding, limit: u64) -> Result<Self> {
        let from: Box<dyn Read + 'a> = match encoding {
            Encoding::Identity => Box::new(from),
            Encoding::Gzip => Box::new(flate2::read::MultiGzDecoder::new(
                BufReader::with_capacity(PIECE, from),
            )),
            Encoding::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::new(from).map_err(no_decoder)?;
                decoder.window_log_max(WINDOW_LOG).map_err(no_decoder)?;
                Box::new(decoder)
            }
        };
        Ok(Self {
            from,
            packed: encoding != Encoding::Identity,
            left: limit,
            limit,
        })
    }

    /// The next bytes, as many as fit into `into`; none at the end.
    ///
    /// # Errors
    /// [`Error::TooLarge`] where there is more than the limit, [`Error::Unpacking`] where it is not
    /// what it says it is.
    pub(super) fn next(&mut self, into: &mut [u8]) -> Result<usize> {
        let read = loop {
            match self.from.read(into) {
                Ok(read) => break read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) if self.packed => return Err(Error::Unpacking),
                Err(_) => return Err(Error::Broken("a body that was put aside can be read")),
            }
        };
        let length = u64::try_from(read).unwrap_or(u64::MAX);
        self.left = self
            .left
            .checked_sub(length)
            .ok_or(Error::TooLarge { limit: self.limit })?;
        Ok(read)
    }
}

fn no_decoder(_: io::Error) -> Error {
    Error::Broken("a zstd decoder can be made")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        // As one that does not know how much there will be, so that the window stays small.
        let mut packed = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    fn unpack(packed: &[u8], encoding: Encoding, limit: u64) -> Result<Vec<u8>> {
        let mut unpacked = Unpacked::new(packed, encoding, limit)?;
        let mut all = Vec::new();
        let mut piece = vec![0; 1_000];
        loop {
            match unpacked.next(&mut piece)? {
                0 => return Ok(all),
                read => all.extend_from_slice(&piece[..read]),
            }
        }
    }

    #[test]
    fn what_was_packed_comes_back_up_to_the_limit_and_not_beyond() {
        let body = b"some lines\n".repeat(1_000);
        let limit = u64::try_from(body.len()).unwrap();
        let packed = [
            (Encoding::Identity, body.clone()),
            (Encoding::Gzip, gzip(&body)),
            (Encoding::Zstd, zstd(&body)),
        ];
        for (encoding, packed) in packed {
            assert_eq!(unpack(&packed, encoding, limit).unwrap(), body);
            let beyond = unpack(&packed, encoding, limit - 1);
            assert!(
                matches!(beyond, Err(Error::TooLarge { .. })),
                "{encoding:?}"
            );
        }
    }

    #[test]
    fn a_zip_bomb_is_refused_before_it_gives_out_more_than_a_body_may_have() {
        let zeros = vec![0; 64 * 1024 * 1024];
        for (encoding, bomb) in [
            (Encoding::Gzip, gzip(&zeros)),
            (Encoding::Zstd, zstd(&zeros)),
        ] {
            assert!(bomb.len() < 512 * 1024);
            let mut unpacked = Unpacked::new(bomb.as_slice(), encoding, 100_000).unwrap();
            let mut given = 0;
            let mut piece = vec![0; 1_000];
            let refusal = loop {
                match unpacked.next(&mut piece) {
                    Ok(read) => given += read,
                    Err(error) => break error,
                }
            };
            assert!(matches!(refusal, Error::TooLarge { limit: 100_000 }));
            assert!(given <= 100_000, "{given}");
        }
    }

    #[test]
    fn a_zstd_frame_that_asks_for_a_huge_window_is_refused() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(27).unwrap();
        encoder.write_all(&vec![7; 3_000_000]).unwrap();
        let packed = encoder.finish().unwrap();
        let refused = unpack(&packed, Encoding::Zstd, 10_000_000);
        assert!(matches!(refused, Err(Error::Unpacking)));
    }

    #[test]
    fn what_is_cut_or_is_something_else_is_refused() {
        let body = b"some lines\n".repeat(1_000);
        let cut = |packed: Vec<u8>| packed[..packed.len() - 5].to_vec();
        for (encoding, packed) in [
            (Encoding::Gzip, cut(gzip(&body))),
            (Encoding::Zstd, cut(zstd(&body))),
            (Encoding::Gzip, body.clone()),
            (Encoding::Zstd, body.clone()),
        ] {
            let refused = unpack(&packed, encoding, 1_000_000);
            assert!(matches!(refused, Err(Error::Unpacking)), "{encoding:?}");
        }
    }

    #[test]
    fn only_what_is_supported_has_a_name() {
        assert_eq!("GZIP".parse::<Encoding>().unwrap(), Encoding::Gzip);
        for unknown in ["br", "deflate", "gzip, gzip", "gzip, zstd"] {
            let refused = unknown.parse::<Encoding>();
            assert!(matches!(refused, Err(Error::UnknownEncoding)), "{unknown}");
        }
    }
}
