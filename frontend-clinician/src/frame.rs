//! What surrounds a page: the rail with the parts of the dashboard.

use app::functions::session::SignOut;
use app::widgets::texts::PRODUCT;
use app::widgets::{Icon, SkipLink, Symbol};
use leptos::form::ActionForm;
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
    view! {
        <div class="desk" class:desk--alone=alone>
            <SkipLink />
            <header class="rail">
                <a class="wordmark" href="/">
                    <span class="wordmark__mark">
                        <Icon symbol=Symbol::Pulse />
                    </span>
                    <span class="wordmark__name">{PRODUCT}</span>
                </a>
                {(!alone).then(|| view! { <Rail part /> })}
            </header>
            <main id="main" tabindex="-1">
                {children()}
            </main>
        </div>
    }
}

#[component]
fn Rail(part: Option<Part>) -> impl IntoView {
    let sign_out = ServerAction::<SignOut>::new();
    let links = PARTS.into_iter().map(|(own, href, symbol, label)| {
        let current = (Some(own) == part).then_some("page");
        view! {
            <li>
                <a class="rail__link" href=href aria-current=current>
                    <Icon symbol />
                    {label}
                </a>
            </li>
        }
    });
    view! {
        <nav class="rail__nav" aria-label=texts::PARTS>
            <ul>{links.collect_view()}</ul>
        </nav>
        <ActionForm action=sign_out attr:class="rail__leave">
            <button class="rail__link" type="submit">
                <Icon symbol=Symbol::SignOut />
                {texts::SIGN_OUT}
            </button>
        </ActionForm>
    }
}
