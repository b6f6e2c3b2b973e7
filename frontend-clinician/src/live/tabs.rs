//! The open dashboards of one browser. A browser keeps few connections to a server, so one of the
//! tabs holds the stream for all of them and tells the others what comes. Only tabs of the same
//! session hear each other: the name of what they share is the session's.

use std::rc::Rc;

use app::wire::AlertItem;
use domain::timestamp::Timestamp;
use js_sys::Reflect;
use leptos::prelude::window;
use leptos::serde_json;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::prelude::Closure;
use serde::{Deserialize, Serialize};
use web_sys::{BroadcastChannel, MessageEvent};

use super::lock::{Lock, Turn};

/// What tabs tell each other.
#[derive(Serialize, Deserialize)]
pub(super) enum Message {
    /// A tab is there, and asks how alerts arrive at the moment.
    Hello,
    /// How they arrive, from the tab with the stream.
    Standing {
        /// Whether the stream is open.
        is_live: bool,
        /// When something was last heard on it.
        heard_at: Option<Timestamp>,
    },
    /// What came on the stream.
    Alert(Box<AlertItem>),
    /// The session has ended, as far as that tab knows.
    Ended,
}

/// What happens among the tabs.
pub(super) enum TabSignal {
    /// This tab is the one with the stream.
    Leads,
    /// Another tab has taken the stream over.
    Follows,
    /// Another tab said something.
    Said(Message),
}

type Tell = Rc<dyn Fn(TabSignal)>;

/// This tab's place among the tabs; dropping it leaves them.
pub(super) struct Tabs {
    name: String,
    channel: BroadcastChannel,
    tell: Tell,
    // The browser calls it for as long as the channel is open.
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _lock: Lock,
}

impl Tabs {
    /// Joins the tabs of this `session`. `None` where the browser does not let tabs find each
    /// other: then each has a stream of its own.
    pub(super) fn join(session: &str, tell: impl Fn(TabSignal) + 'static) -> Option<Self> {
        let has_channels = Reflect::has(&window(), &"BroadcastChannel".into()) == Ok(true);
        if session.is_empty() || !has_channels {
            return None;
        }
        let name = format!("healthflow-alerts-{session}");
        let channel = BroadcastChannel::new(&name).ok()?;
        let tell: Tell = Rc::new(tell);
        let on_message = Closure::<dyn Fn(MessageEvent)>::new({
            let tell = Rc::clone(&tell);
            move |event: MessageEvent| {
                // A tab of another version may say what this one does not understand.
                let message = event.data().as_string();
                if let Some(message) = message.and_then(|json| serde_json::from_str(&json).ok()) {
                    tell(TabSignal::Said(message));
                }
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let Some(lock) = ask_for_lock(&name, false, &tell) else {
            channel.close();
            return None;
        };
        Some(Self { name, channel, tell, _on_message: on_message, _lock: lock })
    }

    /// Tells the other tabs.
    pub(super) fn say(&self, message: &Message) {
        if let Ok(json) = serde_json::to_string(message) {
            // A closed channel has no listeners.
            let _ = self.channel.post_message(&json.into());
        }
    }

    /// Takes the stream from a tab that does not answer, or waits for it once more.
    pub(super) fn ask_again(&mut self, takes_away: bool) {
        if let Some(lock) = ask_for_lock(&self.name, takes_away, &self.tell) {
            self._lock = lock;
        }
    }
}

fn ask_for_lock(name: &str, takes_away: bool, tell: &Tell) -> Option<Lock> {
    let tell = Rc::clone(tell);
    Lock::ask_for(name, takes_away, move |turn| {
        tell(match turn {
            Turn::Lost => TabSignal::Follows,
            // Without a lock to be had, a second stream is better than none.
            Turn::Held | Turn::Refused => TabSignal::Leads,
        });
    })
}

impl Drop for Tabs {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}
