//! Which tables a read model lives in. A rebuild makes a fresh generation beside the live one;
//! every writer writes to all generations that are kept, readers read the active one.
//!
//! Writers look at most [`STALE_AFTER`] late. Whoever adds a generation waits that long before
//! reading the log: an event appended after that is written to it by the live projection, an
//! older one by the rebuild.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::client::{StoreError, written};
use super::event_store::LogPosition;
use super::item::{Item, number, text, text_of};
use crate::projections::Projection;

/// How old a writer's or reader's knowledge may be.
pub const STALE_AFTER: Duration = Duration::from_secs(1);

/// What is known of a read model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelState {
    /// The generation that is read.
    pub active: u32,
    /// All generations that are written, the active one among them.
    pub kept: Vec<u32>,
    /// How far a rebuild has come, if one is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuild: Option<Rebuild>,
}

impl Default for ModelState {
    fn default() -> Self {
        Self { active: 1, kept: vec![1], rebuild: None }
    }
}

/// A rebuild under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuild {
    /// The generation that is being built.
    pub generation: u32,
    /// How far each segment of the log has been read.
    pub segments: Vec<SegmentProgress>,
    /// How many events have been read.
    pub events: u64,
}

/// How far a segment of the log has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentProgress {
    /// The last event of the last stream that was written whole.
    pub behind: Option<(String, u64)>,
    /// Whether the segment is at its end.
    pub done: bool,
}

impl SegmentProgress {
    /// Where reading goes on.
    #[must_use]
    pub fn position(&self) -> Option<LogPosition> {
        let (stream_id, stream_version) = self.behind.clone()?;
        Some(LogPosition { stream_id, stream_version })
    }
}

/// The generations of all read models, kept in one small table.
#[derive(Clone, Debug)]
pub struct Generations {
    client: Client,
    table: String,
    known: Arc<Mutex<Known>>,
}

/// By read model: when it was asked for, and what was answered.
type Known = HashMap<&'static str, (Instant, Arc<ModelState>)>;

impl Generations {
    /// The generations noted in `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into(), known: Arc::default() }
    }

    /// What was known of `model` at most [`STALE_AFTER`] ago.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    pub async fn known(&self, model: &'static Projection) -> Result<Arc<ModelState>, StoreError> {
        let asked_at = Instant::now();
        let known = self.lock().get(model.name).cloned();
        if let Some((at, state)) = known
            && at + STALE_AFTER > asked_at
        {
            return Ok(state);
        }
        let (state, _) = self.read(model).await?;
        let state = Arc::new(state);
        // Dated from before the question: the answer is at least as young.
        self.lock().insert(model.name, (asked_at, Arc::clone(&state)));
        Ok(state)
    }

    /// What is known of `model` now, with the revision to change it by.
    ///
    /// # Errors
    /// As [`Generations::known`].
    pub async fn read(&self, model: &Projection) -> Result<(ModelState, u64), StoreError> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("model", text(model.name))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        match got.item() {
            Some(item) => decode(item),
            None => Ok((ModelState::default(), 0)),
        }
    }

    /// Changes what is known of `model`, if nobody else has since it had `revision`; whether it
    /// did.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn write(
        &self,
        model: &Projection,
        state: &ModelState,
        revision: u64,
    ) -> Result<bool, StoreError> {
        let json =
            serde_json::to_string(state).map_err(|e| StoreError::Undecodable(e.to_string()))?;
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("model", text(model.name))
            .item("revision", number(revision + 1))
            .item("state", text(json))
            .condition_expression("attribute_not_exists(model) OR revision = :revision")
            .expression_attribute_values(":revision", number(revision))
            .send()
            .await;
        written(sent)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn decode(item: &Item) -> Result<(ModelState, u64), StoreError> {
    let broken = |what: &str| StoreError::Undecodable(format!("a read model's state: {what}"));
    let json = text_of(item, "state").ok_or_else(|| broken("no `state`"))?;
    let state = serde_json::from_str(json).map_err(|error| broken(&error.to_string()))?;
    let revision = item.get("revision").and_then(|value| value.as_n().ok()?.parse().ok());
    Ok((state, revision.ok_or_else(|| broken("no `revision`"))?))
}
