//! Builds a read model anew beside the live one, from the log, while events keep coming.
//!
//! First the new generation is noted, so that the live projection writes to it too; then the log
//! is read (see [`crate::store::generations`] for why nothing falls in between); then readers are
//! switched over in one write. Progress is noted on the way: killed and begun again, it goes on.

use std::time::Duration;

use futures::future::try_join_all;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::log_streams::LogStreams;
use crate::projections::{Projection, Row};
use crate::store::client::StoreError;
use crate::store::event_store::{EventStore, Segment};
use crate::store::generations::{ModelState, Rebuild, STALE_AFTER, SegmentProgress};
use crate::store::read_models::ReadModels;

/// In so many parts the log is read side by side.
const SEGMENTS: u32 = 4;
/// After so long, everybody knows what was noted: longer than anybody looks late.
const UNTIL_ALL_KNOW: Duration = STALE_AFTER.saturating_add(Duration::from_millis(500));
/// How often progress is noted.
const NOTE_EVERY: Duration = Duration::from_secs(1);
/// How often a write that the store was too busy for is tried again before giving up.
const TRIES_MAX: u32 = 10;

/// Why a rebuild did not end. Begun again, it goes on from where it was.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The store failed, or an event cannot be understood.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The new tables could not be made.
    #[error("{0}")]
    Tables(String),
    /// Another process changes this read model's generations at the same time.
    #[error("another rebuild of this read model is under way: let it end, or stop it first")]
    Contended,
    /// There is nothing to drop.
    #[error("there is no older generation to drop, or a rebuild is under way")]
    NothingToDrop,
}

/// What a rebuild did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// The generation that is read now.
    pub generation: u32,
    /// How many events it was built from, since it was begun.
    pub events: u64,
}

/// Rebuilds read models.
pub struct Rebuilder<'a> {
    /// The log.
    pub events: &'a dyn EventStore,
    /// The read models.
    pub models: &'a dyn ReadModels,
}

/// What all segments share: the state as last noted, with its revision.
struct Noted {
    state: ModelState,
    revision: u64,
    at: Instant,
}

