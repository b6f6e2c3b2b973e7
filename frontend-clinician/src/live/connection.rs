//! Keeps the list current: the stream while it is open, asking every few seconds while it is not,
//! and asking once more whenever it opens, so that nothing is missed.

mod among_tabs;

use std::time::Duration;

use app::error::AppError;
use app::functions::ask::{ask_in_background, read};
use app::functions::clinician::Alerts;
use app::widgets::browser::{now, now_ms};
use app::wire::{AlertItem, Page};
use domain::timestamp::Timestamp;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::event_source::{Signal as StreamSignal, Stream};
use super::tabs::{Message, Tabs};
use super::{Board, Feed, LiveState, News, OwnSession};

/// How often the list is asked for while the stream is cut.
const POLL_STEP: Duration = Duration::from_secs(5);
/// The same in milliseconds.
const STEP_MS: i64 = 5_000;
/// Every so many steps it is asked for even though the stream is open: what this page does not
/// understand of the stream it may understand of the list.
const STEPS_BETWEEN_CHECKS: u32 = 12;
/// A stream that comes back within this time was never worth a word: servers are restarted.
const GRACE: Duration = Duration::from_secs(5);
/// The server gives a sign of life every 15 s. A stream silent for so long is dead, though neither
/// end has heard of it; in milliseconds.
const SILENCE_MAX_MS: i64 = 40_000;

/// The connection of a [`Board`].
#[derive(Clone, Copy)]
pub(super) struct Connection {
    board: Board,
    tabs: StoredValue<Option<Tabs>, LocalStorage>,
    /// Whether this tab is the one with the stream.
    leads: StoredValue<bool>,
    /// How often the tab with the stream was asked in vain.
    unanswered: StoredValue<u32>,
    stream: StoredValue<Option<Stream>, LocalStorage>,
    heard_ms: StoredValue<i64>,
    is_asking: StoredValue<bool>,
    steps: StoredValue<u32>,
}

impl Connection {
    /// Lets alerts arrive; the current owner's end closes all that is opened here.
    pub(super) fn start(board: Board, session: OwnSession) {
        let this = Self {
            board,
            tabs: StoredValue::new_local(None),
            leads: StoredValue::new(false),
            unanswered: StoredValue::new(0),
            stream: StoredValue::new_local(None),
            heard_ms: StoredValue::new(0),
            is_asking: StoredValue::new(false),
            steps: StoredValue::new(0),
        };
        board.state.set(LiveState::Connecting);
        this.join(session);
        if let Ok(timer) = set_interval_with_handle(move || this.step(), POLL_STEP) {
            on_cleanup(move || timer.clear());
        }
        let online = window_event_listener(ev::online, move |_| this.step());
        on_cleanup(move || online.remove());
        Effect::new(move || {
            if session.is_over().get() {
                this.end();
            }
        });
    }

    fn open(self) {
        self.heard_ms.set_value(now_ms());
        let stream = Stream::open(move |signal| self.on_signal(signal));
        let is_open = stream.is_some();
        self.stream.set_value(stream);
        if !is_open {
            self.on_cut();
        }
    }

    fn on_signal(self, signal: StreamSignal) {
        match signal {
            StreamSignal::Open => {
                self.heard();
                self.on_live();
            }
            StreamSignal::Beat => self.heard(),
            StreamSignal::Alert(alert) => {
                self.heard();
                self.say(&Message::Alert(alert.clone()));
                self.on_alert(*alert);
            }
            StreamSignal::Cut => self.on_cut(),
        }
    }

    fn on_live(self) {
        let state = self.board.state;
        if matches!(state.try_get_untracked(), None | Some(LiveState::Live | LiveState::SignedOut))
        {
            return;
        }
        state.set(LiveState::Live);
        self.tell_standing();
        self.ask();
    }

