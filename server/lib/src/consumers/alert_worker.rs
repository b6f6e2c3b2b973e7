//! The alert worker: judges observations, raises alerts, and judges again what was corrected or
//! withdrawn.

use std::sync::Arc;

use async_trait::async_trait;
use domain::aggregate::Aggregate;
use domain::alert::{Alert, AlertCommand, Judged, Rejection};
use domain::alert_limits::{AlertPolicy, rules_for};
use domain::event::{Envelope, Event, Recorded, StreamId};
use domain::ids::AlertId;
use domain::observation::Observation;

use super::{Consumer, HandleError};
use crate::clock::Clock;
use crate::commands::{CommandError, Commands, Expect};
use crate::messaging::topology::{ALERT_WORKER, Subscription};
use crate::relay::Outbox;
use crate::store::client::StoreError;
use crate::store::event_store::{AppendError, EventStore};

/// Raises an alert for every dangerous observation.
pub struct AlertWorker {
    /// What counts as dangerous.
    pub policy: AlertPolicy,
    /// Where alerts are recorded.
    pub store: Arc<dyn EventStore>,
    /// Where they are sent from.
    pub outbox: Outbox,
    /// When they are recorded.
    pub clock: Arc<dyn Clock>,
}

/// What an event calls for.
enum Judgement {
    /// Nothing.
    Harmless,
    /// An alert, as the first event of its stream. Its identity is derived, so the append itself
    /// finds out whether it was raised before.
    Raise(Box<Envelope>),
    /// The observation was changed: its alerts have to be looked at.
    Changed,
}

impl AlertWorker {
    fn judge(&self, envelope: &Envelope) -> Result<Judgement, HandleError> {
        let observation = match &envelope.event {
            Event::ObservationSubmitted(observation) => observation,
            Event::ObservationCorrected(_) | Event::ObservationWithdrawn(_) => {
                return Ok(Judgement::Changed);
            }
            _ => return Err(HandleError::WrongType),
        };
        let raised = Judged::as_submitted(observation, envelope.timestamp).raises(&self.policy);
        let Some(created) = raised else { return Ok(Judgement::Harmless) };
        let decided = Alert::decide(None, &AlertCommand::Raise(created)).ok().flatten();
        let Some(event) = decided else { return Ok(Judgement::Harmless) };
        let recorded = self.clock.recorded(envelope.correlation_id, Some(envelope.event_id));
        // A batch is judged at once, so the span of its event is none that is entered.
        let recorded = Recorded { trace_parent: envelope.trace_parent, ..recorded };
        Ok(Judgement::Raise(Box::new(Envelope::new(event, 1, recorded))))
    }

    /// Brings the alerts of a changed observation up to what it says now. The event only says that
    /// something changed: whatever order events come in, the observation's own stream counts.
    async fn judge_again(&self, event: &Envelope) -> Result<(), HandleError> {
        let stream = self.store.load(&event.stream_id).await?;
        let (Some(first), Some(last)) = (stream.first(), stream.last()) else {
            return Err(HandleError::AheadOfTheStore);
        };
        if last.stream_version < event.stream_version {
            return Err(HandleError::AheadOfTheStore);
        }
        let observation = Observation::fold(stream.iter().map(|envelope| &envelope.event));
        let observation = observation.ok_or(HandleError::WrongType)?;
        // What it said at first has raised its alert, even if that event comes only now.
        let at_first = Judged::as_submitted(&observation.submitted, first.timestamp);
        if let Some(created) = at_first.raises(&self.policy) {
            let alert_id = created.alert_id;
            self.tell(alert_id, AlertCommand::Raise(created), Expect::New, event).await?;
        }
        let now = Judged::now(&observation, first.timestamp, last.stream_version);
        if let Some(created) = now.raises(&self.policy) {
            let alert_id = created.alert_id;
            self.tell(alert_id, AlertCommand::Raise(created), Expect::Existing, event).await?;
        }
        for rule in rules_for(now.content.measurement.kind()) {
            let reassessed = now.reassesses(&self.policy, rule);
            let alert_id = reassessed.alert_id;
            let command = AlertCommand::Reassess(reassessed);
            self.tell(alert_id, command, Expect::Existing, event).await?;
        }
        Ok(())
    }

    /// An alert that was never raised has nothing to be told.
    async fn tell(
        &self,
        alert_id: AlertId,
        command: AlertCommand,
        expect: Expect,
        cause: &Envelope,
    ) -> Result<(), HandleError> {
        let commands = Commands {
            store: Arc::clone(&self.store),
            outbox: self.outbox.clone(),
            clock: Arc::clone(&self.clock),
        };
        let stream = StreamId::alert(alert_id);
        let (correlation_id, causation_id) = (cause.correlation_id, Some(cause.event_id));
        let told =
            commands.handle::<Alert>(&stream, expect, &command, correlation_id, causation_id).await;
        match told {
            Ok(_) | Err(CommandError::Rejected(Rejection::NotRaised | Rejection::TakenAlready)) => {
                Ok(())
            }
            Err(CommandError::Contended(_)) => Err(StoreError::Throttled.into()),
            Err(CommandError::Store(error)) => Err(error.into()),
        }
    }
}

#[async_trait]
impl Consumer for AlertWorker {
    fn subscription(&self) -> Subscription {
        ALERT_WORKER
    }

    async fn handle(&self, events: &[Envelope]) -> Vec<Result<(), HandleError>> {
        let judged: Vec<_> = events.iter().map(|event| self.judge(event)).collect();
        let raised: Vec<Envelope> = judged
            .iter()
            .filter_map(|judgement| match judgement {
                Ok(Judgement::Raise(envelope)) => Some((**envelope).clone()),
                _ => None,
            })
            .collect();
        let mut appended = self.store.append_each(&raised).await.into_iter();
        let mut results = Vec::with_capacity(events.len());
        for (event, judgement) in events.iter().zip(judged) {
            results.push(match judgement {
                Err(error) => Err(error),
                Ok(Judgement::Harmless) => Ok(()),
                Ok(Judgement::Changed) => self.judge_again(event).await,
                Ok(Judgement::Raise(_)) => match appended.next() {
                    Some(Ok(stored)) => {
                        self.outbox.offer(stored);
                        Ok(())
                    }
                    // The alert was raised before; an alert that exists is not raised again.
                    Some(Err(AppendError::Conflict(_))) | None => Ok(()),
                    Some(Err(AppendError::Store(error))) => Err(error.into()),
                },
            });
        }
        results
    }
}
