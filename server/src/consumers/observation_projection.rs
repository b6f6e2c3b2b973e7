//! The observation view.

use async_trait::async_trait;
use domain::event::{Envelope, Event};

use super::{Consumer, HandleError, write_projected};
use crate::messaging::topology::{OBSERVATION_PROJECTION, Subscription};
use crate::store::views::{DynamoViews, ViewItem, observation_view};

/// Writes submitted observations into the observation view.
pub struct ObservationProjection {
    /// Where the views are.
    pub views: DynamoViews,
}

impl ObservationProjection {
    fn project(&self, envelope: &Envelope) -> Option<ViewItem> {
        let Event::ObservationSubmitted(submitted) = &envelope.event else { return None };
        let observation = observation_view(envelope, submitted);
        Some(self.views.observation_item(&observation, envelope.stream_version))
    }
}

#[async_trait]
impl Consumer for ObservationProjection {
    fn subscription(&self) -> Subscription {
        OBSERVATION_PROJECTION
    }

    async fn handle(&self, events: &[Envelope]) -> Vec<Result<(), HandleError>> {
        let projected = events.iter().map(|event| self.project(event)).collect();
        let written = write_projected(&self.views, projected).await;
        written.into_iter().map(|result| result.map(|_| ())).collect()
    }
}
