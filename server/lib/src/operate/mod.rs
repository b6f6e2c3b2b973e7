//! What an operator does from the command line.

/// Writes a line for whoever reads; once they have seen enough (`| head`), that is the end.
macro_rules! tell {
    ($($text:tt)*) => { $crate::operate::line(format_args!($($text)*)) };
}

pub mod audit;
pub mod dlq;
pub mod events;
pub mod queues;
pub mod read_models;
pub mod status;
pub mod users;

use std::io::Write;

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

fn line(text: std::fmt::Arguments<'_>) {
    if writeln!(std::io::stdout(), "{text}").is_err() {
        std::process::exit(0);
    }
}
