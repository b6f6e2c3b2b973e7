//! What an embedded queue holds: what is ready, what is hidden and until when. Pure: time comes in
//! as an argument.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use tokio::time::Instant;

use super::Depth;
use super::embedded::Delivery;
use super::topology::MAX_RECEIVE_COUNT;

#[derive(Debug)]
struct Waiting {
    delivery: Arc<Delivery>,
    receive_count: u32,
    since: Instant,
}

/// The state of one queue.
#[derive(Debug, Default)]
pub(super) struct QueueState {
    ready: VecDeque<Waiting>,
    /// Received and not done with, by receipt, with the time at which it becomes visible again.
    hidden: HashMap<u64, (Waiting, Instant)>,
    /// The same times in order.
    deadlines: BTreeSet<(Instant, u64)>,
    receipts_given: u64,
}

/// A delivery with its receive count.
type Taken = (Arc<Delivery>, u32);
/// A receipt with its delivery.
type Received = (u64, Taken);

impl QueueState {
    /// A new delivery.
    pub(super) fn push(&mut self, delivery: Arc<Delivery>, now: Instant) {
        self.ready.push_back(Waiting { delivery, receive_count: 0, since: now });
    }

    /// Takes what is ready: deliveries for the consumer, and those that
    /// had their chances.
    pub(super) fn take_ready(
        &mut self,
        max: usize,
        now: Instant,
        visible_again: Instant,
    ) -> (Vec<Received>, Vec<Taken>) {
        self.wake(now);
        let (mut received, mut exhausted) = (Vec::new(), Vec::new());
        while received.len() < max
            && let Some(mut waiting) = self.ready.pop_front()
        {
            if waiting.receive_count >= MAX_RECEIVE_COUNT {
                exhausted.push((waiting.delivery, waiting.receive_count));
                continue;
            }
            waiting.receive_count += 1;
            let (count, delivery) = (waiting.receive_count, Arc::clone(&waiting.delivery));
            received.push((self.hide(waiting, visible_again), (delivery, count)));
        }
        (received, exhausted)
    }

    /// Hides a delivery that had its chances until it can be put away.
    pub(super) fn put_back(&mut self, delivery: Arc<Delivery>, receive_count: u32, until: Instant) {
        self.hide(Waiting { delivery, receive_count, since: until }, until);
    }

    /// Keeps a received delivery hidden until then.
    pub(super) fn hide_until(&mut self, receipt: u64, until: Instant) {
        if let Some((_, deadline)) = self.hidden.get_mut(&receipt) {
            self.deadlines.remove(&(*deadline, receipt));
            *deadline = until;
            self.deadlines.insert((until, receipt));
        }
    }

    /// The delivery with this receipt, with its receive count.
    pub(super) fn in_flight(&self, receipt: u64) -> Option<Taken> {
        let (waiting, _) = self.hidden.get(&receipt)?;
        Some((Arc::clone(&waiting.delivery), waiting.receive_count))
    }

    /// Takes out the delivery with this receipt.
    pub(super) fn take(&mut self, receipt: u64) -> Option<Taken> {
        let (waiting, until) = self.hidden.remove(&receipt)?;
        self.deadlines.remove(&(until, receipt));
        Some((waiting.delivery, waiting.receive_count))
    }

    /// When the next hidden delivery becomes visible.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// How full it is.
    pub(super) fn depth(&self, now: Instant) -> Depth {
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        let oldest = self.ready.iter().map(|waiting| waiting.since).min();
        Depth {
            waiting: count(self.ready.len()),
            in_flight: count(self.hidden.len()),
            oldest: oldest.map(|since| now.saturating_duration_since(since)),
        }
    }

    fn hide(&mut self, waiting: Waiting, until: Instant) -> u64 {
        self.receipts_given += 1;
        let receipt = self.receipts_given;
        self.deadlines.insert((until, receipt));
        self.hidden.insert(receipt, (waiting, until));
        receipt
    }

    /// Makes those visible again whose time is over.
    fn wake(&mut self, now: Instant) {
        while let Some(&(deadline, receipt)) = self.deadlines.first()
            && deadline <= now
        {
            self.deadlines.pop_first();
            if let Some((waiting, _)) = self.hidden.remove(&receipt) {
                self.ready.push_back(waiting);
            }
        }
    }
}
