//! Which generations of a read model are written and read. A rebuild makes a fresh generation
//! beside the live one; every writer writes to all generations that are kept, readers read the
//! active one.
//!
//! Writers look at most [`STALE_AFTER`] late. Whoever adds a generation waits that long before
//! reading the log: an event appended after that is written to it by the live projection, an
//! older one by the rebuild.
//!
//! Readers too look at most so late, each at a moment of its own. That none of them sees less
//! after the switch than before, rows go into the newest generation first, and into an older one
//! only once they are in every newer one.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::client::StoreError;
use super::event_store::LogPosition;
use super::read_models::ReadModels;
use crate::projections::{Projection, Row};

/// How old a writer's or reader's knowledge may be.
pub const STALE_AFTER: Duration = Duration::from_secs(1);

/// What is known of a read model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelState {
    /// The generation that is read.
    pub active: u32,
    /// All generations that are written, the active one among them.
    pub kept: Vec<u32>,
    /// Generations that are neither written nor read any more, and not deleted yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<u32>,
    /// How far a rebuild has come, if one is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuild: Option<Rebuild>,
}

impl Default for ModelState {
    fn default() -> Self {
        Self { active: 1, kept: vec![1], dropped: Vec::new(), rebuild: None }
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

/// The read models with all their generations, for those who write and read them.
#[derive(Clone)]
pub struct Generations {
    models: Arc<dyn ReadModels>,
    known: Arc<Mutex<HashMap<&'static str, Known>>>,
}

/// What was answered the last time a read model was asked for.
#[derive(Clone)]
struct Known {
    asked_at: Instant,
    revision: u64,
    state: Arc<ModelState>,
}

impl Generations {
    /// The generations of `models`.
    pub fn new(models: Arc<dyn ReadModels>) -> Self {
        Self { models, known: Arc::default() }
    }

    /// What was known of `model` at most [`STALE_AFTER`] ago. It never goes back: what somebody
    /// was told here once, nobody is told less than.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    pub async fn known(&self, model: &'static Projection) -> Result<Arc<ModelState>, StoreError> {
        let asked_at = Instant::now();
        let held = self.lock().get(model.name).cloned();
        if let Some(held) = held
            && held.asked_at + STALE_AFTER > asked_at
        {
            return Ok(held.state);
        }
        let (state, revision) = self.models.state(model).await?;
        // Dated from before the question: the answer is at least as young.
        let answered = Known { asked_at, revision, state: Arc::new(state) };
        let mut known = self.lock();
        let held = known.entry(model.name).or_insert_with(|| answered.clone());
        // Of two who ask at once, the one with the older answer may be the later to get it.
        if (held.revision, held.asked_at) < (revision, asked_at) {
            *held = answered;
        }
        Ok(Arc::clone(&held.state))
    }

    /// Writes rows to every generation that is kept, each unless one of the same or a later
    /// version is there: what comes twice, or late, changes nothing. One result per row, in their
    /// order: whether it changed any generation. No two of them have the same identity.
    pub async fn write_each(
        &self,
        model: &'static Projection,
        rows: &[Row],
    ) -> Vec<Result<bool, StoreError>> {
        let mut kept = match self.known(model).await {
            Ok(state) => state.kept.clone(),
            Err(error) => return rows.iter().map(|_| Err(error.clone())).collect(),
        };
        kept.sort_unstable_by_key(|generation| Reverse(*generation));
        let mut results: Vec<Result<bool, StoreError>> = rows.iter().map(|_| Ok(false)).collect();
        for generation in kept {
            // A row that failed stays out of the older generations: see the module's text.
            let open: Vec<(&mut Result<bool, StoreError>, &Row)> =
                results.iter_mut().zip(rows).filter(|(result, _)| result.is_ok()).collect();
            let open_rows: Vec<Row> = open.iter().map(|(_, row)| Row::clone(row)).collect();
            let written = self.models.write_each(model, generation, &open_rows).await;
            for ((result, _), written) in open.into_iter().zip(written) {
                let changed_before = matches!(result, Ok(true));
                *result = written.map(|changed| changed || changed_before);
            }
        }
        results
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
