//! All that was sent, newest first, page by page.

use app::functions::patient::MyObservations;
use app::widgets::{EmptyState, Loaded, PageHeading, PageTitle, Paging, Symbol};
use app::wire::{ObservationItem, Page};
use leptos::prelude::*;

use super::observation_row::ObservationList;
use crate::frame::{Frame, Tab};
use crate::texts;

/// What was sent.
#[component]
pub(crate) fn HistoryPage() -> impl IntoView {
    view! {
        <Frame tab=Tab::History>
            <PageTitle text=texts::HISTORY_TITLE />
            <PageHeading>{texts::HISTORY_TITLE}</PageHeading>
            <Loaded
                question=|asked| MyObservations { cursor: asked.cursor }
                show=|asked, page| listing(page, asked.cursor.is_some())
                rows=6
            />
        </Frame>
    }
}

fn listing(page: Page<ObservationItem>, older: bool) -> AnyView {
    let list = match (page.items.is_empty(), older) {
        (true, false) => view! {
            <EmptyState
                symbol=Symbol::Clock
                title=texts::NOTHING_SENT_TITLE
                text=texts::NOTHING_SENT_TEXT
            >
                <a class="button button--primary" href="/send">
                    {texts::MEASURE_TITLE}
                </a>
            </EmptyState>
        }
        .into_any(),
        (true, true) => view! {
            <EmptyState
                symbol=Symbol::Clock
                title=texts::NOTHING_OLDER_TITLE
                text=texts::NOTHING_OLDER_TEXT
            />
        }
        .into_any(),
        (false, _) => view! { <ObservationList items=page.items /> }.into_any(),
    };
    let next_cursor = Signal::stored(page.next_cursor);
    view! {
        {list}
        <Paging path="/history" label=texts::HISTORY_TITLE next_cursor older />
    }
    .into_any()
}
