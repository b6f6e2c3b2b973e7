//! Keeps the list current: the stream while it is open, asking every few seconds while it is not,
//! and asking once more whenever it opens, so that nothing is missed. Of the tabs of a browser one
//! has the stream; the others hear from it, and one of them takes over when it is gone or silent.

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
use super::tabs::{Message, TabSignal, Tabs};
use super::{Board, Feed, LiveState, News};

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
/// So many questions the tab with the stream may leave without an answer.
const UNANSWERED_MAX: u32 = 2;

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
    pub(super) fn start(board: Board, session: &str) {
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
        match Tabs::join(session, move |signal| this.on_tabs(signal)) {
            Some(tabs) => {
                tabs.say(&Message::Hello);
                this.tabs.set_value(Some(tabs));
            }
            None => this.lead(),
        }
        if let Ok(timer) = set_interval_with_handle(move || this.step(), POLL_STEP) {
            on_cleanup(move || timer.clear());
        }
        let online = window_event_listener(ev::online, move |_| this.step());
        on_cleanup(move || online.remove());
    }

    fn lead(self) {
        if self.leads.try_set_value(true).is_none() {
            self.open();
        }
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

    fn on_tabs(self, signal: TabSignal) {
        match signal {
            TabSignal::Leads => self.lead(),
            TabSignal::Follows => {
                self.leads.try_set_value(false);
                self.stream.try_set_value(None);
                self.ask_for_the_stream(false);
            }
            TabSignal::Said(Message::Hello) => self.on_hello(),
            TabSignal::Said(Message::Ended) => self.ask(),
            TabSignal::Said(_) if self.leads.try_get_value() != Some(false) => {}
            TabSignal::Said(Message::Alert(alert)) => self.on_alert(*alert),
            TabSignal::Said(Message::Standing { is_live, heard_at }) => {
                self.unanswered.set_value(0);
                if is_live {
                    self.board.checked_at.try_set(heard_at);
                    self.on_live();
                } else {
                    self.on_cut();
                }
            }
        }
    }

    /// A browser lets the timers of a tab that nobody looks at run once a minute, but not wait for
    /// what another tab says.
    fn on_hello(self) {
        if self.leads.try_get_value() == Some(true) {
            self.tell_standing();
            if now_ms() - self.heard_ms.get_value() >= STEP_MS {
                self.mind_the_stream();
            }
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
    fn on_end(self) {
        self.say(&Message::Ended);
        self.board.state.try_set(LiveState::SignedOut);
        self.stream.try_set_value(None);
        self.tabs.try_set_value(None);
        self.board.feed.try_set(Feed::default());
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

    /// Asks the tab with the stream whether it is there. One that is frozen does not answer; then
    /// this tab takes over.
    fn mind_the_leader(self) {
        let unanswered = self.unanswered.get_value();
        if unanswered < UNANSWERED_MAX {
            self.unanswered.set_value(unanswered + 1);
            self.say(&Message::Hello);
        } else {
            self.unanswered.set_value(0);
            self.on_cut();
            self.ask_for_the_stream(true);
        }
    }

    fn ask_for_the_stream(self, takes_away: bool) {
        self.tabs.try_update_value(|tabs| {
            if let Some(tabs) = tabs {
                tabs.ask_again(takes_away);
            }
        });
    }

    fn say(self, message: &Message) {
        self.tabs.try_with_value(|tabs| {
            if let Some(tabs) = tabs {
                tabs.say(message);
            }
        });
    }

    fn tell_standing(self) {
        if self.leads.try_get_value() == Some(true) {
            let is_live = self.board.state.get_untracked() == LiveState::Live;
            let heard_at = self.board.checked_at.get_untracked();
            self.say(&Message::Standing { is_live, heard_at });
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
                self.on_end();
            }
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
            self.board.news.try_update(|news: &mut News| news.tell_of(&new));
        }
    }
}
