//! Time, chance and fresh identifiers: the only place that reads the clock.
//!
//! What must run alike again and again, such as a simulation, brings a [`Clock`] of its own.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use domain::event::Recorded;
use domain::ids::{CorrelationId, EventId};
use domain::timestamp::Timestamp;
use uuid::Uuid;

/// Where time, chance and identifiers come from.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970-01-01T00:00Z.
    fn unix_ms(&self) -> u64;

    /// A fresh identifier; later ones sort after earlier ones (version 7).
    fn fresh_uuid(&self) -> Uuid;

    /// A random time from nothing to `max`, so that those who failed together do not come back
    /// together.
    fn jitter(&self, max: Duration) -> Duration;

    /// Now, in UTC.
    fn now(&self) -> Timestamp {
        let unix_ms = i64::try_from(self.unix_ms()).unwrap_or(i64::MAX);
        // A clock past the year 9999 is the only way to the epoch.
        let epoch = || Timestamp::from_unix_ms(0).unwrap_or_else(|| unreachable!("1970 is a year"));
        Timestamp::from_unix_ms(unix_ms).unwrap_or_else(epoch)
    }

    /// The circumstances of an event that is recorded now, outside of any trace.
    fn recorded(&self, correlation_id: CorrelationId, causation_id: Option<EventId>) -> Recorded {
        let event_id = EventId(self.fresh_uuid());
        let timestamp = self.now();
        Recorded { event_id, timestamp, correlation_id, causation_id, trace_parent: None }
    }
}

/// Time for limits: it never goes back, and jumps no more than the machine sleeps.
pub trait Monotonic: Send + Sync + 'static {
    /// The time since a beginning that stays the same while the process runs.
    fn since_start(&self) -> Duration;
}

/// A time in whole milliseconds.
#[must_use]
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn unix_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        millis(since)
    }

    fn fresh_uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn jitter(&self, max: Duration) -> Duration {
        max.mul_f64(fastrand::f64())
    }
}

impl Monotonic for SystemClock {
    fn since_start(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }
}

/// A clock that stands still until it is moved on.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct HandClock(std::sync::Mutex<Duration>);

#[cfg(test)]
impl HandClock {
    /// Lets `time` pass.
    pub(crate) fn pass(&self, time: Duration) {
        *self.0.lock().expect("unharmed") += time;
    }
}

#[cfg(test)]
impl Monotonic for HandClock {
    fn since_start(&self) -> Duration {
        *self.0.lock().expect("unharmed")
    }
}