    fn on_cut(self) {
        let state = self.board.state;
        if !matches!(state.try_get_untracked(), Some(LiveState::Live | LiveState::Connecting)) {
            return;
        }
        state.set(LiveState::Interrupted);
        self.tell_standing();
        self.ask();
        set_timeout(
            move || {
                if state.try_get_untracked() == Some(LiveState::Interrupted) {
                    state.set(LiveState::Cut);
                }
            },
            GRACE,
        );
    }

    fn on_alert(self, alert: AlertItem) {
        self.take_in(|feed, now| feed.arrive(vec![alert], now));
        if self.board.feed.try_with_untracked(Feed::is_overgrown) == Some(true) {
            self.ask();
        }
    }

    /// The session has ended: nothing of what was shown may stay.
    fn end(self) {
        self.say(&Message::Ended);
        self.leave(LiveState::SignedOut);
        self.board.feed.try_set(Feed::default());
        self.board.news.try_set(News::default());
    }

    /// Lets nothing arrive any more.
    fn leave(self, state: LiveState) {
        self.board.state.try_set(state);
        self.stream.try_set_value(None);
        self.tabs.try_set_value(None);
    }

    fn step(self) {
        let Some(state) = self.board.state.try_get_untracked() else { return };
        if matches!(state, LiveState::Off | LiveState::SignedOut) {
            return;
        }
        if self.leads.get_value() {
            self.mind_the_stream();
        } else {
            self.mind_the_leader();
        }
        if state == LiveState::Live {
            let steps = self.steps.get_value() + 1;
            self.steps.set_value(steps % STEPS_BETWEEN_CHECKS);
            if steps == STEPS_BETWEEN_CHECKS {
                self.ask();
            }
        } else {
            self.ask();
        }
    }

    /// Opens the stream again where the browser has given up on it, or nothing comes any more.
    fn mind_the_stream(self) {
        let given_up =
            self.stream.with_value(|stream| stream.as_ref().is_none_or(Stream::is_closed));
        if given_up || now_ms() - self.heard_ms.get_value() > SILENCE_MAX_MS {
            self.on_cut();
            self.open();
        }
    }

    fn heard(self) {
        self.heard_ms.try_set_value(now_ms());
        self.board.checked_at.try_set(now());
    }

    /// Fetches the newest page of the list.
    fn ask(self) {
        if self.is_asking.try_get_value() != Some(false) {
            return;
        }
        self.is_asking.set_value(true);
        spawn_local(async move {
            let answer = read::<Alerts>(ask_in_background(Alerts { cursor: None }).await);
            // `None`: the page was left meanwhile.
            if self.is_asking.try_set_value(false).is_none() {
                self.on_answer(answer);
            }
        });
    }

    fn on_answer(self, answer: Result<Page<AlertItem>, AppError>) {
        let state = self.board.state;
        match answer {
            Ok(page) => {
                self.take_in(|feed, now| feed.catch_up(page, now));
                self.board.checked_at.try_set(now());
            }
            Err(AppError::SignInRequired | AppError::Forbidden | AppError::AnotherPerson) => {
                self.end();
            }
            // The page is loaded anew when that is done.
            Err(AppError::PasswordChangeRequired) => self.leave(LiveState::Off),
            // The next step asks again.
            Err(_) if state.try_get_untracked() == Some(LiveState::Interrupted) => {
                state.set(LiveState::Cut);
            }
            Err(_) => {}
        }
    }

    fn take_in(self, change: impl FnOnce(&mut Feed, Timestamp) -> Vec<AlertItem>) {
        let Some(now) = now() else { return };
        let held = self.board.held.try_get_untracked().unwrap_or(false);
        let new = self.board.feed.try_maybe_update(|feed| {
            let changes = feed.changes();
            let new = change(feed, now);
            let changed = !new.is_empty() || feed.has_waiting() || feed.changes() > changes;
            if !held {
                feed.release();
            }
            (changed, new)
        });
        if let Some(new) = new
            && !new.is_empty()
        {
            self.board.news.try_update(|news: &mut News| news.tell_of(&new));
        }
    }
}
