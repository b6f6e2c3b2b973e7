//! The processes of a schedule: what the server runs, on the simulation's adapters.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use healthflow::clock::Clock;
use healthflow::commands::Commands;
use healthflow::consumers::alert_worker::AlertWorker;
use healthflow::consumers::projector::Projector;
use healthflow::consumers::{self, Consumer};
use healthflow::messaging::dead_letters::DeadLetter;
use healthflow::messaging::embedded::{EmbeddedBus, LetterStore};
use healthflow::messaging::topology::SUBSCRIPTIONS;
use healthflow::messaging::{Bus, Queue};
use healthflow::projections::{PROJECTIONS, Projection};
use healthflow::relay::{Outbox, RelayParts, relay};
use healthflow::store::client::StoreError;
use healthflow::store::generations::Generations;

use super::chaos::{Chaos, SimulatedClock, crashing};
use super::people::POLICY;
use super::read_models::MemoryReadModels;
use super::store::MemoryEventStore;
use super::wire::MemoryBus;

/// Which bus the processes stand around.
#[derive(Clone)]
pub(crate) enum Wire {
    /// Queues that outlive processes; every role runs twice.
    Queues(MemoryBus),
    /// The embedded bus; one process that does everything.
    Embedded(MemoryLetters),
}

/// A whole system.
#[derive(Clone)]
pub(crate) struct System {
    pub(crate) chaos: Chaos,
    pub(crate) clock: SimulatedClock,
    pub(crate) store: MemoryEventStore,
    pub(crate) models: MemoryReadModels,
    pub(crate) wire: Wire,
    /// What the web processes that run at the moment take commands with.
    webs: Arc<Mutex<Vec<Option<Commands>>>>,
}

impl System {
    pub(crate) fn new(
        chaos: Chaos,
        store: MemoryEventStore,
        models: MemoryReadModels,
        wire: Wire,
    ) -> Self {
        let clock = SimulatedClock::new(chaos.clone());
        Self { chaos, clock, store, models, wire, webs: Arc::default() }
    }

    /// Starts all processes; each is killed now and then, and starts again from nothing.
    pub(crate) fn start(&self) {
        match &self.wire {
            Wire::Queues(bus) => self.start_roles(bus),
            Wire::Embedded(letters) => {
                self.webs.lock().unwrap().push(None);
                let (system, letters) = (self.clone(), letters.clone());
                let process = move || system.everything(&letters);
                tokio::spawn(crashing(self.chaos.clone(), "kill all", process));
            }
        }
    }

    fn start_roles(&self, bus: &MemoryBus) {
        for number in 0..2 {
            self.webs.lock().unwrap().push(None);
            let (system, to) = (self.clone(), bus.clone());
            self.keep("kill web", move || {
                let (outbox, tasks) = relay(system.relay_parts(Arc::new(to.clone())));
                system.take_commands(number, outbox);
                tasks.fast_path
            });
            let (system, to) = (self.clone(), bus.clone());
            self.keep("kill relay", move || {
                let (outbox, tasks) = relay(system.relay_parts(Arc::new(to.clone())));
                let work = join_all([tasks.fast_path, tasks.sweeping]);
                async move {
                    let _outbox = outbox;
                    work.await;
                }
                .boxed()
            });
            for projection in PROJECTIONS {
                let (system, to) = (self.clone(), bus.clone());
                self.keep("kill projector", move || {
                    let queue = to.find(&projection.subscription);
                    let projector = system.projector(projection, system.generations_to_write());
                    system.consume(projector, queue)
                });
            }
            let (system, to) = (self.clone(), bus.clone());
            self.keep("kill alert worker", move || {
                let (outbox, tasks) = relay(system.relay_parts(Arc::new(to.clone())));
                let worker = system.alert_worker(outbox);
                let queue = to.find(&worker.subscription());
                join_all([system.consume(worker, queue), tasks.fast_path]).map(|_| ()).boxed()
            });
        }
    }

    fn keep(
        &self,
        place: &'static str,
        begin: impl Fn() -> BoxFuture<'static, ()> + Send + 'static,
    ) {
        tokio::spawn(crashing(self.chaos.clone(), place, begin));
    }

