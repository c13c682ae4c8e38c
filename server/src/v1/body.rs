//! Bodies of strangers: of the right type, within a limit, and arriving.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use bytes::{Bytes, BytesMut};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt};
use machinaut_control::Error;
use machinaut_control::ingest::Encoding;
use tokio::time::Instant;

use crate::problem::Problem;
use crate::settings::Limits;

/// Whether the body says that it is `expected`.
pub(super) fn is(headers: &HeaderMap, expected: &'static str) -> Result<(), Problem> {
    let named = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .split(';')
                .next()
                .is_some_and(|essence| essence.trim().eq_ignore_ascii_case(expected))
        });
    if named {
        Ok(())
    } else {
        Err(Problem::wrong_type(expected))
    }
}

/// How the body is packed.
pub(super) fn encoding(headers: &HeaderMap) -> Result<Encoding, Problem> {
    let mut named = headers.get_all(CONTENT_ENCODING).iter();
    let (Some(value), None) = (named.next(), named.next()) else {
        // None at all, or packed more than once.
        return if headers.contains_key(CONTENT_ENCODING) {
            Err(Problem::unsupported_encoding())
        } else {
            Ok(Encoding::Identity)
        };
    };
    let value = value.to_str().ok();
    value
        .and_then(|name| name.parse().ok())
        .ok_or_else(Problem::unsupported_encoding)
}

/// Insists on a body that is not packed.
pub(super) fn is_plain(headers: &HeaderMap) -> Result<(), Problem> {
    match encoding(headers)? {
        Encoding::Identity => Ok(()),
        Encoding::Gzip | Encoding::Zstd => Err(Problem::unsupported_encoding_here()),
    }
}

/// How long the body says that it is.
pub(super) fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body that is read piece by piece, never more than `limit` bytes of it, and given up when its sender is
/// silent for too long, or too slow altogether.
pub(super) struct Incoming {
    slow: Arc<AtomicBool>,
    stream: BoxStream<'static, Result<Bytes, Error>>,
}

impl Incoming {
    /// Refuses at once a body that says it is longer than `limit`.
    pub(super) fn new(
        headers: &HeaderMap,
        body: Body,
        limit: u64,
        patience: &Limits,
    ) -> Result<Self, Problem> {
        if length(headers).is_some_and(|length| length > limit) {
            return Err(Problem::too_large(limit));
        }
        let slow = Arc::new(AtomicBool::new(false));
        let pace = Pace {
            begun: Instant::now(),
            idle: patience.body_idle,
            bytes_per_second: patience.body_bytes_per_second,
        };
        let stream = pieces(body.into_data_stream(), limit, pace, slow.clone()).boxed();
        Ok(Self { slow, stream })
    }

    /// The pieces. They end with an error where the body does not end well.
    pub(super) fn pieces(&mut self) -> &mut BoxStream<'static, Result<Bytes, Error>> {
        &mut self.stream
    }

    /// All of it.
    pub(super) async fn whole(mut self) -> Result<Bytes, Problem> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self
            .stream
            .try_next()
            .await
            .map_err(|error| self.problem(error))?
        {
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    /// The problem behind an error of whoever read the pieces.
    pub(super) fn problem(&self, error: Error) -> Problem {
        match error {
            Error::Interrupted if self.slow.load(Ordering::Relaxed) => Problem::slow_body(),
            error => error.into(),
        }
    }
}

/// How fast a body has to come: never silent for longer than `idle`, and after that long, at that rate on
/// the whole. Whoever sends one byte now and then would hold a place for ever otherwise.
#[derive(Clone, Copy)]
struct Pace {
    begun: Instant,
    idle: Duration,
    bytes_per_second: u64,
}

impl Pace {
    /// Until when the next piece has to be here, after so many bytes.
    fn deadline(&self, seen: u64) -> Instant {
        let owed = Duration::from_millis(seen.saturating_mul(1_000) / self.bytes_per_second.max(1));
        (Instant::now() + self.idle).min(self.begun + self.idle + owed)
    }
}

