//! Traces on their way to an OpenTelemetry collector.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;

use crate::process::Process;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_gets_the_spans_of_a_request_with_its_correlation_id() {
    let received: Arc<Mutex<Vec<u8>>> = Arc::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let sink = Arc::clone(&received);
    let collect = post(async move |body: Bytes| sink.lock().unwrap().extend_from_slice(&body));
    let collector = Router::new().route("/v1/traces", collect);
    tokio::spawn(async move { axum::serve(listener, collector).await });
    let data = tempfile::tempdir().unwrap();
    let settings =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("HEALTHFLOW_LOG", "info".to_owned())];
    let server = Process::start(data.path(), &settings);
    let correlation_id = uuid::Uuid::new_v4().to_string();
    let url = format!("{}/health/live", server.patient_url.clone().unwrap());
    let request = reqwest::Client::new().get(url).header("X-Correlation-Id", &correlation_id);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["x-correlation-id"], correlation_id.as_str());
    for _ in 0..100 {
        let text = String::from_utf8_lossy(&received.lock().unwrap()).into_owned();
        if text.contains(&correlation_id) {
            assert!(text.contains("/health/live"), "the route stands in the span");
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("the collector got no span with the correlation id");
}
