//! Keeps the list current: the stream while it is open, asking every few seconds while it is not,
//! and asking once more whenever it opens, so that nothing is missed.

use std::time::Duration;

use app::error::AppError;
use app::functions::ask::{ask_in_background, read};
use app::functions::clinician::Alerts;
use app::widgets::browser::now;
use app::wire::{AlertItem, Page};
use domain::timestamp::Timestamp;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::event_source::{Signal as StreamSignal, Stream};
use super::{Board, Feed, LiveState};
use crate::texts;

/// How often the list is asked for while the stream is cut.
const POLL_STEP: Duration = Duration::from_secs(5);
/// Every so many steps it is asked for even though the stream is open: a connection can die
/// without either end hearing of it.
const STEPS_BETWEEN_CHECKS: u32 = 12;

/// The connection of a [`Board`].
#[derive(Clone, Copy)]
pub(super) struct Connection {
    board: Board,
    stream: StoredValue<Option<Stream>, LocalStorage>,
    is_asking: StoredValue<bool>,
    steps: StoredValue<u32>,
}

impl Connection {
    /// Opens the stream; the current owner's end closes it.
    pub(super) fn start(board: Board) {
        let this = Self {
            board,
            stream: StoredValue::new_local(None),
            is_asking: StoredValue::new(false),
            steps: StoredValue::new(0),
        };
        board.state.set(LiveState::Connecting);
        this.open();
        if let Ok(timer) = set_interval_with_handle(move || this.step(), POLL_STEP) {
            on_cleanup(move || timer.clear());
        }
        let online = window_event_listener(ev::online, move |_| this.step());
        on_cleanup(move || online.remove());
    }

    fn open(self) {
        let stream = Stream::open(move |signal| self.on_signal(signal));
        if stream.is_none() {
            self.board.state.set(LiveState::Reconnecting { checked_at: None });
        }
        self.stream.set_value(stream);
    }

    fn on_signal(self, signal: StreamSignal) {
        match signal {
            StreamSignal::Open => {
                self.board.state.try_set(LiveState::Live);
                self.ask();
            }
            StreamSignal::Alert(alert) => {
                self.take_in(|feed, now| feed.arrive(vec![*alert], now));
                if self.board.feed.try_with_untracked(Feed::is_overgrown) == Some(true) {
                    self.ask();
                }
            }
            StreamSignal::Cut => {
                let state = self.board.state;
                if matches!(
                    state.try_get_untracked(),
                    Some(LiveState::Live | LiveState::Connecting)
                ) {
                    state.try_set(LiveState::Reconnecting { checked_at: None });
                    self.ask();
                }
            }
        }
    }

    fn step(self) {
        match self.board.state.try_get_untracked() {
            Some(LiveState::Live) => {
                let steps = self.steps.get_value() + 1;
                self.steps.set_value(steps % STEPS_BETWEEN_CHECKS);
                if steps == STEPS_BETWEEN_CHECKS {
                    self.ask();
                }
            }
            Some(LiveState::Connecting | LiveState::Reconnecting { .. }) => {
                let given_up =
                    self.stream.with_value(|stream| stream.as_ref().is_none_or(Stream::is_closed));
                if given_up {
                    self.open();
                }
                self.ask();
            }
            Some(LiveState::Off | LiveState::SignedOut) | None => {}
        }
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
                if let Some(LiveState::Reconnecting { .. }) = state.try_get_untracked() {
                    state.try_set(LiveState::Reconnecting { checked_at: now() });
                }
            }
            Err(AppError::SignInRequired | AppError::Forbidden | AppError::AnotherPerson) => {
                state.try_set(LiveState::SignedOut);
                self.stream.set_value(None);
            }
            // The next step asks again, and the state already says that the stream is cut.
            Err(_) => {}
        }
    }

    fn take_in(self, change: impl FnOnce(&mut Feed, Timestamp) -> Vec<AlertItem>) {
        let Some(now) = now() else { return };
        let held = self.board.held.try_get_untracked().unwrap_or(false);
        let new = self.board.feed.try_maybe_update(|feed| {
            let taken = feed.taken_count();
            let new = change(feed, now);
            let changed = !new.is_empty() || feed.has_waiting() || feed.taken_count() > taken;
            if !held {
                feed.release();
            }
            (changed, new)
        });
        if let Some(new) = new
            && !new.is_empty()
        {
            self.board.news.try_set(texts::announcement(&new));
        }
    }
}
