//! The end of a session by time: a warning that can be answered by keyboard, then the way out.

mod dialog;
mod time_up;
mod watch;

pub use dialog::*;
pub use time_up::TimeUp;
