//! Token buckets: so much at once, and again as time passes.
//!
//! `governor` does the same but for two things that are needed here: tokens that are given back,
//! and a bound on how many keys are remembered.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// How many tokens a bucket holds, and how quickly they come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The most that can be taken at once.
    burst: u32,
    /// After so long one more can be taken.
    refill: Duration,
}

impl Rate {
    /// `tokens` at once, all of which come back evenly over `window`. At least one.
    #[must_use]
    pub fn per(tokens: u32, window: Duration) -> Self {
        let burst = tokens.max(1);
        Self { burst, refill: window / burst }
    }

    /// The same pace, with at most `burst` tokens at once.
    #[must_use]
    pub fn with_burst(self, burst: u32) -> Self {
        Self { burst: burst.max(1), ..self }
    }

    fn time_of(self, tokens: u32) -> Duration {
        self.refill.saturating_mul(tokens.min(self.burst))
    }
}

/// How full a bucket is after something was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// How many tokens are left.
    pub left: u32,
    /// How long until it is full again, if nothing more is taken.
    pub full_in: Duration,
}

/// Nothing was taken, because there was not enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Empty {
    /// How long until there is enough, if nothing else is taken meanwhile.
    pub wait: Duration,
}

/// One bucket, full at first. All it must know is when it will be full again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    full_at: Duration,
}

impl Bucket {
    /// Takes `tokens`, or as many as a full bucket holds.
    ///
    /// # Errors
    /// [`Empty`] when there are fewer.
    pub fn take(&mut self, tokens: u32, rate: Rate, now: Duration) -> Result<Level, Empty> {
        let full_at = self.full_at.max(now) + rate.time_of(tokens);
        let full_in = full_at.saturating_sub(now);
        let capacity = rate.time_of(rate.burst);
        if let Some(wait) = full_in.checked_sub(capacity).filter(|wait| !wait.is_zero()) {
            return Err(Empty { wait });
        }
        self.full_at = full_at;
        let left = (capacity - full_in).as_nanos() / rate.refill.as_nanos().max(1);
        Ok(Level { left: u32::try_from(left).unwrap_or(u32::MAX).min(rate.burst), full_in })
    }

    /// Undoes a [`Bucket::take`].
    pub fn give_back(&mut self, tokens: u32, rate: Rate) {
        self.full_at = self.full_at.saturating_sub(rate.time_of(tokens));
    }
}

/// A bucket for each of many keys, of which a bounded number is remembered.
#[derive(Debug)]
pub struct Buckets<K> {
    rate: Rate,
    keys_max: usize,
    buckets: HashMap<K, Bucket>,
}

impl<K: Eq + Hash + Clone> Buckets<K> {
    /// Buckets of `rate`; at most `keys_max` are remembered, the fullest forgotten first.
    #[must_use]
    pub fn new(rate: Rate, keys_max: usize) -> Self {
        Self { rate, keys_max: keys_max.max(1), buckets: HashMap::new() }
    }

    /// As [`Bucket::take`], from the bucket of `key`.
    ///
    /// # Errors
    /// [`Empty`] when there are fewer.
    pub fn take(&mut self, key: K, tokens: u32, now: Duration) -> Result<Level, Empty> {
        if self.buckets.len() >= self.keys_max && !self.buckets.contains_key(&key) {
            self.forget_the_fullest(now);
        }
        self.buckets.entry(key).or_default().take(tokens, self.rate, now)
    }

    /// As [`Bucket::give_back`], to the bucket of `key`.
    pub fn give_back(&mut self, key: &K, tokens: u32) {
        if let Some(bucket) = self.buckets.get_mut(key) {
            bucket.give_back(tokens, self.rate);
        }
    }

