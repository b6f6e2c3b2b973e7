//! The patient view.

use async_trait::async_trait;
use domain::event::{Envelope, Event};

use super::{Consumer, HandleError};
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

/// Writes what events were projected to, and reports for each event whether the view changed.
/// `None` stands for an event that does not belong here.
pub(super) async fn write_projected(
    views: &DynamoViews,
    projected: Vec<Option<ViewItem>>,
) -> Vec<Result<bool, HandleError>> {
    let items: Vec<ViewItem> = projected.iter().flatten().cloned().collect();
    let mut written = views.write_each(&items).await.into_iter();
    let results = projected.iter().map(|item| match item {
        Some(_) => written.next().unwrap_or(Ok(false)).map_err(HandleError::from),
        None => Err(HandleError::WrongType),
    });
    results.collect()
}
