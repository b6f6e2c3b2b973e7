//! The alert view, and from it the live streams.

use std::sync::Arc;

use async_trait::async_trait;
use domain::event::{Envelope, Event};

use super::{Consumer, HandleError, write_projected};
use crate::live::LiveAlerts;
use crate::messaging::topology::{ALERT_PROJECTION, Subscription};
use crate::store::views::{DynamoViews, alert_view};

/// Writes raised alerts into the alert view, then tells the open streams.
pub struct AlertProjection {
    /// Where the views are.
    pub views: DynamoViews,
    /// Who is listening.
    pub live: Arc<LiveAlerts>,
}

#[async_trait]
impl Consumer for AlertProjection {
    fn subscription(&self) -> Subscription {
        ALERT_PROJECTION
    }

    async fn handle(&self, events: &[Envelope]) -> Vec<Result<(), HandleError>> {
        let alerts: Vec<_> = events
            .iter()
            .map(|envelope| match &envelope.event {
                Event::AlertCreated(alert) => {
                    let item = alert_view(envelope, alert);
                    Some((alert.clinic_id.clone(), item, envelope.stream_version))
                }
                _ => None,
            })
            .collect();
        let projected = alerts.iter().map(|alert| {
            let (clinic, item, version) = alert.as_ref()?;
            Some(self.views.alert_item(clinic, item, *version))
        });
        let written = write_projected(&self.views, projected.collect()).await;
        let mut results = Vec::with_capacity(written.len());
        for (alert, result) in alerts.into_iter().zip(written) {
            // Only what the view did not hold before is news.
            if let (Some((clinic, item, _)), Ok(true)) = (alert, &result) {
                self.live.announce(&clinic, item);
            }
            results.push(result.map(|_| ()));
        }
        results
    }
}
