//! `healthflow dlq`.

use super::at_ms;
use crate::cli::DlqCommand;
use crate::config::Config;
use crate::messaging::dead_letters::DeadLetters;
use crate::messaging::topology::SUBSCRIPTIONS;
use crate::wiring::{self, Stores};

/// Does `command`.
///
/// # Errors
/// Why it could not.
pub async fn run(config: &Config, command: &DlqCommand) -> Result<(), String> {
    let stores = Stores::open(config).await?;
    let letters = wiring::dead_letters(config, &stores).await;
    match command {
        DlqCommand::List { queue } => list(letters.as_ref(), queue.as_deref()).await,
        DlqCommand::Show { queue, id } => show(letters.as_ref(), known(queue)?, id).await,
        DlqCommand::Redrive { queue, ids } => {
            let queue = known(queue)?;
            let ids = chosen(letters.as_ref(), queue, ids).await?;
            let count = letters.redrive(queue, &ids).await.map_err(|error| error.to_string())?;
            tell!("{count} sent to {queue} again.");
            Ok(())
        }
        DlqCommand::Drop { queue, ids } => {
            let queue = known(queue)?;
            let ids = chosen(letters.as_ref(), queue, ids).await?;
            let count = letters.discard(queue, &ids).await.map_err(|error| error.to_string())?;
            tell!("{count} dropped from {queue}.");
            Ok(())
        }
    }
}

fn known(name: &str) -> Result<&'static str, String> {
    let found = SUBSCRIPTIONS.iter().find(|subscription| subscription.queue == name);
    found.map(|subscription| subscription.queue).ok_or_else(|| {
        let names = SUBSCRIPTIONS.map(|subscription| subscription.queue).join(", ");
        format!("There is no queue {name}: it is one of {names}.")
    })
}

async fn list(letters: &dyn DeadLetters, queue: Option<&str>) -> Result<(), String> {
    let only = queue.map(known).transpose()?;
    let mut count = 0;
    for subscription in SUBSCRIPTIONS.iter().filter(|s| only.is_none_or(|only| s.queue == only)) {
        let found = letters.list(subscription.queue).await.map_err(|error| error.to_string())?;
        for letter in found {
            tell!("{}  {}  {}", subscription.queue, letter.id, at_ms(letter.buried_at_ms));
            tell!("    {}", letter.reason);
            count += 1;
        }
    }
    tell!("{count} dead letters.");
    Ok(())
}

async fn show(letters: &dyn DeadLetters, queue: &str, id: &str) -> Result<(), String> {
    let found = letters.list(queue).await.map_err(|error| error.to_string())?;
    let letter = found.into_iter().find(|letter| letter.id == id);
    let letter = letter.ok_or_else(|| format!("There is no dead letter {id} in {queue}."))?;
    tell!("given up   {}", at_ms(letter.buried_at_ms));
    tell!("reason     {}", letter.reason);
    if let Some(count) = letter.receive_count {
        tell!("delivered  {count} times");
    }
    tell!("{}", letter.body);
    Ok(())
}

/// The identifiers an operator means.
async fn chosen(
    letters: &dyn DeadLetters,
    queue: &str,
    ids: &[String],
) -> Result<Vec<String>, String> {
    if ids != ["all"] {
        return Ok(ids.to_vec());
    }
    let found = letters.list(queue).await.map_err(|error| error.to_string())?;
    Ok(found.into_iter().map(|letter| letter.id).collect())
}
