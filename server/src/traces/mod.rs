//! Traces: how long a request took and where, told to an OpenTelemetry collector where an operator named one.
//!
//! What is told are the spans of this program, which name routes, statuses and our own ids. Log lines are not told, and
//! nothing that a stranger wrote is: of what a caller says about its own trace, the ids alone are taken over. Spans are
//! told from a thread of their own, out of a queue that drops what does not fit: a collector that is slow or away costs
//! no request anything.

mod collector;

use std::time::Duration;

use axum::http::{HeaderMap, Method, StatusCode};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Status, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter as _};
use tracing::{Level, Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;
use url::Url;
use uuid::Uuid;

use self::collector::Collector;
use crate::figures;

/// How long a stopping server waits until what it has not told yet is told.
const FAREWELL: Duration = Duration::from_secs(3);
/// What we are called where nobody says otherwise.
const SERVICE: &str = "machinaut";

/// The traces of this process.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Traces that are told to the collector at `endpoint`, over OTLP/HTTP.
    ///
    /// # Errors
    /// Where one of the variables that OpenTelemetry itself defines makes no sense.
    pub fn to(endpoint: &Url) -> Result<Self, ExporterBuildError> {
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter(endpoint, RetryPolicy::recommended())?)
            .with_resource(resource());
        Ok(Self(provider.build()))
    }

    /// What makes spans of the program spans of a trace.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer(SERVICE))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(is_told))
    }

    /// Tells what was not told yet, or gives up on it.
    pub fn finish(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(FAREWELL) {
            tracing::warn!(%error, "the last traces were not told");
        }
    }
}

/// Whether the collector at `endpoint` takes traces from us now: nothing, or why not.
///
/// # Errors
/// A sentence without secrets.
pub fn try_out(endpoint: &Url) -> Result<(), String> {
    let exporter =
        exporter(endpoint, RetryPolicy::disabled()).map_err(|error| error.to_string())?;
    futures::executor::block_on(exporter.export(Vec::new())).map_err(|error| error.to_string())
}

/// Where a collector takes traces, below the address that is configured.
fn address(endpoint: &Url) -> String {
    format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/'))
}

fn exporter(endpoint: &Url, retry: RetryPolicy) -> Result<SpanExporter, ExporterBuildError> {
    SpanExporter::builder()
        .with_http()
        .with_http_client(Collector::new())
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(address(endpoint))
        .with_retry_policy(retry)
        .build()
}

fn resource() -> Resource {
    let resource = Resource::builder().with_attributes([
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", Uuid::now_v7().to_string()),
    ]);
    match std::env::var_os("OTEL_SERVICE_NAME") {
        Some(_) => resource.build(),
        None => resource.with_service_name(SERVICE).build(),
    }
}

/// Our own spans and nothing else: a log line may carry what a database says.
fn is_told(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && *metadata.level() <= Level::INFO && metadata.target().starts_with(SERVICE)
}

/// Makes the span of a request part of the trace that its caller says it belongs to.
pub(crate) fn follow(span: &Span, headers: &HeaderMap, method: &Method, route: &str) {
    let begun =
        TraceContextPropagator::new().extract_with_context(&Context::new(), &TraceParent(headers));
    if span.set_parent(begun).is_err() {
        // Nothing is traced.
        return;
    }
    let method = figures::name_of(method);
    span.record("otel.kind", "server");
    span.record("otel.name", format!("{method} {route}"));
    span.set_attribute("http.request.method", method);
    span.set_attribute("http.route", route.to_owned());
}

/// Notes how a request was answered.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.set_status(Status::error(""));
    }
}

/// The trace that a caller says its request belongs to. What else it says, `tracestate` and baggage, is free text.
struct TraceParent<'a>(&'a HeaderMap);

impl Extractor for TraceParent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let value = self.0.get("traceparent").filter(|_| key == "traceparent")?;
        value.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}
