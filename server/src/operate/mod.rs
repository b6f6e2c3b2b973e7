//! What an operator does from the command line.
#![allow(clippy::print_stdout, reason = "this is what they read")]

pub mod dlq;
pub mod events;
pub mod queues;
pub mod read_models;
pub mod status;

use crate::store::client::StoreError;

fn told(error: StoreError) -> String {
    error.to_string()
}

/// A time as an operator reads it.
fn at_ms(unix_ms: Option<u64>) -> String {
    let at = unix_ms.and_then(|ms| i64::try_from(ms).ok());
    let at = at.and_then(domain::timestamp::Timestamp::from_unix_ms);
    at.map_or_else(|| "-".to_owned(), |at| at.to_string())
}
