//! What is counted and timed, each named once. Names and labels hold no personal or health data.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::http::edge::breaker::BreakerPhase;
use crate::messaging::Depth;

const APPEND_CONFLICTS: &str = "healthflow_append_conflicts_total";
const PUBLISH_REFUSALS: &str = "healthflow_publish_refusals_total";
const PUBLISH_LAG: &str = "healthflow_publish_lag_seconds";
const CONSUMER_LAG: &str = "healthflow_consumer_lag_seconds";
const HANDLED: &str = "healthflow_messages_handled_total";
const FAILED: &str = "healthflow_messages_failed_total";
const DEAD_LETTERS: &str = "healthflow_dead_letters_total";
const QUEUE_WAITING: &str = "healthflow_queue_messages_waiting";
const QUEUE_IN_FLIGHT: &str = "healthflow_queue_messages_in_flight";
const QUEUE_OLDEST: &str = "healthflow_queue_oldest_seconds";
const AUDIT_BLOCKS: &str = "healthflow_audit_blocks_total";
const AUDIT_ENTRIES: &str = "healthflow_audit_entries_total";
const REQUESTS: &str = "healthflow_request_seconds";
const CONNECTIONS_REFUSED: &str = "healthflow_connections_refused_total";
const OVER_QUOTA: &str = "healthflow_requests_over_quota_total";
const NO_ROOM: &str = "healthflow_requests_without_room_total";
const BREAKER_STATE: &str = "healthflow_breaker_state";
const BREAKER_REFUSALS: &str = "healthflow_breaker_refusals_total";
const BREAKER_LANE: &str = "healthflow_breaker_lane_total";

/// The upper bounds of the histograms' buckets, in seconds.
const BUCKETS_S: [f64; 14] =
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0, 300.0];

/// Begins to keep what is counted; before, and without it, counting costs next to nothing. All
/// servers of a process count together.
///
/// # Errors
/// When something else in this process keeps metrics already.
pub fn install() -> Result<PrometheusHandle, String> {
    static HANDLE: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    HANDLE.get_or_init(start).clone()
}

fn start() -> Result<PrometheusHandle, String> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS_S)
        .map_err(|error| error.to_string())?;
    let handle = builder.install_recorder().map_err(|error| error.to_string())?;
    describe_counter!(APPEND_CONFLICTS, "Appends that lost the race for their version");
    describe_counter!(PUBLISH_REFUSALS, "Events that the bus refused and that are sent again");
    describe_histogram!(PUBLISH_LAG, Unit::Seconds, "From recording an event to handing it over");
    describe_histogram!(
        CONSUMER_LAG,
        Unit::Seconds,
        "From recording an event to having handled it"
    );
    describe_counter!(HANDLED, "Messages a consumer was done with");
    describe_counter!(FAILED, "Deliveries that a consumer could not handle");
    describe_counter!(DEAD_LETTERS, "Messages that were given up");
    describe_gauge!(QUEUE_WAITING, "Messages that wait to be received");
    describe_gauge!(QUEUE_IN_FLIGHT, "Messages received and not done with");
    describe_gauge!(QUEUE_OLDEST, Unit::Seconds, "Age of the oldest waiting message");
    describe_counter!(CONNECTIONS_REFUSED, "Connections for which there was no place");
    describe_counter!(AUDIT_BLOCKS, "Blocks written to the audit log");
    describe_counter!(AUDIT_ENTRIES, "Entries written to the audit log");
    describe_counter!(OVER_QUOTA, "Requests of those who had used up their quota");
    describe_counter!(NO_ROOM, "Requests for which their component had no room");
    describe_gauge!(BREAKER_STATE, "0 closed, 1 recovering, 2 open, 3 held by an administrator");
    describe_counter!(BREAKER_REFUSALS, "Requests that the circuit breaker did not let in");
    describe_counter!(
        BREAKER_LANE,
        "Critical observations that a limit refused and the reserved lane took"
    );
    describe_histogram!(REQUESTS, Unit::Seconds, "Requests, from their head to the answer's");
    Ok(handle)
}

