//! One observation as soon as it was accepted, and what has come of it.

use app::backend::Caller;
use app::error::AppError;
use app::wire::{AlertProgress, BlankForm, ObservationItem, ObservationReceipt};
use domain::access::{Action, Record, SentBy};
use domain::event::StreamId;
use domain::ids::{AlertId, ObservationId};

use super::Service;
use super::alerts::{LOOK_EVERY, LOOKS};
use super::gate::principal;
use super::observations::{hidden, sender, submission_in};
use crate::projections::observation_item;
use crate::store::event_store::EventStore;

/// An observation that was sent or changed within so long may have an alert on its way, in
/// milliseconds.
const FRESH_MS: i64 = 5_000;

impl Service {
    pub(super) async fn one_observation(
        &self,
        caller: &Caller,
        id: ObservationId,
    ) -> Result<ObservationReceipt, AppError> {
        let asking = principal(caller)?;
        let stream = self.events.load(&StreamId::observation(id)).await.map_err(AppError::from)?;
        let mut item = observation_item(&stream).ok_or(AppError::NotFound)?;
        let submitted = submission_in(&stream)?;
        let record = Record { patient_id: submitted.patient_id, clinic_id: &submitted.clinic_id };
        self.allow(caller, Action::ReadObservations(record)).await.map_err(hidden)?;
        self.judge(&mut item);
        let is_own = submitted.sent_by(&sender(asking)) == SentBy::Subject;
        let alert = self.alert_progress(&item).await;
        let correction = (is_own && item.withdrawn.is_none()).then(|| self.blank_form());
        Ok(ObservationReceipt { item, alert, correction })
    }

    /// What a form begins with: see [`Backend::form_start`](app::backend::Backend::form_start).
    pub(super) fn blank_form(&self) -> BlankForm {
        let idempotency_key = self.commands.clock.fresh_uuid().to_string();
        BlankForm { idempotency_key, alert_policy: self.alert_policy }
    }

    /// Says how urgent an observation is by the clinic's limits.
    pub(super) fn judge(&self, item: &mut ObservationItem) {
        let finding = self.alert_policy.assess(&item.measurement);
        item.severity = finding.filter(|_| item.withdrawn.is_none()).map(|found| found.severity);
    }

    /// How far the alert of an observation has come. One that was sent a moment ago is waited for a
    /// little, because a page without JavaScript does not look again.
    async fn alert_progress(&self, item: &ObservationItem) -> AlertProgress {
        let finding = self.alert_policy.assess(&item.measurement);
        let Some(finding) = finding.filter(|_| item.withdrawn.is_none()) else {
            return AlertProgress::NotNeeded;
        };
        let id = AlertId::for_rule(item.observation_id, finding.rule);
        let now = self.commands.clock.now();
        let changed_at =
            item.history.last().map_or(item.submitted_at, |earlier| earlier.corrected_at);
        let is_fresh = now.unix_ms() - changed_at.unix_ms() < FRESH_MS;
        for look in 0..if is_fresh { LOOKS } else { 1 } {
            if look > 0 {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            // A list that cannot be read says nothing of what stands on it.
            let Ok(shown) = self.views.alert(id).await else { break };
            match shown {
                Some(alert) if alert.acknowledged.is_some() => return AlertProgress::TakenCareOf,
                Some(_) => return AlertProgress::OnTheList,
                None => {}
            }
        }
        AlertProgress::OnItsWay
    }
}
