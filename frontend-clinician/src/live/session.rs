//! The session a page was loaded in, and its end: what patients entrusted to the clinic must not
//! stay on a screen that nobody is signed in at.

use std::time::Duration;

use app::error::AppError;
use app::functions::ask::{ask_in_background, read};
use app::functions::session::CurrentUser;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// How often it is asked whether the session is still there. Asking keeps no session alive.
const STEP: Duration = Duration::from_secs(15);

/// The session of the page.
#[derive(Clone, Copy)]
pub(crate) struct OwnSession {
    /// Tells it from others; empty for strangers.
    name: StoredValue<String>,
    is_over: RwSignal<bool>,
}

/// Lets [`OwnSession::here`] be asked below. Signing in and out loads the page anew, so the name is
/// said once.
pub(crate) fn provide_own_session() {
    // The browser finds in the page what the server wrote there.
    let name = SharedValue::<String, leptos::server::codee::string::FromToStringCodec>::new_str(
        session_name,
    );
    provide_context(OwnSession {
        name: StoredValue::new(name.into_inner()),
        is_over: RwSignal::new(false),
    });
}

impl OwnSession {
    /// The session of the page that asks.
    pub(crate) fn here() -> Self {
        use_context().unwrap_or_else(|| Self {
            name: StoredValue::new(String::new()),
            is_over: RwSignal::new(false),
        })
    }

    /// Hands its name to `then`.
    pub(crate) fn with_name<T>(self, then: impl FnOnce(&str) -> T) -> T {
        self.name.with_value(|name| then(name))
    }

    /// Whether it has ended, though the page is still open.
    pub(crate) fn is_over(self) -> Signal<bool> {
        self.is_over.into()
    }

    /// Notes that it has ended.
    pub(crate) fn end(self) {
        self.is_over.set(true);
    }

    /// Finds out when it ends, for as long as the current owner lives.
    pub(crate) fn watch(self) {
        Effect::new(move || {
            let is_named = self.name.with_value(|name| !name.is_empty());
            if is_named && let Ok(timer) = set_interval_with_handle(move || self.check(), STEP) {
                on_cleanup(move || timer.clear());
            }
        });
    }

    fn check(self) {
        spawn_local(async move {
            let answer = read::<CurrentUser>(ask_in_background(CurrentUser {}).await);
            if let Err(AppError::SignInRequired | AppError::AnotherPerson) = answer {
                self.is_over.try_set(true);
            }
        });
    }
}

#[cfg(feature = "ssr")]
fn session_name() -> String {
    let principal = app::backend::caller().principal;
    principal.map(|principal| principal.session_id.to_string()).unwrap_or_default()
}

#[cfg(not(feature = "ssr"))]
fn session_name() -> String {
    String::new()
}
