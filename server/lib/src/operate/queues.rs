//! `healthflow queues`.

use std::time::Duration;

use crate::config::{BackendKind, Config};
use crate::messaging::topology::SUBSCRIPTIONS;
use crate::metrics;
use crate::wiring::{Messaging, Stores};

/// Tells how full every queue is.
///
/// # Errors
/// Why it is not known.
pub async fn run(config: &Config) -> Result<(), String> {
    tell!("{:<36} {:>8} {:>10} {:>10}", "queue", "waiting", "in flight", "oldest");
    if config.backend == BackendKind::Embedded {
        return embedded(config).await;
    }
    let stores = Stores::open(config).await?;
    for (subscription, queue) in Messaging::open(config, &stores).await?.queues {
        let depth = queue.depth().await.map_err(|error| error.to_string())?;
        let name = subscription.queue;
        tell!("{name:<36} {:>8} {:>10} {:>10}", depth.waiting, depth.in_flight, "-");
    }
    Ok(())
}

/// The embedded queues live in the server's memory: it tells by its metrics.
async fn embedded(config: &Config) -> Result<(), String> {
    let addr = config.metrics_addr()?.unwrap_or(crate::config::DEMO_METRICS_ADDR);
    let unknown = |why: String| {
        format!(
            "The queues live in the server, and its metrics do not answer at {addr}: {why}. Start \
             it, or set HEALTHFLOW_METRICS_ADDR here and there to the same address."
        )
    };
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build();
    let client = client.map_err(|error| unknown(error.to_string()))?;
    let answer = client.get(format!("http://{addr}/metrics")).send().await;
    let text = answer.map_err(|error| unknown(error.without_url().to_string()))?.text().await;
    let text = text.map_err(|error| unknown(error.to_string()))?;
    for subscription in SUBSCRIPTIONS {
        let depth = metrics::depth_in(&text, subscription.queue);
        let oldest = depth.oldest.filter(|age| !age.is_zero());
        let oldest = oldest.map_or_else(|| "-".to_owned(), |age| format!("{age:.1?}"));
        let name = subscription.queue;
        tell!("{name:<36} {:>8} {:>10} {oldest:>10}", depth.waiting, depth.in_flight);
    }
    Ok(())
}
