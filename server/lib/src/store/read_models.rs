//! The port to the read models: the rows of every generation, and what is noted of the
//! generations. [`Generations`](super::generations::Generations) decides which are written and
//! read.

use async_trait::async_trait;

use super::client::StoreError;
use super::generations::ModelState;
use crate::projections::{Projection, Row};

/// What tells a row from all others of its read model: [`Row::identity`].
pub type Identity = Vec<String>;

/// A part of a generation's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowPage {
    /// The rows, each with its text as [`ReadModels::canonical`] gives it.
    pub rows: Vec<(Identity, String)>,
    /// The row behind which the next part begins; `None` at the end.
    pub next: Option<Identity>,
}

/// Where the read models are kept, each in one or several generations.
#[async_trait]
pub trait ReadModels: Send + Sync + 'static {
    /// What is noted of `model` now, with the revision to change it by: 0 before the first note.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    async fn state(&self, model: &'static Projection) -> Result<(ModelState, u64), StoreError>;

    /// Notes `state` as the next revision, if nobody has noted anything since `revision`; whether
    /// it did.
    ///
    /// # Errors
    /// When the store fails.
    async fn replace_state(
        &self,
        model: &'static Projection,
        state: &ModelState,
        revision: u64,
    ) -> Result<bool, StoreError>;

    /// Makes room for a generation, if there is none yet.
    ///
    /// # Errors
    /// What could not be done and why.
    async fn provision(&self, model: &'static Projection, generation: u32) -> Result<(), String>;

    /// Deletes a generation with all its rows, if it is there.
    ///
    /// # Errors
    /// When the store fails.
    async fn delete(&self, model: &'static Projection, generation: u32) -> Result<(), StoreError>;

    /// Writes rows into one generation, each unless one of the same or a later version is there:
    /// what comes twice, or late, changes nothing. One result per row, in their order: whether it
    /// changed the generation. No two of them have the same identity.
    async fn write_each(
        &self,
        model: &'static Projection,
        generation: u32,
        rows: &[Row],
    ) -> Vec<Result<bool, StoreError>>;

    /// The next part of a generation's rows, in whatever order, from behind the row `after`. Every
    /// row that was written before the first part was asked for is in one of them.
    ///
    /// # Errors
    /// When the store fails, or the generation is not there.
    async fn scan(
        &self,
        model: &'static Projection,
        generation: u32,
        after: Option<&Identity>,
    ) -> Result<RowPage, StoreError>;

    /// A row's text by which it is compared: all that is kept of it.
    fn canonical(&self, row: &Row) -> String;
}
