//! What covers a page once somebody else is here than the person it was rendered for, or nobody:
//! what stands on it is theirs, and is shown to nobody else. It stays behind the cover, and comes
//! back when they do.

use leptos::prelude::*;
use leptos::wasm_bindgen::prelude::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, Event, MessageEvent};

use super::texts;
use super::visitor::owner_of_page;
use crate::widgets::browser::{focus_soon, load_anew, mark_page};
use crate::widgets::heading::PageTitle;
use crate::widgets::icon::{Icon, Symbol};
use crate::widgets::texts::TO_SIGN_IN_NEW_WINDOW;

/// What the page is told of when an answer says that somebody else is signed in.
pub const SOMEBODY_ELSE_IS_HERE: &str = "healthflow-somebody-else";
/// Where pages tell the others of the same browser for whom they were rendered. Nothing of it is
/// stored.
const CHANNEL: &str = "healthflow-who-is-here";
/// Marks a document that is covered: its style hides everything else.
pub(super) const COVERED: &str = "data-covered";
const HEADING_ID: &str = "cover";

/// Who is here, where it is not the owner of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Other {
    /// Nobody is signed in.
    Nobody,
    /// Somebody else is.
    SomebodyElse,
}

/// Who covers a page of `owner` when somebody of the login `here`, or nobody, has opened another
/// page; `None` if that is the owner.
fn covers(owner: &str, here: &str) -> Option<Other> {
    match here {
        "" => Some(Other::Nobody),
        _ => (here != owner).then_some(Other::SomebodyElse),
    }
}

/// The cover. It is there once, beside the pages.
#[component]
pub fn PageCover() -> impl IntoView {
    let owner = owner_of_page();
    let other = RwSignal::new(None::<Other>);
    Effect::new({
        let owner = owner.clone();
        move || listen(owner.clone(), other)
    });
    Effect::new(move |was: Option<bool>| {
        let is_covered = other.get().is_some();
        if is_covered || was == Some(true) {
            mark_page(COVERED, is_covered);
        }
        if is_covered {
            focus_soon(HEADING_ID);
        }
        is_covered
    });
    move || other.get().map(|other| cover(&owner, other))
}

fn cover(owner: &str, other: Other) -> AnyView {
    let (title, text) = match other {
        Other::SomebodyElse => (texts::SOMEBODY_ELSE_TITLE, texts::opened_by(owner)),
        Other::Nobody => (texts::NOBODY_HERE_TITLE, texts::signed_out_page_of(owner)),
    };
    let way_on = match other {
        // `external`, so that the page is loaded anew.
        Other::SomebodyElse => view! {
            <a class="button button--primary" href="" rel="external">
                {texts::LOAD_ANEW}
            </a>
        }
        .into_any(),
        Other::Nobody => view! {
            <a class="button button--primary" href="/sign-in" target="_blank">
                {TO_SIGN_IN_NEW_WINDOW}
            </a>
        }
        .into_any(),
    };
    view! {
        <PageTitle text=title />
        <main class="cover">
            <div class="state state--problem" role="alert">
                <Icon symbol=Symbol::Person />
                <h1 class="state__title" id=HEADING_ID tabindex="-1">
                    {title}
                </h1>
                <p class="state__text">{text}</p>
                {way_on}
            </div>
        </main>
    }
    .into_any()
}

/// Listens, in the browser: for answers that say so, for other pages, and for being shown again out
/// of the memory in which browsers keep pages for their Back button.
fn listen(owner: String, other: RwSignal<Option<Other>>) {
    let shown_again = window_event_listener_untyped("pageshow", move |event: Event| {
        let is_old = js_sys::Reflect::get(&event, &"persisted".into());
        if is_old.is_ok_and(|is_old| is_old.is_truthy()) {
            mark_page(COVERED, true);
            load_anew();
        }
    });
    on_cleanup(move || shown_again.remove());
    let channel = Channel::tell(&owner);
    if owner.is_empty() {
        // A stranger's page holds nothing of anybody.
        return;
    }
    let told = window_event_listener_untyped(SOMEBODY_ELSE_IS_HERE, move |_| {
        other.try_set(Some(Other::SomebodyElse));
    });
    on_cleanup(move || told.remove());
    let channel = channel.map(|channel| {
        channel.listen(move |here| {
            other.try_set(covers(&owner, here));
        })
    });
    // It stays open for as long as the cover is there.
    let _kept = StoredValue::new_local(channel);
}

/// The way to the other pages of the same browser.
struct Channel {
    inner: BroadcastChannel,
    // The browser calls it for as long as the channel is open.
    on_message: Option<Closure<dyn Fn(MessageEvent)>>,
}

impl Channel {
    /// Tells the other pages that one has come to life that belongs to `owner`.
    fn tell(owner: &str) -> Option<Self> {
        let inner = BroadcastChannel::new(CHANNEL).ok()?;
        // Who cannot be told hears it from the server.
        let _ = inner.post_message(&JsValue::from_str(owner));
        Some(Self { inner, on_message: None })
    }

    /// Hands on what other pages tell.
    fn listen(mut self, hear: impl Fn(&str) + 'static) -> Self {
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(owner) = event.data().as_string() {
                hear(&owner);
            }
        });
        self.inner.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        self.on_message = Some(on_message);
        self
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.inner.set_onmessage(None);
        self.inner.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_alone_sees_a_page() {
        assert_eq!(covers("anna", "anna"), None);
        assert_eq!(covers("anna", "bo"), Some(Other::SomebodyElse));
        assert_eq!(covers("anna", ""), Some(Other::Nobody));
    }
}
