//! The audit log as those who record use it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use app::error::AppError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use serde_json::value::to_raw_value;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::chain::AuditKey;
use super::entry::{Access, Entry};
use super::index;
use super::store::AuditStore;
use super::writer::{Submission, Writer, Written};
use crate::clock::Clock;
use crate::store::client::StoreError;

/// How many entries can wait to be written; more are refused, and with them what they are about.
const WAITING_MAX: usize = 4_096;
/// The most bytes of one entry. One with [`super::entry::PATIENTS_MAX`] patients has a quarter.
const ENTRY_MAX_BYTES: usize = 16_384;
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
    /// The writer had stopped before, because the process ends.
    #[error("the audit log is closed")]
    Closed,
    /// The writer stopped meanwhile; it may have written.
    #[error("the audit log was closed before it answered")]
    ClosedMeanwhile,
}

impl From<AuditError> for StoreError {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Full => Self::Throttled,
            AuditError::Store(error) => error,
            AuditError::ClosedMeanwhile => Self::OutcomeUnknown(error.to_string()),
            AuditError::TooLong(_) | AuditError::Closed => Self::Failed(error.to_string()),
        }
    }
}

/// What somebody learns whose access could not be recorded, and so is not answered. Whether the
/// entry was written is not their concern: nothing of what they asked for was done.
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

/// An item to be written together with an entry, under a condition of its own.
#[derive(Clone, Debug)]
pub struct Companion {
    /// Where it goes: no two items of one transaction may go to the same place.
    pub place: String,
    /// The item.
    pub item: TransactWriteItem,
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
        let writer = Writer::begin(store, key, clock).await?;
        Ok((log, tokio::spawn(writer.run(submissions))))
    }

    /// Records an access, as of now. Await the answer **before** answering whoever asked; until
    /// then, other work can go on.
    pub fn record(&self, access: Access) -> Recorded {
        let mut recorded = Recorded { failed: None, awaited: Vec::new() };
        for part in access.in_parts() {
            match self.submit(part, None) {
                Ok(written) => recorded.awaited.push(written),
                Err(error) => recorded.failed = Some(error),
            }
        }
        recorded
    }

    /// Records an access to one person's data, as of now, in one transaction with the item that
    /// follows from it. False when the item could not be written, and so was not; the access is
    /// recorded all the same.
    ///
    /// # Errors
    /// When the access is not recorded, or that is not sure; nor is the item then.
    pub async fn record_with(
        &self,
        access: Access,
        companion: Companion,
    ) -> Result<bool, AuditError> {
        let written = self.submit(access, Some(companion))?;
        Ok(written.await.map_err(|_| AuditError::ClosedMeanwhile)??)
    }

    fn submit(
        &self,
        access: Access,
        companion: Option<Companion>,
    ) -> Result<oneshot::Receiver<Written>, AuditError> {
        let entry = Entry { id: self.clock.fresh_uuid(), at: self.clock.now(), access };
        let unwritable = |error: serde_json::Error| StoreError::Failed(error.to_string());
        let json = to_raw_value(&entry).map_err(unwritable)?;
        if json.get().len() > ENTRY_MAX_BYTES {
            return Err(AuditError::TooLong(json.get().len()));
        }
        let rows = index::rows(&self.key, &entry).map_err(unwritable)?;
        let (written, awaited) = oneshot::channel();
        self.waiting.try_send(Submission { json, rows, companion, written }).map_err(|error| {
            match error {
                mpsc::error::TrySendError::Full(_) => AuditError::Full,
                mpsc::error::TrySendError::Closed(_) => AuditError::Closed,
            }
        })?;
        Ok(awaited)
    }
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
                Ok(Ok(_)) => self.awaited.pop(),
                Ok(Err(error)) => return Poll::Ready(Err(error.into())),
                Err(_) => return Poll::Ready(Err(AuditError::ClosedMeanwhile)),
            };
        }
        Poll::Ready(Ok(()))
    }
}
