//! What a round leaves to do: until all that was accepted can be seen, and the outbox is empty.
//!
//! Work that is put off makes a round look quick. Here it shows.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::Select;

use crate::api::{Api, List, told};

/// The events table and its index, as a server names them that is told nothing else.
const EVENTS_TABLE: &str = "healthflow-events";
const OUTBOX_INDEX: &str = "outbox";
/// How long a round may leave something to do.
const PATIENCE: Duration = Duration::from_secs(60);
/// Looking takes time from what is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What was accepted in a round.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    /// All observations.
    pub(crate) observations: HashSet<String>,
    /// Those of them that raise an alert.
    pub(crate) dangerous: HashSet<String>,
}

/// How long after the round it took. Looking is part of it, so these are upper bounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drain {
    /// Until every observation and every alert stood in its view, in seconds.
    pub(crate) visible_s: f64,
    /// Until the outbox was empty too, in seconds.
    pub(crate) settled_s: f64,
}

/// Waits until nothing of a round is left to do.
pub(crate) async fn wait(
    api: &Api,
    dynamodb: &Client,
    mut accepted: Accepted,
) -> Result<Drain, String> {
    let begun = Instant::now();
    see_all(api, List::Observations, &mut accepted.observations, begun).await?;
    see_all(api, List::Alerts, &mut accepted.dangerous, begun).await?;
    let visible_s = begun.elapsed().as_secs_f64();
    while !outbox_is_empty(dynamodb).await? {
        rest(begun).await?;
    }
    Ok(Drain { visible_s, settled_s: begun.elapsed().as_secs_f64() })
}

/// Looks through a list, newest first, until none of these observations is missing.
async fn see_all(
    api: &Api,
    list: List,
    missing: &mut HashSet<String>,
    begun: Instant,
) -> Result<(), String> {
    loop {
        let (mut cursor, expected) = (None, missing.len());
        // Whatever is not on so many items is not there yet; a few older ones may stand between.
        let mut unread = expected * 2 + 100;
        while !missing.is_empty() && unread > 0 {
            let page = api.page(list, cursor.as_deref()).await?;
            unread = unread.saturating_sub(page.observations.len());
            for id in &page.observations {
                missing.remove(id);
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        rest(begun).await?;
    }
}

async fn outbox_is_empty(dynamodb: &Client) -> Result<bool, String> {
    let scan = dynamodb.scan().table_name(EVENTS_TABLE).index_name(OUTBOX_INDEX);
    let found = scan.select(Select::Count).limit(1).send().await.map_err(told)?;
    Ok(found.count() == 0)
}

async fn rest(begun: Instant) -> Result<(), String> {
    if begun.elapsed() > PATIENCE {
        return Err(format!("a round left something to do for more than {PATIENCE:?}"));
    }
    tokio::time::sleep(LOOK_EVERY).await;
    Ok(())
}
