//! When something was measured, by clocks that may be wrong. A doubtful time refuses nothing: it is
//! kept as it was sent, marked, and the time of arrival stands for it wherever time decides.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// How far a device's clock may run ahead before its time is doubted, in minutes.
pub const CLOCK_AHEAD_MAX_MINUTES: i64 = 10;
/// How old a measurement may be when it arrives before its time is doubted, in minutes: one year.
pub const AGE_MAX_MINUTES: i64 = 366 * 24 * 60;
/// Measured and received so far apart, in minutes, are told apart wherever one of them is shown.
pub const LATE_AFTER_MINUTES: i64 = 15;

/// Why a time of measuring cannot be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeDoubt {
    /// It lies in the future.
    Ahead,
    /// It lies more than a year back, like a clock that begins anew when its battery was changed.
    LongAgo,
    /// It cannot be read, so it was not kept.
    Unreadable,
}

/// The doubt about a time of measuring that arrives at `now`, if there is one.
#[must_use]
pub fn doubt(at: Timestamp, now: Timestamp) -> Option<TimeDoubt> {
    if at > now.plus_minutes(CLOCK_AHEAD_MAX_MINUTES) {
        Some(TimeDoubt::Ahead)
    } else if at < now.plus_minutes(-AGE_MAX_MINUTES) {
        Some(TimeDoubt::LongAgo)
    } else {
        None
    }
}

/// When something counts as measured: as it was said, unless that is doubted. Nothing is measured
/// after it has arrived: a clock that is a little ahead is believed up to then.
#[must_use]
pub fn believed(
    effective_at: Option<Timestamp>,
    doubt: Option<TimeDoubt>,
    received_at: Timestamp,
) -> Timestamp {
    effective_at.filter(|_| doubt.is_none()).unwrap_or(received_at).min(received_at)
}

/// Whether something arrived so long after it was measured that it is news about the past.
#[must_use]
pub fn is_late(measured_at: Timestamp, received_at: Timestamp) -> bool {
    received_at > measured_at.plus_minutes(LATE_AFTER_MINUTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn believes_a_clock_ten_minutes_ahead_and_no_more() {
        let now = at("2026-11-21T08:00:00Z");
        assert_eq!(doubt(at("2026-11-21T08:10:00Z"), now), None);
        assert_eq!(doubt(at("2026-11-21T08:10:00.001Z"), now), Some(TimeDoubt::Ahead));
        assert_eq!(doubt(at("2026-11-21T09:05:00+01:00"), now), None);
        assert_eq!(doubt(at("2094-01-01T00:00:00Z"), now), Some(TimeDoubt::Ahead));
    }

    #[test]
    fn doubts_what_was_measured_more_than_a_year_ago() {
        let now = at("2026-11-21T08:00:00Z");
        assert_eq!(doubt(at("2025-11-21T08:00:00Z"), now), None);
        assert_eq!(doubt(at("2021-01-01T00:00:00Z"), now), Some(TimeDoubt::LongAgo));
    }

    #[test]
    fn a_doubted_time_counts_as_the_time_of_arrival() {
        let (said, now) = (at("2021-01-01T00:00:00Z"), at("2026-11-21T08:00:00Z"));
        assert_eq!(believed(Some(said), Some(TimeDoubt::LongAgo), now), now);
        assert_eq!(believed(Some(said), None, now), said);
        assert_eq!(believed(None, None, now), now);
    }

    #[test]
    fn nothing_counts_as_measured_after_it_has_arrived() {
        let (said, now) = (at("2026-11-21T08:09:00Z"), at("2026-11-21T08:00:00Z"));
        assert_eq!(believed(Some(said), None, now), now);
    }

    #[test]
    fn news_about_the_past_is_told_from_news() {
        let now = at("2026-11-21T08:00:00Z");
        assert!(!is_late(at("2026-11-21T07:45:00Z"), now));
        assert!(is_late(at("2026-11-21T07:44:59Z"), now));
        assert!(!is_late(at("2026-11-21T08:09:00Z"), now));
    }
}