/// An append lost the race for its version.
pub fn append_conflict() {
    counter!(APPEND_CONFLICTS).increment(1);
}

/// The bus refused an event.
pub fn publish_refused() {
    counter!(PUBLISH_REFUSALS).increment(1);
}

/// An event was handed over, so long after it was recorded.
pub fn published(lag: Duration) {
    histogram!(PUBLISH_LAG).record(lag.as_secs_f64());
}

/// A consumer is done with an event, so long after it was recorded.
pub fn handled(queue: &'static str, lag: Duration) {
    counter!(HANDLED, "queue" => queue).increment(1);
    histogram!(CONSUMER_LAG, "queue" => queue).record(lag.as_secs_f64());
}

/// A consumer could not handle a delivery.
pub fn failed(queue: &'static str) {
    counter!(FAILED, "queue" => queue).increment(1);
}

/// A message was given up.
pub fn dead_letter(queue: &'static str) {
    counter!(DEAD_LETTERS, "queue" => queue).increment(1);
}

/// How full a queue is.
#[allow(clippy::cast_precision_loss, reason = "no queue gets that long")]
pub fn queue_depth(queue: &'static str, depth: Depth) {
    gauge!(QUEUE_WAITING, "queue" => queue).set(depth.waiting as f64);
    gauge!(QUEUE_IN_FLIGHT, "queue" => queue).set(depth.in_flight as f64);
    let oldest = depth.oldest.unwrap_or_default();
    gauge!(QUEUE_OLDEST, "queue" => queue).set(oldest.as_secs_f64());
}

/// A block with so many entries was written to the audit log.
pub fn audited(entries: usize) {
    counter!(AUDIT_BLOCKS).increment(1);
    counter!(AUDIT_ENTRIES).increment(entries as u64);
}

/// A request was answered. `route` is the route's pattern, never the path itself.
pub fn request(route: String, method: &'static str, status: u16, took: Duration) {
    let class = match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    histogram!(REQUESTS, "route" => route, "method" => method, "status" => class)
        .record(took.as_secs_f64());
}

/// There was no place for a connection.
pub fn connection_refused() {
    counter!(CONNECTIONS_REFUSED).increment(1);
}

/// Somebody had used up their quota.
pub fn over_quota() {
    counter!(OVER_QUOTA).increment(1);
}

/// A component of this name had no room for a request.
pub fn no_room(component: &'static str) {
    counter!(NO_ROOM, "component" => component).increment(1);
}

/// The circuit breaker does something else now.
pub fn breaker(phase: BreakerPhase) {
    gauge!(BREAKER_STATE).set(match phase {
        BreakerPhase::Closed => 0.0,
        BreakerPhase::Recovering => 1.0,
        BreakerPhase::Open => 2.0,
        BreakerPhase::Held => 3.0,
    });
}

/// The circuit breaker did not let a request in.
pub fn breaker_refused() {
    counter!(BREAKER_REFUSALS).increment(1);
}

/// The reserved lane took a critical observation.
pub fn lane_used() {
    counter!(BREAKER_LANE).increment(1);
}

/// How full a queue is according to the text in which metrics are served.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of messages")]
pub fn depth_in(text: &str, queue: &str) -> Depth {
    let value = |name: &str| -> Option<f64> {
        let line_begin = format!("{name}{{queue=\"{queue}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&line_begin)?.parse().ok())
    };
    let count = |name: &str| value(name).map_or(0, |number| number as u64);
    Depth {
        waiting: count(QUEUE_WAITING),
        in_flight: count(QUEUE_IN_FLIGHT),
        oldest: value(QUEUE_OLDEST).map(Duration::from_secs_f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_how_full_a_queue_is() {
        let metrics = install().expect("nothing else keeps metrics");
        let oldest = Some(Duration::from_millis(1500));
        let depth = Depth { waiting: 3, in_flight: 2, oldest };
        queue_depth("healthflow-alert-worker", depth);
        assert_eq!(depth_in(&metrics.render(), "healthflow-alert-worker"), depth);
        assert_eq!(depth_in(&metrics.render(), "another"), Depth::default());
    }
}
