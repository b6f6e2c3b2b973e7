//! What is known of a write, against a store that behaves badly.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::store::client::without_aws;

/// What becomes of one attempt.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// The connection is cut once the request is there.
    Cut,
    /// Nothing is answered.
    Silence,
    /// This is answered: a status, and the name of an error if there is one.
    Answer(u16, &'static str),
    /// The answer breaks off.
    Half,
}

/// A store that meets its requests with these fates, one after the other.
async fn store(fates: &[Fate]) -> String {
    let fates: Arc<Mutex<VecDeque<Fate>>> = Arc::new(Mutex::new(fates.iter().copied().collect()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection, Arc::clone(&fates)));
        }
    });
    url
}

async fn serve(mut connection: TcpStream, fates: Arc<Mutex<VecDeque<Fate>>>) -> Option<()> {
    loop {
        read_request(&mut connection).await?;
        let fate = fates.lock().expect("no panic").pop_front().expect("one more attempt");
        let (status, body) = match fate {
            Fate::Cut => return None,
            Fate::Silence => return std::future::pending().await,
            Fate::Answer(status, name) => (status, format!("{{\"__type\":\"x#{name}\"}}")),
            Fate::Half => (200, "{".to_owned()),
        };
        let length = if matches!(fate, Fate::Half) { 100 } else { body.len() };
        let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\n\r\n{body}");
        connection.write_all(head.as_bytes()).await.ok()?;
        if matches!(fate, Fate::Half) {
            return None;
        }
    }
}

async fn read_request(connection: &mut TcpStream) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"))?;
    let mut body = vec![0; length.trim().parse().ok()?];
    connection.read_exact(&mut body).await.ok().map(|_| ())
}

fn client(url: &str) -> Client {
    let soon = Duration::from_millis(200);
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let config = without_aws()
        .endpoint_url(url)
        .retry_config(retries.with_max_attempts(2))
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(soon).build());
    Client::from_conf(config.build())
}

async fn put(url: &str) -> Result<bool, StoreError> {
    let put = client(url).put_item().table_name("t").item("k", super::super::item::text("v"));
    written(put.condition_expression("attribute_not_exists(k)").send()).await
}

const DONE: Fate = Fate::Answer(200, "");
const UNMET: Fate = Fate::Answer(400, "ConditionalCheckFailedException");
const THROTTLED: Fate = Fate::Answer(400, "ThrottlingException");
const BROKEN: Fate = Fate::Answer(500, "InternalServerError");

#[tokio::test]
async fn what_was_never_sent_or_refused_in_good_order_was_not_written() {
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        format!("http://{}", listener.local_addr().expect("an address"))
    };
    assert!(matches!(put(&nobody).await, Err(StoreError::Unavailable(_))));
    assert_eq!(put(&store(&[THROTTLED, THROTTLED]).await).await, Err(StoreError::Throttled));
    assert_eq!(put(&store(&[UNMET]).await).await, Ok(false));
    let refused = put(&store(&[Fate::Answer(400, "ValidationException")]).await).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
    assert_eq!(put(&store(&[THROTTLED, DONE]).await).await, Ok(true));
}

#[tokio::test]
async fn what_was_cut_off_after_it_was_sent_may_have_been_written() {
    for fate in [Fate::Cut, Fate::Silence, Fate::Half, BROKEN, Fate::Answer(502, "")] {
        let outcome = put(&store(&[fate, fate]).await).await;
        assert!(matches!(outcome, Err(StoreError::OutcomeUnknown(_))), "{fate:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_later_attempt_does_not_tell_what_became_of_the_first() {
    // What stands in the way may be what the first attempt wrote.
    for last in [UNMET, THROTTLED, Fate::Answer(400, "ValidationException")] {
        let outcome = put(&store(&[Fate::Cut, last]).await).await;
        assert!(matches!(outcome, Err(StoreError::OutcomeUnknown(_))), "{last:?}: {outcome:?}");
    }
    assert_eq!(put(&store(&[Fate::Cut, DONE]).await).await, Ok(true));
}

#[tokio::test]
async fn of_what_only_reads_nothing_was_written() {
    let url = store(&[Fate::Cut, Fate::Cut]).await;
    let get = client(&url).get_item().table_name("t").key("k", super::super::item::text("v"));
    let read = get.send().await.map_err(StoreError::of_reading);
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
}
