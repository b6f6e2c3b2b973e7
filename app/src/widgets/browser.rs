//! The few things of the browser that pages use directly. On the server they do nothing.

use domain::timestamp::Timestamp;
use js_sys::{Array, Function, Reflect};
use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::HtmlElement;
use web_sys::Event;

pub use super::server_time::{now, now_ms};

/// Moves the focus to the element with this `id` once the current changes are on the page.
pub fn focus_soon(id: &str) {
    let id = id.to_owned();
    request_animation_frame(move || focus(&id));
}

/// Moves the focus to the element with this `id`, if there is one.
pub fn focus(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // An element that cannot take the focus is no reason to stop.
        let _ = element.focus();
    }
}

/// Notes on the document that the page has come to life: tests wait for it.
pub fn mark_alive() {
    mark_page("data-alive", true);
}

/// Takes out of the document what the server wrote there for the app to begin with: it holds what
/// the page showed, and is needed once.
pub fn forget_what_was_handed_over() {
    let Ok(scripts) = document().query_selector_all("body script") else { return };
    for index in 0..scripts.length() {
        if let Some(script) = scripts.get(index)
            && let Some(parent) = script.parent_node()
        {
            // Already gone is as good.
            let _ = parent.remove_child(&script);
        }
    }
    let _ = Reflect::set(&window(), &"__RESOLVED_RESOURCES".into(), &JsValue::NULL);
}

/// Loads the page at `path`, and with it the app.
pub fn go_to(path: &str) {
    // Where a browser refuses to go, the page that is there still works.
    let _ = window().location().set_href(path);
}

/// Loads the page that is there anew.
pub fn load_anew() {
    // Where a browser refuses to, the page that is there still works.
    let _ = window().location().reload();
}

/// Tells whoever listens on this page that `what` has happened.
pub fn tell_page(what: &str) {
    if let Ok(event) = Event::new(what) {
        // Whether somebody listened does not matter.
        let _ = window().dispatch_event(&event);
    }
}

/// Notes on the document that `name` holds of the page, or does not any more: styles look for it.
pub fn mark_page(name: &str, holds: bool) {
    if let Some(root) = document().document_element() {
        // Without the mark the page works all the same.
        let _ = if holds { root.set_attribute(name, "") } else { root.remove_attribute(name) };
    }
}

/// Whether [`mark_page`] noted so.
#[must_use]
pub fn is_page_marked(name: &str) -> bool {
    document().document_element().is_some_and(|root| root.has_attribute(name))
}

/// Leaves a number where all tabs of this app find it. Without storage each tab knows its own.
pub fn note_for_all_tabs(name: &str, number: i64) {
    if let Some(storage) = local_storage() {
        let _ = Reflect::set(&storage, &name.into(), &number.to_string().into());
    }
}

/// What [`note_for_all_tabs`] left last, in any of them.
#[must_use]
pub fn noted_for_all_tabs(name: &str) -> Option<i64> {
    Reflect::get(&local_storage()?, &name.into()).ok()?.as_string()?.parse().ok()
}

/// A browser may forbid it.
fn local_storage() -> Option<JsValue> {
    let storage = Reflect::get(&window(), &"localStorage".into()).ok();
    storage.filter(|storage| storage.is_object())
}

/// What this device's own clock shows, in milliseconds since 1970. It may be wrong by any time: it is
/// good for comparing with itself, in all tabs, and it goes on while the device sleeps. What people
/// read comes from [`now`].
#[must_use]
pub fn device_ms() -> i64 {
    #[cfg(feature = "hydrate")]
    #[allow(clippy::cast_possible_truncation)]
    let unix_ms = js_sys::Date::now() as i64;
    #[cfg(not(feature = "hydrate"))]
    let unix_ms = super::server_time::system_ms();
    unix_ms
}

/// The milliseconds since the browser began to load this page, which no setting of a clock changes.
#[must_use]
pub fn since_page_began_ms() -> i64 {
    let Some(performance) = performance() else { return 0 };
    method(&performance, "now", &[]).and_then(|ms| whole_ms(&ms)).unwrap_or_default()
}

/// The same at the moment when the page's first byte had come; `None` where the browser keeps no
/// such note.
#[must_use]
pub fn first_byte_ms() -> Option<i64> {
    let entries = method(&performance()?, "getEntriesByType", &["navigation".into()])?;
    let entry = Reflect::get_u32(&entries, 0).ok()?;
    let began = Reflect::get(&entry, &"responseStart".into()).ok()?;
    whole_ms(&began).filter(|ms| *ms > 0)
}

fn performance() -> Option<JsValue> {
    let performance = Reflect::get(&window(), &"performance".into()).ok();
    performance.filter(|performance| performance.is_object())
}

fn method(object: &JsValue, name: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let method: Function = Reflect::get(object, &name.into()).ok()?.dyn_into().ok()?;
    method.apply(object, &arguments.iter().collect::<Array>()).ok()
}

#[allow(clippy::cast_possible_truncation)]
fn whole_ms(ms: &JsValue) -> Option<i64> {
    ms.as_f64().map(|ms| ms as i64)
}

/// What a clock on the wall of this person shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallClock {
    /// The year, such as 2026.
    pub year: u32,
    /// The month, from 0.
    pub month: u32,
    /// The day of the month, from 1.
    pub day: u32,
    /// Hours, 0 to 23.
    pub hour: u32,
    /// Minutes.
    pub minute: u32,
    /// Seconds.
    pub second: u32,
    /// A number of the day that grows by one from day to day.
    pub day_number: i64,
}

/// What the clock in this person's own time zone shows at `at`; `None` on the server, which does
/// not know the zone.
#[must_use]
pub fn wall_clock(at: Timestamp) -> Option<WallClock> {
    #[cfg(feature = "hydrate")]
    {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        let unix_ms = at.unix_ms();
        #[allow(clippy::cast_precision_loss)]
        let date = js_sys::Date::new(&leptos::wasm_bindgen::JsValue::from_f64(unix_ms as f64));
        #[allow(clippy::cast_possible_truncation)]
        let behind_utc_ms = date.get_timezone_offset() as i64 * 60_000;
        Some(WallClock {
            year: date.get_full_year(),
            month: date.get_month(),
            day: date.get_date(),
            hour: date.get_hours(),
            minute: date.get_minutes(),
            second: date.get_seconds(),
            day_number: (unix_ms - behind_utc_ms).div_euclid(DAY_MS),
        })
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = at;
        None
    }
}
