//! The newest alerts, as they arrive.

use std::time::Duration;

use app::widgets::browser::{focus_soon, now_ms, wall_clock};
use app::widgets::texts::time_of_day;
use app::widgets::{
    EmptyState, HEADING_ID, Icon, PageHeading, PageTitle, Paging, Symbol, provide_now, ticking_now,
};
use app::wire::{AlertItem, Page};
use domain::timestamp::Timestamp;
use leptos::ev::{FocusEvent, MouseEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::Node;

use super::alert_table::{AlertColumns, AlertRow, LateHead};
use crate::live::{Board, Feed, Hand, LiveState, OwnSession, TabIcon, show_icon};
use crate::texts;

/// How long a row that arrived is marked as new, in milliseconds.
const FRESH_FOR_MS: i64 = 30_000;
/// So long after rows have moved nothing in them can be tapped, in milliseconds.
const SETTLE_MS: i64 = 500;
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
    let held = Memo::new(move |_| hand.get().holds(clock.get()));
    let board = Board::new(Feed::new(page), held.into());
    board.follow(OwnSession::here());
    let (feed, state, news) = (board.feed, board.state, board.news);
    let is_empty = Memo::new(move |_| feed.with(|feed| feed.rows().is_empty()));
    let waiting = Memo::new(move |_| feed.with(Feed::waiting_count));
    let unattended = Memo::new(move |_| feed.with(Feed::unattended));
    // The title is read once more when the page and its signals are gone.
    let title = move || {
        let unattended = unattended.try_get().unwrap_or_default();
        texts::alerts_title(unattended, state.try_get().unwrap_or(LiveState::Off))
    };
    Effect::new(move || show_icon(TabIcon::of(unattended.get(), state.get())));
    // In an effect, because the server has no icon to show.
    Effect::new(|| on_cleanup(|| show_icon(TabIcon::Plain)));
    let is_cut = Memo::new(move |_| state.get() == LiveState::Cut);
    view! {
        <PageTitle text=title />
        <div class="board__bar">
            <PageHeading>{texts::ALERTS}</PageHeading>
            <WaitingBar feed waiting />
            <LiveBadge state checked_at=board.checked_at clock />
        </div>
        <p class="visually-hidden" aria-live="assertive">
            {move || news.with(|news| news.at_once.clone())}
        </p>
        <p class="visually-hidden" aria-live="polite">
            {move || news.with(|news| news.politely.clone())}
        </p>
        {move || is_cut.get().then(|| view! { <CutBar checked_at=board.checked_at /> })}
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
                view! { <LiveTable feed hand clock is_stale=is_cut /> }.into_any()
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
    is_stale: Memo<bool>,
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
    let rows = move |late: bool| {
        feed.with(|feed| {
            let rows = feed.rows().iter().filter(|row| row.is_late() == late);
            rows.cloned().collect::<Vec<_>>()
        })
    };
    let has_late = Memo::new(move |_| feed.with(|feed| feed.rows().iter().any(AlertItem::is_late)));
    let moved_ms = StoredValue::new(0);
    let top = Memo::new(move |_| feed.with(|feed| feed.rows().first().map(|row| row.alert_id)));
    Effect::new(move |before: Option<()>| {
        top.track();
        if before.is_some() {
            moved_ms.set_value(now_ms());
        }
    });
    // A finger that was on its way when rows moved would hit another one than it meant.
    let on_click = move |event: MouseEvent| {
        let by_hand = event.detail() > 0;
        if by_hand && now_ms() - moved_ms.get_value() < SETTLE_MS {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    view! {
        <table
            class="table table--alerts"
            class:table--stale=move || is_stale.get()
            role="table"
            node_ref=table
            on:click=on_click
            on:pointerenter=on_enter
            on:pointerleave=move |_| hand.update(|hand| hand.point(false))
            on:pointermove=move |_| hand.update(Hand::stir)
            on:keydown=move |_| hand.update(Hand::stir)
            on:focusin=move |_| hand.update(|hand| hand.focus(true))
            on:focusout=on_focus_out
        >
            <AlertColumns />
            <tbody role="rowgroup">
                <For each=move || rows(false) key=|alert| alert.alert_id let:alert>
                    <LiveRow alert feed clock />
                </For>
            </tbody>
            // News about the past never stands above what is new.
            <tbody role="rowgroup">
                {move || has_late.get().then(|| view! { <LateHead /> })}
                <For each=move || rows(true) key=|alert| alert.alert_id let:alert>
                    <LiveRow alert feed clock />
                </For>
            </tbody>
        </table>
    }
}

#[component]
fn LiveRow(
    alert: AlertItem,
    feed: RwSignal<Feed>,
    clock: Signal<Option<Timestamp>>,
) -> impl IntoView {
    let id = alert.alert_id;
    let arrived_at = move || feed.with(|feed| feed.arrived_at(id));
    let fresh = Memo::new(move |_| is_fresh(arrived_at(), clock.get()));
    let latest =
        Memo::new(move |_| feed.with(|feed| feed.latest(id)).unwrap_or_else(|| alert.clone()));
    view! { <AlertRow fresh latest /> }
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

/// Says how alerts arrive at the moment, and how old the last proof of it is.
#[component]
fn LiveBadge(
    state: RwSignal<LiveState>,
    checked_at: RwSignal<Option<Timestamp>>,
    clock: Signal<Option<Timestamp>>,
) -> impl IntoView {
    let age = move || {
        let (checked_at, now) = checked_at.get().zip(clock.get())?;
        (state.get() == LiveState::Live)
            .then(|| texts::heard_ago((now.unix_ms() - checked_at.unix_ms()) / 1_000))
    };
    let age = Memo::new(move |_| age());
    move || {
        let (class, symbol, words) = match state.get() {
            LiveState::Live => ("live live--on", Symbol::Pulse, texts::LIVE),
            LiveState::Off => ("live", Symbol::Refresh, texts::NOT_LIVE),
            LiveState::Connecting => ("live", Symbol::Refresh, texts::CONNECTING),
            LiveState::Interrupted | LiveState::Cut => {
                ("live live--cut", Symbol::Refresh, texts::RECONNECTING)
            }
            LiveState::SignedOut => ("live live--cut", Symbol::Info, texts::SIGNED_OUT_TITLE),
        };
        view! {
            <p class=class>
                <Icon symbol />
                <span>
                    {words}
                    {(state.get() == LiveState::Off)
                        .then(|| view! { <span class="without-script">{texts::NEVER_LIVE}</span> })}
                </span>
                {move || age.get().map(|age| view! { <span class="live__age">{age}</span> })}
            </p>
        }
    }
}

/// Says across the page that new alerts do not arrive by themselves.
#[component]
fn CutBar(checked_at: RwSignal<Option<Timestamp>>) -> impl IntoView {
    let checked = move || {
        let at = checked_at.get().and_then(wall_clock).map(time_of_day);
        texts::last_checked(at.as_deref())
    };
    view! {
        <div class="bar bar--cut">
            <Icon symbol=Symbol::Octagon />
            <p role="alert">
                <strong>{texts::CUT_TITLE}</strong>
                " "
                {texts::CUT_TEXT}
            </p>
            // Apart from what is said aloud: it changes every few seconds.
            <p class="bar__time">{checked}</p>
            <a class="button" href="" rel="external">
                {texts::RELOAD}
            </a>
        </div>
    }
}
