//! The list of alerts as it grows: pushed over a stream, asked for while the stream is cut.

mod connection;
mod event_source;
mod feed;
mod hand;

use domain::timestamp::Timestamp;
use leptos::prelude::*;

pub(crate) use feed::Feed;
pub(crate) use hand::Hand;

/// How alerts arrive at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LiveState {
    /// Not at all: the page is not alive (yet).
    Off,
    /// The stream is being opened for the first time.
    Connecting,
    /// Over the stream.
    Live,
    /// The stream is cut; the list is asked for now and then.
    Reconnecting {
        /// When it was last asked for with success.
        checked_at: Option<Timestamp>,
    },
    /// Not at all: the session has ended.
    SignedOut,
}

/// What the stream and the page share.
#[derive(Clone, Copy)]
pub(crate) struct Board {
    /// The alerts.
    pub(crate) feed: RwSignal<Feed>,
    /// Whether somebody works in the table, so that nothing in it may move.
    pub(crate) held: Signal<bool>,
    /// How alerts arrive at the moment.
    pub(crate) state: RwSignal<LiveState>,
    /// What is said aloud.
    pub(crate) news: RwSignal<String>,
}

impl Board {
    /// Lets alerts arrive for as long as the current owner lives.
    pub(crate) fn follow(self) {
        // Effects do not run on the server.
        Effect::new(move || connection::Connection::start(self));
        // What waited comes in as soon as nobody works in the table.
        Effect::new(move || {
            if !self.held.get() && self.feed.with_untracked(Feed::has_waiting) {
                self.feed.update(Feed::release);
            }
        });
    }
}
