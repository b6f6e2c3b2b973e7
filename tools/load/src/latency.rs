//! From a submission to the alert on an open stream.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::Value;

use crate::api::{Api, told};
use crate::figures::Times;

/// Submissions per second; all of them dangerous.
const RATES_PER_S: [u64; 3] = [1, 50, 200];
/// How long alerts may still come after the last submission.
const PATIENCE: Duration = Duration::from_secs(30);

type Seen = Arc<Mutex<HashMap<String, Instant>>>;

pub(crate) async fn measure(api: &Api, hold_s: u64) -> Result<(), String> {
    println!("### From a submission to the alert on an open stream\n");
    println!("Each rate is held for {hold_s} s; every submission raises an alert.\n");
    println!("| per second | alerts | p50 ms | p95 ms | p99 ms |\n|---|---|---|---|---|");
    let seen = Seen::default();
    let reader = tokio::spawn(read(api.stream().await?, Arc::clone(&seen)));
    for rate_per_s in RATES_PER_S {
        let begun = hold(api, rate_per_s, hold_s).await?;
        let times = wait_for(&begun, &seen).await?;
        println!("| {rate_per_s} | {} | {} |", times.len(), times.in_row());
    }
    reader.abort();
    println!();
    Ok(())
}

/// Submits at a steady rate, whether answers are quick or not; gives when each began.
async fn hold(api: &Api, rate_per_s: u64, hold_s: u64) -> Result<Vec<(String, Instant)>, String> {
    let mut ticks =
        tokio::time::interval(Duration::from_secs(1) / u32::try_from(rate_per_s).unwrap_or(1));
    let mut under_way = Vec::new();
    for _ in 0..rate_per_s * hold_s {
        ticks.tick().await;
        let api = api.clone();
        under_way.push(tokio::spawn(async move {
            let begun = Instant::now();
            api.submit(9).await.map(|id| (id, begun))
        }));
    }
    let mut begun = Vec::new();
    for submission in under_way {
        begun.push(submission.await.map_err(told)??);
    }
    Ok(begun)
}

async fn wait_for(begun: &[(String, Instant)], seen: &Seen) -> Result<Times, String> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Ok(seen) = seen.lock() {
            let came = begun.iter().map(|(id, at)| Some(seen.get(id)?.duration_since(*at)));
            if let Some(times) = came.collect::<Option<Vec<_>>>() {
                return Ok(Times::new(times));
            }
        }
        if Instant::now() > give_up {
            return Err(format!("not all alerts came within {PATIENCE:?}"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn read(stream: reqwest::Response, seen: Seen) {
    let mut bytes = stream.bytes_stream();
    let mut unread = String::new();
    while let Some(Ok(chunk)) = bytes.next().await {
        let now = Instant::now();
        unread.push_str(&String::from_utf8_lossy(&chunk));
        while let Some((line, rest)) = unread.split_once('\n') {
            let id = line.strip_prefix("data: ").and_then(|data| {
                let alert: Value = serde_json::from_str(data).ok()?;
                alert["observation_id"].as_str().map(str::to_owned)
            });
            if let (Some(id), Ok(mut seen)) = (id, seen.lock()) {
                seen.entry(id).or_insert(now);
            }
            unread = rest.to_owned();
        }
    }
}
