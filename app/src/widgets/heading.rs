//! What every page begins with: its title, its heading, and the way past the navigation.

use html_escape::encode_text;
use leptos::prelude::*;
use leptos::text_prop::TextProp;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::browser::{focus, focus_soon};
use super::texts;

/// Whether the page the server rendered is still the one that is shown.
#[derive(Clone, Copy)]
struct FirstVisit(StoredValue<bool>);

/// Lets every [`PageHeading`] below take the focus, except that of the page first shown.
pub fn provide_first_visit() {
    provide_context(FirstVisit(StoredValue::new(true)));
}

/// The title of the page, in the browser's window. The server writes it when the page's signals
/// may be gone already, so what is read here must outlive them.
#[component]
pub fn PageTitle(
    /// What the page is about.
    #[prop(into)]
    text: TextProp,
) -> impl IntoView {
    let title = move || {
        let title = format!("{} – {}", text.get(), texts::PRODUCT);
        // Leptos writes it into the head as it is, where a name could be markup. The browser is
        // given text, which it takes for text.
        if cfg!(feature = "ssr") { encode_text(&title).into_owned() } else { title }
    };
    view! { <Title text=title /> }
}

/// The `id` of the heading of every page.
pub const HEADING_ID: &str = "heading";

/// The heading of a page. It takes the focus after a navigation, as a newly loaded page would.
#[component]
pub fn PageHeading(children: Children) -> impl IntoView {
    let location = use_location();
    let own_path = location.pathname.get_untracked();
    Effect::new(move || {
        location.search.track();
        let first = use_context::<FirstVisit>().is_some_and(|FirstVisit(first)| {
            let was = first.get_value();
            first.set_value(false);
            was
        });
        let here = location.pathname.get_untracked() == own_path;
        if here && !first {
            // What arrives later than the page is on it only with the next frame.
            focus_soon(HEADING_ID);
        }
    });
    view! {
        <h1 class="page-heading" id=HEADING_ID tabindex="-1">
            {children()}
        </h1>
    }
}

/// The first link of a page: past the navigation, to `#main`.
#[component]
pub fn SkipLink() -> impl IntoView {
    view! {
        <a
            class="skip-link"
            href="#main"
            on:click=move |event| {
                // The router would take the link for a navigation and leave the focus behind.
                event.prevent_default();
                focus("main");
            }
        >
            {texts::SKIP_TO_CONTENT}
        </a>
    }
}
