//! The port to the read models, for those who write them.

use async_trait::async_trait;

use super::client::StoreError;
use crate::projections::{Projection, Row};

/// Where rows are written.
#[async_trait]
pub trait ReadModels: Send + Sync + 'static {
    /// Writes rows, each unless one of the same or a later version is there: what comes twice, or
    /// late, changes nothing. One result per row, in their order: whether it changed the view.
    /// No two of them have the same identity.
    async fn write_each(
        &self,
        model: &'static Projection,
        rows: &[Row],
    ) -> Vec<Result<bool, StoreError>>;
}
