//! Taking care of an alert, and giving it back.

use std::time::Duration;

use app::backend::Caller;
use app::error::AppError;
use app::wire::{Acknowledgement, AlertItem};
use domain::access::Action;
use domain::aggregate::Aggregate;
use domain::alert::{Alert, AlertCommand, Rejection};
use domain::event::StreamId;
use domain::ids::{AlertId, ClinicId};

use super::gate::{self, principal};
use super::saving::once_written;
use super::{Service, refused_command};
use crate::commands::Expect;
use crate::projections::acknowledgement;
use crate::store::event_store::EventStore;

/// How often it is looked whether a list shows what was just recorded.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(30);
/// So often it is looked before the answer goes out all the same: the list follows.
pub(super) const LOOKS: u32 = 30;

/// An action on the alerts of a clinic.
type ActionOn = for<'a> fn(&'a ClinicId) -> Action<'a>;

impl Service {
    /// Notes that the caller takes care of an alert of their clinic. The first who says so stays.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for alerts that are not there or belong to another clinic,
    /// [`AppError::TakenAlready`] where somebody else was first.
    pub async fn acknowledge_alert(&self, caller: &Caller, id: AlertId) -> Result<(), AppError> {
        let by = gate::principal(caller)?.login.clone();
        let action: ActionOn = |clinic| Action::AcknowledgeAlert(clinic);
        self.tell_alert(caller, id, action, AlertCommand::Acknowledge { by }).await
    }

    /// Notes that the caller takes care of an alert of their clinic no longer.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for alerts that are not there or belong to another clinic,
    /// [`AppError::TakenAlready`] where somebody else takes care of it.
    pub async fn release_alert(&self, caller: &Caller, id: AlertId) -> Result<(), AppError> {
        let by = gate::principal(caller)?.login.clone();
        let action: ActionOn = |clinic| Action::ReleaseAlert(clinic);
        self.tell_alert(caller, id, action, AlertCommand::Release { by }).await
    }

    async fn tell_alert(
        &self,
        caller: &Caller,
        id: AlertId,
        action: ActionOn,
        command: AlertCommand,
    ) -> Result<(), AppError> {
        let principal = principal(caller)?;
        let stream = StreamId::alert(id);
        let events = self.events.load(&stream).await.map_err(AppError::from)?;
        let alert = Alert::fold(events.iter().map(|envelope| &envelope.event));
        let patient_id = alert.as_ref().map(|alert| alert.created.patient_id);
        let clinic = alert.map(|alert| alert.created.clinic_id);
        let concerned = clinic.as_ref().unwrap_or(&principal.clinic_id);
        self.permit_about(caller, action(concerned), None, patient_id).await?.recorded().await?;
        if clinic.is_none() {
            return Err(AppError::NotFound);
        }
        self.commands
            .handle::<Alert>(&stream, Expect::Existing, &command, caller.correlation_id, None)
            .await
            .map(|_| ())
            .map_err(|error| {
                refused_command(error, |rejection| match rejection {
                    Rejection::NotRaised => AppError::NotFound,
                    Rejection::TakenAlready => AppError::TakenAlready,
                })
            })
    }

    /// Who takes care of an alert, if somebody does.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn holder_of(&self, id: AlertId) -> Result<Option<Acknowledgement>, AppError> {
        let events = self.events.load(&StreamId::alert(id)).await.map_err(AppError::from)?;
        Ok(acknowledgement(&events))
    }

    /// [`Service::acknowledge_alert`], answered when the list shows it: a page without JavaScript is
    /// loaded anew right after, and would offer the alert once more. Whoever comes second is told who
    /// was first.
    pub(super) async fn take_over(
        &self,
        caller: &Caller,
        id: AlertId,
    ) -> Result<Acknowledgement, AppError> {
        match self.acknowledge_alert(caller, id).await {
            Ok(()) | Err(AppError::TakenAlready) => {}
            Err(error) => return Err(error),
        }
        let taken = self.holder_of(id).await.map_err(once_written)?;
        let taken = taken.ok_or(AppError::OutcomeUnknown)?;
        self.wait_until_shown(id, |alert| alert.acknowledged.is_some()).await;
        Ok(taken)
    }

    /// [`Service::release_alert`], answered when the list shows it.
    pub(super) async fn give_back(&self, caller: &Caller, id: AlertId) -> Result<(), AppError> {
        self.release_alert(caller, id).await?;
        self.wait_until_shown(id, |alert| alert.acknowledged.is_none()).await;
        Ok(())
    }

    /// It is recorded whatever the list says, even when it cannot be read.
    async fn wait_until_shown(&self, id: AlertId, is_shown: impl Fn(&AlertItem) -> bool) {
        for _ in 0..LOOKS {
            let Ok(shown) = self.views.alert(id).await else { break };
            if shown.is_some_and(|alert| is_shown(&alert)) {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
