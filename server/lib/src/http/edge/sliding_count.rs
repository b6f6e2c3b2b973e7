//! How much happened within the last so much time.

use std::time::Duration;

/// Into so many slots the time is divided; the count is that exact.
const SLOTS: usize = 20;

/// A count over a window that slides along.
#[derive(Clone, Debug)]
pub(super) struct SlidingCount {
    slot: Duration,
    counts: [u64; SLOTS],
    total: u64,
    /// The slot that is being counted in, since the beginning of time.
    newest: u128,
}

impl SlidingCount {
    /// Counts over `window`.
    pub(super) fn over(window: Duration) -> Self {
        let slot = window / u32::try_from(SLOTS).unwrap_or(u32::MAX);
        Self { slot, counts: [0; SLOTS], total: 0, newest: 0 }
    }

    /// Counts one more, now.
    pub(super) fn add(&mut self, now: Duration) {
        self.forget(now);
        self.counts[Self::place(self.newest)] += 1;
        self.total += 1;
    }

    /// Forgets what is too long ago.
    pub(super) fn forget(&mut self, now: Duration) {
        let current = now.as_nanos() / self.slot.as_nanos().max(1);
        let passed = current.saturating_sub(self.newest).min(SLOTS as u128);
        for ago in 0..passed {
            let count = &mut self.counts[Self::place(current - ago)];
            self.total -= std::mem::take(count);
        }
        self.newest = self.newest.max(current);
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.counts = [0; SLOTS];
        self.total = 0;
    }

    /// How much there was.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    fn place(slot: u128) -> usize {
        usize::try_from(slot % SLOTS as u128).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_what_happened_within_the_window(
            gaps_ms in prop::collection::vec(0_u64..15_000, 1..200),
        ) {
            let window = Duration::from_secs(60);
            let (mut count, mut now) = (SlidingCount::over(window), Duration::ZERO);
            let mut happened = Vec::new();
            for gap_ms in gaps_ms {
                now += Duration::from_millis(gap_ms);
                count.add(now);
                happened.push(now);
                let within = |time: Duration| {
                    happened.iter().filter(|at| now.saturating_sub(**at) < time).count() as u64
                };
                // One slot may be forgotten early, never late.
                prop_assert!(count.total() <= within(window));
                prop_assert!(count.total() >= within(window - count.slot));
            }
        }
    }
}
