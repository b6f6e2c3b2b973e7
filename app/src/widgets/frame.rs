//! What surrounds every page: the name of the product, the way to the other pages, the content.

use leptos::prelude::*;

use super::heading::SkipLink;
use super::icon::{Icon, Symbol};
use super::texts;

/// A part of an app, as its navigation offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartLink {
    /// Its address.
    pub href: &'static str,
    /// Its icon.
    pub symbol: Symbol,
    /// Its name.
    pub label: &'static str,
    /// Whether the page belongs to it.
    pub is_here: bool,
}

/// The navigation.
#[component]
pub fn PartLinks(
    /// Its class.
    class: &'static str,
    /// The class of each link.
    link: &'static str,
    /// Its name, for screen readers.
    label: &'static str,
    /// What it offers.
    parts: Vec<PartLink>,
) -> impl IntoView {
    let links = parts.into_iter().map(|part| {
        view! {
            <li>
                <a class=link href=part.href aria-current=part.is_here.then_some("page")>
                    <Icon symbol=part.symbol />
                    {part.label}
                </a>
            </li>
        }
    });
    view! {
        <nav class=class aria-label=label>
            <ul>{links.collect_view()}</ul>
        </nav>
    }
}

/// A page with its surroundings.
#[component]
pub fn PageFrame(
    /// The class; a page that stands alone has the modifier `alone` too.
    class: &'static str,
    /// The class of what stands before the content.
    header: &'static str,
    /// The way to the other pages; none for people who are not signed in.
    navigation: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    let class = match navigation {
        Some(_) => class.to_owned(),
        None => format!("{class} {class}--alone"),
    };
    view! {
        <div class=class>
            <SkipLink />
            <header class=header>
                <a class="wordmark" href="/">
                    <span class="wordmark__mark">
                        <Icon symbol=Symbol::Pulse />
                    </span>
                    <span class="wordmark__name">{texts::PRODUCT}</span>
                </a>
                {navigation}
            </header>
            <main id="main" tabindex="-1">
                {children()}
            </main>
        </div>
    }
}
