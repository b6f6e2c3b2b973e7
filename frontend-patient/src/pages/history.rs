//! All that was sent, newest first, page by page.

use app::error::AppError;
use app::functions::patient::my_observations;
use app::widgets::{EmptyState, PageHeading, PageTitle, Problem, Skeleton, Symbol};
use app::wire::{ObservationItem, Page};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::observation_row::ObservationList;
use crate::frame::{Frame, Tab};
use crate::texts;

/// What was sent.
#[component]
pub(crate) fn HistoryPage() -> impl IntoView {
    let query = use_query_map();
    let cursor = Memo::new(move |_| query.with(|query| query.get("cursor")));
    let sent = Resource::new_blocking(move || cursor.get(), my_observations);
    view! {
        <Frame tab=Tab::History>
            <PageTitle text=texts::HISTORY_TITLE />
            <PageHeading>{texts::HISTORY_TITLE}</PageHeading>
            <Transition fallback=|| {
                view! { <Skeleton rows=6 /> }
            }>
                {move || {
                    let older = cursor.get().is_some();
                    Suspend::new(async move { listing(sent.await, older) })
                }}
            </Transition>
        </Frame>
    }
}

fn listing(sent: Result<Page<ObservationItem>, AppError>, older: bool) -> AnyView {
    let page = match sent {
        Ok(page) => page,
        Err(error) => return view! { <Problem error /> }.into_any(),
    };
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
    view! {
        {list}
        <nav class="paging" aria-label=texts::HISTORY_TITLE>
            {older
                .then(|| {
                    view! {
                        <a class="button" href="/history">
                            {texts::TO_NEWEST}
                        </a>
                    }
                })}
            {page
                .next_cursor
                .map(|cursor| {
                    view! {
                        <a class="button" href=format!("/history?cursor={cursor}")>
                            {texts::SHOW_OLDER}
                        </a>
                    }
                })}
        </nav>
    }
    .into_any()
}
