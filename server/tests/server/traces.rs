//! What an OpenTelemetry collector is told, read as one reads it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use machinaut_chain::sample::{Hold, Story};
use machinaut_chain::ship::Sensitivity;
use machinaut_chain::timestamp::Instant;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;

use crate::approver::PROJECT;
use crate::process::Machinaut;

const TRACE: u128 = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c;
const CALLER: u64 = 0xb7ad_6b71_6920_3331;

/// What came to a collector: the headers and the body of each request.
type Told = mpsc::Receiver<(HeaderMap, Bytes)>;

/// A collector that takes everything.
async fn collector() -> (String, Told) {
    let (tell, told) = mpsc::channel();
    let take = move |headers: HeaderMap, body: Bytes| {
        // Whoever listens may have heard enough.
        let _ = tell.send((headers, body));
        async {}
    };
    let router = Router::new().route("/base/v1/traces", post(take));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/base", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    (address, told)
}

fn spans(bodies: &[(HeaderMap, Bytes)]) -> Vec<Span> {
    let read = bodies.iter().flat_map(|(_, body)| {
        let told = ExportTraceServiceRequest::decode(body.clone()).unwrap();
        told.resource_spans
    });
    read.filter(|resource| !resource.scope_spans.is_empty())
        .flat_map(|resource| {
            let named = resource.resource.unwrap().attributes;
            assert_eq!(text(&named, "service.name"), "machinaut");
            resource.scope_spans
        })
        .flat_map(|scope| scope.spans)
        .collect()
}

fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match &found.value {
        Some(AnyValue { value }) => value.as_ref(),
        None => None,
    }
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    match value(attributes, key) {
        Some(Value::StringValue(text)) => text.clone(),
        other => panic!("{key}: {other:?}"),
    }
}

