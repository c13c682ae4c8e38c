//! What the server counts, for whoever watches it: figures for Prometheus at `GET /metrics`.
//!
//! They are about every tenant, so they are served on a listener of their own, on this machine, and only where an
//! operator asked for it; else nothing is counted at all. No label ever comes from outside: routes are named as the
//! program writes them, and ids, tenants and paths are in none.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::routing::get;
use machinaut_control::ingest::{self, Receipt};
use machinaut_control::search;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

use crate::problem::Problem;
use crate::web::AppState;

/// How often samples are folded together, whether or not anybody asks for them.
const FOLD: Duration = Duration::from_secs(5);

/// Bounds of every histogram, in seconds: from what a cache answers to what a guard waits for.
const SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// The figures of one server.
#[derive(Clone)]
pub struct Figures {
    recorded: PrometheusHandle,
    app: AppState,
}

impl Figures {
    /// Begins to count, and to answer `GET /metrics` on this address until the server stops.
    pub async fn serve(address: SocketAddr, app: &AppState) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let figures = Self {
            recorded: recorder().map_err(std::io::Error::other)?,
            app: app.clone(),
        };
        tokio::spawn(figures.clone().fold());
        let asked = figures.clone();
        let router = Router::new().route(
            "/metrics",
            get(move || async move {
                let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
                (kind, asked.now().await)
            }),
        );
        let stopping = app.stopping.clone();
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(async move { stopping.cancelled().await });
        tokio::spawn(served.into_future());
        Ok(address)
    }

    /// All figures, with those that are looked up rather than counted.
    async fn now(&self) -> String {
        let connections = self.app.control.connections();
        let used = connections.open.saturating_sub(connections.idle);
        gauge!("machinaut_database_connections", "state" => "idle").set(float(connections.idle));
        gauge!("machinaut_database_connections", "state" => "used").set(float(used));
        let ships = ingest::traffic(&self.app.control);
        gauge!("machinaut_ingest_waiting").set(float(ships.waiting));
        gauge!("machinaut_ingest_reading").set(float(ships.reading));
        gauge!("machinaut_long_polls").set(float(self.app.waiting.count()));
        if let Some(commits) = self.app.control.commits() {
            counter!("machinaut_database_writes_total").absolute(commits.writes);
            counter!("machinaut_database_commits_total").absolute(commits.commits);
        }
        self.search().await;
        self.recorded.render()
    }

    /// Where the search index stands. A database that does not answer leaves the last figures.
    async fn search(&self) {
        let control = &self.app.control;
        if let Ok(fresh) = search::freshness(control).await {
            let waiting = u32::try_from(fresh.waiting).unwrap_or(u32::MAX);
            gauge!("machinaut_search_changes_waiting").set(f64::from(waiting));
            gauge!("machinaut_search_behind_seconds").set(fresh.behind.as_secs_f64());
            let complete = if fresh.is_complete() { 1.0 } else { 0.0 };
            gauge!("machinaut_search_index_complete").set(complete);
        }
        if let Ok(Some((_, documents))) = search::size(control).await {
            let documents = u32::try_from(documents).unwrap_or(u32::MAX);
            gauge!("machinaut_search_documents").set(f64::from(documents));
        }
    }

    async fn fold(self) {
        loop {
            tokio::select! {
                () = self.app.stopping.cancelled() => return,
                () = tokio::time::sleep(FOLD) => self.recorded.run_upkeep(),
            }
        }
    }
}

/// The recorder of this process: there is one, however many servers a test starts.
fn recorder() -> Result<PrometheusHandle, String> {
    static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    let recorder = RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets(&SECONDS)
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|error| error.to_string())?;
        describe();
        Ok(recorder)
    });
    recorder.clone()
}

