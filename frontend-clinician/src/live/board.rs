//! The clinic's alerts as this page of the browser knows them, whichever part of the dashboard it
//! shows.

use std::time::Duration;

use app::widgets::ticking_now;
use app::wire::{AlertItem, Page};
use domain::timestamp::Timestamp;
use leptos::prelude::*;

use super::connection::Connection;
use super::{Feed, Hand, LiveState, News, OwnSession};

/// How often ages and marks are brought up to date.
const CLOCK_STEP: Duration = Duration::from_secs(5);

/// What the stream and the pages share.
#[derive(Clone, Copy)]
pub(crate) struct Board {
    /// The alerts.
    pub(crate) feed: RwSignal<Feed>,
    /// The hand of whoever works in the table of alerts, where it is shown.
    pub(crate) hand: RwSignal<Hand>,
    /// Whether somebody works there, so that nothing in it may move.
    pub(crate) held: Memo<bool>,
    /// Now, as it moves on.
    pub(crate) clock: Signal<Option<Timestamp>>,
    /// How alerts arrive at the moment.
    pub(crate) state: RwSignal<LiveState>,
    /// When it was last certain that nothing is missing.
    pub(crate) checked_at: RwSignal<Option<Timestamp>>,
    /// What is said aloud.
    pub(crate) news: RwSignal<News>,
    /// How often it began to follow.
    beginnings: RwSignal<u32>,
}

/// Lets [`Board::here`] be asked below. It outlives the pages.
pub(crate) fn provide_board() {
    provide_context(Board::new());
}

impl Board {
    fn new() -> Self {
        let clock = ticking_now(CLOCK_STEP);
        let hand = RwSignal::new(Hand::default());
        Self {
            feed: RwSignal::new(Feed::default()),
            hand,
            held: Memo::new(move |_| hand.get().holds(clock.get())),
            clock,
            state: RwSignal::new(LiveState::Off),
            checked_at: RwSignal::new(None),
            news: RwSignal::new(News::default()),
            beginnings: RwSignal::new(0),
        }
    }

    /// The one of the page that asks.
    pub(crate) fn here() -> Self {
        use_context().unwrap_or_else(Self::new)
    }

    /// Begins the list with its newest page, which was just opened.
    pub(crate) fn open(self, page: Page<AlertItem>) {
        self.feed.update(|feed| feed.begin(page));
        // Whoever gets the list is signed in again, in another tab.
        if self.state.get_untracked() == LiveState::SignedOut {
            self.beginnings.update(|times| *times += 1);
        }
    }

    /// Ends the `session` of the page when alerts are refused, for as long as the current owner
    /// lives. Where no patients are shown nothing has to go: such a page is good again when its owner
    /// signs in again.
    pub(crate) fn ends(self, session: OwnSession) {
        Effect::new(move |was_over: Option<bool>| {
            let is_over = self.state.get() == LiveState::SignedOut;
            if is_over && was_over == Some(false) {
                session.end();
            }
            is_over
        });
    }

    /// Lets alerts arrive for as long as the `session` lasts.
    pub(super) fn follow(self, session: OwnSession) {
        // Effects do not run on the server.
        Effect::new(move || {
            self.beginnings.track();
            Connection::start(self, session);
        });
        // What waited comes in as soon as nobody works in the table.
        Effect::new(move || {
            if !self.held.get() && self.feed.with_untracked(Feed::has_waiting) {
                self.feed.update(Feed::release);
            }
        });
    }
}
