//! The circuit breaker: when far more requests come than HealthFlow is meant to serve, it turns
//! them away before they cost anything, and comes back by itself in steps.
//!
//! It counts what comes, served or refused. It trips when the last minute holds more than the
//! limit, or the last second alone a tenth of it. Open, it refuses for one step's time, and again
//! as long as the flood goes on. Then it lets in 10 %, 25 %, 50 % and all of the limit, a step's
//! time each, and opens again if more is offered than the limit allows.
//!
//! Each process has a breaker of its own: it protects this process, with the limit of one process.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::sliding_count::SlidingCount;
use crate::clock::Monotonic;
use crate::metrics;
use crate::token_buckets::{Bucket, Rate};

/// How much of the limit each step of the recovery lets in, in percent.
pub const STEPS_PERCENT: [u32; 4] = [10, 25, 50, 100];
/// So much of a minute's limit may come within one second.
const SECOND_SHARE: u32 = 10;
const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
/// When to come back while an administrator holds it open.
const HELD_RETRY: Duration = Duration::from_secs(60);
/// Those who are refused are told to come back spread over so many seconds, not all at once.
const SPREAD_S: u64 = 10;

/// When it trips, and how quickly it recovers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// More requests per minute, served and refused, are a flood; 0 for no limit.
    pub requests_per_minute_max: u32,
    /// How long it stays open, and how long each step of the recovery takes.
    pub step: Duration,
}

impl BreakerPolicy {
    /// How many requests may be offered within `time`.
    fn allowed_in(self, time: Duration) -> u128 {
        u128::from(self.requests_per_minute_max) * time.as_millis() / MINUTE.as_millis()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    Open { since: Duration },
    Recovering { step: usize, since: Duration },
    Held,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is served.
    Serve,
    /// It is turned away.
    Refuse {
        /// When to try again, in seconds; at least 1.
        retry_after_s: u32,
    },
}

/// How the breaker stands, for the administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BreakerState {
    /// What it does.
    pub phase: BreakerPhase,
    /// How much of the limit it lets in, in percent.
    pub lets_in_percent: u32,
    /// How many requests came within the last minute, served and refused; after a recovery, since.
    pub requests_last_minute: u64,
    /// How many may come; 0 for no limit.
    pub requests_per_minute_max: u32,
}

/// What the breaker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerPhase {
    /// It lets everything in.
    Closed,
    /// It lets a part in.
    Recovering,
    /// It refuses.
    Open,
    /// It refuses until an administrator resets it.
    Held,
}

/// The rules, over a time that is given: no clock, no I/O.
#[derive(Debug)]
struct Machine {
    policy: BreakerPolicy,
    phase: Phase,
    minute: SlidingCount,
    second: SlidingCount,
    /// What was offered since the phase began.
    offered: u64,
    /// What a recovery lets in.
    let_in: Bucket,
    refused: u64,
}