fn describe() {
    describe_counter!(
        "machinaut_http_requests_total",
        "Requests answered, by method, route and class of status."
    );
    describe_histogram!(
        "machinaut_http_request_seconds",
        "From a request to the head of its answer, by route. Fetches of a decision are held open on purpose."
    );
    describe_counter!(
        "machinaut_ingest_bodies_total",
        "Shipped bodies, kept or refused."
    );
    describe_counter!(
        "machinaut_ingest_refusals_total",
        "Refused bodies, by the kind of problem."
    );
    describe_counter!(
        "machinaut_ingest_bytes_total",
        "Bytes of shipped bodies that arrived."
    );
    describe_counter!(
        "machinaut_ingest_records_total",
        "Events of bodies that were kept: received, and of those appended or revealed."
    );
    describe_histogram!(
        "machinaut_ingest_seconds",
        "From the head of a shipped body to its receipt."
    );
    describe_gauge!(
        "machinaut_ingest_active",
        "Shipped bodies that are arriving, wait for their turn or are being read."
    );
    describe_gauge!(
        "machinaut_ingest_waiting",
        "Shipped bodies that have arrived and wait for their turn to be read."
    );
    describe_gauge!(
        "machinaut_ingest_reading",
        "Shipped bodies that are being read, at most one of them a long one."
    );
    describe_histogram!(
        "machinaut_search_seconds",
        "Searches: found, refused, or busy because no turn came in time."
    );
    describe_gauge!(
        "machinaut_search_changes_waiting",
        "Changes that the search index does not have yet."
    );
    describe_gauge!(
        "machinaut_search_behind_seconds",
        "How long ago the oldest of them was made."
    );
    describe_gauge!(
        "machinaut_search_index_complete",
        "1, or 0 while the search index is being built."
    );
    describe_gauge!(
        "machinaut_search_documents",
        "Documents in the search index."
    );
    describe_gauge!("machinaut_live_streams", "Open pages that listen for news.");
    describe_gauge!(
        "machinaut_long_polls",
        "Guards that are held open while there is no decision."
    );
    describe_gauge!(
        "machinaut_database_connections",
        "Connections to the database, used and idle."
    );
    describe_histogram!(
        "machinaut_database_write_seconds",
        "From the beginning of a write to its being durable, waiting for its turn included."
    );
    describe_counter!(
        "machinaut_database_writes_total",
        "Writes made durable (SQLite)."
    );
    describe_counter!(
        "machinaut_database_commits_total",
        "Commits that made them durable; several writes share one (SQLite)."
    );
}

/// What a method is called. Anything may stand where one is expected.
pub(crate) fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Counts an answer.
pub(crate) fn answered(method: &Method, route: &str, status: StatusCode, took: Duration) {
    let method = name_of(method);
    let class = match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    let route = route.to_owned();
    counter!("machinaut_http_requests_total", "method" => method, "route" => route.clone(), "status" => class)
        .increment(1);
    histogram!("machinaut_http_request_seconds", "route" => route).record(took);
}

/// Something that is open until it is dropped.
pub(crate) struct Open(&'static str);

impl Open {
    /// A page that listens for news.
    pub(crate) fn stream() -> Self {
        Self::new("machinaut_live_streams")
    }

    fn new(name: &'static str) -> Self {
        gauge!(name).increment(1);
        Self(name)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        gauge!(self.0).decrement(1);
    }
}

/// A shipped body on its way in.
pub(crate) struct Ingest {
    began: Instant,
    _open: Open,
}

impl Ingest {
    /// A body begins to arrive.
    pub(crate) fn begin() -> Self {
        Self {
            began: Instant::now(),
            _open: Open::new("machinaut_ingest_active"),
        }
    }

    /// A piece of one arrived.
    pub(crate) fn arrived(bytes: usize) {
        counter!("machinaut_ingest_bytes_total")
            .increment(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// It was kept, or refused.
    pub(crate) fn end(&self, answer: Result<&Receipt, &Problem>) {
        let outcome = match answer {
            Ok(receipt) => {
                let records = |state: &'static str, count| {
                    counter!("machinaut_ingest_records_total", "state" => state).increment(count);
                };
                records("received", receipt.received);
                records("appended", receipt.appended);
                records("revealed", receipt.revealed);
                "kept"
            }
            Err(problem) => {
                let kind = problem.kind().slug();
                counter!("machinaut_ingest_refusals_total", "kind" => kind).increment(1);
                "refused"
            }
        };
        counter!("machinaut_ingest_bodies_total", "outcome" => outcome).increment(1);
        histogram!("machinaut_ingest_seconds", "outcome" => outcome).record(self.began.elapsed());
    }
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
