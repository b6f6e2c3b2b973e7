//! One schedule: a load that the seed chooses, faults while it lasts, and what must be true when
//! everything has come to rest.

use std::sync::Arc;
use std::time::Duration;

use healthflow::messaging::topology::SUBSCRIPTIONS;

use super::chaos::{Chaos, Faults, Flaw};
use super::operator::{Operator, Violations};
use super::people::{Load, People};
use super::read_models::MemoryReadModels;
use super::store::MemoryEventStore;
use super::system::{MemoryLetters, System, Wire};
use super::verdict::{check, hash_of};
use super::wire::MemoryBus;

/// How long things may go wrong.
const FAULTY_TIME: Duration = Duration::from_secs(60);
/// How long everything may take to come to rest afterwards.
const TIME_TO_REST: Duration = Duration::from_secs(3_600);

/// What a schedule led to.
pub(crate) struct Outcome {
    /// What is wrong in the end.
    pub(crate) violations: Vec<String>,
    /// Stands for all read models, without the times at which things were recorded.
    pub(crate) hash: u64,
    /// Stands for everything that happened on the way.
    pub(crate) trace: u64,
    /// How many faults there were.
    pub(crate) faults: u64,
}

/// Runs one schedule to its end.
pub(crate) fn run(seed: u64, faults: Faults) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(play(seed, faults))
}

async fn play(seed: u64, faults: Faults) -> Outcome {
    let per_mille = match faults {
        Faults::None => 0,
        _ => [5, 20, 60, 120][usize::try_from(seed % 4).unwrap()],
    };
    let chaos = Chaos::seeded(seed, per_mille);
    let mut store = MemoryEventStore::new(chaos.clone());
    let mut models = MemoryReadModels::new(chaos.clone());
    if let Faults::SeededAnd(flaw) = faults {
        store.forgets = flaw == Flaw::ForgetfulOutbox;
        models.flaw = Some(flaw);
    }
    let wire = match (seed / 4) % 3 {
        0 => Wire::Embedded(MemoryLetters::new(chaos.clone())),
        _ => Wire::Queues(MemoryBus::new(&SUBSCRIPTIONS, chaos.clone())),
    };
    let system = System::new(chaos.clone(), store, models, wire);
    let load = Arc::new(Load::new(seed));
    let violations = Violations::default();
    let people = People { system: system.clone(), load, violations: Arc::clone(&violations) };
    let operator = Operator::new(system.clone(), Arc::clone(&violations));
    system.start();
    let all = tokio::spawn(people.clone().all_do_their_part());
    // In every third schedule; those without faults show where the others must end.
    let rebuilds = faults != Faults::None && (seed / 12).is_multiple_of(3);
    let operating = rebuilds.then(|| tokio::spawn(operator.clone().does_their_part()));
    let healing = chaos.clone();
    tokio::spawn(async move {
        tokio::time::sleep(FAULTY_TIME).await;
        healing.heal();
    });
    // An operator looks after the dead letters: what was killed three times while it was worked on
    // is one, and people may wait for its effect.
    let operated = system.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(30)).await;
            operated.redrive_all();
        }
    });
    let ended = tokio::time::timeout(FAULTY_TIME + TIME_TO_REST, async {
        all.await.unwrap();
        if let Some(operating) = operating {
            operating.await.unwrap();
        }
        chaos.heal();
        loop {
            // Longer than a sweep, than any message is late, and than the operator is away.
            tokio::time::sleep(Duration::from_secs(40)).await;
            if system.is_quiet() {
                return;
            }
        }
    });
    let rested = ended.await.is_ok();
    let mut violations = violations.lock().unwrap().clone();
    if !rested {
        violations.push(format!("it never comes to rest: {}", system.unrest()));
    }
    violations.extend(check(&system, &people.load));
    violations.extend(operator.verdict());
    let hash = hash_of(&system.models);
    Outcome { violations, hash, trace: chaos.trace(), faults: chaos.faults() }
}
