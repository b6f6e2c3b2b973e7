//! Rounds of requests: so many, at so many connections.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::figures::{Times, processor_us};

/// How the rounds of one table are run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Plan {
    /// At how many connections, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "1,8,64")]
    pub(crate) connections: Vec<usize>,
    /// Requests per round at each number of connections.
    #[arg(long, default_value_t = 4_000)]
    pub(crate) requests: usize,
    /// Rounds, of which the median counts.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
}

/// What a round came to.
pub(crate) struct Round<T> {
    pub(crate) requests: usize,
    pub(crate) took_s: f64,
    pub(crate) times: Times,
    pub(crate) answers: Vec<T>,
    /// The processor time the server used meanwhile, in microseconds.
    processor_us: f64,
}

impl<T> Round<T> {
    pub(crate) fn per_s(&self) -> f64 {
        self.requests as f64 / self.took_s
    }

    /// Of the server, for each request.
    pub(crate) fn processor_us(&self) -> f64 {
        self.processor_us / self.requests as f64
    }

    /// A row of a table: how many a second, their times, and what they cost the server.
    pub(crate) fn in_row(&self) -> String {
        let (per_s, times, us) = (self.per_s(), self.times.in_row(), self.processor_us());
        format!("{per_s:.0} | {times} | {us:.0}")
    }
}

/// The round of the median time.
pub(crate) fn median<T>(mut rounds: Vec<T>, took_s: impl Fn(&T) -> f64) -> Option<T> {
    rounds.sort_by(|a, b| took_s(a).total_cmp(&took_s(b)));
    let middle = rounds.len() / 2;
    rounds.into_iter().nth(middle)
}

/// Does so many requests.
pub(crate) async fn round<T>(
    connections: usize,
    requests: usize,
    request: impl AsyncFn(usize) -> Result<T, String>,
    pid: u32,
) -> Result<Round<T>, String> {
    let next = AtomicUsize::new(0);
    let worker = async || {
        let mut times = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= requests {
                return Ok::<_, String>(times);
            }
            let begun = Instant::now();
            let answer = request(at).await?;
            times.push((begun.elapsed(), answer));
        }
    };
    let before_us = processor_us(pid)?;
    let begun = Instant::now();
    let workers = futures::future::try_join_all((0..connections).map(|_| worker())).await?;
    let took_s = begun.elapsed().as_secs_f64();
    let (times, answers): (Vec<_>, Vec<_>) = workers.into_iter().flatten().unzip();
    let processor_us = processor_us(pid)? - before_us;
    Ok(Round { requests, took_s, times: Times::new(times), answers, processor_us })
}
