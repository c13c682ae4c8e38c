//! `GET /live`: small news for open pages, as server-sent events. They say what changed, never how: the page asks
//! again, with its own rights.
//!
//! The stream ends when the browser is signed out, wherever that happened, and when the server stops.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use machinaut_control::live::{Subscription, Topic};
use machinaut_control::{Control, Scope, identity};
use tokio_util::sync::CancellationToken;

use super::AppState;
use crate::figures::Open;

/// How often a silent stream is asked whether its reader is still signed in.
const RECHECK: Duration = Duration::from_secs(20);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// News of the reader's organisation, from now on.
pub(super) async fn live(
    State(app): State<AppState>,
    Extension(scope): Extension<Scope>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let news = News {
        subscription: app.control.live().subscribe(scope.org()),
        control: app.control,
        reader: scope,
        stopping: app.stopping,
        _open: Open::stream(),
    };
    Sse::new(futures::stream::unfold(news, News::next))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

struct News {
    subscription: Subscription,
    control: Control,
    reader: Scope,
    stopping: CancellationToken,
    _open: Open,
}

impl News {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            let topic = tokio::select! {
                () = self.stopping.cancelled() => return None,
                topic = self.subscription.next() => Some(topic),
                () = tokio::time::sleep(RECHECK) => None,
            };
            if !self.still_signed_in().await {
                return None;
            }
            if let Some(event) = topic.and_then(told) {
                return Some((Ok(event), self));
            }
        }
    }

    async fn still_signed_in(&self) -> bool {
        identity::scope_for(&self.control, self.reader.sign_in())
            .await
            .is_ok()
    }
}

fn told(topic: Topic) -> Option<Event> {
    Event::default()
        .json_data(machinaut_app::live::Event::from(topic))
        .ok()
}
