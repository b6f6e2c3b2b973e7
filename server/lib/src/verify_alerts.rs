//! Compares the alerts in the log with the observations that must have raised them: an alert that
//! was never raised is in no read model, and not in what a read model is compared with.

use std::collections::{HashMap, HashSet};

use domain::alert::raised_by;
use domain::alert_limits::AlertPolicy;
use domain::event::{Envelope, Event};
use domain::ids::{AlertId, ObservationId};

use crate::log_streams::LogStreams;
use crate::store::client::StoreError;
use crate::store::event_store::{EventStore, Segment};
use crate::verify::{LOOK_AGAIN_AFTER, LOOKS};

/// How the alerts of the log compare with its observations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertVerdict {
    /// How many observations must have raised an alert.
    pub dangerous: usize,
    /// Those whose alert is not there, in the order of their identifiers.
    pub unraised: Vec<ObservationId>,
}

/// Looks for dangerous observations without their alert. Events may keep coming: what is missing is
/// looked for again. `policy` judges as it does today: where limits were made stricter, observations
/// from before are reported too.
///
/// # Errors
/// When the store fails, or an event cannot be understood.
pub async fn verify_alerts(
    events: &dyn EventStore,
    policy: &AlertPolicy,
) -> Result<AlertVerdict, StoreError> {
    let mut verdict = look(events, policy).await?;
    for _ in 1..LOOKS {
        if verdict.unraised.is_empty() {
            break;
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        let again = look(events, policy).await?;
        // What was sent since the look before may be on its way.
        let lasting = again.unraised.iter().filter(|id| verdict.unraised.contains(id)).copied();
        verdict = AlertVerdict { unraised: lasting.collect(), dangerous: again.dangerous };
    }
    Ok(verdict)
}

async fn look(events: &dyn EventStore, policy: &AlertPolicy) -> Result<AlertVerdict, StoreError> {
    let mut tally = Tally::default();
    let mut log = LogStreams::new(events, Segment { number: 0, of: 1 }, None);
    while let Some(part) = log.next().await? {
        part.streams
            .iter()
            .filter_map(|stream| stream.first())
            .for_each(|f| tally.count(f, policy));
    }
    Ok(tally.verdict())
}

/// What was seen of the log so far, in whatever order.
#[derive(Default)]
struct Tally {
    expected: HashMap<AlertId, ObservationId>,
    raised: HashSet<AlertId>,
}

impl Tally {
    /// Counts the first event of a stream: it alone submits an observation or raises an alert.
    fn count(&mut self, first: &Envelope, policy: &AlertPolicy) {
        match &first.event {
            Event::ObservationSubmitted(submitted) => {
                if let Some(alert) = raised_by(policy, submitted, first.timestamp) {
                    self.expected.insert(alert.alert_id, submitted.observation_id);
                }
            }
            Event::AlertCreated(created) => {
                self.raised.insert(created.alert_id);
            }
            _ => {}
        }
    }

    fn verdict(&self) -> AlertVerdict {
        let unraised = self.expected.iter().filter(|(alert, _)| !self.raised.contains(alert));
        let mut unraised: Vec<ObservationId> = unraised.map(|(_, id)| *id).collect();
        unraised.sort();
        AlertVerdict { dangerous: self.expected.len(), unraised }
    }
}
