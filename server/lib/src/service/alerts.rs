//! Taking care of an alert on the dashboard.

use std::time::Duration;

use app::backend::Caller;
use app::error::AppError;
use app::wire::Acknowledgement;
use domain::event::StreamId;
use domain::ids::AlertId;

use super::Service;
use super::saving::once_written;
use crate::projections::acknowledgement;
use crate::store::event_store::EventStore;

/// How often it is looked whether the list of alerts shows who takes care of one.
const LOOK_EVERY: Duration = Duration::from_millis(30);
/// So often it is looked before the answer goes out all the same: the list follows.
const LOOKS: u32 = 30;

impl Service {
    /// [`Service::acknowledge_alert`], answered when the list shows it: a page without JavaScript is
    /// loaded anew right after, and would offer the alert once more.
    pub(super) async fn take_over(
        &self,
        caller: &Caller,
        id: AlertId,
    ) -> Result<Acknowledgement, AppError> {
        self.acknowledge_alert(caller, id).await?;
        let events = self.events.load(&StreamId::alert(id)).await.map_err(AppError::from);
        let events = events.map_err(once_written)?;
        let taken = acknowledgement(&events).ok_or(AppError::OutcomeUnknown)?;
        for _ in 0..LOOKS {
            // It is recorded whatever the list says, even when it cannot be read.
            let Ok(shown) = self.views.alert(id).await else { break };
            if shown.is_some_and(|alert| alert.acknowledged.is_some()) {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(taken)
    }
}
