//! The patient view.

use async_trait::async_trait;
use domain::event::{Envelope, Event};

use super::{Consumer, HandleError, write_projected};
use crate::messaging::topology::{PATIENT_PROJECTION, Subscription};
use crate::store::views::{DynamoViews, ViewItem};

/// Writes registered patients into the patient view.
pub struct PatientProjection {
    /// Where the views are.
    pub views: DynamoViews,
}

impl PatientProjection {
    fn project(&self, envelope: &Envelope) -> Option<ViewItem> {
        let Event::PatientCreated(patient) = &envelope.event else { return None };
        Some(self.views.patient_item(patient, envelope.stream_version))
    }
}

#[async_trait]
impl Consumer for PatientProjection {
    fn subscription(&self) -> Subscription {
        PATIENT_PROJECTION
    }

    async fn handle(&self, events: &[Envelope]) -> Vec<Result<(), HandleError>> {
        let projected = events.iter().map(|event| self.project(event)).collect();
        let written = write_projected(&self.views, projected).await;
        written.into_iter().map(|result| result.map(|_| ())).collect()
    }
}
