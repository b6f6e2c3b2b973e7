//! Correcting and withdrawing an observation, by whoever has sent it.

use app::backend::{Caller, Correction};
use app::error::AppError;
use app::wire::Receipt;
use domain::access::{self, Action, Record, SentBy};
use domain::event::{Event, StreamId};
use domain::ids::{CorrectionId, EventId, ObservationId};
use domain::observation::{ObservationCommand, ObservationSubmitted, Sender, check_reason};

use super::Service;
use super::gate::{Permit, principal};
use super::input::{self, Around};
use super::observations::{content, hidden, sender, submission_in};
use crate::commands::{Expect, Outcome};
use crate::store::event_store::EventStore;

/// An action on a record, by its sender or not.
type ActionOn = for<'a> fn(Record<'a>, SentBy) -> Action<'a>;

impl Service {
    pub(super) async fn correct(
        &self,
        caller: &Caller,
        id: ObservationId,
        correction: &Correction,
    ) -> Result<Receipt, AppError> {
        let action: ActionOn = |record, by| Action::CorrectObservation(record, by);
        let now = self.commands.clock.now();
        let check = |submitted: &ObservationSubmitted| {
            let kind = submitted.measurement.kind();
            let checked = input::check_correction(correction, kind, &self.alert_policy, now)?;
            if let Some(measurement) = &checked.0.measurement {
                self.ask_again(caller, measurement, correction.seen.as_deref())?;
            }
            Ok(checked)
        };
        let ((change, around), by, permit) = self.own(caller, id, action, check).await?;
        let Around { effective_at, note, idempotency_key, cannot_wait, remarks, .. } = around;
        let correction_id = match (idempotency_key, &change.measurement) {
            (Some(key), Some(measurement)) if cannot_wait => {
                let content = content(measurement, effective_at, note.as_ref());
                CorrectionId::from_key_and_content(id, &key, &content)
            }
            (Some(key), _) => CorrectionId::from_idempotency_key(id, &key),
            (None, _) => CorrectionId(self.commands.clock.fresh_uuid()),
        };
        let based_on = correction.based_on;
        let command = ObservationCommand::Correct { correction_id, change, based_on, by };
        let stream_id = StreamId::observation(id);
        let done = self.record(caller, &stream_id, Expect::Existing, &command, permit).await?;
        let is_this = |event: &Event| matches!(event, Event::ObservationCorrected(past) if past.correction_id == correction_id);
        let (event_id, version) = event_of(done, is_this)?;
        Ok(Receipt { observation_id: id, event_id, version, remarks })
    }

    pub(super) async fn withdraw(
        &self,
        caller: &Caller,
        id: ObservationId,
        reason: &str,
        based_on: Option<u64>,
    ) -> Result<Receipt, AppError> {
        let action: ActionOn = |record, by| Action::WithdrawObservation(record, by);
        let check = |_: &ObservationSubmitted| Ok(check_reason(reason)?);
        let (reason, by, permit) = self.own(caller, id, action, check).await?;
        let command = ObservationCommand::Withdraw { reason, based_on, by };
        let stream_id = StreamId::observation(id);
        let done = self.record(caller, &stream_id, Expect::Existing, &command, permit).await?;
        let is_this = |event: &Event| matches!(event, Event::ObservationWithdrawn(_));
        let (event_id, version) = event_of(done, is_this)?;
        Ok(Receipt { observation_id: id, event_id, version, remarks: Vec::new() })
    }

    /// What `check` makes of what was typed about an observation, once it is clear that the caller may
    /// do `action` to it: nobody else learns anything of it.
    async fn own<T>(
        &self,
        caller: &Caller,
        id: ObservationId,
        action: ActionOn,
        check: impl FnOnce(&ObservationSubmitted) -> Result<T, AppError>,
    ) -> Result<(T, Sender, Permit), AppError> {
        let asking = principal(caller)?;
        let stream = self.events.load(&StreamId::observation(id)).await.map_err(AppError::from)?;
        let submitted = submission_in(&stream)?;
        let by = sender(asking);
        let record = Record { patient_id: submitted.patient_id, clinic_id: &submitted.clinic_id };
        let permit = self.permit(caller, action(record, submitted.sent_by(&by)), None).await;
        let may_read = access::allows(&asking.subject(), &Action::ReadObservations(record), false);
        // Who may see it is told that it is not theirs to change; nobody else that it exists.
        let permit = permit.map_err(|error| if may_read { error } else { hidden(error) })?;
        let (checked, permit) = permit.unless_refused(check(submitted)).await?;
        Ok((checked, by, permit))
    }
}

/// The event that a command led to, now or before, and the version it made.
fn event_of(done: Outcome, is_it: impl Fn(&Event) -> bool) -> Result<(EventId, u64), AppError> {
    match done {
        Outcome::Recorded(stored) => Ok((stored.event_id, stored.stream_version)),
        Outcome::AlreadySo(past) => {
            let earlier = past.iter().rev().find(|envelope| is_it(&envelope.event));
            // Nothing had to be changed: what is there is what was asked for.
            let found = earlier.or(past.last()).ok_or(AppError::Unavailable)?;
            Ok((found.event_id, found.stream_version))
        }
    }
}
