//! A deterministic simulation: the real command handler, relay, consumers and projections on
//! adapters in memory, with time that is simulated and faults that a seed chooses.
//!
//! `SIMULATION_SEEDS=from..to` chooses the schedules; `tools/soak` runs a million of them.

mod chaos;
mod operator;
mod people;
mod read_models;
mod schedule;
mod store;
mod system;
mod verdict;
mod wire;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use chaos::{Faults, Flaw};
use schedule::{Outcome, run};

/// The schedules of a test that was not told otherwise.
const SEEDS: Range<u64> = 0..10_000;

fn seeds() -> Range<u64> {
    let Ok(text) = std::env::var("SIMULATION_SEEDS") else { return SEEDS };
    let (from, to) = text.split_once("..").expect("SIMULATION_SEEDS is from..to");
    from.parse().expect("a number")..to.parse().expect("a number")
}

/// What a run without faults leads to, for every kind of load there is.
fn expected(seed: u64) -> Outcome {
    run(seed, Faults::None)
}

/// Runs every seed of this part on a thread of its own, and stops at the first that fails.
fn hold_on_every_schedule() {
    let seeds = seeds();
    let next = AtomicU64::new(seeds.start);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let faults = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let outcome = run(seed, Faults::Seeded);
                    assert_eq!(outcome.violations, Vec::<String>::new(), "seed {seed}");
                    assert_eq!(outcome.hash, expected(seed).hash, "seed {seed}: another end");
                    faults.fetch_add(outcome.faults, Ordering::Relaxed);
                }
            });
        }
    });
    let (schedules, faults) = (seeds.end - seeds.start, faults.load(Ordering::Relaxed));
    println!("{schedules} schedules, {faults} faults: nothing lost, doubled or out of order");
    assert!(faults > schedules, "the schedules hardly had faults");
}

#[test]
fn nothing_is_lost_doubled_or_out_of_order_whatever_fails() {
    hold_on_every_schedule();
}

#[test]
fn the_same_seed_is_the_same_schedule() {
    for seed in 0..20 {
        let (first, second) = (run(seed, Faults::Seeded), run(seed, Faults::Seeded));
        assert_eq!(first.trace, second.trace, "seed {seed}");
        assert_eq!(first.hash, second.hash, "seed {seed}");
    }
}

/// The simulation must be able to fail: it finds a system that is built wrongly.
fn assert_that_it_finds(flaw: Flaw) {
    let found = (0..300).any(|seed| !run(seed, Faults::SeededAnd(flaw)).violations.is_empty());
    assert!(found, "no schedule found {flaw:?}");
}

#[test]
fn finds_a_read_model_that_goes_back_in_time() {
    assert_that_it_finds(Flaw::NoVersionCheck);
}

#[test]
fn finds_a_relay_that_forgets_what_it_could_not_send() {
    assert_that_it_finds(Flaw::ForgetfulOutbox);
}

#[test]
fn finds_a_live_projection_that_does_not_write_to_the_new_generation() {
    assert_that_it_finds(Flaw::UnseenGeneration);
}

#[test]
fn finds_a_rebuild_that_switches_before_it_has_caught_up() {
    assert_that_it_finds(Flaw::EarlySwitch);
}

#[test]
fn finds_a_rebuild_that_goes_on_in_the_wrong_place() {
    assert_that_it_finds(Flaw::WrongPlace);
}

mod contracts {
    use super::chaos::Chaos;
    use super::{read_models, store, wire};
    use crate::{event_store_contract, messaging_contract, read_models_contract};

    #[tokio::test(start_paused = true)]
    async fn event_store_in_memory() {
        event_store_contract::contract(&store::MemoryEventStore::new(Chaos::none())).await;
    }

    #[tokio::test]
    async fn read_models_in_memory() {
        let models = read_models::MemoryReadModels::new(Chaos::none());
        read_models_contract::contract(&models).await;
    }

    #[tokio::test(start_paused = true)]
    async fn messaging_in_memory() {
        let subscriptions = [messaging_contract::BOTH, messaging_contract::RED];
        messaging_contract::contract(wire::MemoryBus::new(&subscriptions, Chaos::none())).await;
    }
}
