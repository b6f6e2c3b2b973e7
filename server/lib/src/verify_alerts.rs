//! Compares the alerts in the log with the observations that must have raised them: an alert that
//! was never raised is in no read model, and not in what a read model is compared with.

use std::collections::{HashMap, HashSet};

use domain::aggregate::Aggregate;
use domain::alert::Judged;
use domain::alert_limits::AlertPolicy;
use domain::event::{Envelope, Event};
use domain::ids::{AlertId, ObservationId};
use domain::observation::Observation;

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
        part.streams.iter().for_each(|stream| tally.count(stream, policy));
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
    /// Counts a stream. An observation must have raised an alert by what it said at first, and by
    /// what it says now.
    fn count(&mut self, stream: &[Envelope], policy: &AlertPolicy) {
        let (Some(first), Some(last)) = (stream.first(), stream.last()) else { return };
        if let Event::AlertCreated(created) = &first.event {
            self.raised.insert(created.alert_id);
        }
        let events = stream.iter().map(|envelope| &envelope.event);
        let Some(observation) = Observation::fold(events) else { return };
        let at_first = Judged::as_submitted(&observation.submitted, first.timestamp);
        let now = Judged::now(&observation, first.timestamp, last.stream_version);
        for alert in [at_first.raises(policy), now.raises(policy)].into_iter().flatten() {
            self.expected.insert(alert.alert_id, observation.submitted.observation_id);
        }
    }

    fn verdict(&self) -> AlertVerdict {
        let unraised = self.expected.iter().filter(|(alert, _)| !self.raised.contains(alert));
        let mut unraised: Vec<ObservationId> = unraised.map(|(_, id)| *id).collect();
        unraised.sort();
        AlertVerdict { dangerous: self.expected.len(), unraised }
    }
}
