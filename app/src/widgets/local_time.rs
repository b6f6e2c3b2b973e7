//! Times: the server writes UTC, because it knows no better; once the page is alive each is shown
//! in the person's own zone.

use std::time::Duration;

use domain::timestamp::Timestamp;
use leptos::prelude::*;

use super::browser::{now, wall_clock};
use super::server_time::now_as_rendered;
use super::texts;

/// How a time is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeStyle {
    /// `Today, 08:30`.
    #[default]
    Exact,
    /// `08:30`, where the day goes without saying.
    OfDay,
}

/// A point in time.
#[component]
pub fn LocalTime(
    /// The point in time.
    at: Timestamp,
    /// How it is written.
    #[prop(optional)]
    style: TimeStyle,
) -> impl IntoView {
    let text = RwSignal::new(texts::time_utc(at, now(), style == TimeStyle::OfDay));
    // Only once the page is alive, so that it is first taken over as the server wrote it.
    Effect::new(move || {
        if let (Some(then), Some(now)) = (wall_clock(at), now().and_then(wall_clock)) {
            text.set(match style {
                TimeStyle::Exact => texts::time_exact(then, now),
                TimeStyle::OfDay => texts::hour_and_minute(then),
            });
        }
    });
    view! {
        <time class="time" datetime=at.to_string() title=at.in_words_utc()>
            <span class="time__words">{text}</span>
        </time>
    }
}

/// Now, as it moves on.
#[derive(Clone, Copy)]
struct TickingNow(Signal<Option<Timestamp>>);

/// Now, brought up to date every `step` for as long as the current owner lives.
pub fn ticking_now(step: Duration) -> Signal<Option<Timestamp>> {
    let ticking = RwSignal::new(now_as_rendered());
    Effect::new(move || {
        ticking.set(now());
        if let Ok(handle) = set_interval_with_handle(move || ticking.set(now()), step) {
            on_cleanup(move || handle.clear());
        }
    });
    ticking.into()
}

/// Lets the [`Age`]s below grow with `now`, which must outlive them.
pub fn provide_now(now: Signal<Option<Timestamp>>) {
    provide_context(TickingNow(now));
}

/// How long ago something was; under [`provide_now`] it grows. It needs no time zone, so the server
/// writes it as it is.
#[component]
pub fn Age(
    /// The point in time.
    at: Timestamp,
) -> impl IntoView {
    let TickingNow(ticking) =
        use_context().unwrap_or_else(|| TickingNow(Signal::stored(now_as_rendered())));
    let words = move || {
        ticking.get().map(|now| texts::age(now.unix_ms() - at.unix_ms())).unwrap_or_default()
    };
    view! { <span class="age">{words}</span> }
}
