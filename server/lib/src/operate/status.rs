//! `healthflow status`.

use super::told;
use crate::config::Config;
use crate::messaging::topology::SUBSCRIPTIONS;
use crate::projections::PROJECTIONS;
use crate::store::event_store::{EventStore, OUTBOX_SHARDS};
use crate::store::read_models::ReadModels;
use crate::wiring::{self, Stores};

/// Tells what waits, what is stuck, and which generation of each read model is live.
///
/// # Errors
/// Why it is not known.
pub async fn run(config: &Config) -> Result<(), String> {
    let stores = Stores::open(config).await?;
    tell!("outbox       {} events wait for the bus", unsent(&stores).await?);
    let letters = wiring::dead_letters(config, &stores).await;
    for subscription in SUBSCRIPTIONS {
        let found = letters.list(subscription.queue).await.map_err(|error| error.to_string())?;
        tell!("dead letters {:>4} of {}", found.len(), subscription.queue);
    }
    for model in PROJECTIONS {
        let (state, _) = stores.models.state(model).await.map_err(told)?;
        let kept: Vec<String> = state.kept.iter().map(u32::to_string).collect();
        let (name, active, kept) = (model.name, state.active, kept.join(", "));
        tell!("read model   {name:<13} generation {active} is read; kept: {kept}");
        if let Some(rebuild) = state.rebuild {
            tell!(
                "             generation {} is being built: {} events so far",
                rebuild.generation,
                rebuild.events
            );
        }
    }
    Ok(())
}

async fn unsent(stores: &Stores) -> Result<usize, String> {
    let mut count = 0;
    for shard in 0..OUTBOX_SHARDS {
        let mut after = None;
        loop {
            let events = stores.events.unsent(shard, after).await.map_err(told)?;
            let Some(last) = events.last() else { break };
            after = Some(last.event_id);
            count += events.len();
        }
    }
    Ok(count)
}
