//! Accepted observations beside bare conditional puts to the same store.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};

use crate::api::{Api, told};
use crate::figures::Times;

const TABLE: &str = "load-bare-puts";
const CONNECTIONS: [usize; 3] = [1, 8, 64];
/// One observation in so many is dangerous.
const DANGEROUS_ONE_IN: usize = 10;

struct Round {
    per_s: f64,
    times: Times,
}

pub(crate) async fn measure(
    api: &Api,
    dynamodb: &str,
    requests: usize,
    rounds: usize,
) -> Result<(), String> {
    let bare = bare_client(dynamodb);
    create_table(&bare).await?;
    println!("### Accepted observations, beside bare conditional puts in the same run\n");
    println!("{requests} requests per round, median of {rounds} rounds each, taken in turns.\n");
    println!("| connections | | per second | p50 ms | p95 ms | p99 ms | ratio |");
    println!("|---|---|---|---|---|---|---|");
    for connections in CONNECTIONS {
        let (mut puts, mut accepted) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            puts.push(round(connections, requests, async |_| put(&bare).await).await?);
            accepted.push(round(connections, requests, async |at| observe(api, at).await).await?);
            // What a round leaves to do must not weigh on the next one.
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        let (puts, accepted) = (median(puts), median(accepted));
        let ratio = accepted.per_s / puts.per_s;
        println!("| {connections} | bare puts | {:.0} | {} | |", puts.per_s, puts.times.in_row());
        let row = accepted.times.in_row();
        println!(
            "| {connections} | observations | {:.0} | {row} | **{ratio:.2}** |",
            accepted.per_s
        );
    }
    println!();
    Ok(())
}

async fn observe(api: &Api, at: usize) -> Result<(), String> {
    let score = if at.is_multiple_of(DANGEROUS_ONE_IN) { 9 } else { 5 };
    api.submit(score).await.map(|_| ())
}

async fn round(
    connections: usize,
    requests: usize,
    request: impl AsyncFn(usize) -> Result<(), String>,
) -> Result<Round, String> {
    let next = AtomicUsize::new(0);
    let worker = async || {
        let mut times = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= requests {
                return Ok::<_, String>(times);
            }
            let begun = Instant::now();
            request(at).await?;
            times.push(begun.elapsed());
        }
    };
    let begun = Instant::now();
    let workers = futures::future::try_join_all((0..connections).map(|_| worker())).await?;
    let per_s = requests as f64 / begun.elapsed().as_secs_f64();
    Ok(Round { per_s, times: Times::new(workers.into_iter().flatten()) })
}

fn median(mut rounds: Vec<Round>) -> Round {
    rounds.sort_by(|a, b| a.per_s.total_cmp(&b.per_s));
    let middle = rounds.len() / 2;
    rounds.swap_remove(middle)
}

fn bare_client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("load", "load", None, None, "load"))
        .endpoint_url(endpoint);
    Client::from_conf(config.build())
}

async fn create_table(client: &Client) -> Result<(), String> {
    let key = |name: &str, key_type| {
        KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().map_err(told)
    };
    let attribute = |name: &str, kind| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(kind)
            .build()
            .map_err(told)
    };
    let created = client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("stream_id", KeyType::Hash)?)
        .key_schema(key("version", KeyType::Range)?)
        .attribute_definitions(attribute("stream_id", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("version", ScalarAttributeType::N)?)
        .send()
        .await;
    match created.map_err(aws_sdk_dynamodb::Error::from) {
        Ok(_) | Err(aws_sdk_dynamodb::Error::ResourceInUseException(_)) => Ok(()),
        Err(error) => Err(format!("the table for bare puts: {error}")),
    }
}

/// One event as HealthFlow would store it, without HealthFlow.
async fn put(client: &Client) -> Result<(), String> {
    let id = uuid::Uuid::new_v4();
    let envelope = format!(
        r#"{{"event_id":"{id}","timestamp":"2026-11-21T09:32:51.604Z","stream_id":"observation-{id}","stream_version":1,"schema_version":1,"correlation_id":"{id}","type":"ObservationSubmitted","payload":{{"observation_id":"{id}","patient_id":"{id}","patient_login":"load","clinic_id":"demo","kind":"symptom_score","score":5}}}}"#
    );
    let text = |value: String| AttributeValue::S(value);
    let put = client.put_item().table_name(TABLE);
    let put = put.item("stream_id", text(format!("observation-{id}")));
    let put = put.item("version", AttributeValue::N("1".to_owned()));
    let put = put.item("event_id", text(id.to_string())).item("envelope", text(envelope));
    let put = put.item("type", text("ObservationSubmitted".to_owned()));
    put.condition_expression("attribute_not_exists(stream_id)")
        .send()
        .await
        .map(|_| ())
        .map_err(told)
}
