//! Watches for signs of life and tells the server of them. It goes by the device's own clock, right
//! or wrong: it compares that with itself alone, with what other tabs noted too, and time that the
//! device slept through counts.

use std::time::Duration;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use super::super::cover::COVERED;
use super::time_up::{Bounds, Standing, TimeUp};
use crate::error::AppError;
use crate::functions::ask::{ask, read};
use crate::functions::exchange::exchange;
use crate::functions::session::{SignOut, StaySignedIn};
use crate::places::SIGN_IN_PATH;
use crate::widgets::browser::{
    device_ms, go_to, is_page_marked, note_for_all_tabs, noted_for_all_tabs,
};
use crate::widgets::entered::entered_form;

/// How often the clock is looked at.
const STEP: Duration = Duration::from_secs(1);
/// The server is told of signs of life this often at most, in milliseconds.
const TELL_EVERY_MS: i64 = 60_000;
/// What counts as a sign of life.
const SIGNS: [&str; 4] = ["keydown", "pointerdown", "pointermove", "wheel"];
/// The note that tells an app's other tabs when the server last heard of somebody.
const SEEN_NOTE: &str = "healthflow-seen-ms";

/// A warning that is shown: which time runs out, and the seconds left.
pub(super) type Warning = Option<(TimeUp, u32)>;

/// The watch over one page. It lives as long as the page.
#[derive(Clone, Copy)]
pub(super) struct Watch {
    /// The warning to show.
    pub(super) warning: RwSignal<Warning>,
    bounds: StoredValue<Option<Bounds>>,
    /// When the server last heard of somebody here, in milliseconds since 1970.
    seen_ms: StoredValue<i64>,
    /// When it was last told, heard or not, in milliseconds since 1970.
    told_ms: StoredValue<i64>,
    has_stirred: StoredValue<bool>,
    /// Whether somebody has read that the whole time runs out, and goes on until then.
    knows_the_end: StoredValue<bool>,
    is_leaving: StoredValue<bool>,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self {
            warning: RwSignal::new(None),
            bounds: StoredValue::new(None),
            seen_ms: StoredValue::new(0),
            told_ms: StoredValue::new(0),
            has_stirred: StoredValue::new(false),
            knows_the_end: StoredValue::new(false),
            is_leaving: StoredValue::new(false),
        }
    }

    /// Begins, in the browser.
    pub(super) fn start(self) {
        self.tell(false);
        for sign in SIGNS {
            let listener =
                window_event_listener_untyped(sign, move |_| self.has_stirred.set_value(true));
            on_cleanup(move || listener.remove());
        }
        if let Ok(timer) = set_interval_with_handle(move || self.step(), STEP) {
            on_cleanup(move || timer.clear());
        }
    }

    /// Answers the warning: stays signed in, or goes on until the whole time is up.
    pub(super) fn answer(self) {
        match self.warning.get_untracked() {
            Some((TimeUp::Idle, _)) => self.tell(true),
            Some((TimeUp::Whole, _)) => {
                self.knows_the_end.set_value(true);
                self.warning.set(None);
            }
            None => {}
        }
    }

    /// Signs out. Where time alone does that, what was entered here and not sent goes along, and waits
    /// for its owner to come back. If the server cannot be reached the page is left all the same, so
    /// that nobody reads what is on it.
    pub(super) fn leave(self, because: Option<TimeUp>) {
        self.is_leaving.set_value(true);
        let fields = because.map(|because| {
            let entered = entered_form().map(|form| format!("&{form}")).unwrap_or_default();
            format!("after={}{entered}", because.name())
        });
        spawn_local(async move {
            match exchange(SignOut::PATH, fields.unwrap_or_default(), false).await {
                // Somebody else is here by now, whose session goes on; the page has made way.
                Ok(_) | Err(AppError::AnotherPerson) => {}
                Err(_) => go_to(because.map_or(SIGN_IN_PATH, TimeUp::sign_in_path)),
            }
        });
    }

    fn step(self) {
        if self.is_leaving.get_value() {
            return;
        }
        if is_page_marked(COVERED) {
            // Whoever comes back to the page does so with a session of its own times.
            self.bounds.set_value(None);
            self.told_ms.set_value(0);
            self.warn(None);
            return;
        }
        let now_ms = device_ms();
        let may_tell = now_ms - self.told_ms.get_value() >= TELL_EVERY_MS;
        let Some(bounds) = self.bounds.get_value() else {
            if may_tell {
                self.tell(false);
            }
            return;
        };
        let mut standing = bounds.judge(now_ms, self.seen_ms.get_value());
        if standing != Standing::Good
            && let Some(elsewhere_ms) = noted_for_all_tabs(SEEN_NOTE)
            && elsewhere_ms > self.seen_ms.get_value()
        {
            self.seen_ms.set_value(elsewhere_ms);
            standing = bounds.judge(now_ms, elsewhere_ms);
        }
        match standing {
            Standing::Good => {
                self.warn(None);
                if may_tell && self.has_stirred.get_value() {
                    self.tell(false);
                }
            }
            Standing::Warn(TimeUp::Whole, _) if self.knows_the_end.get_value() => {}
            Standing::Warn(because, left_s) => self.warn(Some((because, left_s))),
            Standing::Over(because) => self.leave(Some(because)),
        }
    }

    fn warn(self, warning: Warning) {
        if self.warning.get_untracked() != warning {
            self.warning.set(warning);
        }
    }

    /// Tells the server that somebody is here, and learns from it until when. If the session has
    /// ended meanwhile, whoever asked to stay (`is_asked`) is led to the sign-in page; what others
    /// are writing stays before them.
    fn tell(self, is_asked: bool) {
        let told_ms = device_ms();
        self.told_ms.set_value(told_ms);
        spawn_local(async move {
            match read::<StaySignedIn>(ask(StaySignedIn {}).await) {
                Ok(user) => {
                    note_for_all_tabs(SEEN_NOTE, told_ms);
                    self.seen_ms.set_value(told_ms);
                    self.has_stirred.set_value(false);
                    self.bounds.set_value(Some(Bounds {
                        idle_ms: i64::from(user.idle_timeout_s) * 1_000,
                        ends_at_ms: told_ms + i64::from(user.ends_in_s) * 1_000,
                    }));
                    self.warn(None);
                }
                Err(AppError::SignInRequired) if is_asked => go_to(TimeUp::Idle.sign_in_path()),
                // It is tried again in a minute.
                Err(_) => {}
            }
        });
    }
}