impl Machine {
    fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            phase: Phase::Closed,
            minute: SlidingCount::over(MINUTE),
            second: SlidingCount::over(SECOND),
            offered: 0,
            let_in: Bucket::default(),
            refused: 0,
        }
    }

    /// Counts a request and decides on it.
    fn admit(&mut self, now: Duration) -> Verdict {
        self.advance(now);
        self.minute.add(now);
        self.second.add(now);
        self.offered += 1;
        match self.phase {
            Phase::Closed if self.is_flooded() => self.enter(Phase::Open { since: now }),
            Phase::Closed => return Verdict::Serve,
            Phase::Recovering { .. } if self.has_burst() => self.enter(Phase::Open { since: now }),
            Phase::Recovering { step, .. } => {
                let rate = self.rate_of(step);
                if self.let_in.take(1, rate, now).is_ok() {
                    return Verdict::Serve;
                }
            }
            Phase::Open { .. } | Phase::Held => {}
        }
        self.refused += 1;
        Verdict::Refuse { retry_after_s: self.retry_after_s(now) }
    }

    /// Goes through the phases that ended by `now`.
    fn advance(&mut self, now: Duration) {
        let step_time = self.policy.step.max(Duration::from_millis(1));
        loop {
            let (Phase::Open { since } | Phase::Recovering { since, .. }) = self.phase else {
                return;
            };
            let end = since + step_time;
            if now < end {
                return;
            }
            let goes_on = u128::from(self.offered) > self.policy.allowed_in(step_time).max(1);
            self.enter(match self.phase {
                _ if goes_on => Phase::Open { since: end },
                Phase::Recovering { step, .. } if step + 1 < STEPS_PERCENT.len() => {
                    Phase::Recovering { step: step + 1, since: end }
                }
                Phase::Recovering { .. } => Phase::Closed,
                _ => Phase::Recovering { step: 0, since: end },
            });
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.offered = 0;
        self.let_in = Bucket::default();
        // What was refused while it was open is no reason to open again.
        match phase {
            Phase::Recovering { step: 0, .. } => self.second.clear(),
            Phase::Closed => {
                self.second.clear();
                self.minute.clear();
            }
            _ => {}
        }
    }

    fn is_flooded(&self) -> bool {
        let max = self.policy.requests_per_minute_max;
        max > 0 && (self.minute.total() > u64::from(max) || self.has_burst())
    }

    fn has_burst(&self) -> bool {
        let max = self.policy.requests_per_minute_max;
        max > 0 && self.second.total() > u64::from((max / SECOND_SHARE).max(1))
    }

    /// What a step lets in: its share of the limit, a second's worth at once.
    fn rate_of(&self, step: usize) -> Rate {
        let percent = STEPS_PERCENT.get(step).copied().unwrap_or(100);
        let per_minute = u64::from(self.policy.requests_per_minute_max) * u64::from(percent) / 100;
        let per_minute = u32::try_from(per_minute).unwrap_or(u32::MAX);
        Rate::per(per_minute, MINUTE).with_burst(per_minute / 60)
    }

    fn retry_after_s(&self, now: Duration) -> u32 {
        let wait = match self.phase {
            Phase::Open { since } | Phase::Recovering { since, .. } => {
                (since + self.policy.step).saturating_sub(now)
            }
            Phase::Held => HELD_RETRY,
            Phase::Closed => Duration::ZERO,
        };
        let seconds = wait.as_secs() + 1 + self.refused % SPREAD_S;
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }

    fn state(&mut self, now: Duration) -> BreakerState {
        self.advance(now);
        self.minute.forget(now);
        let (phase, lets_in_percent) = match self.phase {
            Phase::Closed => (BreakerPhase::Closed, 100),
            Phase::Recovering { step, .. } => (BreakerPhase::Recovering, STEPS_PERCENT[step]),
            Phase::Open { .. } => (BreakerPhase::Open, 0),
            Phase::Held => (BreakerPhase::Held, 0),
        };
        BreakerState {
            phase,
            lets_in_percent,
            requests_last_minute: self.minute.total(),
            requests_per_minute_max: self.policy.requests_per_minute_max,
        }
    }
}

/// The circuit breaker of this process.
pub struct Breaker {
    machine: Mutex<Machine>,
    time: Arc<dyn Monotonic>,
}

impl Breaker {
    /// A closed one.
    #[must_use]
    pub fn new(policy: BreakerPolicy, time: Arc<dyn Monotonic>) -> Self {
        Self { machine: Mutex::new(Machine::new(policy)), time }
    }

    /// Counts a request and decides on it.
    #[must_use]
    pub fn admit(&self) -> Verdict {
        let verdict = self.with(Machine::admit);
        if verdict != Verdict::Serve {
            metrics::breaker_refused();
        }
        verdict
    }

    /// Refuses everything but critical observations from now on, until it is reset.
    pub fn hold(&self) {
        self.with(|machine, _| machine.enter(Phase::Held));
    }

    /// Lets everything in again at once, and counts from nothing.
    pub fn reset(&self) {
        self.with(|machine, _| machine.enter(Phase::Closed));
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        self.with(Machine::state)
    }

    /// Keeps metrics and log up to date while nothing comes; never ends.
    pub async fn watch(self: Arc<Self>) {
        loop {
            metrics::breaker(self.state().phase);
            tokio::time::sleep(SECOND).await;
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Machine, Duration) -> T) -> T {
        let now = self.time.since_start();
        let mut machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        let before = machine.phase;
        let done = work(&mut machine, now);
        if machine.phase != before {
            let BreakerState { phase, lets_in_percent, requests_last_minute, .. } =
                machine.state(now);
            metrics::breaker(phase);
            tracing::warn!(?phase, lets_in_percent, requests_last_minute, "the circuit breaker");
        }
        done
    }
}

#[cfg(test)]
mod tests;
