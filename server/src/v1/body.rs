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

use crate::problem::Problem;

/// Whether the body says that it is `expected`, and is not compressed.
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
    let plain = headers
        .get(CONTENT_ENCODING)
        .is_none_or(|value| value == "identity");
    if named && plain {
        Ok(())
    } else {
        Err(Problem::wrong_type(expected))
    }
}

/// How long the body says that it is.
pub(super) fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body that is read piece by piece, never more than `limit` bytes of it, and given up when its sender is
/// silent for longer than `idle`.
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
        idle: Duration,
    ) -> Result<Self, Problem> {
        if length(headers).is_some_and(|length| length > limit) {
            return Err(Problem::too_large(limit));
        }
        let slow = Arc::new(AtomicBool::new(false));
        let stream = pieces(body.into_data_stream(), limit, idle, slow.clone()).boxed();
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

fn pieces(
    body: BodyDataStream,
    limit: u64,
    idle: Duration,
    slow: Arc<AtomicBool>,
) -> impl Stream<Item = Result<Bytes, Error>> {
    futures::stream::try_unfold((body, 0_u64), move |(mut body, seen)| {
        let slow = slow.clone();
        async move {
            let piece = match tokio::time::timeout(idle, body.next()).await {
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

    use super::{Incoming, is};
    use crate::problem::Kind;

    const LONG: Duration = Duration::from_mins(1);

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
            Incoming::new(&headers, body, limit, LONG).map_err(|problem| problem.kind())?;
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
    fn another_type_no_type_and_a_compressed_body_are_refused() {
        let compressed = [
            (CONTENT_TYPE, "application/x-ndjson"),
            (CONTENT_ENCODING, "gzip"),
        ];
        for given in [&[(CONTENT_TYPE, "application/json")][..], &[], &compressed] {
            let problem = is(&headers(given), "application/x-ndjson").unwrap_err();
            assert_eq!(problem.kind(), Kind::UnsupportedMediaType);
        }
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