    /// One process with the embedded bus and all roles.
    fn everything(&self, letters: &MemoryLetters) -> BoxFuture<'static, ()> {
        let clock = Arc::new(self.clock.clone());
        let bus = Arc::new(EmbeddedBus::new(&SUBSCRIPTIONS, Arc::new(letters.clone()), clock));
        let (outbox, tasks) = relay(self.relay_parts(Arc::clone(&bus) as Arc<dyn Bus>));
        let mut work = vec![tasks.fast_path, tasks.sweeping];
        let models = self.generations_to_write();
        for projection in PROJECTIONS {
            let queue = bus.queue(&projection.subscription).unwrap();
            work.push(self.consume(self.projector(projection, models.clone()), queue));
        }
        let worker = self.alert_worker(outbox.clone());
        let queue = bus.queue(&worker.subscription()).unwrap();
        work.push(self.consume(worker, queue));
        work.push(bus.redrive_marked().boxed());
        self.take_commands(0, outbox);
        join_all(work).map(|_| ()).boxed()
    }

    fn relay_parts(&self, bus: Arc<dyn Bus>) -> RelayParts {
        let (store, clock) = (Arc::new(self.store.clone()), Arc::new(self.clock.clone()));
        RelayParts { store, bus, clock, lease: None }
    }

    fn projector(&self, projection: &'static Projection, models: Generations) -> Arc<dyn Consumer> {
        let store = Arc::new(self.store.clone());
        Arc::new(Projector { projection, store, models, listener: None })
    }

    /// The generations as a process finds them that has just begun.
    pub(crate) fn generations(&self) -> Generations {
        Generations::new(Arc::new(self.models.clone()))
    }

    fn generations_to_write(&self) -> Generations {
        Generations::new(Arc::new(self.models.for_writers()))
    }

    fn alert_worker(&self, outbox: Outbox) -> Arc<dyn Consumer> {
        let (store, clock) = (Arc::new(self.store.clone()), Arc::new(self.clock.clone()));
        Arc::new(AlertWorker { policy: POLICY, store, outbox, clock })
    }

    fn consume(
        &self,
        consumer: Arc<dyn Consumer>,
        queue: Arc<dyn Queue>,
    ) -> BoxFuture<'static, ()> {
        consumers::run(consumer, queue, Arc::new(self.clock.clone())).boxed()
    }

    fn take_commands(&self, web: usize, outbox: Outbox) {
        let (store, clock) = (Arc::new(self.store.clone()), Arc::new(self.clock.clone()));
        let commands = Commands { store, outbox, clock: clock as Arc<dyn Clock> };
        self.webs.lock().unwrap()[web] = Some(commands);
    }

    /// A web process to send a command to, if one runs.
    pub(crate) fn web(&self) -> Option<Commands> {
        let webs = self.webs.lock().unwrap();
        let at = self.chaos.below("web", webs.len() as u64);
        webs.get(usize::try_from(at).unwrap()).cloned().flatten()
    }

    /// Sends the dead letters again, as an operator does.
    pub(crate) fn redrive_all(&self) {
        match &self.wire {
            Wire::Queues(bus) => bus.redrive_all(),
            Wire::Embedded(letters) => letters.mark_all(),
        }
    }

    /// What is under way.
    pub(crate) fn unrest(&self) -> String {
        let waiting = match &self.wire {
            Wire::Queues(bus) => bus.queues().iter().filter(|queue| !queue.is_empty()).count(),
            Wire::Embedded(letters) => usize::from(!letters.is_empty()),
        };
        format!("{} events unsent, {waiting} queues busy", self.store.unsent_count())
    }

    /// Whether nothing is under way any more.
    pub(crate) fn is_quiet(&self) -> bool {
        let queues_are_empty = match &self.wire {
            Wire::Queues(bus) => bus.queues().iter().all(|queue| queue.is_empty()),
            Wire::Embedded(letters) => letters.is_empty(),
        };
        queues_are_empty && self.store.unsent_count() == 0
    }
}

/// The embedded bus's dead letters in memory.
#[derive(Clone)]
pub(crate) struct MemoryLetters {
    letters: Arc<Mutex<Vec<(String, DeadLetter, bool)>>>,
    chaos: Chaos,
}

impl MemoryLetters {
    pub(crate) fn new(chaos: Chaos) -> Self {
        Self { letters: Arc::default(), chaos }
    }

    fn mark_all(&self) {
        let mut letters = self.letters.lock().unwrap();
        letters.iter_mut().for_each(|(_, _, marked)| *marked = true);
    }

    fn is_empty(&self) -> bool {
        self.letters.lock().unwrap().is_empty()
    }
}

#[async_trait]
impl LetterStore for MemoryLetters {
    async fn put(&self, queue: &str, letter: &DeadLetter) -> Result<(), StoreError> {
        self.chaos.on_the_way_there("put letter").await?;
        {
            let mut letters = self.letters.lock().unwrap();
            letters.retain(|(of, known, _)| of != queue || known.id != letter.id);
            letters.push((queue.to_owned(), letter.clone(), false));
        }
        self.chaos.on_the_way_back("put letter").await
    }

    async fn to_redrive(&self, queue: &str) -> Result<Vec<DeadLetter>, StoreError> {
        self.chaos.on_the_way_there("letters").await?;
        let letters = self.letters.lock().unwrap();
        let marked = letters.iter().filter(|(of, _, marked)| of == queue && *marked);
        Ok(marked.map(|(_, letter, _)| letter.clone()).collect())
    }

    async fn remove(&self, queue: &str, id: &str) -> Result<(), StoreError> {
        self.chaos.on_the_way_there("remove letter").await?;
        self.letters.lock().unwrap().retain(|(of, known, _)| of != queue || known.id != id);
        Ok(())
    }
}
