//! How long the browser waits for an answer: a button that says nothing for a minute is pressed
//! again, and behind it may be a connection that will never bring one.

use std::time::Duration;

use leptos::prelude::{TimeoutHandle, set_timeout_with_handle};
use web_sys::{AbortController, RequestInit};

/// Far more than a healthy server needs; it gives up at three times as much by itself.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// The bound of one request. Dropped, it lets the request be.
pub(super) struct Bound {
    controller: AbortController,
    timer: Option<TimeoutHandle>,
}

impl Bound {
    /// Sets a bound to the request that `init` describes; none where the browser knows none.
    pub(super) fn set_to(init: &RequestInit) -> Option<Self> {
        let controller = AbortController::new().ok()?;
        init.set_signal(Some(&controller.signal()));
        let give_up = {
            let controller = controller.clone();
            move || controller.abort()
        };
        let timer = set_timeout_with_handle(give_up, WAIT_MAX).ok();
        Some(Self { controller, timer })
    }

    /// Whether the request was given up.
    pub(super) fn is_over(&self) -> bool {
        self.controller.signal().aborted()
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            timer.clear();
        }
    }
}
