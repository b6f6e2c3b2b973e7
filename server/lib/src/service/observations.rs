//! Sending observations and reading single ones.

use std::sync::Arc;

use app::backend::{Caller, Submission};
use app::error::AppError;
use app::wire::{ObservationItem, Receipt};
use async_trait::async_trait;
use domain::access::{Action, Record, Role};
use domain::alert_limits;
use domain::event::{Envelope, Event, StreamId};
use domain::field_error::FieldError;
use domain::ids::{ClinicId, ObservationId, PatientId};
use domain::observation::{Observation, ObservationSubmitted, SubmitObservation};

use super::gate::{Permit, principal};
use super::saving::once_written;
use super::{Service, input, refused_command};
use crate::audit::log::Companion;
use crate::commands::{Append, Expect, Outcome};
use crate::http::edge::breaker::BreakerPhase;
use crate::projections::observation_item;
use crate::store::client::StoreError;
use crate::store::dynamo_events::DynamoEventStore;
use crate::store::event_store::{AppendError, EventStore, StoredEvent};

/// Whose observation it is, with what the event says about them.
pub(super) struct Subject {
    pub(super) patient_id: PatientId,
    patient_login: String,
    clinic_id: ClinicId,
}

/// What somebody's observations are wanted for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// To add one.
    Submit,
    /// To see them.
    Read,
}

impl Purpose {
    fn with(self, record: Record<'_>) -> Action<'_> {
        match self {
            Self::Submit => Action::SubmitObservation(record),
            Self::Read => Action::ReadObservations(record),
        }
    }
}

/// Appends an event in one transaction with the audit log's entry about it: both or neither, at
/// the cost of one. What has to be tried again is then appended by itself.
struct Recording<'a> {
    permit: Option<Permit>,
    events: &'a DynamoEventStore,
}

#[async_trait]
impl Append for Recording<'_> {
    async fn append(&mut self, envelope: &Envelope) -> Result<Arc<StoredEvent>, AppendError> {
        let Some(permit) = self.permit.take() else {
            return self.events.append_one(envelope).await;
        };
        let stored = StoredEvent::from_envelope(envelope)?;
        let item = self.events.item_to_append(&stored)?;
        match permit.recorded_with(Companion { place: stored.stream_id.clone(), item }).await {
            Ok(true) => Ok(Arc::new(stored)),
            // By itself it is told why.
            Ok(false) => self.events.append_one(envelope).await,
            Err(error) => Err(StoreError::from(error).into()),
        }
    }
}

impl Service {
    pub(super) async fn submit(
        &self,
        caller: &Caller,
        submission: &Submission,
    ) -> Result<Receipt, AppError> {
        // Strangers are told to sign in before anything about their input.
        principal(caller)?;
        let checked = input::check_submission(submission, self.commands.clock.now())?;
        // While most of what is asked for is refused, a dangerous value has to get through at once.
        if let Some(seen) = &submission.seen
            && self.alert_policy.needs_second_look(&checked.measurement, seen)
            && self.breaker.state().phase == BreakerPhase::Closed
        {
            return Err(alert_limits::ask_again().into());
        }
        let (subject, permit) = self.subject(caller, checked.patient_id, Purpose::Submit).await?;
        let observation_id = match checked.idempotency_key {
            Some(key) => ObservationId::from_idempotency_key(subject.patient_id, &key),
            None => ObservationId(self.commands.clock.fresh_uuid()),
        };
        let command = SubmitObservation {
            observation_id,
            patient_id: subject.patient_id,
            patient_login: subject.patient_login,
            clinic_id: subject.clinic_id,
            measurement: checked.measurement,
            effective_at: checked.effective_at,
            note: checked.note,
        };
        let stream = StreamId::observation(observation_id);
        let correlation_id = caller.correlation_id;
        let causes = (correlation_id, None);
        let mut append = Recording { permit: Some(permit), events: &self.events };
        let done = self
            .commands
            .handle_by::<Observation>(&stream, Expect::New, &command, causes, &mut append)
            .await;
        if let Some(permit) = append.permit {
            // Sent again, the observation has been there since the first time.
            let is_there = done.is_ok();
            let recorded = permit.recorded().await;
            recorded.map_err(|error| if is_there { once_written(error) } else { error })?;
        }
        let done = done.map_err(|error| {
            refused_command(error, |rejection| AppError::Conflict(rejection.to_string()))
        })?;
        let event_id = match done {
            Outcome::Recorded(stored) => stored.event_id,
            Outcome::AlreadySo(past) => past.first().ok_or(AppError::Unavailable)?.event_id,
        };
        Ok(Receipt { observation_id, event_id })
    }

    /// Whose observation is meant, once it is clear that the caller may use it so.
    pub(super) async fn subject(
        &self,
        caller: &Caller,
        named: Option<PatientId>,
        purpose: Purpose,
    ) -> Result<(Subject, Permit), AppError> {
        let asking = principal(caller)?;
        let Some(patient_id) = named.or(asking.patient_id) else {
            let message = "Name the patient: `patient_id` may be left out by a patient only.";
            return Err(FieldError::new("patient_id", "required", message).into());
        };
        // Patients learn nothing about others, not even whether they exist: what they name counts
        // as their own clinic's, and is denied.
        if asking.role == Role::Patient {
            let clinic_id = asking.clinic_id.clone();
            let record = Record { patient_id, clinic_id: &clinic_id };
            let permit = self.permit(caller, purpose.with(record), None).await?;
            let patient_login = asking.login.clone();
            return Ok((Subject { patient_id, patient_login, clinic_id }, permit));
        }
        let Some(known) = self.views.patient(patient_id).await.map_err(AppError::from)? else {
            // Asked about the clinic's own, because nobody else's it is.
            let own = Record { patient_id, clinic_id: &asking.clinic_id };
            self.allow(caller, purpose.with(own)).await?;
            return Err(AppError::NotFound);
        };
        let record = Record { patient_id, clinic_id: &known.clinic_id };
        let permit = self.permit(caller, purpose.with(record), None).await?;
        let (patient_login, clinic_id) = (known.patient_login, known.clinic_id);
        Ok((Subject { patient_id, patient_login, clinic_id }, permit))
    }

    pub(super) async fn one_observation(
        &self,
        caller: &Caller,
        id: ObservationId,
    ) -> Result<ObservationItem, AppError> {
        principal(caller)?;
        let (envelope, submitted) = self.recorded_observation(id).await?;
        let record = Record { patient_id: submitted.patient_id, clinic_id: &submitted.clinic_id };
        // No patient is told that another's exists.
        self.allow(caller, Action::ReadObservations(record)).await.map_err(
            |error| match error {
                AppError::Forbidden => AppError::NotFound,
                other => other,
            },
        )?;
        Ok(observation_item(&envelope, &submitted))
    }

    async fn recorded_observation(
        &self,
        id: ObservationId,
    ) -> Result<(Envelope, ObservationSubmitted), AppError> {
        let stream = StreamId::observation(id);
        let events = self.events.load(&stream).await.map_err(AppError::from)?;
        let first = events.into_iter().next().ok_or(AppError::NotFound)?;
        match first.event.clone() {
            Event::ObservationSubmitted(submitted) => Ok((first, submitted)),
            _ => Err(AppError::NotFound),
        }
    }
}
