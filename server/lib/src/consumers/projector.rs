//! Keeps one read model up to date.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::event::Envelope;

use super::{Consumer, HandleError};
use crate::messaging::topology::Subscription;
use crate::projections::{Projection, Row};
use crate::store::event_store::EventStore;
use crate::store::generations::Generations;

/// Told about every row that changed.
pub trait RowListener: Send + Sync + 'static {
    /// This row has just been written.
    fn written(&self, row: &Row, event: &Envelope);
}

/// Writes the rows of one read model.
///
/// The first event of a stream says all there is to say, and needs no reading. At a later one the
/// whole stream is read from the store: whatever order the events come in, the row reflects all of
/// them up to a version, and never goes back.
pub struct Projector {
    /// The read model.
    pub projection: &'static Projection,
    /// Where streams are read.
    pub store: Arc<dyn EventStore>,
    /// Where rows are written.
    pub models: Generations,
    /// Who wants to know.
    pub listener: Option<Arc<dyn RowListener>>,
}

impl Projector {
    async fn rows(&self, event: &Envelope) -> Result<Vec<Row>, HandleError> {
        let rows = if event.stream_version == 1 {
            (self.projection.rows)(std::slice::from_ref(event))
        } else {
            let stream = self.store.load(&event.stream_id).await?;
            if stream.last().is_none_or(|last| last.stream_version < event.stream_version) {
                return Err(HandleError::AheadOfTheStore);
            }
            (self.projection.rows)(&stream)
        };
        if rows.is_empty() { Err(HandleError::WrongType) } else { Ok(rows) }
    }
}

#[async_trait]
impl Consumer for Projector {
    fn subscription(&self) -> Subscription {
        self.projection.subscription
    }

    async fn handle(&self, events: &[Envelope]) -> Vec<Result<(), HandleError>> {
        // Of several rows with one identity the latest says it all.
        let mut latest: BTreeMap<Vec<String>, (usize, Row)> = BTreeMap::new();
        let mut identities = Vec::with_capacity(events.len());
        for (at, event) in events.iter().enumerate() {
            let rows = self.rows(event).await;
            identities.push(rows.map(|rows| {
                let own: Vec<_> = rows.iter().map(|row| row.identity(self.projection)).collect();
                for (identity, row) in own.iter().zip(rows) {
                    let known = latest.get(identity);
                    if known.is_none_or(|(_, known)| known.version < row.version) {
                        latest.insert(identity.clone(), (at, row));
                    }
                }
                own
            }));
        }
        let rows: Vec<Row> = latest.values().map(|(_, row)| row.clone()).collect();
        let written = self.models.write_each(self.projection, &rows).await;
        let mut outcomes = BTreeMap::new();
        for ((identity, (at, row)), result) in latest.into_iter().zip(written) {
            if let (Ok(true), false, Some(listener)) = (&result, row.has_moved, &self.listener) {
                listener.written(&row, &events[at]);
            }
            outcomes.insert(identity, result);
        }
        let results = identities.into_iter().map(|identities| {
            identities?.iter().try_for_each(|identity| match outcomes.get(identity) {
                Some(Ok(_)) => Ok(()),
                Some(Err(error)) => Err(error.clone().into()),
                None => Err(HandleError::WrongType),
            })
        });
        results.collect()
    }
}
