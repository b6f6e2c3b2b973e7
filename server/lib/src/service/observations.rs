//! Sending observations, and whose they are.

use std::sync::Arc;

use app::backend::{Caller, Principal, Submission};
use app::error::AppError;
use app::wire::Receipt;
use async_trait::async_trait;
use domain::access::{Action, Record, Role};
use domain::alert_limits;
use domain::event::{Envelope, Event, StreamId};
use domain::field_error::FieldError;
use domain::ids::{ClinicId, ObservationId, PatientId};
use domain::measurement::Measurement;
use domain::observation::{
    Observation, ObservationCommand, ObservationSubmitted, Rejection, Sender, sent_already,
};
use domain::timestamp::Timestamp;

use super::gate::{Permit, principal};
use super::input::{self, Around};
use super::saving::once_written;
use super::{Service, refused_command};
use crate::audit::log::Companion;
use crate::commands::{Append, Expect, Outcome};
use crate::http::edge::breaker::BreakerPhase;
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

/// The version of an observation that taking it in makes.
const FIRST_VERSION: u64 = 1;
/// A form that is sent again within so long is one press too many, in milliseconds; later somebody
/// went back to it.
const DOUBLE_PRESS_MS: i64 = 10_000;

impl Service {
    pub(super) async fn submit(
        &self,
        caller: &Caller,
        submission: &Submission,
    ) -> Result<Receipt, AppError> {
        // Strangers are told to sign in before anything about their input.
        principal(caller)?;
        let now = self.commands.clock.now();
        let checked = input::check_submission(submission, &self.alert_policy, now)?;
        self.ask_again(caller, &checked.measurement, submission.seen.as_deref())?;
        let (subject, permit) = self.subject(caller, checked.patient_id, Purpose::Submit).await?;
        let Around { effective_at, time_doubt, note, idempotency_key, cannot_wait, remarks } =
            checked.around;
        let is_form = submission.seen.is_some();
        let observation_id = match idempotency_key {
            // A form outlives its key where a browser goes back to it, so what was entered counts too.
            // And a sender who uses a key twice must not keep back what cannot wait.
            Some(key) if is_form || cannot_wait => {
                let content = content(&checked.measurement, effective_at, note.as_ref());
                ObservationId::from_key_and_content(subject.patient_id, &key, &content)
            }
            Some(key) => ObservationId::from_idempotency_key(subject.patient_id, &key),
            None => ObservationId(self.commands.clock.fresh_uuid()),
        };
        let command = ObservationCommand::Submit(ObservationSubmitted {
            observation_id,
            patient_id: subject.patient_id,
            patient_login: subject.patient_login,
            clinic_id: subject.clinic_id,
            measurement: checked.measurement,
            effective_at,
            time_doubt,
            note: note.flatten(),
            submitted_by: Some(sender(principal(caller)?)).filter(|by| by.role != Role::Patient),
        });
        let stream = StreamId::observation(observation_id);
        let done = self.record(caller, &stream, Expect::New, &command, permit).await?;
        let event_id = match done {
            Outcome::Recorded(stored) => stored.event_id,
            Outcome::AlreadySo(past) => {
                let first = past.first().ok_or(AppError::Unavailable)?;
                let age_ms = now.unix_ms() - first.timestamp.unix_ms();
                if is_form && age_ms > DOUBLE_PRESS_MS {
                    return Err(sent_already().into());
                }
                first.event_id
            }
        };
        Ok(Receipt { observation_id, event_id, version: FIRST_VERSION, remarks })
    }

    /// Asks whether a dangerous value is right, where a person entered it and has not `seen` it so.
    /// While what else is asked for is refused, it has to get through at once.
    pub(super) fn ask_again(
        &self,
        caller: &Caller,
        measurement: &Measurement,
        seen: Option<&str>,
    ) -> Result<(), AppError> {
        let Some(seen) = seen else { return Ok(()) };
        let asks = self.alert_policy.needs_second_look(measurement, seen)
            && !caller.is_past_limits
            && self.breaker.state().phase == BreakerPhase::Closed;
        if asks { Err(alert_limits::ask_again().into()) } else { Ok(()) }
    }

    /// Lets an observation decide, and records what follows together with the `permit`.
    pub(super) async fn record(
        &self,
        caller: &Caller,
        stream: &StreamId,
        expect: Expect,
        command: &ObservationCommand,
        permit: Permit,
    ) -> Result<Outcome, AppError> {
        let causes = (caller.correlation_id, None);
        let mut append = Recording { permit: Some(permit), events: &self.events };
        let done = self
            .commands
            .handle_by::<Observation>(stream, expect, command, causes, &mut append)
            .await;
        if let Some(permit) = append.permit {
            // Sent again, the observation has been there since the first time.
            let is_there = done.is_ok();
            let recorded = permit.recorded().await;
            recorded.map_err(|error| if is_there { once_written(error) } else { error })?;
        }
        done.map_err(|error| refused_command(error, refused))
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
}

/// Who asks, as events name them.
pub(super) fn sender(principal: &Principal) -> Sender {
    Sender { login: principal.login.clone(), role: principal.role }
}

/// How an observation of this stream was taken in.
pub(super) fn submission_in(stream: &[Envelope]) -> Result<&ObservationSubmitted, AppError> {
    match stream.first().map(|first| &first.event) {
        Some(Event::ObservationSubmitted(submitted)) => Ok(submitted),
        _ => Err(AppError::NotFound),
    }
}

/// Nobody is told that another's record exists.
pub(super) fn hidden(error: AppError) -> AppError {
    match error {
        AppError::Forbidden => AppError::NotFound,
        other => other,
    }
}

fn refused(rejection: Rejection) -> AppError {
    match rejection {
        Rejection::NotThere => AppError::NotFound,
        Rejection::Withdrawn => AppError::Withdrawn,
        Rejection::Changed { version } => AppError::Changed { version },
        Rejection::OtherKind => {
            FieldError::new("kind", "unchangeable", rejection.to_string()).into()
        }
        Rejection::KeyUsedForAnother | Rejection::TooManyCorrections => {
            AppError::Conflict(rejection.to_string())
        }
    }
}

/// What was sent, as far as it tells one observation, or correction, from another under the same key.
pub(super) fn content(
    measurement: &Measurement,
    effective_at: Option<Timestamp>,
    note: Option<&Option<String>>,
) -> String {
    let measured = serde_json::to_string(measurement).unwrap_or_default();
    let at = effective_at.map(|at| at.to_string()).unwrap_or_default();
    let note = note.and_then(Option::as_deref).unwrap_or_default();
    format!("{measured}\n{at}\n{note}")
}
