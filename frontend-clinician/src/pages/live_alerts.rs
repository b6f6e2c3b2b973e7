//! The newest alerts, as they arrive.

use app::widgets::browser::{focus, focus_soon, since_page_began_ms, wall_clock};
use app::widgets::texts::time_of_day;
use app::widgets::{
    EmptyState, HEADING_ID, Icon, PageHeading, PageTitle, Paging, Symbol, provide_now,
};
use app::wire::{AlertItem, Page};
use domain::ids::AlertId;
use domain::timestamp::Timestamp;
use leptos::ev::{FocusEvent, MouseEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::Node;

use super::alert_table::{AlertColumns, AlertRow, LATE_ID, LateHead};
use crate::live::{Board, Feed, Hand, LiveState, Unattended};
use crate::texts;

/// How long a row that arrived is marked as new, in milliseconds.
const FRESH_FOR_MS: i64 = 30_000;
/// So long after rows have moved nothing in them can be tapped, in milliseconds.
const SETTLE_MS: i64 = 500;

/// The newest alerts. While somebody works in the table, what arrives waits behind a bar.
#[component]
pub(crate) fn LiveAlerts(
    /// The newest part of the list.
    page: Page<AlertItem>,
) -> impl IntoView {
    let board = Board::here();
    board.open(page);
    let Board { feed, state, checked_at, clock, .. } = board;
    let is_empty = Memo::new(move |_| feed.with(Feed::is_empty));
    let waiting = Memo::new(move |_| feed.with(Feed::waiting_count));
    let is_cut = Memo::new(move |_| state.get() == LiveState::Cut);
    view! {
        <PageTitle text=texts::ALERTS />
        <div class="board__bar">
            <PageHeading>{texts::ALERTS}</PageHeading>
            <WaitingBar feed waiting />
            <LiveBadge state checked_at clock />
        </div>
        {move || is_cut.get().then(|| view! { <CutBar checked_at /> })}
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
                view! { <LiveTable board is_stale=is_cut /> }.into_any()
            }
        }}
        <LateBar feed />
        <Paging
            path="/"
            label=texts::PAGING
            next_cursor=Signal::derive(move || feed.with(|f| f.next_cursor().map(str::to_owned)))
        />
    }
}

#[component]
fn LiveTable(board: Board, is_stale: Memo<bool>) -> impl IntoView {
    let Board { feed, hand, clock, .. } = board;
    // Here, and not above: what is provided there is still found by the page that comes after.
    provide_now(clock);
    let table = NodeRef::<html::Table>::new();
    // A finger leaves no pointer behind, so only a mouse holds the rows.
    let on_enter = move |event: PointerEvent| {
        hand.update(|hand| hand.point(event.pointer_type() == "mouse"));
    };
    let on_focus_out = move |event: FocusEvent| {
        let next = event.related_target().and_then(|target| target.dyn_into::<Node>().ok());
        let table = table.try_get_untracked().flatten();
        let stays = table.is_some_and(|table| table.contains(next.as_ref()));
        hand.update(|hand| hand.focus(next.is_some() && stays));
    };
    // Without the table there is nothing to hold.
    on_cleanup(move || {
        hand.try_set(Hand::default());
    });
    let rows = Memo::new(move |_| feed.with(|feed| feed.shown(false)));
    let late_rows = Memo::new(move |_| feed.with(|feed| feed.shown(true)));
    let moved_ms = StoredValue::new(0);
    Effect::new(move |before: Option<()>| {
        rows.track();
        late_rows.track();
        if before.is_some() {
            moved_ms.set_value(since_page_began_ms());
        }
    });
    // A finger that was on its way when rows moved would hit another one than it meant.
    let on_click = move |event: MouseEvent| {
        let by_hand = event.detail() > 0;
        if by_hand && since_page_began_ms() - moved_ms.get_value() < SETTLE_MS {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    let has_late = Memo::new(move |_| late_rows.with(|rows| !rows.is_empty()));
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
                <For each=move || rows.get() key=|id| *id let:id>
                    <LiveRow id feed clock />
                </For>
            </tbody>
            // News about the past never stands above what is new.
            <tbody role="rowgroup">
                {move || has_late.get().then(|| view! { <LateHead /> })}
                <For each=move || late_rows.get() key=|id| *id let:id>
                    <LiveRow id feed clock />
                </For>
            </tbody>
        </table>
    }
}

#[component]
fn LiveRow(id: AlertId, feed: RwSignal<Feed>, clock: Signal<Option<Timestamp>>) -> impl IntoView {
    let alert = feed.with_untracked(|feed| feed.latest(id))?;
    let arrived_at = move || feed.with(|feed| feed.arrived_at(id));
    let fresh = Memo::new(move |_| is_fresh(arrived_at(), clock.get()));
    let latest =
        Memo::new(move |_| feed.with(|feed| feed.latest(id)).unwrap_or_else(|| alert.clone()));
    Some(view! { <AlertRow fresh latest /> })
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

/// Leads to what arrived late and waits: it stands below all others, perhaps out of sight.
#[component]
fn LateBar(feed: RwSignal<Feed>) -> impl IntoView {
    let late = Memo::new(move |_| feed.with(Feed::unattended_late));
    let show = move |event: MouseEvent| {
        // The router would take the link for a navigation.
        event.prevent_default();
        focus(LATE_ID);
    };
    move || {
        let Unattended { count, worst, .. } = late.get();
        worst.map(|worst| {
            view! {
                <a class="late-bar" href=format!("#{LATE_ID}") on:click=show>
                    <Icon symbol=Symbol::Down />
                    {texts::late_waits(count, worst)}
                </a>
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
