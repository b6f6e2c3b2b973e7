//! The live stream: nothing missed, nothing of others.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::Method;
use serde_json::{Value, json};

use crate::test_app::{SignedIn, TestApp};

/// An event of the stream.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) alert: Value,
}

/// Reads a stream as a browser does.
pub(crate) struct Reader {
    bytes: BoxStream<'static, reqwest::Result<Vec<u8>>>,
    unread: String,
}

impl Reader {
    pub(crate) async fn open(app: &TestApp, who: &SignedIn, last_id: Option<&str>) -> Self {
        let mut request = app.api(Method::GET, "/api/alerts/stream", Some(who));
        if let Some(id) = last_id {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let bytes = response.bytes_stream().map(|chunk| chunk.map(Vec::from)).boxed();
        Self { bytes, unread: String::new() }
    }

    /// The next alert, which must come within 20 s.
    pub(crate) async fn next(&mut self) -> Received {
        self.next_named("alert").await
    }

    /// The next event of this name, or of any when it is empty.
    pub(crate) async fn next_named(&mut self, name: &str) -> Received {
        let next = async {
            loop {
                if let Some((block, rest)) = self.unread.split_once("\n\n") {
                    let (block, rest) = (block.to_owned(), rest.to_owned());
                    self.unread = rest;
                    if let Some(received) = parse(&block, name) {
                        return received;
                    }
                    continue;
                }
                let chunk = self.bytes.next().await.expect("the stream goes on").unwrap();
                self.unread.push_str(&String::from_utf8(chunk).unwrap());
            }
        };
        tokio::time::timeout(Duration::from_secs(20), next).await.expect("an alert in time")
    }
}

fn parse(block: &str, name: &str) -> Option<Received> {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .map(str::to_owned)
    };
    let event = field("event")?;
    if !name.is_empty() && event != name {
        return None;
    }
    Some(Received {
        id: field("id").unwrap_or_default(),
        alert: serde_json::from_str(&field("data")?).unwrap(),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_comes_back_gets_what_it_missed() {
    let app = TestApp::start().await;
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    let mut reader = Reader::open(&app, &clinician, None).await;
    app.submit(&anna, json!({ "score": 8 })).await;
    let first = reader.next().await;
    drop(reader);
    let mut missed = Vec::new();
    for _ in 0..150 {
        let receipt = app.submit(&anna, json!({ "score": 10 })).await;
        missed.push(receipt["observation_id"].clone());
    }
    app.wait_for_alerts(&clinician, 151).await;
    let mut reader = Reader::open(&app, &clinician, Some(&first.id)).await;
    while !missed.is_empty() {
        let received = reader.next().await;
        missed.retain(|id| *id != received.alert["observation_id"]);
    }
}

#[tokio::test]
async fn a_stream_gives_each_alert_once() {
    let app = TestApp::start().await;
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    let mut reader = Reader::open(&app, &clinician, None).await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..5 {
        app.submit(&anna, json!({ "score": 9 })).await;
        assert!(seen.insert(reader.next().await.alert["alert_id"].to_string()));
    }
    // Longer than the pause after which the stream looks into the view by itself.
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    app.submit(&anna, json!({ "score": 9 })).await;
    assert!(seen.insert(reader.next().await.alert["alert_id"].to_string()));
}

#[tokio::test]
async fn every_open_stream_hears_who_takes_care_of_an_alert() {
    let app = TestApp::start().await;
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    let mut reader = Reader::open(&app, &clinician, None).await;
    app.submit(&anna, json!({ "score": 9 })).await;
    let raised = reader.next().await;
    let id = raised.alert["alert_id"].as_str().unwrap();
    let path = format!("/api/alerts/{id}/acknowledge");
    assert_eq!(app.post(&path, Some(&clinician), json!(null)).await.0, 204);
    let taken = reader.next_named("acknowledged").await;
    assert_eq!(taken.alert["alert_id"], raised.alert["alert_id"]);
    assert_eq!(taken.alert["acknowledged"]["by"], "clinician1");
    assert_eq!(taken.id, "", "the reader's place stays where it is");
    // It is told once, also when the stream looks into the view by itself.
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    app.submit(&anna, json!({ "score": 10 })).await;
    assert_eq!(reader.next_named("").await.alert["score"], 10);
}

#[tokio::test]
async fn a_stream_begins_at_once_and_tells_proxies_to_hand_it_on() {
    let app = TestApp::start().await;
    let clinician = app.clinician().await;
    let request = app.api(Method::GET, "/api/alerts/stream", Some(&clinician));
    // Before anything has happened, and long before the first sign of life.
    let soon = Duration::from_secs(5);
    let mut answer = tokio::time::timeout(soon, request.send()).await.expect("a head").unwrap();
    assert_eq!(answer.headers()["x-accel-buffering"], "no");
    assert_eq!(answer.headers()["cache-control"], "no-store, no-transform");
    assert!(!answer.headers().contains_key("content-encoding"));
    let first = tokio::time::timeout(soon, answer.chunk()).await.expect("a first part");
    assert!(!first.unwrap().expect("the stream goes on").is_empty());
}

#[tokio::test]
async fn refuses_a_place_that_never_was_one() {
    let app = TestApp::start().await;
    let clinician = app.clinician().await;
    let request = app.api(Method::GET, "/api/alerts/stream", Some(&clinician));
    let answer = request.header("Last-Event-ID", "!").send().await.unwrap();
    assert_eq!(answer.status(), 400);
}