fn pieces(
    body: BodyDataStream,
    limit: u64,
    pace: Pace,
    slow: Arc<AtomicBool>,
) -> impl Stream<Item = Result<Bytes, Error>> {
    futures::stream::try_unfold((body, 0_u64), move |(mut body, seen)| {
        let slow = slow.clone();
        async move {
            let piece = match tokio::time::timeout_at(pace.deadline(seen), body.next()).await {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(piece))) => piece,
                Ok(Some(Err(_))) => return Err(Error::Interrupted),
                Err(_) => {
                    slow.store(true, Ordering::Relaxed);
                    return Err(Error::Interrupted);
                }
            };
            let seen = seen.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if seen > limit {
                Err(Error::TooLarge { limit })
            } else {
                Ok(Some((piece, (body, seen))))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Body;
    use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
    use axum::http::{HeaderMap, HeaderName, HeaderValue};
    use bytes::Bytes;
    use futures::StreamExt;
    use machinaut_control::ingest::Encoding;

    use super::{Incoming, encoding, is, is_plain};
    use crate::problem::Kind;
    use crate::settings::Limits;

    fn patience() -> Limits {
        Limits {
            body_idle: Duration::from_mins(1),
            body_bytes_per_second: 1_000,
            ..Limits::default()
        }
    }

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    async fn outcome(
        declared: Option<&'static str>,
        body: Body,
        limit: u64,
    ) -> Result<Bytes, Kind> {
        let headers = declared.map_or_else(HeaderMap::new, |length| {
            headers(&[(CONTENT_LENGTH, length)])
        });
        let incoming =
            Incoming::new(&headers, body, limit, &patience()).map_err(|problem| problem.kind())?;
        incoming.whole().await.map_err(|problem| problem.kind())
    }

    #[test]
    fn the_type_may_have_parameters_and_any_case() {
        for value in [
            "application/x-ndjson",
            "Application/X-NDJSON; charset=utf-8",
        ] {
            assert!(
                is(&headers(&[(CONTENT_TYPE, value)]), "application/x-ndjson").is_ok(),
                "{value}"
            );
        }
    }

    #[test]
    fn another_type_and_no_type_are_refused() {
        for given in [&[(CONTENT_TYPE, "application/json")][..], &[]] {
            let problem = is(&headers(given), "application/x-ndjson").unwrap_err();
            assert_eq!(problem.kind(), Kind::UnsupportedMediaType);
        }
    }

    #[test]
    fn what_packs_a_body_is_known_by_name_and_everything_else_is_refused() {
        let packed = |value| encoding(&headers(&[(CONTENT_ENCODING, value)]));
        assert_eq!(encoding(&HeaderMap::new()).unwrap(), Encoding::Identity);
        assert_eq!(packed("GZip").unwrap(), Encoding::Gzip);
        assert_eq!(packed("zstd").unwrap(), Encoding::Zstd);
        for unknown in ["br", "deflate", "gzip, gzip", "gzip;q=1"] {
            let problem = packed(unknown).unwrap_err();
            assert_eq!(problem.kind(), Kind::UnsupportedEncoding, "{unknown}");
        }
        let mut twice = headers(&[(CONTENT_ENCODING, "gzip")]);
        twice.append(CONTENT_ENCODING, HeaderValue::from_static("identity"));
        assert!(encoding(&twice).is_err());
        assert!(is_plain(&headers(&[(CONTENT_ENCODING, "identity")])).is_ok());
        assert!(is_plain(&headers(&[(CONTENT_ENCODING, "gzip")])).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_drips_is_given_up_and_one_that_is_slow_and_steady_is_not() {
        let dripping = |bytes: usize| {
            let drops = futures::stream::repeat_with(move || vec![b' '; bytes]).take(100);
            Body::from_stream(drops.then(|bytes| async move {
                tokio::time::sleep(Duration::from_secs(30)).await;
                Ok::<_, std::io::Error>(bytes)
            }))
        };
        let limit = 10_000_000;
        assert_eq!(outcome(None, dripping(1), limit).await, Err(Kind::SlowBody));
        let steady = outcome(None, dripping(30_000), limit).await.unwrap();
        assert_eq!(steady.len(), 3_000_000);
    }

    #[tokio::test]
    async fn a_body_of_exactly_the_limit_is_read() {
        assert_eq!(
            outcome(Some("3"), Body::from("abc"), 3).await,
            Ok(Bytes::from("abc"))
        );
    }

    #[tokio::test]
    async fn a_body_that_says_it_is_too_long_is_refused_unread() {
        assert_eq!(
            outcome(Some("4"), Body::from("abc"), 3).await,
            Err(Kind::TooLarge)
        );
    }

    #[tokio::test]
    async fn a_body_that_is_longer_than_it_may_be_is_refused_when_it_gets_there() {
        assert_eq!(
            outcome(None, Body::from("abcd"), 3).await,
            Err(Kind::TooLarge)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_falls_silent_is_given_up() {
        let silent = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(outcome(None, silent, 3).await, Err(Kind::SlowBody));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_told_from_one_that_ends() {
        let broken = Body::from_stream(futures::stream::iter([
            Ok(Bytes::from("a")),
            Err(std::io::Error::other("reset")),
        ]));
        assert_eq!(outcome(None, broken, 3).await, Err(Kind::BodyInterrupted));
    }
}
