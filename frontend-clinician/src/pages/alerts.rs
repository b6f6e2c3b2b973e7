//! The alerts of the clinic: the newest live, older ones page by page.

use app::error::AppError;
use app::functions::clinician::alerts;
use app::widgets::{EmptyState, PageHeading, PageTitle, Problem, Skeleton, Symbol};
use app::wire::{AlertItem, Page};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::alert_table::{AlertColumns, AlertRow};
use super::live_alerts::LiveAlerts;
use super::paging::Paging;
use crate::frame::{Frame, Part};
use crate::texts;

/// The start page.
#[component]
pub(crate) fn AlertsPage() -> impl IntoView {
    let query = use_query_map();
    let cursor = Memo::new(move |_| query.with(|query| query.get("cursor")));
    let page = Resource::new_blocking(move || cursor.get(), alerts);
    view! {
        <Frame part=Part::Alerts>
            <Transition fallback=|| {
                view! { <Skeleton rows=8 /> }
            }>
                {move || {
                    let older = cursor.get().is_some();
                    Suspend::new(async move { listing(page.await, older) })
                }}
            </Transition>
        </Frame>
    }
}

fn listing(page: Result<Page<AlertItem>, AppError>, older: bool) -> AnyView {
    match page {
        Ok(page) if older => view! { <OlderAlerts page /> }.into_any(),
        Ok(page) => view! { <LiveAlerts page /> }.into_any(),
        Err(error) => view! {
            <PageTitle text=texts::ALERTS />
            <PageHeading>{texts::ALERTS}</PageHeading>
            <Problem error />
        }
        .into_any(),
    }
}

/// A part of the list that is not the newest: it stands still.
#[component]
fn OlderAlerts(page: Page<AlertItem>) -> impl IntoView {
    let is_empty = page.items.is_empty();
    let rows = page.items.into_iter().map(|alert| view! { <AlertRow alert fresh=false /> });
    view! {
        <PageTitle text=texts::OLDER_ALERTS />
        <div class="board__bar">
            <PageHeading>{texts::OLDER_ALERTS}</PageHeading>
        </div>
        {if is_empty {
            view! {
                <EmptyState
                    symbol=Symbol::Bell
                    title=texts::NOTHING_OLDER_TITLE
                    text=texts::NOTHING_OLDER_TEXT
                />
            }
                .into_any()
        } else {
            view! {
                <table role="table" class="table">
                    <AlertColumns />
                    <tbody role="rowgroup">{rows.collect_view()}</tbody>
                </table>
            }
                .into_any()
        }}
        <Paging path="/" next_cursor=Signal::stored(page.next_cursor) older=true />
    }
}