    /// Forgets the buckets that are full again, which are like unused ones, and if these are few
    /// also those that are nearly so. A quarter at least, so that it is seldom done.
    fn forget_the_fullest(&mut self, now: Duration) {
        self.buckets.retain(|_, bucket| bucket.full_at > now);
        let kept = self.keys_max - self.keys_max.div_ceil(4);
        let surplus = self.buckets.len().saturating_sub(kept);
        if surplus == 0 {
            return;
        }
        let mut by_fullness: Vec<(Duration, K)> =
            self.buckets.iter().map(|(key, bucket)| (bucket.full_at, key.clone())).collect();
        by_fullness.select_nth_unstable_by_key(surplus - 1, |(full_at, _)| *full_at);
        for (_, key) in &by_fullness[..surplus] {
            self.buckets.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn gives_so_much_at_once_and_then_as_time_passes() {
        let rate = Rate::per(60, 60 * SECOND);
        let mut bucket = Bucket::default();
        let now = 1_000 * SECOND;
        assert_eq!(bucket.take(59, rate, now), Ok(Level { left: 1, full_in: 59 * SECOND }));
        assert_eq!(bucket.take(2, rate, now), Err(Empty { wait: SECOND }));
        assert_eq!(bucket.take(2, rate, now + SECOND).map(|level| level.left), Ok(0));
        assert_eq!(bucket.take(60, rate, now + 61 * SECOND).map(|level| level.left), Ok(0));
    }

    #[test]
    fn what_costs_more_than_a_bucket_holds_takes_a_full_one() {
        let rate = Rate::per(5, 5 * SECOND);
        let mut bucket = Bucket::default();
        assert_eq!(bucket.take(100, rate, SECOND).map(|level| level.left), Ok(0));
        assert_eq!(bucket.take(100, rate, SECOND), Err(Empty { wait: 5 * SECOND }));
    }

    #[test]
    fn the_emptiest_buckets_are_remembered_longest() {
        let mut buckets = Buckets::new(Rate::per(10, 10 * SECOND), 100);
        assert!(buckets.take(0, 10, Duration::ZERO).is_ok());
        for key in 1..10_000 {
            assert!(buckets.take(key, 1, Duration::ZERO).is_ok());
            assert!(buckets.buckets.len() <= 100);
        }
        assert!(buckets.take(0, 1, Duration::ZERO).is_err(), "still empty");
    }

    proptest! {
        #[test]
        fn never_gives_more_than_burst_and_refill(
            burst in 1_u32..50,
            steps in prop::collection::vec((0_u64..3_000, 1_u32..20), 1..100),
        ) {
            let rate = Rate::per(burst, SECOND * burst);
            let (mut bucket, mut now, mut given) = (Bucket::default(), Duration::ZERO, 0_u128);
            for (pause_ms, tokens) in steps {
                now += Duration::from_millis(pause_ms);
                if bucket.take(tokens, rate, now).is_ok() {
                    given += u128::from(tokens.min(burst));
                }
                prop_assert!(given <= u128::from(burst) + now.as_millis() / 1_000);
            }
        }

        #[test]
        fn whoever_waits_as_told_is_served(burst in 1_u32..50, takes in 1_u32..100, cost in 1_u32..20) {
            let rate = Rate::per(burst, SECOND * 7);
            let mut bucket = Bucket::default();
            for _ in 0..takes {
                let _ = bucket.take(cost, rate, SECOND);
            }
            if let Err(Empty { wait }) = bucket.take(cost, rate, SECOND) {
                prop_assert!(bucket.take(cost, rate, SECOND + wait).is_ok());
            }
        }

        #[test]
        fn what_is_given_back_was_never_taken(burst in 2_u32..50, before in 0_u32..10, cost in 1_u32..20) {
            let rate = Rate::per(burst, SECOND * burst);
            let mut bucket = Bucket::default();
            for _ in 0..before {
                let _ = bucket.take(1, rate, SECOND);
            }
            let untouched = bucket;
            if bucket.take(cost, rate, SECOND).is_ok() {
                bucket.give_back(cost, rate);
            }
            prop_assert_eq!(
                bucket.full_at.saturating_sub(SECOND),
                untouched.full_at.saturating_sub(SECOND)
            );
        }
    }
}
