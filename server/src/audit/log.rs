//! Writing the audit log. What waits at the same moment shares a block: a thousand accesses in a
//! second cost a few writes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use app::error::AppError;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::chain::{AuditKey, Block, Content, Head, SealedHead, to_be_named};
use super::entry::{Access, Entry};
use super::index::{self, Row};
use super::store::{AuditStore, ROWS_MAX};
use crate::clock::Clock;
use crate::metrics;
use crate::store::client::StoreError;

/// How many entries can wait to be written; more are refused, and with them what they are about.
const WAITING_MAX: usize = 4_096;
/// The most entries of one block.
const ENTRIES_MAX: usize = 500;
/// The most bytes of entries in one block: an item of DynamoDB has at most 400 KB.
const BLOCK_MAX_BYTES: usize = 300_000;
/// The most bytes of one entry. One with [`super::entry::PATIENTS_MAX`] patients has a quarter.
const ENTRY_MAX_BYTES: usize = 16_384;
/// The most heads one block names; a new chain names more in several blocks.
const HEADS_MAX: usize = 1_000;
/// How long writing a block may take. A log that does not answer must not hold up everybody.
const WRITING_MAX: Duration = Duration::from_secs(5);

/// Why an access could not be recorded; then it must not be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// Too many wait already.
    #[error("too many entries wait to be written")]
    Full,
    /// The entry says more than an entry may: a fault of the caller's.
    #[error("the entry has {0} bytes, more than {ENTRY_MAX_BYTES}")]
    TooLong(usize),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer has stopped, because the process ends.
    #[error("the audit log is closed")]
    Closed,
}

impl From<AuditError> for AppError {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Full => Self::Overloaded { retry_after_s: 1 },
            AuditError::Store(StoreError::Throttled) => Self::Overloaded { retry_after_s: 2 },
            error => {
                tracing::error!(%error, "an access could not be recorded, and was refused");
                Self::Unavailable
            }
        }
    }
}

/// The audit log as those who record use it; clones are cheap and write to the same chain.
#[derive(Clone)]
pub struct AuditLog {
    waiting: mpsc::Sender<Submission>,
    clock: Arc<dyn Clock>,
    key: AuditKey,
}

impl AuditLog {
    /// Begins a chain in `store`. The task writes until the last clone is dropped.
    ///
    /// # Errors
    /// Why the chain cannot begin.
    pub async fn open(
        store: AuditStore,
        key: AuditKey,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, JoinHandle<()>), StoreError> {
        let (waiting, submissions) = mpsc::channel(WAITING_MAX);
        let log = Self { waiting, clock: Arc::clone(&clock), key: key.clone() };
        let mut writer = Writer { store, key, clock, end: None };
        writer.begin_chain().await?;
        Ok((log, tokio::spawn(writer.run(submissions))))
    }

    /// Records an access, as of now. Await the answer **before** answering whoever asked; until
    /// then, other work can go on.
    pub fn record(&self, access: Access) -> Recorded {
        let mut recorded = Recorded { failed: None, awaited: Vec::new() };
        for part in access.in_parts() {
            match self.submit(part) {
                Ok(written) => recorded.awaited.push(written),
                Err(error) => recorded.failed = Some(error),
            }
        }
        recorded
    }

    fn submit(&self, access: Access) -> Result<oneshot::Receiver<Written>, AuditError> {
        let entry = Entry { id: self.clock.fresh_uuid(), at: self.clock.now(), access };
        let unwritable = |error: serde_json::Error| StoreError::Failed(error.to_string());
        let json = to_raw_value(&entry).map_err(unwritable)?;
        if json.get().len() > ENTRY_MAX_BYTES {
            return Err(AuditError::TooLong(json.get().len()));
        }
        let rows = index::rows(&self.key, &entry).map_err(unwritable)?;
        let (written, awaited) = oneshot::channel();
        self.waiting.try_send(Submission { json, rows, written }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => AuditError::Full,
            mpsc::error::TrySendError::Closed(_) => AuditError::Closed,
        })?;
        Ok(awaited)
    }
}

type Written = Result<(), StoreError>;

/// An entry that waits to be written.
#[derive(Debug)]
struct Submission {
    json: Box<RawValue>,
    rows: Vec<Row>,
    written: oneshot::Sender<Written>,
}

/// Resolves once an access is recorded, or not.
#[must_use = "what is not recorded must not be answered"]
#[derive(Debug)]
pub struct Recorded {
    failed: Option<AuditError>,
    awaited: Vec<oneshot::Receiver<Written>>,
}

