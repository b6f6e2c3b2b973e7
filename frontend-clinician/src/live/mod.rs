//! The list of alerts as it grows: pushed over a stream, asked for while the stream is cut.

mod connection;
mod event_source;
mod feed;
mod hand;
mod lock;
mod news;
mod session;
mod tab_icon;
mod tabs;
mod unattended;

use domain::timestamp::Timestamp;
use leptos::prelude::*;

pub(crate) use feed::Feed;
pub(crate) use hand::Hand;
pub(crate) use news::News;
pub(crate) use session::{OwnSession, provide_own_session};
pub(crate) use tab_icon::{TabIcon, show_icon};
pub(crate) use unattended::Unattended;

/// How alerts arrive at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LiveState {
    /// Not at all: the page is not alive (yet).
    Off,
    /// The stream is being opened for the first time.
    Connecting,
    /// Over the stream.
    Live,
    /// The stream has just been cut, and may be back in a moment.
    Interrupted,
    /// The stream is cut; the list is asked for now and then.
    Cut,
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
    /// When it was last certain that nothing is missing.
    pub(crate) checked_at: RwSignal<Option<Timestamp>>,
    /// What is said aloud.
    pub(crate) news: RwSignal<News>,
}

impl Board {
    /// A board that begins with `feed`.
    pub(crate) fn new(feed: Feed, held: Signal<bool>) -> Self {
        Self {
            feed: RwSignal::new(feed),
            held,
            state: RwSignal::new(LiveState::Off),
            checked_at: RwSignal::new(None),
            news: RwSignal::new(News::default()),
        }
    }

    /// Lets alerts arrive for as long as the current owner lives.
    pub(crate) fn follow(self, session: OwnSession) {
        // Effects do not run on the server.
        Effect::new(move || session.with_name(|name| connection::Connection::start(self, name)));
        // What waited comes in as soon as nobody works in the table.
        Effect::new(move || {
            if !self.held.get() && self.feed.with_untracked(Feed::has_waiting) {
                self.feed.update(Feed::release);
            }
        });
        Effect::new(move || {
            if self.state.get() == LiveState::SignedOut {
                session.end();
            }
        });
    }
}
