//! When time ends a session, and when to warn of it.

/// How long before the end people are warned, in milliseconds; half of the time without a sign of
/// life where that is less.
const WARN_BEFORE_MS: i64 = 120_000;
/// The server notes a sign of life once a minute at most, so it may count from a minute before the
/// last one; half of the time where that is less. In milliseconds.
const NOTED_WITHIN_MS: i64 = 60_000;

/// Which time has run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUp {
    /// The time without a sign of life.
    Idle,
    /// The time a session may last in all.
    Whole,
}

impl TimeUp {
    /// Its name in forms and addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Whole => "whole",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Idle, Self::Whole].into_iter().find(|time| time.name() == name)
    }

    /// The sign-in page that says so.
    #[must_use]
    pub fn sign_in_path(self) -> &'static str {
        match self {
            Self::Idle => "/sign-in?after=idle",
            Self::Whole => "/sign-in?after=whole",
        }
    }
}

/// How long a session lasts. All times are milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// Without a sign of life, in milliseconds.
    pub(super) idle_ms: i64,
    /// When it ends whatever happens.
    pub(super) ends_at_ms: i64,
}

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It goes on.
    Good,
    /// It ends in so many seconds.
    Warn(TimeUp, u32),
    /// It has ended.
    Over(TimeUp),
}

impl Bounds {
    /// How a session stands at `now_ms`, whose last sign of life was at `seen_ms`.
    pub(super) fn judge(self, now_ms: i64, seen_ms: i64) -> Standing {
        let idle_ms = self.idle_ms - NOTED_WITHIN_MS.min(self.idle_ms / 2);
        let idle_end_ms = seen_ms + idle_ms;
        let (because, end_ms) = if self.ends_at_ms <= idle_end_ms {
            (TimeUp::Whole, self.ends_at_ms)
        } else {
            (TimeUp::Idle, idle_end_ms)
        };
        let left_ms = end_ms - now_ms;
        if left_ms <= 0 {
            Standing::Over(because)
        } else if left_ms <= WARN_BEFORE_MS.min(idle_ms / 2) {
            Standing::Warn(because, u32::try_from(left_ms / 1_000).unwrap_or_default())
        } else {
            Standing::Good
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MS: i64 = 60_000;
    const BOUNDS: Bounds = Bounds { idle_ms: 30 * MINUTE_MS, ends_at_ms: 720 * MINUTE_MS };

    #[test]
    fn warns_two_minutes_before_the_server_may_take_the_session_for_idle() {
        assert_eq!(BOUNDS.judge(27 * MINUTE_MS - 1, 0), Standing::Good);
        assert_eq!(BOUNDS.judge(27 * MINUTE_MS, 0), Standing::Warn(TimeUp::Idle, 120));
        assert_eq!(BOUNDS.judge(29 * MINUTE_MS, 0), Standing::Over(TimeUp::Idle));
    }

    #[test]
    fn a_sign_of_life_puts_the_end_off() {
        assert_eq!(BOUNDS.judge(29 * MINUTE_MS, 10 * MINUTE_MS), Standing::Good);
    }

    #[test]
    fn no_sign_of_life_puts_off_the_end_of_the_whole() {
        let just_now = 719 * MINUTE_MS;
        assert_eq!(BOUNDS.judge(just_now, just_now), Standing::Warn(TimeUp::Whole, 60));
        let end = 720 * MINUTE_MS;
        assert_eq!(BOUNDS.judge(end, end), Standing::Over(TimeUp::Whole));
    }

    #[test]
    fn a_short_time_is_not_used_up_by_the_warning() {
        let shortest = Bounds { idle_ms: MINUTE_MS, ..BOUNDS };
        assert_eq!(shortest.judge(14_999, 0), Standing::Good);
        assert_eq!(shortest.judge(15_000, 0), Standing::Warn(TimeUp::Idle, 15));
        assert_eq!(shortest.judge(30_000, 0), Standing::Over(TimeUp::Idle));
    }

    #[test]
    fn names_lead_back() {
        for time in [TimeUp::Idle, TimeUp::Whole] {
            assert_eq!(TimeUp::named(time.name()), Some(time));
            assert!(time.sign_in_path().ends_with(time.name()));
        }
        assert_eq!(TimeUp::named(""), None);
    }
}
