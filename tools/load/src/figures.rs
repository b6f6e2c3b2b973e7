//! Percentiles, memory and processor time.

use std::time::Duration;

/// Times of single requests.
#[derive(Debug, Default)]
pub(crate) struct Times {
    sorted_us: Vec<u128>,
}

impl Times {
    pub(crate) fn new(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut sorted_us: Vec<u128> = times.into_iter().map(|time| time.as_micros()).collect();
        sorted_us.sort_unstable();
        Self { sorted_us }
    }

    pub(crate) fn len(&self) -> usize {
        self.sorted_us.len()
    }

    /// The time within which so many of a hundred requests were answered, in milliseconds.
    pub(crate) fn percentile_ms(&self, percent: usize) -> f64 {
        let last = self.sorted_us.len().saturating_sub(1);
        let at = (self.sorted_us.len() * percent).div_ceil(100).saturating_sub(1).min(last);
        self.sorted_us.get(at).map_or(f64::NAN, |us| *us as f64 / 1_000.0)
    }

    /// `p50 / p95 / p99` for a table.
    pub(crate) fn in_row(&self) -> String {
        let [p50, p95, p99] = [50, 95, 99].map(|percent| self.percentile_ms(percent));
        format!("{p50:.2} | {p95:.2} | {p99:.2}")
    }
}

/// The memory a process holds, in KiB.
pub(crate) fn resident_kib(pid: u32) -> Result<u64, String> {
    let file = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
    kib.ok_or_else(|| format!("{file} names no VmRSS"))
}

/// The processor time a process has used, in microseconds.
pub(crate) fn processor_us(pid: u32) -> Result<f64, String> {
    /// Linux counts in ticks of so many microseconds, whatever the machine.
    const TICK_US: f64 = 10_000.0;
    let file = format!("/proc/{pid}/stat");
    let stat = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    // Behind the name, which may hold blanks: the state, ten other fields, then user and system.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: Option<Vec<f64>> = fields.skip(11).take(2).map(|field| field.parse().ok()).collect();
    let ticks = ticks.filter(|ticks| ticks.len() == 2);
    ticks.map(|ticks| ticks.iter().sum::<f64>() * TICK_US).ok_or(format!("{file} names no times"))
}

pub(crate) fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