impl Future for Recorded {
    type Output = Result<(), AuditError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        while let Some(last) = self.awaited.last_mut() {
            match ready!(Pin::new(last).poll(context)) {
                Ok(Ok(())) => self.awaited.pop(),
                Ok(Err(error)) => return Poll::Ready(Err(error.into())),
                Err(_) => return Poll::Ready(Err(AuditError::Closed)),
            };
        }
        Poll::Ready(Ok(()))
    }
}

/// Takes from what waits as much as one block holds, with `first`; what fits no more is left in
/// `over`.
fn gather(
    first: Submission,
    submissions: &mut mpsc::Receiver<Submission>,
    over: &mut Option<Submission>,
) -> Vec<Submission> {
    let (mut bytes, mut rows) = (first.json.get().len(), first.rows.len());
    let mut group = vec![first];
    while group.len() < ENTRIES_MAX
        && let Ok(next) = submissions.try_recv()
    {
        bytes += next.json.get().len();
        rows += next.rows.len();
        if bytes > BLOCK_MAX_BYTES || rows > ROWS_MAX {
            *over = Some(next);
            break;
        }
        group.push(next);
    }
    group
}

/// The one who writes: one block after the other.
struct Writer {
    store: AuditStore,
    key: AuditKey,
    clock: Arc<dyn Clock>,
    /// Where the chain ends; `None` when that is not sure, and another chain has to begin.
    end: Option<Head>,
}

impl Writer {
    async fn run(mut self, mut submissions: mpsc::Receiver<Submission>) {
        let mut over = None;
        loop {
            let first = match over.take() {
                Some(first) => first,
                None => match submissions.recv().await {
                    Some(first) => first,
                    None => return,
                },
            };
            let group = gather(first, &mut submissions, &mut over);
            let written = self.write(&group).await;
            if let Err(error) = &written {
                tracing::error!(%error, entries = group.len(), "the audit log was not written");
            }
            for submission in group {
                // Whoever waited may have gone away; their access is recorded all the same.
                let _ = submission.written.send(written.clone());
            }
        }
    }

    async fn write(&mut self, group: &[Submission]) -> Written {
        if self.end.is_none() {
            self.begin_chain().await?;
        }
        let entries = group.iter().map(|submission| submission.json.clone()).collect();
        let rows: Vec<Row> =
            group.iter().flat_map(|submission| &submission.rows).cloned().collect();
        self.add(&Content { heads: Vec::new(), entries }, &rows).await?;
        metrics::audited(group.len());
        Ok(())
    }

    /// Begins another chain, which names those that are there.
    async fn begin_chain(&mut self) -> Written {
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
            end = Some(self.add_to(chain, end, &content, &[]).await?);
        }
        self.end = end;
        Ok(())
    }

    async fn add(&mut self, content: &Content, rows: &[Row]) -> Written {
        // Whatever interrupts this, the chain's end is not sure until the answer is there.
        let Some(end) = self.end.take() else { return Err(StoreError::Throttled) };
        match self.add_to(end.chain, Some(end), content, rows).await {
            Ok(head) => self.end = Some(head),
            Err(error) => {
                // Then nothing was written, and the chain ends where it did.
                self.end = (error == StoreError::Throttled).then_some(end);
                return Err(error);
            }
        }
        Ok(())
    }

    async fn add_to(
        &self,
        chain: uuid::Uuid,
        end: Option<Head>,
        content: &Content,
        rows: &[Row],
    ) -> Result<Head, StoreError> {
        let unwritable = |error: serde_json::Error| StoreError::Failed(error.to_string());
        let body = serde_json::to_string(content).map_err(unwritable)?;
        let block = Block::following(&self.key, chain, end, body);
        let head = SealedHead::new(&self.key, block.head(), self.clock.unix_ms());
        let adding = self.store.add(&block, &head, end, rows);
        let late = |_| StoreError::Unavailable(format!("no answer within {WRITING_MAX:?}"));
        tokio::time::timeout(WRITING_MAX, adding).await.map_err(late)??;
        Ok(block.head())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submission(bytes: usize, rows: usize) -> Submission {
        let json = to_raw_value(&"x".repeat(bytes - 2)).expect("JSON");
        let seal = super::super::hash::Hash::NOTHING;
        let row = Row { scope: String::new(), place: String::new(), body: String::new(), seal };
        Submission { json, rows: vec![row; rows], written: oneshot::channel().0 }
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
}
