//! Whose turn it is on the engine's thread: first requests that somebody waits for, then what
//! follows from them.
//!
//! Background work waits until the foreground pauses, so that it gathers into few large
//! transactions instead of many small ones: a transaction's cost is mostly its commit. It is due,
//! however busy the foreground is, after `PATIENCE`, or once `HEAD_START` requests went before
//! it; then it goes first. So it cannot starve, and the foreground cannot run away from it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a background job can be held up by the foreground. An alert passes two of them on its
/// way, and should come within 100 ms.
pub(super) const PATIENCE: Duration = Duration::from_millis(30);
/// How many foreground jobs can go before a background job. What follows from so many fills a
/// good part of a transaction (100 items): a longer wait would make it no cheaper.
pub(super) const HEAD_START: u64 = 64;
/// The foreground pauses when nothing came for so long: a caller who sends one request after the
/// other leaves shorter gaps.
pub(super) const PAUSE: Duration = Duration::from_millis(2);
/// The most foreground jobs in one turn: as many as one transaction takes.
const GROUP_MAX: usize = 100;

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Somebody: a person or a program, for the answer to their request.
    Foreground,
    /// Nobody in particular: projections, alerts, the outbox.
    Background,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn<T> {
    /// These foreground jobs, all that wait.
    Foreground(Vec<T>),
    /// This background job.
    Background(T),
    /// Nothing before this moment, unless a job arrives.
    Wait(Instant),
    /// Nothing at all, until a job arrives.
    Idle,
}

/// Jobs that wait, in the order they came within each lane.
#[derive(Debug)]
pub(super) struct Lanes<T> {
    foreground: VecDeque<T>,
    background: VecDeque<Waiting<T>>,
    /// When the foreground was last seen at work.
    busy_at: Option<Instant>,
    /// How many foreground jobs had their turn.
    served: u64,
    /// So many background jobs go before the next foreground turn at most: those that were there
    /// at the last one.
    ahead: usize,
}

#[derive(Debug)]
struct Waiting<T> {
    job: T,
    came: Instant,
    served_before: u64,
}

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        let (foreground, background) = (VecDeque::new(), VecDeque::new());
        Self { foreground, background, busy_at: None, served: 0, ahead: 0 }
    }
}

impl<T> Lanes<T> {
    /// Takes in a job that came at `now`.
    pub(super) fn push(&mut self, lane: Lane, job: T, now: Instant) {
        match lane {
            Lane::Foreground => self.foreground.push_back(job),
            Lane::Background => {
                self.background.push_back(Waiting { job, came: now, served_before: self.served });
            }
        }
    }

    /// Whose turn it is at `now`.
    pub(super) fn next(&mut self, now: Instant) -> Turn<T> {
        let due = self.background.front().map(|waiting| self.due(waiting));
        let may_go = self.foreground.is_empty() || self.ahead > 0;
        if due.is_some_and(|due| due <= now)
            && may_go
            && let Some(waiting) = self.background.pop_front()
        {
            self.ahead = self.ahead.saturating_sub(1);
            return Turn::Background(waiting.job);
        }
        if !self.foreground.is_empty() {
            let group = self.foreground.len().min(GROUP_MAX);
            self.busy_at = Some(now);
            self.served += group as u64;
            self.ahead = self.background.len();
            return Turn::Foreground(self.foreground.drain(..group).collect());
        }
        due.map_or(Turn::Idle, Turn::Wait)
    }

    /// When a background job gets its turn, or should have.
    fn due(&self, waiting: &Waiting<T>) -> Instant {
        if self.served - waiting.served_before >= HEAD_START {
            return waiting.came;
        }
        let at_the_latest = waiting.came + PATIENCE;
        if !self.foreground.is_empty() {
            return at_the_latest;
        }
        let paused = self.busy_at.map_or(waiting.came, |busy| busy + PAUSE);
        paused.max(waiting.came).min(at_the_latest)
    }

    /// Everything left, for the end.
    pub(super) fn into_rest(self) -> impl Iterator<Item = T> {
        self.foreground.into_iter().chain(self.background.into_iter().map(|waiting| waiting.job))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_foreground_goes_first_and_together() {
        let (mut lanes, now) = (Lanes::default(), Instant::now());
        lanes.push(Lane::Background, 1, now);
        lanes.push(Lane::Foreground, 2, now);
        lanes.push(Lane::Foreground, 3, now);
        assert_eq!(lanes.next(now), Turn::Foreground(vec![2, 3]));
        assert_eq!(lanes.next(now), Turn::Wait(now + PAUSE));
        assert_eq!(lanes.next(now + PAUSE), Turn::Background(1));
        assert_eq!(lanes.next(now + PAUSE), Turn::Idle);
    }

    #[test]
    fn without_a_foreground_the_background_does_not_wait() {
        let (mut lanes, now) = (Lanes::default(), Instant::now());
        lanes.push(Lane::Background, 1, now);
        assert_eq!(lanes.next(now), Turn::Background(1));
    }

    #[test]
    fn a_busy_foreground_cannot_starve_the_background() {
        let (mut lanes, begun) = (Lanes::default(), Instant::now());
        for job in 0..10 {
            lanes.push(Lane::Background, job, begun);
        }
        let (mut now, mut done) = (begun, Vec::new());
        for _ in 0..40 {
            lanes.push(Lane::Foreground, 100, now);
            if let Turn::Background(job) = lanes.next(now) {
                assert!(now >= begun + PATIENCE, "{job} came before its time");
                done.push(job);
            }
            now += Duration::from_millis(1);
        }
        assert_eq!(done, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn the_foreground_cannot_run_away() {
        let (mut lanes, now) = (Lanes::default(), Instant::now());
        lanes.push(Lane::Background, 0, now);
        let mut before = 0;
        loop {
            lanes.push(Lane::Foreground, 1, now);
            match lanes.next(now) {
                Turn::Foreground(jobs) => before += jobs.len() as u64,
                turn => break assert_eq!(turn, Turn::Background(0)),
            }
        }
        assert_eq!(before, HEAD_START);
    }

    #[test]
    fn an_overdue_background_lets_the_foreground_through_after_each_round() {
        let (mut lanes, begun) = (Lanes::default(), Instant::now());
        lanes.push(Lane::Background, 1, begun);
        lanes.push(Lane::Background, 2, begun);
        lanes.push(Lane::Foreground, 10, begun);
        assert_eq!(lanes.next(begun), Turn::Foreground(vec![10]));
        for job in [3, 4] {
            lanes.push(Lane::Background, job, begun);
            lanes.push(Lane::Foreground, job * 10, begun);
        }
        let late = begun + PATIENCE;
        assert_eq!(lanes.next(late), Turn::Background(1));
        assert_eq!(lanes.next(late), Turn::Background(2));
        assert_eq!(lanes.next(late), Turn::Foreground(vec![30, 40]));
        assert_eq!(lanes.next(late), Turn::Background(3));
    }

    #[test]
    fn the_end_leaves_nothing_behind() {
        let (mut lanes, now) = (Lanes::default(), Instant::now());
        lanes.push(Lane::Background, 1, now);
        lanes.push(Lane::Foreground, 2, now);
        assert_eq!(lanes.into_rest().collect::<Vec<_>>(), [2, 1]);
    }
}