impl Rebuilder<'_> {
    /// Rebuilds `model`, or goes on with a rebuild that was broken off. `progress` is told how many
    /// events have been read.
    ///
    /// # Errors
    /// Why it did not end; the live read model is as it was.
    pub async fn rebuild(
        &self,
        model: &'static Projection,
        progress: impl Fn(u64) + Sync,
    ) -> Result<Rebuilt, RebuildError> {
        let noted = self.begin(model).await?;
        let generation = noted.state.rebuild.as_ref().map_or(0, |rebuild| rebuild.generation);
        // From now on every writer knows of the new generation.
        tokio::time::sleep(UNTIL_ALL_KNOW).await;
        let noted = Mutex::new(noted);
        let segments = (0..SEGMENTS).map(|number| self.build(model, number, &noted, &progress));
        try_join_all(segments).await?;
        let mut noted = noted.into_inner();
        let events = noted.state.rebuild.take().map_or(0, |rebuild| rebuild.events);
        noted.state.active = generation;
        self.note(model, &mut noted).await?;
        Ok(Rebuilt { generation, events })
    }

    async fn begin(&self, model: &'static Projection) -> Result<Noted, RebuildError> {
        let (mut state, revision) = self.models.state(model).await?;
        if state.rebuild.is_none() {
            let generation = state.kept.iter().max().map_or(1, |newest| newest + 1);
            let segments = (0..SEGMENTS).map(|_| SegmentProgress::default()).collect();
            state.kept.push(generation);
            state.rebuild = Some(Rebuild { generation, segments, events: 0 });
        }
        if let Some(rebuild) = &state.rebuild {
            let made = self.models.provision(model, rebuild.generation).await;
            made.map_err(RebuildError::Tables)?;
        }
        let mut noted = Noted { state, revision, at: Instant::now() };
        self.note(model, &mut noted).await?;
        Ok(noted)
    }

    async fn build(
        &self,
        model: &'static Projection,
        number: u32,
        noted: &Mutex<Noted>,
        progress: &(impl Fn(u64) + Sync),
    ) -> Result<(), RebuildError> {
        let at = usize::try_from(number).unwrap_or_default();
        let (generation, begun) = {
            let noted = noted.lock().await;
            let rebuild = noted.state.rebuild.as_ref();
            let begun = rebuild.and_then(|rebuild| rebuild.segments.get(at).cloned());
            (rebuild.map_or(0, |rebuild| rebuild.generation), begun.unwrap_or_default())
        };
        if begun.done {
            return Ok(());
        }
        let segment = Segment { number, of: SEGMENTS };
        let mut log = LogStreams::new(self.events, segment, begun.position());
        while let Some(part) = log.next().await? {
            let rows: Vec<Row> =
                part.streams.iter().flat_map(|stream| (model.rows)(stream)).collect();
            self.write(model, generation, &rows).await?;
            let mut noted = noted.lock().await;
            if let Some(rebuild) = &mut noted.state.rebuild {
                rebuild.events += part.events;
                progress(rebuild.events);
                if let (Some(own), Some(behind)) = (rebuild.segments.get_mut(at), part.behind) {
                    own.behind = Some((behind.stream_id, behind.stream_version));
                }
            }
            if noted.at.elapsed() >= NOTE_EVERY {
                self.note(model, &mut noted).await?;
            }
        }
        let mut noted = noted.lock().await;
        if let Some(own) = noted.state.rebuild.as_mut().and_then(|r| r.segments.get_mut(at)) {
            own.done = true;
        }
        Ok(())
    }

    /// A row that the live projection has written already stays as it is.
    async fn write(
        &self,
        model: &'static Projection,
        generation: u32,
        rows: &[Row],
    ) -> Result<(), RebuildError> {
        let mut open: Vec<Row> = rows.to_vec();
        for attempt in 1..=TRIES_MAX {
            let written = self.models.write_each(model, generation, &open).await;
            let mut failed = Vec::new();
            for (row, result) in open.into_iter().zip(written) {
                match result {
                    Ok(_) => {}
                    Err(error) if error.is_transient() && attempt < TRIES_MAX => failed.push(row),
                    Err(error) => return Err(error.into()),
                }
            }
            if failed.is_empty() {
                return Ok(());
            }
            open = failed;
            tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
        }
        Ok(())
    }

    async fn note(
        &self,
        model: &'static Projection,
        noted: &mut Noted,
    ) -> Result<(), RebuildError> {
        if !self.models.replace_state(model, &noted.state, noted.revision).await? {
            return Err(RebuildError::Contended);
        }
        noted.revision += 1;
        noted.at = Instant::now();
        Ok(())
    }

    /// Forgets every generation but the active one, with all its rows; gives which. Broken off and
    /// begun again, it goes on.
    ///
    /// # Errors
    /// [`RebuildError::NothingToDrop`], or why it did not work.
    pub async fn drop_old(&self, model: &'static Projection) -> Result<Vec<u32>, RebuildError> {
        let (mut state, revision) = self.models.state(model).await?;
        if state.rebuild.is_some() {
            return Err(RebuildError::NothingToDrop);
        }
        let active = state.active;
        let (kept, old): (Vec<u32>, Vec<u32>) = state.kept.iter().partition(|g| **g == active);
        state.kept = kept;
        state.dropped.extend(old);
        let dropped = state.dropped.clone();
        if dropped.is_empty() {
            return Err(RebuildError::NothingToDrop);
        }
        let mut noted = Noted { state, revision, at: Instant::now() };
        self.note(model, &mut noted).await?;
        // Until every reader and writer knows.
        tokio::time::sleep(UNTIL_ALL_KNOW).await;
        for generation in &dropped {
            self.models.delete(model, *generation).await?;
        }
        noted.state.dropped.clear();
        self.note(model, &mut noted).await?;
        Ok(dropped)
    }
}
