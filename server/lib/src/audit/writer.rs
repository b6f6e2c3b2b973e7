//! Writing the audit log. What waits at the same moment shares a block: a thousand accesses in a
//! second cost a few writes. What an access leads to can be written in the same transaction.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::TransactWriteItem;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::chain::{AuditKey, Block, Content, Head, SealedHead, to_be_named};
use super::index::Row;
use super::log::Companion;
use super::store::{AddError, AuditStore, BESIDE_MAX};
use crate::clock::Clock;
use crate::metrics;
use crate::store::client::StoreError;

/// The most entries of one block.
const ENTRIES_MAX: usize = 500;
/// The most bytes of entries in one block: an item of DynamoDB has at most 400 KB.
const BLOCK_MAX_BYTES: usize = 300_000;
/// The most heads one block names; a new chain names more in several blocks.
const HEADS_MAX: usize = 1_000;
/// How long writing a block may take. A log that does not answer must not hold up everybody.
const WRITING_MAX: Duration = Duration::from_secs(5);

/// Whether the companion was written too, if there was one.
pub(super) type Written = Result<bool, StoreError>;

/// An entry that waits to be written.
#[derive(Debug)]
pub(super) struct Submission {
    pub(super) json: Box<RawValue>,
    pub(super) rows: Vec<Row>,
    pub(super) companion: Option<Companion>,
    pub(super) written: oneshot::Sender<Written>,
}

impl Submission {
    /// How many items it takes beside its block.
    fn items(&self) -> usize {
        self.rows.len() + usize::from(self.companion.is_some())
    }

    fn place(&self) -> Option<String> {
        self.companion.as_ref().map(|companion| companion.place.clone())
    }
}

/// Takes from what waits as much as one block holds, with `first`; what fits no more is left in
/// `over`.
fn gather(
    first: Submission,
    submissions: &mut mpsc::Receiver<Submission>,
    over: &mut Option<Submission>,
) -> Vec<Submission> {
    let (mut bytes, mut items) = (first.json.get().len(), first.items());
    let mut places: HashSet<String> = first.place().into_iter().collect();
    let mut group = vec![first];
    while group.len() < ENTRIES_MAX
        && let Ok(next) = submissions.try_recv()
    {
        bytes += next.json.get().len();
        items += next.items();
        let has_room = bytes <= BLOCK_MAX_BYTES && items <= BESIDE_MAX;
        if !has_room || next.place().is_some_and(|place| !places.insert(place)) {
            *over = Some(next);
            break;
        }
        group.push(next);
    }
    group
}

/// The one who writes: one block after the other.
pub(super) struct Writer {
    store: AuditStore,
    key: AuditKey,
    clock: Arc<dyn Clock>,
    /// Where the chain ends; `None` when that is not sure, and another chain has to begin.
    end: Option<Head>,
}

impl Writer {
    /// Begins a chain in `store`.
    ///
    /// # Errors
    /// Why the chain cannot begin.
    pub(super) async fn begin(
        store: AuditStore,
        key: AuditKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let mut writer = Self { store, key, clock, end: None };
        writer.begin_chain().await?;
        Ok(writer)
    }

    /// Writes what comes until nothing can come any more.
    pub(super) async fn run(mut self, mut submissions: mpsc::Receiver<Submission>) {
        let mut over = None;
        loop {
            let first = match over.take() {
                Some(first) => first,
                None => match submissions.recv().await {
                    Some(first) => first,
                    None => return,
                },
            };
            let mut group = gather(first, &mut submissions, &mut over);
            let written = self.write(&mut group).await;
            if let Err(error) = &written {
                tracing::error!(%error, entries = group.len(), "the audit log was not written");
            }
            for submission in group {
                let with_companion = written.clone().map(|()| submission.companion.is_some());
                // Whoever waited may have gone away; their access is recorded all the same.
                let _ = submission.written.send(with_companion);
            }
        }
    }

    /// Writes a block of these. Companions that cannot be written are left out, and taken away.
    async fn write(&mut self, group: &mut [Submission]) -> Result<(), StoreError> {
        if self.end.is_none() {
            // What a chain begins with is nobody's: none of these has been written so far.
            self.begin_chain().await.map_err(StoreError::with_nothing_saved)?;
        }
        let entries = group.iter().map(|submission| submission.json.clone()).collect();
        let content = Content { heads: Vec::new(), entries };
        let rows: Vec<Row> =
            group.iter().flat_map(|submission| &submission.rows).cloned().collect();
        loop {
            let mut accompanied: Vec<&mut Option<Companion>> = group
                .iter_mut()
                .map(|submission| &mut submission.companion)
                .filter(|companion| companion.is_some())
                .collect();
            let beside = accompanied.iter().filter_map(|companion| companion.as_ref());
            let beside = beside.map(|companion| companion.item.clone()).collect();
            match self.add(&content, &rows, beside).await {
                Ok(()) => break,
                Err(AddError::Store(error)) => return Err(error),
                Err(AddError::Beside(refused)) => {
                    for at in refused {
                        if let Some(companion) = accompanied.get_mut(at) {
                            **companion = None;
                        }
                    }
                }
            }
        }
        metrics::audited(group.len());
        Ok(())
    }

