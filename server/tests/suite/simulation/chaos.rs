//! What goes wrong, and when: drawn from a seed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use healthflow::clock::Clock;
use healthflow::store::client::StoreError;
use tokio::time::Instant;
use uuid::Uuid;

/// Which faults there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Faults {
    /// None.
    None,
    /// All, as often as the seed says.
    Seeded,
    /// The same, on a system with a flaw: the simulation must find it out.
    SeededAnd(Flaw),
}

/// What is built wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// A read model takes whatever comes.
    NoVersionCheck,
    /// The outbox forgets an event at the first attempt to settle anything.
    ForgetfulOutbox,
    /// Who keeps the read models up to date does not see the generation that is being built.
    UnseenGeneration,
    /// Readers are switched over before the new generation has caught up.
    EarlySwitch,
    /// A rebuild that was broken off goes on behind what it has not read.
    WrongPlace,
}

/// The source of all chance in one schedule.
#[derive(Clone)]
pub(crate) struct Chaos {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    random: fastrand::Rng,
    /// How likely one step goes wrong, in thousandths.
    per_mille: u32,
    faults: u64,
    trace: u64,
}

impl Chaos {
    pub(crate) fn none() -> Self {
        Self::seeded(0, 0)
    }

    pub(crate) fn seeded(seed: u64, per_mille: u32) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        let inner = Inner { random, per_mille, faults: 0, trace: 0 };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// No more faults from now on.
    pub(crate) fn heal(&self) {
        self.inner.lock().unwrap().per_mille = 0;
    }

    /// How many faults there have been.
    pub(crate) fn faults(&self) -> u64 {
        self.inner.lock().unwrap().faults
    }

    /// Stands for everything that happened, in its order.
    pub(crate) fn trace(&self) -> u64 {
        self.inner.lock().unwrap().trace
    }

    /// A number below `bound`, at a place named for the trace.
    pub(crate) fn below(&self, place: &str, bound: u64) -> u64 {
        let mut inner = self.inner.lock().unwrap();
        let drawn = inner.random.u64(0..bound.max(1));
        for byte in place.bytes().chain(drawn.to_le_bytes()) {
            inner.trace = (inner.trace ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        drawn
    }

    /// Whether something goes wrong here.
    pub(crate) fn strikes(&self, place: &str) -> bool {
        let drawn = self.below(place, 1000);
        let mut inner = self.inner.lock().unwrap();
        let strikes = drawn < u64::from(inner.per_mille);
        inner.faults += u64::from(strikes);
        strikes
    }

    /// Whether something that shall go wrong often does so here: half of the time, until all is
    /// well.
    pub(crate) fn strikes_often(&self, place: &str) -> bool {
        let drawn = self.below(place, 2);
        let mut inner = self.inner.lock().unwrap();
        let strikes = inner.per_mille > 0 && drawn == 0;
        inner.faults += u64::from(strikes);
        strikes
    }

    /// The way to a service: it takes its time, and may end before anything was done.
    pub(crate) async fn on_the_way_there(&self, place: &str) -> Result<(), StoreError> {
        tokio::task::yield_now().await;
        if self.strikes(place) {
            tokio::time::sleep(Duration::from_millis(self.below(place, 3_000))).await;
        }
        if self.strikes(place) {
            return Err(match self.below(place, 2) {
                0 => StoreError::Throttled,
                _ => StoreError::Unavailable("simulated".to_owned()),
            });
        }
        Ok(())
    }

    /// The way back: what was asked for is done, but the answer may be late or lost.
    pub(crate) async fn on_the_way_back(&self, place: &str) -> Result<(), StoreError> {
        tokio::task::yield_now().await;
        if self.strikes(place) {
            tokio::time::sleep(Duration::from_millis(self.below(place, 3_000))).await;
        }
        if self.strikes(place) {
            return Err(StoreError::OutcomeUnknown("simulated: the answer was lost".to_owned()));
        }
        Ok(())
    }
}

/// Time as the simulation's runtime has it, and identifiers from the schedule's chance.
#[derive(Clone)]
pub(crate) struct SimulatedClock {
    chaos: Chaos,
    begun: Instant,
}

/// 2026-11-21T08:00:00Z.
const BEGIN_MS: u64 = 1_795_248_000_000;

impl SimulatedClock {
    pub(crate) fn new(chaos: Chaos) -> Self {
        Self { chaos, begun: Instant::now() }
    }
}

impl Clock for SimulatedClock {
    fn unix_ms(&self) -> u64 {
        BEGIN_MS + u64::try_from(self.begun.elapsed().as_millis()).unwrap()
    }

    fn fresh_uuid(&self) -> Uuid {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.chaos.below("uuid", u64::MAX).to_le_bytes());
        uuid::Builder::from_unix_timestamp_millis(self.unix_ms(), &random).into_uuid()
    }

    fn jitter(&self, max: Duration) -> Duration {
        let max_ms = u64::try_from(max.as_millis()).unwrap();
        Duration::from_millis(self.chaos.below("jitter", max_ms + 1))
    }
}

/// What `work` leads to, unless its process is killed before it has done so many steps.
pub(crate) async fn unless_killed<T>(
    mut steps_left: Option<u64>,
    work: impl Future<Output = T>,
) -> Option<T> {
    // Dropped at the end: what is killed does nothing any more.
    let mut work = Box::pin(work);
    std::future::poll_fn(|context| {
        match &mut steps_left {
            Some(0) => return std::task::Poll::Ready(None),
            Some(steps) => *steps -= 1,
            None => {}
        }
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// Runs `work` over and over; it is killed at a moment that chance chooses (between any two steps
/// of it), and begun anew from nothing.
pub(crate) async fn crashing<W: Future<Output = ()>>(
    chaos: Chaos,
    place: &'static str,
    begin: impl Fn() -> W,
) {
    loop {
        let work = begin();
        let strikes = chaos.strikes(place) || chaos.strikes(place);
        let steps_left = strikes.then(|| chaos.below(place, 120));
        if unless_killed(steps_left, work).await.is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(chaos.below(place, 2_000))).await;
    }
}
