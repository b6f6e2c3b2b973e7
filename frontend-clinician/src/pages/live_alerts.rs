//! The newest alerts, as they arrive.

use std::time::Duration;

use app::widgets::browser::{focus_soon, wall_clock};
use app::widgets::texts::{TO_SIGN_IN, time_of_day};
use app::widgets::{
    EmptyState, HEADING_ID, Icon, PageHeading, PageTitle, Paging, Symbol, provide_now, ticking_now,
};
use app::wire::{AlertItem, Page};
use domain::timestamp::Timestamp;
use leptos::ev::{FocusEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::Node;

use super::alert_table::{AlertColumns, AlertRow};
use crate::live::{Board, Feed, Hand, LiveState};
use crate::texts;

/// How long a row that arrived is marked as new, in milliseconds.
const FRESH_FOR_MS: i64 = 30_000;
/// How often ages and marks are brought up to date.
const CLOCK_STEP: Duration = Duration::from_secs(5);

/// The newest alerts. While somebody works in the table, what arrives waits behind a bar.
#[component]
pub(crate) fn LiveAlerts(
    /// The newest part of the list.
    page: Page<AlertItem>,
) -> impl IntoView {
    let clock = ticking_now(CLOCK_STEP);
    let hand = RwSignal::new(Hand::default());
    let board = Board {
        feed: RwSignal::new(Feed::new(page)),
        held: Memo::new(move |_| hand.get().holds(clock.get())).into(),
        state: RwSignal::new(LiveState::Off),
        news: RwSignal::new(String::new()),
    };
    board.follow();
    let feed = board.feed;
    let is_empty = Memo::new(move |_| feed.with(|feed| feed.rows().is_empty()));
    let waiting = Memo::new(move |_| feed.with(Feed::waiting_count));
    let title = move || match waiting.try_get() {
        None | Some(0) => texts::ALERTS.to_owned(),
        Some(count) => format!("({count}) {}", texts::ALERTS),
    };
    view! {
        <PageTitle text=title />
        <div class="board__bar">
            <PageHeading>{texts::ALERTS}</PageHeading>
            <WaitingBar feed waiting />
            <LiveBadge state=board.state />
        </div>
        <p class="visually-hidden" aria-live="polite">
            {board.news}
        </p>
        {move || {
            if is_empty.get() {
                view! {
                    <EmptyState
                        symbol=Symbol::Bell
                        title=texts::NO_ALERTS_TITLE
                        text=texts::NO_ALERTS_TEXT
                    />
                }
                    .into_any()
            } else {
                view! { <LiveTable feed hand clock /> }.into_any()
            }
        }}
        <Paging
            path="/"
            label=texts::PAGING
            next_cursor=Signal::derive(move || feed.with(|f| f.next_cursor().map(str::to_owned)))
        />
    }
}

#[component]
fn LiveTable(
    feed: RwSignal<Feed>,
    hand: RwSignal<Hand>,
    clock: Signal<Option<Timestamp>>,
) -> impl IntoView {
    // Here, and not above: what is provided there is still found by the page that comes after.
    provide_now(clock);
    let table = NodeRef::<html::Table>::new();
    // A finger leaves no pointer behind, so only a mouse holds the rows.
    let on_enter = move |event: PointerEvent| {
        hand.update(|hand| hand.point(event.pointer_type() == "mouse"));
    };
    let on_focus_out = move |event: FocusEvent| {
        let next = event.related_target().and_then(|target| target.dyn_into::<Node>().ok());
        let stays = table.get_untracked().is_some_and(|table| table.contains(next.as_ref()));
        hand.update(|hand| hand.focus(next.is_some() && stays));
    };
    let rows = move || feed.with(|feed| feed.rows().to_vec());
    view! {
        <table
            class="table"
            role="table"
            node_ref=table
            on:pointerenter=on_enter
            on:pointerleave=move |_| hand.update(|hand| hand.point(false))
            on:pointermove=move |_| hand.update(Hand::stir)
            on:keydown=move |_| hand.update(Hand::stir)
            on:focusin=move |_| hand.update(|hand| hand.focus(true))
            on:focusout=on_focus_out
        >
            <AlertColumns />
            <tbody role="rowgroup">
                <For each=rows key=|alert| alert.alert_id let:alert>
                    {
                        let id = alert.alert_id;
                        let arrived_at = move || feed.with(|feed| feed.arrived_at(id));
                        let fresh = Memo::new(move |_| is_fresh(arrived_at(), clock.get()));
                        let taken = Memo::new(move |_| feed.with(|feed| feed.taken_by(id)));
                        view! { <AlertRow alert fresh taken /> }
                    }
                </For>
            </tbody>
        </table>
    }
}

fn is_fresh(arrived_at: Option<Timestamp>, now: Option<Timestamp>) -> bool {
    arrived_at.zip(now).is_some_and(|(then, now)| now.unix_ms() - then.unix_ms() < FRESH_FOR_MS)
}

/// Says what waits, and shows it.
#[component]
fn WaitingBar(feed: RwSignal<Feed>, waiting: Memo<usize>) -> impl IntoView {
    let show = move |_| {
        feed.update(Feed::release);
        focus_soon(HEADING_ID);
    };
    move || {
        (waiting.get() > 0).then(|| {
            view! {
                <button class="waiting" type="button" on:click=show>
                    <Icon symbol=Symbol::Up />
                    {texts::show_waiting(waiting.get())}
                </button>
            }
        })
    }
}

/// Says how alerts arrive at the moment.
#[component]
fn LiveBadge(state: RwSignal<LiveState>) -> impl IntoView {
    move || {
        let (class, symbol, words) = match state.get() {
            LiveState::Live => ("live live--on", Symbol::Pulse, texts::LIVE.to_owned()),
            LiveState::Off => ("live", Symbol::Refresh, texts::NOT_LIVE.to_owned()),
            LiveState::Connecting => ("live", Symbol::Refresh, texts::CONNECTING.to_owned()),
            LiveState::Reconnecting { checked_at } => {
                let checked_at = checked_at.and_then(wall_clock).map(time_of_day);
                let words = texts::reconnecting(checked_at.as_deref());
                ("live live--cut", Symbol::Refresh, words)
            }
            LiveState::SignedOut => ("live live--cut", Symbol::Info, texts::SIGNED_OUT.to_owned()),
        };
        let way_in = (state.get() == LiveState::SignedOut)
            .then(|| view! { <a href="/sign-in">{TO_SIGN_IN}</a> });
        view! {
            <p class=class>
                <Icon symbol />
                <span>{words}</span>
                {way_in}
            </p>
        }
    }
}
