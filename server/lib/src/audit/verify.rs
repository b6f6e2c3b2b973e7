//! Verifying the whole audit log where it is kept.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::chain::{AuditKey, Block, Head};
use super::entry::Entry;
use super::hash::Hash;
use super::index::{self, Row};
use super::items::Strange;

use super::store::AuditStore;
use super::verification::{Finding, Verdict, Verification, What};
use crate::store::client::StoreError;

/// How many rows are looked up together.
const ROWS_AT_ONCE: usize = 1_000;

/// What verifying came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// What is not as it was written, and where every chain ends.
    pub verdict: Verdict,
    /// Items that are no part of the log and lie in its tables.
    pub strange: BTreeSet<String>,
    /// How many blocks there are.
    pub blocks: u64,
    /// How many entries they hold.
    pub entries: u64,
    /// How many rows lead to them.
    pub rows: u64,
}

impl Report {
    /// How many faults were found.
    #[must_use]
    pub fn faults(&self) -> usize {
        self.verdict.findings.len() + self.strange.len()
    }
}

/// Follows every chain from its beginning, and compares it with the heads, with `kept`, which is
/// where chains ended at an earlier time, and with the rows. Others may write meanwhile.
///
/// # Errors
/// When the store fails.
pub async fn verify(
    store: &AuditStore,
    key: &AuditKey,
    kept: &[Head],
) -> Result<Report, StoreError> {
    let mut strange = BTreeSet::new();
    let heads = genuine(store.heads().await?, &mut strange);
    let mut run = Run {
        store,
        key,
        verification: Verification::new(key.clone(), heads, kept),
        expected: Vec::new(),
        counts: [0; 3],
    };
    let mut after = None;
    loop {
        let part = store.blocks(after).await?;
        for block in genuine(part.items, &mut strange) {
            run.see(&block);
        }
        run.compare_rows(ROWS_AT_ONCE).await?;
        after = part.next;
        if after.is_none() {
            break;
        }
    }
    run.compare_rows(1).await?;
    forged_rows(store, key, &mut strange).await?;
    let mut hashes: HashMap<(Uuid, u64), Hash> = HashMap::new();
    for (chain, seq) in run.verification.to_look_up() {
        if let Some(hash) = store.hash_of(chain, seq).await? {
            hashes.insert((chain, seq), hash);
        }
    }
    let heads_after = genuine(store.heads().await?, &mut strange);
    let [blocks, entries, rows] = run.counts;
    let verdict = run.verification.finish(&heads_after, &hashes);
    Ok(Report { verdict, strange, blocks, entries, rows })
}

/// What can be read; the rest is noted.
fn genuine<T>(items: Vec<Result<T, Strange>>, strange: &mut BTreeSet<String>) -> Vec<T> {
    let mut read = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Ok(item) => read.push(item),
            Err(Strange(what)) => _ = strange.insert(what),
        }
    }
    read
}

/// Finds rows that nobody with the key wrote.
async fn forged_rows(
    store: &AuditStore,
    key: &AuditKey,
    strange: &mut BTreeSet<String>,
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let part = store.all_rows(after).await?;
        for row in part.items.iter().filter(|row| !row.is_genuine(key)) {
            strange.insert(format!("a row in the list of {} at {}", row.scope, row.place));
        }
        after = part.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

struct Expected {
    chain: Uuid,
    seq: u64,
    id: Uuid,
    row: Row,
}

struct Run<'a> {
    store: &'a AuditStore,
    key: &'a AuditKey,
    verification: Verification,
    /// Rows that have to be there, and were not looked up yet.
    expected: Vec<Expected>,
    /// Blocks, entries and rows.
    counts: [u64; 3],
}

