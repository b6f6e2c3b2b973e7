//! Of the tabs of a browser one has the stream; the others hear from it, and one of them takes over
//! when it is gone or silent.

use app::widgets::browser::now_ms;
use leptos::prelude::*;

use super::super::tabs::{Message, TabSignal, Tabs};
use super::{Connection, LiveState, OwnSession, STEP_MS};

/// So many questions the tab with the stream may leave without an answer.
const UNANSWERED_MAX: u32 = 2;

impl Connection {
    /// Joins the tabs of this `session`.
    pub(super) fn join(self, session: OwnSession) {
        match session.with_name(|name| Tabs::join(name, move |signal| self.on_tabs(signal))) {
            Some(tabs) => {
                tabs.say(&Message::Hello);
                self.tabs.set_value(Some(tabs));
            }
            None => self.lead(),
        }
    }

    fn lead(self) {
        if self.leads.try_set_value(true).is_none() {
            self.open();
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

    /// Asks the tab with the stream whether it is there. One that is frozen does not answer; then
    /// this tab takes over.
    pub(super) fn mind_the_leader(self) {
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

    pub(super) fn say(self, message: &Message) {
        self.tabs.try_with_value(|tabs| {
            if let Some(tabs) = tabs {
                tabs.say(message);
            }
        });
    }

    pub(super) fn tell_standing(self) {
        if self.leads.try_get_value() == Some(true) {
            let is_live = self.board.state.get_untracked() == LiveState::Live;
            let heard_at = self.board.checked_at.get_untracked();
            self.say(&Message::Standing { is_live, heard_at });
        }
    }
}
