//! `healthflow events`.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::event::StreamId;
use domain::ids::EventId;

use super::told;
use crate::cli::EventsCommand;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::store::event_store::{EventStore, Segment, StoredEvent};
use crate::wiring::Stores;

/// How often `tail --follow` looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Does `command`.
///
/// # Errors
/// Why it could not.
pub async fn run(config: &Config, command: &EventsCommand) -> Result<(), String> {
    let stores = Stores::open(config).await?;
    match command {
        EventsCommand::Tail { lines, follow } => tail(&stores, *lines, *follow).await,
        EventsCommand::Show { stream, payload } => show(&stores, stream, *payload).await,
        EventsCommand::Resend { minutes } => resend(&stores, *minutes).await,
    }
}

async fn tail(stores: &Stores, lines: usize, follow: bool) -> Result<(), String> {
    let mut last = None;
    loop {
        let newest = newest(stores, lines, last).await?;
        for event in newest.values() {
            tell!(
                "{}  {:<22} {} #{}",
                super::at_ms(event.recorded_ms()),
                event.event_type,
                event.stream_id,
                event.stream_version
            );
        }
        last = newest.keys().next_back().copied().or(last);
        if !follow {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The newest events after `last`: their identifiers sort as they were recorded.
async fn newest(
    stores: &Stores,
    lines: usize,
    last: Option<EventId>,
) -> Result<BTreeMap<EventId, StoredEvent>, String> {
    let mut newest = BTreeMap::new();
    for_each(stores, |event| {
        if Some(event.event_id) > last {
            newest.insert(event.event_id, event);
            if newest.len() > lines {
                newest.pop_first();
            }
        }
    })
    .await?;
    Ok(newest)
}

async fn for_each(stores: &Stores, mut see: impl FnMut(StoredEvent)) -> Result<(), String> {
    let (mut after, segment) = (None, Segment { number: 0, of: 1 });
    loop {
        let page = stores.events.read_log(segment, after.as_ref()).await.map_err(told)?;
        page.events.into_iter().for_each(&mut see);
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn show(stores: &Stores, stream: &str, payload: bool) -> Result<(), String> {
    let events = stores.events.load(&StreamId::stored(stream)).await.map_err(told)?;
    if events.is_empty() {
        return Err(format!("There is no stream {stream}: `healthflow events tail` names some."));
    }
    for event in events {
        if payload {
            let text = serde_json::to_string_pretty(&event).map_err(|error| error.to_string())?;
            tell!("{text}");
        } else {
            let cause = event.causation_id.map_or_else(|| "-".to_owned(), |id| id.to_string());
            tell!(
                "#{} {} {} v{}\n   event {}\n   correlation {}\n   caused by {cause}",
                event.stream_version,
                event.timestamp,
                event.event.wire_name(),
                event.schema_version,
                event.event_id,
                event.correlation_id,
            );
        }
    }
    Ok(())
}

async fn resend(stores: &Stores, minutes: u64) -> Result<(), String> {
    let since_ms = SystemClock.unix_ms().saturating_sub(minutes.saturating_mul(60_000));
    let mut chosen = Vec::new();
    for_each(stores, |event| {
        if event.recorded_ms().is_some_and(|ms| ms >= since_ms) {
            chosen.push(event);
        }
    })
    .await?;
    let count = chosen.len();
    for event in chosen {
        stores.events.unsettle(&event).await.map_err(told)?;
    }
    tell!("{count} events are in the outbox again; a relay sends them within seconds.");
    Ok(())
}
