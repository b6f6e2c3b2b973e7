//! An instant with the offset in which its author saw the clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

/// A point in time, RFC 3339 on the wire, millisecond resolution. The offset is kept, because
/// "7:40 in the morning" is what the patient meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Timestamp(OffsetDateTime);

/// The text is not an RFC 3339 date-time with an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a date and time with an offset, such as 2026-11-21T08:30:00+01:00")]
pub struct NotATimestamp;

impl Timestamp {
    /// The instant so many milliseconds after 1970-01-01T00:00Z, in UTC; `None` out of the range
    /// of years 0 to 9999.
    #[must_use]
    pub fn from_unix_ms(unix_ms: i64) -> Option<Self> {
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).ok()?;
        (0..=9999).contains(&at.year()).then_some(Self(at))
    }

    /// Milliseconds since 1970-01-01T00:00Z.
    #[must_use]
    pub fn unix_ms(self) -> i64 {
        i64::try_from(self.0.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
    }

    /// The instant `minutes` later; stays where it is at the end of time.
    #[must_use]
    pub fn plus_minutes(self, minutes: i64) -> Self {
        Self(self.0.checked_add(Duration::minutes(minutes)).unwrap_or(self.0))
    }

    /// A UTC text of fixed width, which sorts as time does: for keys.
    #[must_use]
    pub fn sort_key(self) -> String {
        let format = format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
        );
        self.0.to_offset(UtcOffset::UTC).format(&format).unwrap_or_default()
    }

    /// For people who have told us no time zone: `21 Nov 2026, 08:30 UTC`.
    #[must_use]
    pub fn in_words_utc(self) -> String {
        let at = self.0.to_offset(UtcOffset::UTC);
        let (day, month, year) = (at.day(), at.month(), at.year());
        format!("{day} {month:.3} {year:04}, {:02}:{:02} UTC", at.hour(), at.minute())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.format(&Rfc3339).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl FromStr for Timestamp {
    type Err = NotATimestamp;

    fn from_str(text: &str) -> Result<Self, NotATimestamp> {
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NotATimestamp)?;
        let whole_ms = at.nanosecond() / 1_000_000 * 1_000_000;
        at.replace_nanosecond(whole_ms).map(Self).map_err(|_| NotATimestamp)
    }
}

impl From<Timestamp> for String {
    fn from(at: Timestamp) -> Self {
        at.to_string()
    }
}

impl TryFrom<String> for Timestamp {
    type Error = NotATimestamp;

    fn try_from(text: String) -> Result<Self, NotATimestamp> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keeps_the_offset_it_was_given() {
        let text = "2026-11-21T08:30:00+01:00";
        assert_eq!(text.parse::<Timestamp>().map(|t| t.to_string()), Ok(text.to_owned()));
    }

    #[test]
    fn says_the_same_instant_in_utc() {
        let at: Timestamp = "2026-11-02T00:05:00+01:00".parse().expect("a time");
        assert_eq!(at.in_words_utc(), "1 Nov 2026, 23:05 UTC");
    }

    #[test]
    fn refuses_a_local_time_without_offset() {
        for bad in ["2026-11-21T08:30:00", "2026-11-21", "now", "", "2026-13-01T00:00:00Z"] {
            assert_eq!(bad.parse::<Timestamp>(), Err(NotATimestamp), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn sort_keys_order_as_time_does(a in 0_i64..4_000_000_000_000, b in 0_i64..4_000_000_000_000) {
            let key = |ms| Timestamp::from_unix_ms(ms).map(Timestamp::sort_key);
            prop_assert_eq!(a.cmp(&b), key(a).cmp(&key(b)));
        }

        #[test]
        fn text_round_trips(ms in 0_i64..4_000_000_000_000) {
            let at = Timestamp::from_unix_ms(ms).expect("in range");
            prop_assert_eq!(at.to_string().parse::<Timestamp>(), Ok(at));
        }
    }
}
