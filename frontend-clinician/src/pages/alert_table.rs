//! The table of alerts. Its roles are spelled out, because on narrow screens its rows are laid out as
//! cards, and browsers then forget what a table is.

use app::widgets::{Age, LocalTime, MeasuredValue, SeverityChip};
use app::wire::AlertItem;
use domain::alert_limits::Severity;
use leptos::prelude::*;

use crate::texts;

/// The head of the table.
#[component]
pub(crate) fn AlertColumns() -> impl IntoView {
    let columns = [
        (texts::COLUMN_SEVERITY, "table__severity"),
        (texts::COLUMN_PATIENT, "table__who"),
        (texts::COLUMN_WHY, "table__why"),
        (texts::COLUMN_VALUE, "table__value"),
        (texts::COLUMN_RAISED, "table__when"),
    ];
    let columns = columns.map(|(label, class)| {
        view! {
            <th scope="col" role="columnheader" class=class>
                {label}
            </th>
        }
    });
    view! {
        <thead role="rowgroup">
            <tr role="row">{columns.into_iter().collect_view()}</tr>
        </thead>
    }
}

/// One alert.
#[component]
pub(crate) fn AlertRow(
    /// The alert.
    alert: AlertItem,
    /// Whether it has just arrived.
    #[prop(into)]
    fresh: Signal<bool>,
) -> impl IntoView {
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
                <a href=format!("/patients/{}", alert.patient_id)>{alert.patient_login}</a>
                {move || fresh.get().then(|| view! { <span class="chip chip--new">{texts::NEW}</span> })}
                {alert
                    .acknowledged
                    .map(|taken| view! { <span class="chip">{texts::taken_by(&taken.by)}</span> })}
            </th>
            <td role="cell" class="table__why">{alert.message}</td>
            <td role="cell" class="table__value">
                <MeasuredValue measurement=alert.measurement />
            </td>
            <td role="cell" class="table__when">
                <Age at=alert.created_at />
                <LocalTime at=alert.created_at />
            </td>
        </tr>
    }
}
