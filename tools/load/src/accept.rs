//! Accepted observations beside bare conditional puts to the same store.

use std::time::Duration;

use aws_sdk_dynamodb::Client;

use crate::api::Api;
use crate::bare;
use crate::drain::{self, Accepted, Drain};
use crate::figures::processor_us;
use crate::rounds::{Plan, Round, median, round};

/// One observation in so many is dangerous.
const DANGEROUS_ONE_IN: usize = 10;

/// An accepted observation.
struct Observed {
    id: String,
    is_dangerous: bool,
}

/// A round of them, what it left to do, and the processor time of both in microseconds.
type Observations = (Round<Observed>, Drain, f64);

pub(crate) async fn measure(
    api: &Api,
    dynamodb: &Client,
    plan: &Plan,
    pid: u32,
) -> Result<(), String> {
    let &Plan { ref connections, requests, rounds } = plan;
    println!("### Accepted observations, beside bare conditional puts in the same run\n");
    println!("{requests} requests per round, median of {rounds} rounds each, taken in turns.\n");
    println!("| connections | | per second | p50 ms | p95 ms | p99 ms | server µs | ratio |");
    println!("|---|---|---|---|---|---|---|---|");
    for &connections in connections {
        let (mut puts, mut accepted) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let put = async |_| bare::put(dynamodb).await;
            puts.push(round(connections, requests, put, pid).await?);
            let before_us = processor_us(pid)?;
            let observe = async |at| observe(api, at).await;
            let mut taken = round(connections, requests, observe, pid).await?;
            let drain = drain::wait(api, dynamodb, accepted_in(&mut taken)).await?;
            accepted.push((taken, drain, processor_us(pid)? - before_us));
            // What is still warm must not weigh on the next round.
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        let puts = median(puts, |round| round.took_s);
        let accepted = median(accepted, |(round, ..): &Observations| round.took_s);
        if let (Some(puts), Some(accepted)) = (puts, accepted) {
            report(connections, &puts, &accepted);
        }
    }
    println!();
    Ok(())
}

fn report(
    connections: usize,
    puts: &Round<()>,
    (accepted, drain, until_visible_us): &Observations,
) {
    println!("| {connections} | bare puts | {} | |", puts.in_row());
    let ratio = accepted.per_s() / puts.per_s();
    println!("| {connections} | observations | {} | **{ratio:.2}** |", accepted.in_row());
    let (visible, settled) = (drain.visible_s, drain.settled_s);
    let per_s = accepted.requests as f64 / (accepted.took_s + drain.visible_s);
    let (ratio, us) = (per_s / puts.per_s(), until_visible_us / accepted.requests as f64);
    println!(
        "| {connections} | … until all are visible, {visible:.2} s later \
         (outbox empty: {settled:.2} s) | {per_s:.0} | | | | {us:.0} | {ratio:.2} |"
    );
}

async fn observe(api: &Api, at: usize) -> Result<Observed, String> {
    let is_dangerous = at.is_multiple_of(DANGEROUS_ONE_IN);
    let id = api.submit(if is_dangerous { 9 } else { 5 }).await?;
    Ok(Observed { id, is_dangerous })
}

fn accepted_in(round: &mut Round<Observed>) -> Accepted {
    let mut accepted = Accepted::default();
    for observed in round.answers.drain(..) {
        if observed.is_dangerous {
            accepted.dangerous.insert(observed.id.clone());
        }
        accepted.observations.insert(observed.id);
    }
    accepted
}
