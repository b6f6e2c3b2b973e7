//! Time and fresh identifiers: the only place that reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::event::Recorded;
use domain::ids::{CorrelationId, EventId};
use domain::timestamp::Timestamp;
use uuid::Uuid;

/// Milliseconds since 1970-01-01T00:00Z.
#[must_use]
pub fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Now, in UTC.
#[must_use]
pub fn now() -> Timestamp {
    let unix_ms = i64::try_from(unix_ms()).unwrap_or(i64::MAX);
    Timestamp::from_unix_ms(unix_ms).unwrap_or_else(epoch)
}

fn epoch() -> Timestamp {
    // A clock past the year 9999 is the only way here.
    Timestamp::from_unix_ms(0).unwrap_or_else(|| unreachable!("1970 is a year"))
}

/// A fresh identifier; later ones sort after earlier ones.
#[must_use]
pub fn fresh_uuid() -> Uuid {
    Uuid::now_v7()
}

/// The circumstances of an event that is recorded now.
#[must_use]
pub fn recorded(correlation_id: CorrelationId, causation_id: Option<EventId>) -> Recorded {
    Recorded { event_id: EventId(fresh_uuid()), timestamp: now(), correlation_id, causation_id }
}