impl Run<'_> {
    fn see(&mut self, block: &Block) {
        self.counts[0] += 1;
        let Some(content) = self.verification.see(block) else { return };
        self.counts[1] += content.entries.len() as u64;
        let (chain, seq) = (block.chain, block.seq);
        // Rows are sealed together with their block.
        let key = self.key.named(&block.key_name).unwrap_or(self.key);
        for json in &content.entries {
            let entry = serde_json::from_str::<Entry>(json.get());
            match entry.and_then(|entry| Ok((entry.id, index::rows(key, &entry)?))) {
                Ok((id, rows)) => {
                    let expected = rows.into_iter().map(|row| Expected { chain, seq, id, row });
                    self.expected.extend(expected);
                }
                Err(error) => {
                    let what = What::Unreadable(error.to_string());
                    self.verification.note(Finding { chain, seq: Some(seq), what });
                }
            }
        }
    }

    /// Looks up the rows that have to be there, once there are `many` of them.
    async fn compare_rows(&mut self, many: usize) -> Result<(), StoreError> {
        if self.expected.len() < many {
            return Ok(());
        }
        let expected = std::mem::take(&mut self.expected);
        self.counts[2] += expected.len() as u64;
        let rows: Vec<Row> = expected.iter().map(|expected| expected.row.clone()).collect();
        let kept = self.store.kept_rows(&rows).await?;
        let at = |row: &Row| (row.scope.clone(), row.place.clone());
        let kept: HashMap<_, _> = kept.iter().map(|row| (at(row), row)).collect();
        for Expected { chain, seq, id, row } in expected {
            if kept.get(&at(&row)) != Some(&&row) {
                let what = What::Row(id, row.scope);
                self.verification.note(Finding { chain, seq: Some(seq), what });
            }
        }
        Ok(())
    }
}

/// The text that an operator keeps elsewhere: where every chain ends, sealed.
#[must_use]
pub fn to_keep(key: &AuditKey, heads: &[Head]) -> String {
    let lines =
        heads.iter().map(|Head { chain, seq, hash }| format!("head {chain} {seq} {hash}\n"));
    let text: String = lines.collect();
    format!("{text}digest {}\n", key.of_heads(&text))
}

/// The heads in a text that was kept; lines that say something else are passed over.
///
/// # Errors
/// A text that is not as it was printed, or was printed with another key.
pub fn from_kept(key: &AuditKey, text: &str) -> Result<Vec<Head>, String> {
    let lines = |word: &str| {
        let of_word = |line: &&str| line.split(' ').next() == Some(word);
        text.lines().map(str::trim_end).filter(of_word).map(str::to_owned).collect::<Vec<_>>()
    };
    let heads = lines("head");
    let signed: String = heads.iter().map(|line| format!("{line}\n")).collect();
    let is_digest =
        |key: &AuditKey| lines("digest") == [format!("digest {}", key.of_heads(&signed))];
    if !key.believed().any(is_digest) {
        return Err("The kept text is not as `healthflow audit verify` printed it, or it was \
                    printed with another key: keep its `head` lines and its `digest` line whole."
            .to_owned());
    }
    let head = |line: &String| {
        let mut words = line.split(' ').skip(1);
        let chain = words.next()?.parse().ok()?;
        let seq = words.next()?.parse().ok()?;
        Some(Head { chain, seq, hash: words.next()?.parse().ok()? })
    };
    let read: Option<Vec<Head>> = heads.iter().map(head).collect();
    read.ok_or_else(|| "The kept text has a `head` line that cannot be read.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads() -> Vec<Head> {
        let head = |n| Head { chain: Uuid::from_u128(n), seq: 3, hash: Hash::NOTHING };
        vec![head(1), head(2)]
    }

    #[test]
    fn what_was_kept_is_read_back_from_all_that_was_printed() {
        let key = AuditKey::new(b"k");
        let printed = format!("2 chains\n{}nothing was found\n", to_keep(&key, &heads()));
        assert_eq!(from_kept(&key, &printed), Ok(heads()));
        assert_eq!(from_kept(&key, &printed.replace('\n', "\r\n")), Ok(heads()));
    }

    #[test]
    fn a_kept_text_that_was_changed_is_refused() {
        let key = AuditKey::new(b"k");
        let text = to_keep(&key, &heads());
        let shorter: String = text.lines().skip(1).map(|line| format!("{line}\n")).collect();
        for bad in ["", &shorter, &text.replace(" 3 ", " 2 ")] {
            assert!(from_kept(&key, bad).is_err(), "{bad}");
        }
        assert!(from_kept(&AuditKey::new(b"another"), &text).is_err());
    }
}
