//! What surrounds a page: the name above, the way to the other pages below (on a phone) or above.

use app::widgets::{PageFrame, PartLink, PartLinks, Symbol};
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
    let navigation = tab.map(|tab| {
        let parts = TABS.map(|(own, href, symbol, label)| PartLink {
            href,
            symbol,
            label,
            is_here: own == tab,
        });
        view! { <PartLinks class="tabs" link="tab" label=texts::PARTS parts=parts.into() /> }
            .into_any()
    });
    view! {
        <PageFrame class="frame" header="top" navigation>
            {children()}
        </PageFrame>
    }
}
