//! What could not be delivered: kept with the reason until an operator decides.

use std::time::Duration;

use async_trait::async_trait;

use super::QueueError;

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// What an operator names it by: the event's identifier, or the message's own where it is no
    /// event.
    pub id: String,
    /// The envelope as JSON, or whatever came instead.
    pub body: String,
    /// Why it was given up, without anything of its content.
    pub reason: String,
    /// How often it was delivered; `None` where that is not known.
    pub receive_count: Option<u32>,
    /// When it was given up, in milliseconds since 1970; `None` where that is not known.
    pub buried_at_ms: Option<u64>,
}

/// The reason of a letter whose consumer never said one.
pub const NO_REASON: &str = "its consumer did not finish in time, or crashed, at every delivery";

/// The identifier in an envelope, and nothing where there is none.
#[must_use]
pub fn event_id_in(body: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Head {
        event_id: domain::ids::EventId,
    }
    serde_json::from_str::<Head>(body).ok().map(|head| head.event_id.to_string())
}

/// How an operator handles dead letters. `queue` is a subscription's name.
#[async_trait]
pub trait DeadLetters: Send + Sync + 'static {
    /// All dead letters of a queue.
    async fn list(&self, queue: &str) -> Result<Vec<DeadLetter>, QueueError>;

    /// Sends these letters to their queue again; how many there were.
    async fn redrive(&self, queue: &str, ids: &[String]) -> Result<usize, QueueError>;

    /// Forgets these letters; how many there were.
    async fn discard(&self, queue: &str, ids: &[String]) -> Result<usize, QueueError>;
}

/// How soon a letter that was sent again reaches its queue at the latest.
pub const REDRIVE_WITHIN: Duration = Duration::from_secs(5);
