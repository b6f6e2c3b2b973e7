//! What surrounds a page: the name above, the way to the other pages below (on a phone) or above.

use app::widgets::texts::PRODUCT;
use app::widgets::{Icon, SkipLink, Symbol};
use leptos::prelude::*;

use crate::texts;

/// The parts of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    /// What to do now, and how one is doing.
    Today,
    /// All that was sent.
    History,
    /// The account.
    Me,
}

const TABS: [(Tab, &str, Symbol, &str); 3] = [
    (Tab::Today, "/", Symbol::Home, texts::TODAY),
    (Tab::History, "/history", Symbol::Clock, texts::HISTORY),
    (Tab::Me, "/me", Symbol::Person, texts::ME),
];

/// A page with its surroundings; without `tab` it is one for people who are not signed in.
#[component]
pub(crate) fn Frame(
    /// The part the page belongs to.
    #[prop(optional)]
    tab: Option<Tab>,
    children: Children,
) -> impl IntoView {
    let tabs = TABS.into_iter().map(|(own, href, symbol, label)| {
        let current = (Some(own) == tab).then_some("page");
        view! {
            <li>
                <a class="tab" href=href aria-current=current>
                    <Icon symbol />
                    {label}
                </a>
            </li>
        }
    });
    view! {
        <div class="frame" class:frame--alone=tab.is_none()>
            <SkipLink />
            <header class="top">
                <a class="wordmark" href="/">
                    <span class="wordmark__mark">
                        <Icon symbol=Symbol::Pulse />
                    </span>
                    <span class="wordmark__name">{PRODUCT}</span>
                </a>
                {tab
                    .is_some()
                    .then(|| {
                        view! {
                            <nav class="tabs" aria-label=texts::PARTS>
                                <ul>{tabs.collect_view()}</ul>
                            </nav>
                        }
                    })}
            </header>
            <main id="main" tabindex="-1">
                {children()}
            </main>
        </div>
    }
}
