//! The bus's rules and queues, declared once: one rule, one queue and one dead-letter queue per
//! consumer.

use domain::event::{
    ALERT_ACKNOWLEDGED, ALERT_CREATED, ALERT_REASSESSED, ALERT_RELEASED, OBSERVATION_CORRECTED,
    OBSERVATION_SUBMITTED, OBSERVATION_WITHDRAWN, PATIENT_CREATED,
};

/// The `Source` of every event on the bus.
pub const EVENT_SOURCE: &str = "healthflow";
/// After so many deliveries without an acknowledgement, a message goes to the dead letters.
pub const MAX_RECEIVE_COUNT: u32 = 3;
/// How long a received message stays invisible to others, in seconds, unless a consumer differs.
const VISIBILITY_TIMEOUT_S: u32 = 30;
/// How long dead letters are kept, in seconds: 14 days, the most SQS offers.
pub const DEAD_LETTER_RETENTION_S: u32 = 14 * 24 * 3600;

/// A consumer's subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The name of its rule and queue; the dead-letter queue's has `-dlq` behind it.
    pub queue: &'static str,
    /// The types of event it gets.
    pub event_types: &'static [&'static str],
    /// How long a received message stays invisible to others, in seconds.
    pub visibility_timeout_s: u32,
}

impl Subscription {
    /// Whether events of this type are for it.
    #[must_use]
    pub fn takes(&self, event_type: &str) -> bool {
        self.event_types.contains(&event_type)
    }

    /// The name of its dead-letter queue.
    #[must_use]
    pub fn dead_letter_queue(&self) -> String {
        format!("{}-dlq", self.queue)
    }
}

const fn subscription(queue: &'static str, event_types: &'static [&'static str]) -> Subscription {
    Subscription { queue, event_types, visibility_timeout_s: VISIBILITY_TIMEOUT_S }
}

/// The patient view.
pub const PATIENT_PROJECTION: Subscription =
    subscription("healthflow-patient-projection", &[PATIENT_CREATED]);
/// Whatever becomes of an observation.
const OBSERVATION_EVENTS: &[&str] =
    &[OBSERVATION_SUBMITTED, OBSERVATION_CORRECTED, OBSERVATION_WITHDRAWN];
/// The observation view.
pub const OBSERVATION_PROJECTION: Subscription =
    subscription("healthflow-observation-projection", OBSERVATION_EVENTS);
/// The worker that judges observations.
pub const ALERT_WORKER: Subscription = subscription("healthflow-alert-worker", OBSERVATION_EVENTS);
/// The alert view.
pub const ALERT_PROJECTION: Subscription = subscription(
    "healthflow-alert-projection",
    &[ALERT_CREATED, ALERT_ACKNOWLEDGED, ALERT_RELEASED, ALERT_REASSESSED],
);

/// Every subscription of the product.
pub const SUBSCRIPTIONS: [Subscription; 4] =
    [PATIENT_PROJECTION, OBSERVATION_PROJECTION, ALERT_WORKER, ALERT_PROJECTION];
