//! What surrounds a page: the rail with the parts of the dashboard.

use app::widgets::{Icon, PageFrame, PartLink, PartLinks, SignOutForm, Symbol};
use leptos::prelude::*;

use crate::texts;

/// The parts of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The alerts of the clinic.
    Alerts,
    /// The account of who is signed in.
    Account,
}

const PARTS: [(Part, &str, Symbol, &str); 2] = [
    (Part::Alerts, "/", Symbol::Bell, texts::ALERTS),
    (Part::Account, "/account", Symbol::Person, texts::ACCOUNT),
];

/// A page with its surroundings; without `part` it belongs to none.
#[component]
pub(crate) fn Frame(
    /// The part the page belongs to.
    #[prop(optional)]
    part: Option<Part>,
    /// Whether the page is for people who are not signed in.
    #[prop(optional)]
    alone: bool,
    children: Children,
) -> impl IntoView {
    let navigation = (!alone).then(|| view! { <Rail part /> }.into_any());
    view! {
        <PageFrame class="desk" header="rail" navigation>
            {children()}
        </PageFrame>
    }
}

#[component]
fn Rail(part: Option<Part>) -> impl IntoView {
    let parts = PARTS.map(|(own, href, symbol, label)| PartLink {
        href,
        symbol,
        label,
        is_here: Some(own) == part,
    });
    view! {
        <PartLinks class="rail__nav" link="rail__link" label=texts::PARTS parts=parts.into() />
        <SignOutForm class="rail__leave" button="rail__link">
            <Icon symbol=Symbol::SignOut />
        </SignOutForm>
    }
}
