//! What a dashboard says where nobody looks at the list of alerts: whichever of its pages is shown,
//! title and icon count what waits, and what arrives is said aloud.

use app::widgets::visitor_role;
use leptos::prelude::*;
use leptos_meta::Title;

use super::{Board, Feed, OwnSession, TabIcon, show_icon};
use crate::frame::Part;
use crate::texts;

/// Follows the alerts of the clinic, for people who see them. It is there once, beside the pages.
#[component]
pub(crate) fn Attention() -> impl IntoView {
    let sees_alerts =
        visitor_role().is_some_and(|role| Part::of_role(role).contains(&Part::Alerts));
    sees_alerts.then(|| view! { <Followed /> })
}

#[component]
fn Followed() -> impl IntoView {
    let board = Board::here();
    board.follow(OwnSession::here());
    let Board { feed, state, news, .. } = board;
    let unattended = Memo::new(move |_| feed.with(Feed::unattended));
    Effect::new(move || show_icon(TabIcon::of(unattended.get(), state.get())));
    // The server writes the title when the page is gone, perhaps on a thread of other pages: what it
    // reads must belong to neither.
    let (titled, told) = (ArcRwSignal::from(feed), ArcRwSignal::from(state));
    let formatter =
        move |page: String| texts::title(&page, titled.with(Feed::unattended), told.get());
    view! {
        <Title formatter />
        <p class="visually-hidden" aria-live="assertive">
            {move || news.with(|news| news.at_once.clone())}
        </p>
        <p class="visually-hidden" aria-live="polite">
            {move || news.with(|news| news.politely.clone())}
        </p>
    }
}
