//! The alert worker: judges observations and raises alerts.

use std::sync::Arc;

use async_trait::async_trait;
use domain::aggregate::Aggregate;
use domain::alert::{self, Alert, AlertCommand};
use domain::alert_limits::AlertPolicy;
use domain::event::{Envelope, Event, Recorded};

use super::{Consumer, HandleError};
use crate::clock::Clock;
use crate::messaging::topology::{ALERT_WORKER, Subscription};
use crate::relay::Outbox;
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

impl AlertWorker {
    /// The alert that an observation raises, as the first event of its stream. Its identity is
    /// derived, so the append itself finds out whether it was raised before.
    fn judge(&self, envelope: &Envelope) -> Result<Option<Envelope>, HandleError> {
        let Event::ObservationSubmitted(observation) = &envelope.event else {
            return Err(HandleError::WrongType);
        };
        let raised = alert::raised_by(&self.policy, observation, envelope.timestamp);
        let Some(created) = raised else { return Ok(None) };
        let decided = Alert::decide(None, &AlertCommand::Raise(created)).ok().flatten();
        Ok(decided.map(|event| {
            let recorded = self.clock.recorded(envelope.correlation_id, Some(envelope.event_id));
            // A batch is judged at once, so the span of its event is none that is entered.
            let recorded = Recorded { trace_parent: envelope.trace_parent, ..recorded };
            Envelope::new(event, 1, recorded)
        }))
    }
}

#[async_trait]
impl Consumer for AlertWorker {
    fn subscription(&self) -> Subscription {
        ALERT_WORKER
    }

    async fn handle(&self, events: &[Envelope]) -> Vec<Result<(), HandleError>> {
        let judged: Vec<_> = events.iter().map(|event| self.judge(event)).collect();
        let raised: Vec<Envelope> =
            judged.iter().filter_map(|judged| judged.clone().ok().flatten()).collect();
        let mut appended = self.store.append_each(&raised).await.into_iter();
        let results = judged.into_iter().map(|judged| {
            if judged?.is_none() {
                return Ok(());
            }
            match appended.next() {
                Some(Ok(stored)) => {
                    self.outbox.offer(stored);
                    Ok(())
                }
                // The alert was raised before; an alert that exists is not raised again.
                Some(Err(AppendError::Conflict(_))) | None => Ok(()),
                Some(Err(AppendError::Store(error))) => Err(error.into()),
            }
        });
        results.collect()
    }
}
