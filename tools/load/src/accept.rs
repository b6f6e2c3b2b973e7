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
use crate::drain::{self, Accepted, Drain};
use crate::figures::{Times, processor_us};

const TABLE: &str = "load-bare-puts";
const CONNECTIONS: [usize; 3] = [1, 8, 64];
/// One observation in so many is dangerous.
const DANGEROUS_ONE_IN: usize = 10;

struct Round<T> {
    requests: usize,
    took_s: f64,
    times: Times,
    answers: Vec<T>,
    /// The processor time the server used meanwhile, in microseconds.
    processor_us: f64,
}

impl<T> Round<T> {
    fn per_s(&self) -> f64 {
        self.requests as f64 / self.took_s
    }

    /// Of the server, for each request.
    fn processor_us(&self) -> f64 {
        self.processor_us / self.requests as f64
    }

    fn per_s_with(&self, drain: Drain) -> f64 {
        self.requests as f64 / (self.took_s + drain.visible_s)
    }
}

/// An accepted observation.
struct Observed {
    id: String,
    is_dangerous: bool,
}

pub(crate) async fn measure(
    api: &Api,
    dynamodb: &str,
    requests: usize,
    rounds: usize,
    pid: u32,
) -> Result<(), String> {
    let bare = bare_client(dynamodb);
    create_table(&bare).await?;
    println!("### Accepted observations, beside bare conditional puts in the same run\n");
    println!("{requests} requests per round, median of {rounds} rounds each, taken in turns.\n");
    println!("| connections | | per second | p50 ms | p95 ms | p99 ms | server µs | ratio |");
    println!("|---|---|---|---|---|---|---|---|");
    for connections in CONNECTIONS {
        let (mut puts, mut accepted) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            puts.push(round(connections, requests, async |_| put(&bare).await, pid).await?);
            let before_us = processor_us(pid)?;
            let observe = async |at| observe(api, at).await;
            let mut taken = round(connections, requests, observe, pid).await?;
            let drain = drain::wait(api, &bare, accepted_in(&mut taken)).await?;
            accepted.push((taken, drain, processor_us(pid)? - before_us));
            // What is still warm must not weigh on the next round.
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        puts.sort_by(|a, b| a.took_s.total_cmp(&b.took_s));
        accepted.sort_by(|(a, ..), (b, ..)| a.took_s.total_cmp(&b.took_s));
        report(connections, &puts[rounds / 2], &accepted[rounds / 2]);
    }
    println!();
    Ok(())
}

fn report(
    connections: usize,
    puts: &Round<()>,
    (accepted, drain, until_visible_us): &(Round<Observed>, Drain, f64),
) {
    let (row, us) = (puts.times.in_row(), puts.processor_us());
    println!("| {connections} | bare puts | {:.0} | {row} | {us:.0} | |", puts.per_s());
    let (per_s, row, us) = (accepted.per_s(), accepted.times.in_row(), accepted.processor_us());
    let ratio = per_s / puts.per_s();
    println!("| {connections} | observations | {per_s:.0} | {row} | {us:.0} | **{ratio:.2}** |");
    let (visible, settled) = (drain.visible_s, drain.settled_s);
    let per_s = accepted.per_s_with(*drain);
    let (ratio, us) = (per_s / puts.per_s(), until_visible_us / accepted.requests as f64);
    println!(
        "| {connections} | … until all are visible, {visible:.2} s later \
         (outbox empty: {settled:.2} s) | {per_s:.0} | | | | {us:.0} | {ratio:.2} |"
    );
}

async fn observe(api: &Api, at: usize) -> Result<Observed, String> {
    let is_dangerous = at.is_multiple_of(DANGEROUS_ONE_IN);
    let id = api.submit(if is_dangerous { 9 } else { 5 }).await?;
    Ok(Observed { id, is_dangerous })
}

fn accepted_in(round: &mut Round<Observed>) -> Accepted {
    let mut accepted = Accepted::default();
    for observed in round.answers.drain(..) {
        if observed.is_dangerous {
            accepted.dangerous.insert(observed.id.clone());
        }
        accepted.observations.insert(observed.id);
    }
    accepted
}

async fn round<T>(
    connections: usize,
    requests: usize,
    request: impl AsyncFn(usize) -> Result<T, String>,
    pid: u32,
) -> Result<Round<T>, String> {
    let next = AtomicUsize::new(0);
    let worker = async || {
        let mut times = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= requests {
                return Ok::<_, String>(times);
            }
            let begun = Instant::now();
            let answer = request(at).await?;
            times.push((begun.elapsed(), answer));
        }
    };
    let before_us = processor_us(pid)?;
    let begun = Instant::now();
    let workers = futures::future::try_join_all((0..connections).map(|_| worker())).await?;
    let took_s = begun.elapsed().as_secs_f64();
    let (times, answers): (Vec<_>, Vec<_>) = workers.into_iter().flatten().unzip();
    let processor_us = processor_us(pid)? - before_us;
    Ok(Round { requests, took_s, times: Times::new(times), answers, processor_us })
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
