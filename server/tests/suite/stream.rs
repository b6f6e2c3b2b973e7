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
        let next = async {
            loop {
                if let Some((block, rest)) = self.unread.split_once("\n\n") {
                    let (block, rest) = (block.to_owned(), rest.to_owned());
                    self.unread = rest;
                    if let Some(received) = parse(&block) {
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

fn parse(block: &str) -> Option<Received> {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .map(str::to_owned)
    };
    if field("event")? != "alert" {
        return None;
    }
    Some(Received { id: field("id")?, alert: serde_json::from_str(&field("data")?).unwrap() })
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
async fn refuses_a_place_that_never_was_one() {
    let app = TestApp::start().await;
    let clinician = app.clinician().await;
    let request = app.api(Method::GET, "/api/alerts/stream", Some(&clinician));
    let answer = request.header("Last-Event-ID", "!").send().await.unwrap();
    assert_eq!(answer.status(), 400);
}
