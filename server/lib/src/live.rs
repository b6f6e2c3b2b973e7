//! Open streams of alerts, by clinic.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use app::wire::AlertItem;
use domain::event::{Envelope, Event};
use domain::ids::ClinicId;
use tokio::sync::broadcast;

use crate::consumers::projector::RowListener;
use crate::projections::Row;

/// So many alerts a slow stream may fall behind before it must catch up from the view.
const BACKLOG_MAX: usize = 256;

/// An alert whose row was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The alert as it is now.
    pub alert: AlertItem,
    /// Whether something became of an alert that was raised before.
    pub is_change: bool,
}

/// Tells the open streams of a clinic about its new alerts, and about those that changed.
#[derive(Debug, Default)]
pub struct LiveAlerts {
    clinics: Mutex<HashMap<ClinicId, broadcast::Sender<Arc<Announcement>>>>,
}

impl RowListener for LiveAlerts {
    fn written(&self, row: &Row, event: &Envelope) {
        let clinic = match &event.event {
            Event::AlertCreated(created) => &created.clinic_id,
            Event::AlertAcknowledged(acknowledged) => &acknowledged.clinic_id,
            Event::AlertReleased(released) => &released.clinic_id,
            Event::AlertReassessed(reassessed) => &reassessed.clinic_id,
            _ => return,
        };
        if let Ok(alert) = serde_json::from_str(&row.body) {
            self.announce(clinic, Announcement { alert, is_change: event.stream_version > 1 });
        }
    }
}

impl LiveAlerts {
    /// Tells everybody who listens for this clinic.
    pub fn announce(&self, clinic: &ClinicId, news: Announcement) {
        let mut clinics = self.clinics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listeners) = clinics.get(clinic)
            && listeners.send(Arc::new(news)).is_err()
        {
            // The last listener has gone.
            clinics.remove(clinic);
        }
    }

    /// Listens for the alerts of a clinic from now on.
    pub fn listen(&self, clinic: &ClinicId) -> broadcast::Receiver<Arc<Announcement>> {
        let mut clinics = self.clinics.lock().unwrap_or_else(PoisonError::into_inner);
        let listeners = clinics.entry(clinic.clone());
        listeners.or_insert_with(|| broadcast::channel(BACKLOG_MAX).0).subscribe()
    }
}
