//! Time, chance and fresh identifiers: the only place that reads the clock.
//!
//! What must run alike again and again, such as a simulation, brings a [`Clock`] of its own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

    /// The circumstances of an event that is recorded now.
    fn recorded(&self, correlation_id: CorrelationId, causation_id: Option<EventId>) -> Recorded {
        let event_id = EventId(self.fresh_uuid());
        Recorded { event_id, timestamp: self.now(), correlation_id, causation_id }
    }
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn unix_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn fresh_uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn jitter(&self, max: Duration) -> Duration {
        max.mul_f64(fastrand::f64())
    }
}