    /// Begins another chain, which names those that are there.
    async fn begin_chain(&mut self) -> Result<(), StoreError> {
        // The identifier first: it says from when on this chain knows of others.
        let chain = self.clock.fresh_uuid();
        let mut kept = Vec::new();
        for head in self.store.heads().await? {
            match head {
                Ok(head) if head.is_genuine(&self.key) => kept.push(head),
                _ => tracing::error!(
                    "a head of the audit log is not as it was written: run `healthflow audit verify`"
                ),
            }
        }
        let named = to_be_named(&kept);
        let mut parts: Vec<Vec<Head>> = named.chunks(HEADS_MAX).map(<[Head]>::to_vec).collect();
        if parts.is_empty() {
            parts.push(Vec::new());
        }
        let mut end = None;
        for heads in parts {
            let content = Content { heads, entries: Vec::new() };
            end = Some(self.add_to(chain, end, &content, &[], Vec::new()).await?);
        }
        self.end = end;
        Ok(())
    }

    async fn add(
        &mut self,
        content: &Content,
        rows: &[Row],
        beside: Vec<TransactWriteItem>,
    ) -> Result<(), AddError> {
        // Whatever interrupts this, the chain's end is not sure until the answer is there.
        let Some(end) = self.end.take() else { return Err(StoreError::Throttled.into()) };
        match self.add_to(end.chain, Some(end), content, rows, beside).await {
            Ok(head) => self.end = Some(head),
            Err(error) => {
                // Then nothing was written, and the chain ends where it did.
                let nothing =
                    matches!(error, AddError::Beside(_) | AddError::Store(StoreError::Throttled));
                self.end = nothing.then_some(end);
                return Err(error);
            }
        }
        Ok(())
    }

    async fn add_to(
        &self,
        chain: Uuid,
        end: Option<Head>,
        content: &Content,
        rows: &[Row],
        beside: Vec<TransactWriteItem>,
    ) -> Result<Head, AddError> {
        let unwritable = |error: serde_json::Error| StoreError::Failed(error.to_string());
        let body = serde_json::to_string(content).map_err(unwritable)?;
        let block = Block::following(&self.key, chain, end, body);
        let head = SealedHead::new(&self.key, block.head(), self.clock.unix_ms());
        let adding = self.store.add(&block, &head, end, rows, beside);
        let late = |_| StoreError::OutcomeUnknown(format!("no answer within {WRITING_MAX:?}"));
        tokio::time::timeout(WRITING_MAX, adding).await.map_err(late)??;
        Ok(block.head())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::TransactWriteItem;
    use serde_json::value::to_raw_value;

    use super::*;

    fn submission(bytes: usize, rows: usize) -> Submission {
        let json = to_raw_value(&"x".repeat(bytes - 2)).expect("JSON");
        let seal = super::super::hash::Hash::NOTHING;
        let row = Row { scope: String::new(), place: String::new(), body: String::new(), seal };
        let written = oneshot::channel().0;
        Submission { json, rows: vec![row; rows], companion: None, written }
    }

    fn accompanied(place: &str) -> Submission {
        let item = TransactWriteItem::builder().build();
        let companion = Some(Companion { place: place.to_owned(), item });
        Submission { companion, ..submission(300, 0) }
    }

    fn groups(submissions: Vec<Submission>) -> Vec<usize> {
        let (waiting, mut queue) = mpsc::channel(submissions.len());
        for submission in submissions {
            waiting.try_send(submission).expect("room");
        }
        let (mut over, mut groups) = (None, Vec::new());
        while let Some(first) = over.take().or_else(|| queue.try_recv().ok()) {
            groups.push(gather(first, &mut queue, &mut over).len());
        }
        groups
    }

    #[test]
    fn what_waits_shares_a_block_as_far_as_it_fits() {
        let many = |count, bytes, rows| (0..count).map(|_| submission(bytes, rows)).collect();
        assert_eq!(groups(many(700, 300, 0)), [ENTRIES_MAX, 200]);
        assert_eq!(groups(many(100, 300, 2)), [49, 49, 2]);
        assert_eq!(groups(many(40, 15_000, 0)), [20, 20]);
        assert_eq!(groups(many(2, 300, 91)), [1, 1]);
    }

    #[test]
    fn companions_count_as_items_and_never_meet_in_one_place() {
        let many = (0..100).map(|at| accompanied(&at.to_string())).collect();
        assert_eq!(groups(many), [BESIDE_MAX, 2]);
        let of = |places: [&str; 4]| places.into_iter().map(accompanied).collect();
        assert_eq!(groups(of(["a", "b", "a", "b"])), [2, 2]);
    }
}
