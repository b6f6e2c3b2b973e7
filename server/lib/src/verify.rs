//! Compares a live read model with what the log says.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::hex::hex;
use crate::log_streams::LogStreams;
use crate::projections::Projection;
use crate::store::client::StoreError;
use crate::store::event_store::{EventStore, Segment};
use crate::store::read_models::ReadModels;

/// A difference that stays for so long is none of events that are just on their way.
pub(crate) const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// So often a difference is looked at again.
pub(crate) const LOOKS: usize = 3;

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// The log has it, the read model does not.
    Missing,
    /// The read model has it, the log does not.
    Surplus,
    /// The two say different things.
    Different,
}

/// How a read model compares with the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How many rows the log leads to.
    pub rows: usize,
    /// How many events were read.
    pub events: u64,
    /// Stands for all rows the log leads to: the same log, the same hash.
    pub hash: String,
    /// What differs, by the row's key.
    pub differences: Vec<(Vec<String>, Difference)>,
    /// How long reading the log took.
    pub reading: Duration,
    /// How long it took to understand its events and to fold them into rows.
    pub folding: Duration,
}

/// What the log leads to.
struct Folded {
    rows: Digests,
    events: u64,
    reading: Duration,
    folding: Duration,
}

type Digests = HashMap<Vec<String>, [u8; 32]>;

/// Compares `model` with the log. Events may keep coming: what differs is looked at again.
///
/// # Errors
/// When the store fails, or an event cannot be understood.
pub async fn verify(
    events: &dyn EventStore,
    models: &dyn ReadModels,
    model: &'static Projection,
) -> Result<Verdict, StoreError> {
    let mut verdict = compare(events, models, model).await?;
    for _ in 1..LOOKS {
        if verdict.differences.is_empty() {
            break;
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        let again = compare(events, models, model).await?;
        let lasting = |found: &(Vec<String>, Difference)| verdict.differences.contains(found);
        let differences = again.differences.iter().filter(|found| lasting(found)).cloned();
        verdict = Verdict { differences: differences.collect(), ..again };
    }
    Ok(verdict)
}

async fn compare(
    events: &dyn EventStore,
    models: &dyn ReadModels,
    model: &'static Projection,
) -> Result<Verdict, StoreError> {
    let Folded { rows: expected, events: count, reading, folding } =
        fold_log(events, models, model).await?;
    let mut found: Digests = HashMap::new();
    let generation = models.state(model).await?.0.active;
    let mut after = None;
    loop {
        let page = models.scan(model, generation, after.as_ref()).await?;
        found.extend(page.rows.into_iter().map(|(identity, text)| (identity, digest(&text))));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let mut differences: Vec<(Vec<String>, Difference)> = Vec::new();
    for (identity, digest) in &expected {
        match found.get(identity) {
            None => differences.push((identity.clone(), Difference::Missing)),
            Some(held) if held != digest => {
                differences.push((identity.clone(), Difference::Different));
            }
            Some(_) => {}
        }
    }
    let surplus = found.keys().filter(|identity| !expected.contains_key(*identity));
    differences.extend(surplus.map(|identity| (identity.clone(), Difference::Surplus)));
    differences.sort();
    let hash = hash_of(&expected);
    Ok(Verdict { rows: expected.len(), events: count, hash, differences, reading, folding })
}

async fn fold_log(
    events: &dyn EventStore,
    models: &dyn ReadModels,
    model: &'static Projection,
) -> Result<Folded, StoreError> {
    let zero = Duration::ZERO;
    let mut folded = Folded { rows: HashMap::new(), events: 0, reading: zero, folding: zero };
    let mut log = LogStreams::new(events, Segment { number: 0, of: 1 }, None);
    while let Some(part) = log.next().await? {
        folded.events += part.events;
        folded.reading += part.reading;
        folded.folding += part.decoding;
        let begun = Instant::now();
        let rows = part.streams.iter().flat_map(|stream| (model.rows)(stream));
        let rows: Vec<_> = rows.collect();
        folded.folding += begun.elapsed();
        for row in rows {
            let text = models.canonical(&row);
            folded.rows.insert(row.identity(model), digest(&text));
        }
    }
    Ok(folded)
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// One hash of all rows, whatever order they were read in.
fn hash_of(rows: &Digests) -> String {
    let mut all: Vec<_> = rows.iter().collect();
    all.sort();
    let mut hasher = Sha256::new();
    for (identity, digest) in all {
        hasher.update(identity.join("\u{0}").as_bytes());
        hasher.update(digest);
    }
    hex(&hasher.finalize())
}
