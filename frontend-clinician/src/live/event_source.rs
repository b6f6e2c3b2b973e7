//! The browser's end of the stream.

use app::wire::AlertItem;
use leptos::serde_json;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::prelude::Closure;
use web_sys::{Event, EventSource, MessageEvent};

const PATH: &str = "/api/alerts/stream";

/// What happens on a stream.
pub(super) enum Signal {
    /// It is open.
    Open,
    /// The server is still there.
    Beat,
    /// An alert came, or came again because somebody takes care of it.
    Alert(Box<AlertItem>),
    /// It was cut; the browser may be opening it again.
    Cut,
}

/// A stream; dropping it closes it.
pub(super) struct Stream {
    source: EventSource,
    // The browser calls these for as long as the stream is open.
    _on_event: Closure<dyn Fn(Event)>,
    _on_alert: Closure<dyn Fn(MessageEvent)>,
}

impl Stream {
    /// Opens the stream; `tell` is told what happens on it. `None` if the browser has none.
    pub(super) fn open(tell: impl Fn(Signal) + Clone + 'static) -> Option<Self> {
        let source = EventSource::new(PATH).ok()?;
        let on_event = Closure::<dyn Fn(Event)>::new({
            let tell = tell.clone();
            move |event: Event| {
                tell(match event.type_().as_str() {
                    "open" => Signal::Open,
                    "beat" => Signal::Beat,
                    _ => Signal::Cut,
                });
            }
        });
        let on_alert = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            // What this version of the page cannot read is on the page after the next fetch.
            let alert = event.data().as_string().and_then(|data| serde_json::from_str(&data).ok());
            if let Some(alert) = alert {
                tell(Signal::Alert(Box::new(alert)));
            }
        });
        source.set_onopen(Some(on_event.as_ref().unchecked_ref()));
        source.set_onerror(Some(on_event.as_ref().unchecked_ref()));
        let on_event_js = on_event.as_ref().unchecked_ref();
        source.add_event_listener_with_callback("beat", on_event_js).ok()?;
        let on_alert_js = on_alert.as_ref().unchecked_ref();
        source.add_event_listener_with_callback("alert", on_alert_js).ok()?;
        source.add_event_listener_with_callback("acknowledged", on_alert_js).ok()?;
        Some(Self { source, _on_event: on_event, _on_alert: on_alert })
    }

    /// Whether the browser has given up on it.
    pub(super) fn is_closed(&self) -> bool {
        self.source.ready_state() == EventSource::CLOSED
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}
