//! When something was measured, and what became of it since: never a time that says more than is
//! known, and never a value without what it said before.

use domain::observation_time::{TimeDoubt, believed, is_late};
use domain::timestamp::Timestamp;
use leptos::prelude::*;

use super::isolated::Isolated;
use super::local_time::LocalTime;
use super::measured::MeasuredValue;
use super::texts;
use crate::wire::{EarlierVersion, ObservationItem, Sender, Withdrawal};

/// When something was measured; where that is doubtful, or long before it was received, both times.
#[component]
pub fn MeasuredAt(
    /// When it was measured, as it was said.
    effective_at: Timestamp,
    /// Why that cannot be believed, if it cannot.
    time_doubt: Option<TimeDoubt>,
    /// When it was received.
    received_at: Timestamp,
) -> impl IntoView {
    let measured_at = believed(Some(effective_at), time_doubt, received_at);
    let late = is_late(measured_at, received_at);
    let received = (late || time_doubt.is_some()).then(|| {
        view! {
            <span class="received">
                {texts::RECEIVED}" "<LocalTime at=received_at />
            </span>
        }
    });
    match time_doubt {
        // It was not kept: there is nothing to show but when it came.
        Some(TimeDoubt::Unreadable) => view! {
            {received}
            <span class="doubt">{texts::time_doubt(TimeDoubt::Unreadable)}</span>
        }
        .into_any(),
        Some(doubt) => view! {
            {received}
            <span class="doubt">
                {texts::time_doubt(doubt)}" "<LocalTime at=effective_at />
            </span>
        }
        .into_any(),
        None => view! {
            <LocalTime at=measured_at />
            {received}
        }
        .into_any(),
    }
}

/// When an observation was measured.
#[component]
pub fn ObservationTime(
    /// The observation.
    item: ObservationItem,
) -> impl IntoView {
    let ObservationItem { effective_at, time_doubt, submitted_at, .. } = item;
    view! { <MeasuredAt effective_at time_doubt received_at=submitted_at /> }
}

/// What became of an observation: what it said before it was corrected, and that it was withdrawn.
/// Nothing where it stands as it was sent.
#[component]
pub fn Changes(
    /// What it said before, the oldest first.
    history: Vec<EarlierVersion>,
    /// That it was withdrawn, if it was.
    withdrawn: Option<Withdrawal>,
    /// Whether it says by whom: to the patient that goes without saying.
    #[prop(optional)]
    by_whom: bool,
) -> impl IntoView {
    let who = move |by: &Sender| {
        by_whom.then(|| view! { " "{texts::BY}" "<Isolated text=by.login.clone() /> })
    };
    let withdrawal = withdrawn.map(|Withdrawal { at, by, reason }| {
        view! {
            <li class="change">
                <span class="chip chip--off">{texts::WITHDRAWN}</span>
                " "
                <LocalTime at />
                {who(&by)}
                ": "
                <span class="change__words"><Isolated text=reason /></span>
            </li>
        }
    });
    let corrections = history.into_iter().rev().map(|earlier| {
        view! {
            <li class="change">
                <span class="chip chip--role">{texts::CORRECTED}</span>
                " "
                <LocalTime at=earlier.corrected_at />
                {who(&earlier.corrected_by)}
                ". "
                {texts::SAID_BEFORE}
                " "
                <s>
                    <MeasuredValue measurement=earlier.measurement />
                </s>
                ", "
                <LocalTime at=earlier.effective_at />
                {earlier
                    .note
                    .map(|note| view! { ", "<span class="change__words"><Isolated text=note /></span> })}
            </li>
        }
    });
    let changes: Vec<_> = corrections.collect();
    let is_changed = withdrawal.is_some() || !changes.is_empty();
    is_changed.then(|| view! { <ul class="changes">{withdrawal}{changes}</ul> })
}
