//! The alerts of the clinic: the newest live, older ones page by page.

use app::functions::clinician::Alerts;
use app::widgets::{EmptyState, Loaded, PageHeading, PageTitle, Paging, Symbol};
use app::wire::{AlertItem, Page};
use leptos::prelude::*;

use super::alert_table::{AlertColumns, AlertRow, CareRefused};
use super::live_alerts::LiveAlerts;
use crate::frame::{Frame, Part};
use crate::texts;

/// The start page.
#[component]
pub(crate) fn AlertsPage() -> impl IntoView {
    view! {
        <Frame part=Part::Alerts>
            <CareRefused />
            <Loaded
                question=|asked| Alerts { cursor: asked.cursor }
                show=|asked, page| match asked.cursor {
                    None => view! { <LiveAlerts page /> }.into_any(),
                    Some(_) => view! { <OlderAlerts page /> }.into_any(),
                }
                rows=8
                heading=texts::ALERTS
            />
        </Frame>
    }
}

/// A part of the list that is not the newest: it stands still.
#[component]
fn OlderAlerts(page: Page<AlertItem>) -> impl IntoView {
    let is_empty = page.items.is_empty();
    let rows = page.items.into_iter().map(|alert| {
        let taken = Signal::stored(alert.acknowledged.clone());
        view! { <AlertRow alert fresh=false taken /> }
    });
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
                <table role="table" class="table table--alerts">
                    <AlertColumns />
                    <tbody role="rowgroup">{rows.collect_view()}</tbody>
                </table>
            }
                .into_any()
        }}
        <Paging path="/" label=texts::PAGING next_cursor=Signal::stored(page.next_cursor) older=true />
    }
}
