//! Traces on their way to an OpenTelemetry collector.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use reqwest::Client;
use serde_json::json;

use crate::killing::log_in;
use crate::process::Process;

/// A collector, and what it has got.
struct Collector {
    endpoint: String,
    spans: Arc<Mutex<Vec<Span>>>,
}

impl Collector {
    async fn start() -> Self {
        let spans: Arc<Mutex<Vec<Span>>> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let sink = Arc::clone(&spans);
        let collect = post(async move |body: Bytes| {
            let sent = ExportTraceServiceRequest::decode(body).unwrap();
            let scopes = sent.resource_spans.into_iter().flat_map(|of| of.scope_spans);
            sink.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
        });
        let router = Router::new().route("/v1/traces", collect);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, spans }
    }

    fn server(&self, data: &tempfile::TempDir) -> Process {
        let settings = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", self.endpoint.clone()),
            // In milliseconds: nobody wants to wait here.
            ("OTEL_BSP_SCHEDULE_DELAY", "100".to_owned()),
            ("HEALTHFLOW_LOG", "info".to_owned()),
        ];
        Process::start(data.path(), &settings)
    }

    /// The first span that is `wanted`, as soon as it has come.
    async fn wait_for(&self, what: &str, wanted: impl Fn(&Span) -> bool) -> Span {
        for _ in 0..300 {
            if let Some(span) = self.spans.lock().unwrap().iter().find(|span| wanted(span)) {
                return span.clone();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the collector got no span: {what}");
    }

    /// The span of `name` right under `parent`.
    async fn wait_for_child(&self, parent: &Span, name: &str) -> Span {
        let is_it = |span: &Span| {
            let in_trace = (&span.trace_id, &span.parent_span_id);
            span.name == name && in_trace == (&parent.trace_id, &parent.span_id)
        };
        self.wait_for(name, is_it).await
    }
}

fn attribute(span: &Span, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.clone()?.value? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_gets_the_spans_of_a_request_with_its_correlation_id() {
    let collector = Collector::start().await;
    let data = tempfile::tempdir().unwrap();
    let server = collector.server(&data);
    let correlation_id = uuid::Uuid::new_v4().to_string();
    let url = format!("{}/health/live", server.patient_url.clone().unwrap());
    let request = Client::new().get(url).header("X-Correlation-Id", &correlation_id);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["x-correlation-id"], correlation_id.as_str());
    let is_it = |span: &Span| attribute(span, "correlation_id") == Some(correlation_id.clone());
    let span = collector.wait_for("of the request", is_it).await;
    assert_eq!(attribute(&span, "route").as_deref(), Some("/health/live"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_that_a_request_causes_has_its_spans_in_the_trace_of_the_request() {
    let collector = Collector::start().await;
    let data = tempfile::tempdir().unwrap();
    let server = collector.server(&data);
    let (http, url) = (Client::new(), server.patient_url.clone().unwrap());
    let anna = log_in(&http, &url, "anna", "a-patient's-password", "patient").await;
    let correlation_id = uuid::Uuid::new_v4().to_string();
    let sent = http
        .post(format!("{url}/api/observations"))
        .bearer_auth(anna["token"].as_str().unwrap())
        .header("X-Correlation-Id", &correlation_id)
        .json(&json!({ "score": 9 }));
    let receipt: serde_json::Value = sent.send().await.unwrap().json().await.unwrap();
    let is_it = |span: &Span| attribute(span, "correlation_id") == Some(correlation_id.clone());
    let request = collector.wait_for("of the request", is_it).await;

    let sending = collector.wait_for_child(&request, "send healthflow-bus").await;
    assert_eq!(sending.kind(), SpanKind::Producer);
    collector.wait_for_child(&request, "process healthflow-observation-projection").await;
    let judging = collector.wait_for_child(&request, "process healthflow-alert-worker").await;
    // What the worker does about the observation hangs on its span.
    collector.wait_for_child(&judging, "send healthflow-bus").await;
    let alert = collector.wait_for_child(&judging, "process healthflow-alert-projection").await;

    assert_eq!(judging.kind(), SpanKind::Consumer);
    let expected = [
        ("messaging.system", "healthflow"),
        ("messaging.operation.name", "process"),
        ("messaging.operation.type", "process"),
        ("messaging.destination.name", "healthflow-alert-worker"),
        ("messaging.message.id", receipt["event_id"].as_str().unwrap()),
        ("messaging.message.conversation_id", &correlation_id),
        ("healthflow.event.type", "ObservationSubmitted"),
    ];
    for (key, value) in expected {
        assert_eq!(attribute(&judging, key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(judging.attributes.len(), expected.len(), "{:?}", judging.attributes);
    assert_eq!(attribute(&alert, "healthflow.event.type").as_deref(), Some("AlertCreated"));
    // The batch is a trace of its own, linked both ways.
    let batch = &judging.links[0];
    let is_batch = |span: &Span| span.span_id == batch.span_id;
    let batch = collector.wait_for("of the batch", is_batch).await;
    assert_eq!(batch.name, "consume");
    assert_ne!(batch.trace_id, request.trace_id);
    assert!(batch.links.iter().any(|link| link.span_id == request.span_id));
}