fn body() -> Vec<u8> {
    let hold = Hold::push_to_main(Story {
        project: PROJECT.parse().unwrap(),
        session: "session-of-a-stranger".parse().unwrap(),
        agent: "agent:release".parse().unwrap(),
        first_seq: 10,
        request_id: "request-of-a-stranger".to_owned(),
        action_id: "action-of-a-stranger".to_owned(),
        held_at: Instant::from_millis(1_795_435_200_000),
        deadline: None,
    });
    hold.log().ship_body(Sensitivity::Secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_told_as_a_part_of_its_callers_trace_without_what_the_caller_wrote() {
    let (endpoint, told) = collector().await;
    let folder = tempfile::tempdir().unwrap();
    let environment = [
        ("MACHINAUT_DATA_DIR", folder.path().to_str().unwrap()),
        ("MACHINAUT_OTEL_ENDPOINT", &endpoint),
        // How much is logged says nothing about what is traced.
        ("MACHINAUT_LOG", "error"),
        // Nothing is told before the server stops, but then everything is.
        ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=Bearer%20of-the-collector",
        ),
    ];
    let machinaut = Machinaut {
        environment: &environment,
    };
    machinaut.says(&["admin", "create-org", "acme"]);
    let token = machinaut.token("acme", "guard");
    let server = machinaut.serve();
    let bearer = format!("Bearer {token}");
    let parent = format!("00-{TRACE:032x}-{CALLER:016x}-01");
    let headers = [
        ("content-type", "application/x-ndjson"),
        ("authorization", &*bearer),
        ("traceparent", &*parent),
        ("tracestate", "vendor=state-of-a-stranger"),
        ("baggage", "key=baggage-of-a-stranger"),
        ("user-agent", "agent-of-a-stranger"),
    ];
    let (status, _, answer) = server.send("POST", "/v1/events", &headers, body());
    assert_eq!(status, 200, "{answer}");
    let path = "/v1/approvals/project-of-a-stranger/hold-of-a-stranger?wait_ms=0";
    let asked = server.send("GET", path, &[("authorization", &*bearer)], "");
    assert_eq!(asked.0, 404);
    let odd = "BREW /setup/secret-of-a-stranger HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
        traceparent: 00-of-a-stranger\r\n\r\n";
    let mut connection = TcpStream::connect(server.address).unwrap();
    connection.write_all(odd.as_bytes()).unwrap();
    connection.read_to_string(&mut String::new()).unwrap();
    assert!(told.try_recv().is_err(), "nothing was told yet");
    assert_eq!(server.stop(), Some(0));

    let told: Vec<_> = told.try_iter().collect();
    assert!(!told.is_empty());
    for (headers, _) in &told {
        assert_eq!(headers["content-type"], "application/x-protobuf");
        assert_eq!(headers["authorization"], "Bearer of-the-collector");
    }
    let spans = spans(&told);
    let named = |name: &str| {
        let found = spans.iter().find(|span| span.name == name);
        found.unwrap_or_else(|| panic!("{name}: {spans:?}"))
    };
    let ship = named("POST /v1/events");
    assert_eq!(ship.trace_id, TRACE.to_be_bytes());
    assert_eq!(ship.parent_span_id, CALLER.to_be_bytes());
    assert_eq!(ship.kind(), SpanKind::Server);
    assert_eq!(text(&ship.attributes, "http.route"), "/v1/events");
    let status = value(&ship.attributes, "http.response.status_code");
    assert_eq!(status, Some(&Value::IntValue(200)));
    let ingest = named("ingest");
    assert_eq!(ingest.parent_span_id, ship.span_id);
    assert_eq!(ingest.trace_id, TRACE.to_be_bytes());
    let commits = spans.iter().filter(|span| span.name == "commit");
    assert!(
        commits
            .into_iter()
            .any(|commit| commit.parent_span_id == ingest.span_id)
    );

    let fetch = named("GET /v1/approvals/{project}/{request}");
    assert_ne!(fetch.trace_id, TRACE.to_be_bytes());
    assert!(fetch.parent_span_id.is_empty());
    assert!(spans.iter().any(|span| span.name.starts_with("other ")));
    assert!(spans.iter().all(|span| span.events.is_empty()));
    for (_, body) in &told {
        let bytes = String::from_utf8_lossy(body);
        for outside in ["of-a-stranger", "BREW", PROJECT, &token, "push", "acme"] {
            assert!(!bytes.contains(outside), "{outside}: {spans:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_or_is_away_costs_no_request_anything() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let away = TcpListener::bind("127.0.0.1:0").unwrap();
    let [of_silent, of_away] =
        [&silent, &away].map(|listener| format!("http://{}", listener.local_addr().unwrap()));
    drop(away);
    for endpoint in [of_away.clone(), of_silent] {
        let folder = tempfile::tempdir().unwrap();
        let environment = [
            ("MACHINAUT_DATA_DIR", folder.path().to_str().unwrap()),
            ("MACHINAUT_OTEL_ENDPOINT", &endpoint),
            ("OTEL_BSP_SCHEDULE_DELAY", "1"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "4"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1"),
        ];
        let machinaut = Machinaut {
            environment: &environment,
        };
        machinaut.says(&["admin", "create-org", "acme"]);
        let token = machinaut.token("acme", "guard");
        let server = machinaut.serve();
        assert_eq!(server.ship(&token, body()).0, 200);
        // The collector has the first spans now, and is not going to say anything.
        let held = (endpoint != of_away).then(|| silent.accept().unwrap());
        for _ in 0..30 {
            assert_eq!(server.ship(&token, body()).0, 200);
        }
        assert_eq!(server.stop(), Some(0), "{endpoint}");
        drop(held);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_whether_traces_are_told_and_taken() {
    let said = |endpoint: Option<&str>| {
        let folder = tempfile::tempdir().unwrap();
        let mut environment = vec![("MACHINAUT_DATA_DIR", folder.path().to_str().unwrap())];
        environment.extend(endpoint.map(|endpoint| ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)));
        let ran = Machinaut {
            environment: &environment,
        }
        .run(&["doctor"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let line = ran.out.lines().find(|line| line.contains(" traces "));
        line.unwrap().to_owned()
    };
    let none = said(None);
    assert!(none.starts_with("ok") && none.contains("MACHINAUT_OTEL_ENDPOINT"));
    let (endpoint, told) = collector().await;
    let taken = said(Some(&endpoint));
    assert!(
        taken.starts_with("ok") && taken.contains(&endpoint),
        "{taken}"
    );
    assert_eq!(spans(&told.try_iter().collect::<Vec<_>>()), []);
    let refused = said(Some(&endpoint.replace("/base", "/elsewhere")));
    assert!(
        refused.starts_with("warning") && refused.contains("404"),
        "{refused}"
    );
    let away = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let away = said(Some(&format!("http://{away}")));
    assert!(away.starts_with("warning"), "{away}");
}
