//! The time, as the server knows it: the reader's clock decides nothing. The server writes its time
//! into the page, each answer corrects it where it is wrong, and between them it goes on with the
//! time since the page began, which no setting of a clock changes.

use domain::timestamp::Timestamp;
use leptos::prelude::*;
use leptos::server::codee::string::FromToStringCodec;

#[cfg(feature = "hydrate")]
use super::browser::{device_ms, first_byte_ms, since_page_began_ms};

/// The header `Date` has whole seconds, and a server may draw it up a second before it is sent.
const DATE_IS_WITHIN_MS: i64 = 2_000;

/// When the server rendered the page, in milliseconds since 1970.
#[derive(Clone, Copy)]
struct RenderedAt(i64);

/// The server's time at a moment of the page.
#[cfg(feature = "hydrate")]
#[derive(Clone, Copy)]
struct Known {
    server_ms: i64,
    /// Since the page began.
    at_ms: i64,
}

#[cfg(feature = "hydrate")]
thread_local! {
    static KNOWN: std::cell::Cell<Option<Known>> = const { std::cell::Cell::new(None) };
}

/// Lets [`now`] tell the server's time in the browser, and [`now_as_rendered`] be asked below.
pub fn provide_server_time() {
    // By its name: the browser finds in the page what the server wrote there.
    let rendered = SharedValue::<i64, FromToStringCodec>::new_str(now_ms).into_inner();
    #[cfg(feature = "hydrate")]
    {
        // The server sends a page when all of it is there, so its first byte comes right after.
        let at_ms = first_byte_ms().unwrap_or_else(since_page_began_ms);
        KNOWN.set(Some(Known { server_ms: rendered, at_ms }));
    }
    provide_context(RenderedAt(rendered));
}

/// Now, by the server's clock; `None` where that clock is out of all bounds.
#[must_use]
pub fn now() -> Option<Timestamp> {
    Timestamp::from_unix_ms(now_ms())
}

/// The same in milliseconds since 1970.
#[must_use]
pub fn now_ms() -> i64 {
    #[cfg(feature = "hydrate")]
    let unix_ms = KNOWN
        .get()
        .map_or_else(device_ms, |known| known.server_ms + since_page_began_ms() - known.at_ms);
    #[cfg(not(feature = "hydrate"))]
    let unix_ms = system_ms();
    unix_ms
}

/// The time for what is first shown: while the browser takes over the server's page it is the moment
/// for which the server wrote it, so that both write the same.
#[must_use]
pub fn now_as_rendered() -> Option<Timestamp> {
    let rendered = use_context::<RenderedAt>().filter(|_| is_being_taken_over());
    rendered.map_or_else(now, |RenderedAt(unix_ms)| Timestamp::from_unix_ms(unix_ms))
}

/// Whether the page is rendered on the server, or just being taken over from it.
fn is_being_taken_over() -> bool {
    #[cfg(feature = "hydrate")]
    let is_it = leptos::reactive::owner::Owner::current_shared_context()
        .is_some_and(|shared| shared.during_hydration());
    #[cfg(not(feature = "hydrate"))]
    let is_it = true;
    is_it
}

/// Corrects the time by the header `Date` of an answer to what was asked at `asked_ms` since the
/// page began.
#[cfg(feature = "hydrate")]
pub(crate) fn heard_from_server(date: &str, asked_ms: i64) {
    let date_ms = js_sys::Date::parse(date);
    if date_ms.is_finite() {
        #[allow(clippy::cast_possible_truncation)]
        let date_ms = date_ms as i64;
        let at_ms = since_page_began_ms();
        let server_ms = corrected(now_ms(), date_ms, at_ms - asked_ms);
        KNOWN.set(Some(Known { server_ms, at_ms }));
    }
}

/// See above; only browsers hear of it.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn heard_from_server(_date: &str, _asked_ms: i64) {}

/// What `believed_ms` is corrected to by an answer that was dated `date_ms` and took `took_ms`. The
/// date is coarse, and the answer was some time on its way: what fits to it stays as it is.
#[cfg_attr(not(any(feature = "hydrate", test)), allow(dead_code, reason = "of the browser alone"))]
fn corrected(believed_ms: i64, date_ms: i64, took_ms: i64) -> i64 {
    believed_ms.clamp(date_ms, date_ms + DATE_IS_WITHIN_MS + took_ms.max(0))
}

#[cfg(not(feature = "hydrate"))]
pub(super) fn system_ms() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE_MS: i64 = 1_700_000_000_000;

    #[test]
    fn what_fits_to_a_coarse_date_stays_as_it_is() {
        for believed_ms in [DATE_MS, DATE_MS + 900, DATE_MS + 2_300] {
            assert_eq!(corrected(believed_ms, DATE_MS, 300), believed_ms);
        }
    }

    #[test]
    fn a_time_that_cannot_be_right_is_put_right_in_both_directions() {
        const TWENTY_MINUTES_MS: i64 = 20 * 60_000;
        assert_eq!(corrected(DATE_MS - TWENTY_MINUTES_MS, DATE_MS, 300), DATE_MS);
        assert_eq!(corrected(DATE_MS + TWENTY_MINUTES_MS, DATE_MS, 300), DATE_MS + 2_300);
    }

    #[test]
    fn no_clock_that_went_back_makes_the_bounds_cross() {
        assert_eq!(corrected(DATE_MS, DATE_MS, -5_000), DATE_MS);
    }
}
