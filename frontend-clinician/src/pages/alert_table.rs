//! The table of alerts. Its roles are spelled out, because on narrow screens its rows are laid out as
//! cards, and browsers then forget what a table is.

use app::functions::clinician::AcknowledgeAlert;
use app::widgets::browser::focus_soon;
use app::widgets::{
    Age, ErrorSummary, Faults, Isolated, LocalTime, MeasuredValue, PostForm, Posting, SeverityChip,
};
use app::wire::{Acknowledgement, AlertItem};
use domain::alert_limits::Severity;
use domain::ids::AlertId;
use leptos::prelude::*;

use super::table_head::{Column, TableHead};
use crate::texts;

const COLUMNS: [Column; 6] = [
    (texts::COLUMN_SEVERITY, Some("table__severity")),
    (texts::COLUMN_PATIENT, Some("table__who")),
    (texts::COLUMN_WHY, Some("table__why")),
    (texts::COLUMN_VALUE, Some("table__value")),
    (texts::COLUMN_RAISED, Some("table__when")),
    (texts::COLUMN_CARE, Some("table__care")),
];

/// The head of the table.
#[component]
pub(crate) fn AlertColumns() -> impl IntoView {
    view! { <TableHead columns=&COLUMNS /> }
}

/// One alert.
#[component]
pub(crate) fn AlertRow(
    /// The alert.
    alert: AlertItem,
    /// Whether it has just arrived.
    #[prop(into)]
    fresh: Signal<bool>,
    /// Who takes care of it, if somebody does.
    #[prop(into)]
    taken: Signal<Option<Acknowledgement>>,
) -> impl IntoView {
    let care = view! { <Care id=alert.alert_id patient=alert.patient_login.clone() taken /> };
    let class = match alert.severity {
        Severity::Critical => "alert alert--critical",
        Severity::High => "alert alert--high",
        Severity::Watch => "alert alert--watch",
    };
    view! {
        <tr role="row" class=class class:alert--fresh=move || fresh.get()>
            <td role="cell" class="table__severity">
                <SeverityChip severity=Some(alert.severity) />
            </td>
            <th scope="row" role="rowheader" class="table__who">
                <a href=format!("/patients/{}", alert.patient_id)>
                    <Isolated text=alert.patient_login />
                </a>
                {move || fresh.get().then(|| view! { <span class="chip chip--new">{texts::NEW}</span> })}
            </th>
            <td role="cell" class="table__why">{alert.message}</td>
            <td role="cell" class="table__value">
                <MeasuredValue measurement=alert.measurement />
            </td>
            <td role="cell" class="table__when">
                <Age at=alert.created_at />
                <LocalTime at=alert.created_at />
            </td>
            <td role="cell" class="table__care">{care}</td>
        </tr>
    }
}

/// Who takes care of an alert; as long as nobody does, the way to do so.
#[component]
fn Care(id: AlertId, patient: String, taken: Signal<Option<Acknowledgement>>) -> impl IntoView {
    let posting = Posting::one_of_many_to::<AcknowledgeAlert>();
    // Whoever was first stays: the answer names them, even where no stream brings it.
    let answer = posting.answer::<AcknowledgeAlert>();
    let taken = Memo::new(move |_| taken.get().or_else(|| answer.get()).map(|taken| taken.by));
    let chip_id = format!("care-{id}");
    Effect::new({
        let chip_id = chip_id.clone();
        // The button is gone, and with it would be the focus.
        move || {
            if answer.with(Option::is_some) {
                focus_soon(&chip_id);
            }
        }
    });
    move || match taken.get() {
        Some(by) => view! {
            <span class="chip" id=chip_id.clone() tabindex="-1">
                {texts::taken_by(&by)}
            </span>
        }
        .into_any(),
        None => view! { <TakeOver posting id patient=patient.clone() /> }.into_any(),
    }
}

#[component]
fn TakeOver(posting: Posting, id: AlertId, patient: String) -> impl IntoView {
    let busy = posting.is_busy();
    let refusal = move || {
        let refusal = posting.refusal().get()?;
        Some(view! { <p class="field__error" role="alert">{refusal.to_string()}</p> })
    };
    view! {
        <PostForm posting>
            <input type="hidden" name="alert_id" value=id.to_string() />
            <button
                class="button button--small"
                type="submit"
                aria-disabled=move || busy.get().then_some("true")
            >
                {move || if busy.get() { texts::TAKING_OVER } else { texts::TAKE_OVER }}
                <span class="visually-hidden">{texts::alert_of(&patient)}</span>
            </button>
        </PostForm>
        {refusal}
    }
}

/// That an alert was not taken over, where the page was loaded anew to say so.
#[component]
pub(crate) fn CareRefused() -> impl IntoView {
    let faults = Faults::of_refusal(Posting::to::<AcknowledgeAlert>().refusal(), &[]);
    view! { <ErrorSummary faults title=texts::TAKE_OVER_FAULT /> }
}
