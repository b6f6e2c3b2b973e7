//! The table of the audit log. Its roles are spelled out, because on narrow screens its rows are
//! laid out as cards, and browsers then forget what a table is.

use std::collections::HashMap;
use std::sync::Arc;

use app::access_words;
use app::places::{AUDIT_PATH, AUDIT_PATIENT};
use app::widgets::{Icon, Isolated, LocalTime, Symbol, role_name};
use app::wire::{AuditItem, NamedPatient, Outcome};
use domain::ids::{ClinicId, PatientId};
use leptos::prelude::*;

use super::table_head::{Column, TableHead};
use crate::texts;

/// So many patients are named in a row; more are folded away.
const NAMED_MAX: usize = 2;

type Names = Arc<HashMap<PatientId, String>>;

const COLUMNS: [Column; 6] = [
    (texts::COLUMN_AT, None),
    (texts::COLUMN_WHO, None),
    (texts::COLUMN_DONE, None),
    (texts::COLUMN_WHOSE, None),
    (texts::COLUMN_FROM, None),
    (texts::COLUMN_REASON, None),
];

/// What was recorded.
#[component]
pub(super) fn AuditTable(
    /// The clinic whose log it is.
    clinic_id: ClinicId,
    /// The entries, newest first.
    entries: Vec<AuditItem>,
    /// What patients are called.
    patients: Vec<NamedPatient>,
) -> impl IntoView {
    let names = patients.into_iter().map(|named| (named.patient_id, named.patient_login));
    let names: Names = Arc::new(names.collect());
    let rows = entries.into_iter().map(|item| {
        // Their clinic goes without saying, unless it is another.
        let of_clinic = item.who_clinic.as_ref().filter(|clinic| **clinic != clinic_id);
        let of_clinic = of_clinic.map(|clinic| texts::of_clinic(&clinic.to_string()));
        view! { <AuditRow item of_clinic names=names.clone() /> }
    });
    view! {
        <table role="table" class="table table--audit">
            <TableHead columns=&COLUMNS />
            <tbody role="rowgroup">{rows.collect_view()}</tbody>
        </table>
    }
}

#[component]
fn AuditRow(item: AuditItem, of_clinic: Option<String>, names: Names) -> impl IntoView {
    let words = access_words::of(&item.action).map(|words| words.for_staff.to_owned());
    let is_denied = item.outcome == Outcome::Denied;
    view! {
        <tr role="row">
            <td role="cell" class="table__when">
                <LocalTime at=item.at />
            </td>
            <th scope="row" role="rowheader" class="table__who">
                <Isolated text=item.who.unwrap_or_else(|| texts::NOBODY_SIGNED_IN.to_owned()) />
                <span class="table__role">{item.role.map(role_name)} {of_clinic}</span>
            </th>
            <td role="cell" class="table__done">
                {words.unwrap_or(item.action)}
                {is_denied
                    .then(|| {
                        view! {
                            <span class="chip chip--high">
                                <Icon symbol=Symbol::Triangle />
                                {texts::TURNED_AWAY}
                            </span>
                        }
                    })}
            </td>
            <td role="cell" class="table__whose">
                <Whose patients=item.whose names />
            </td>
            <td role="cell" class="table__from">{item.from}</td>
            <td role="cell" class="table__why">
                {item.why.map(|why| view! { <Isolated text=why /> })}
            </td>
        </tr>
    }
}

/// Whose data it was; each leads to what else was done with them.
#[component]
fn Whose(patients: Vec<PatientId>, names: Names) -> impl IntoView {
    let count = patients.len();
    let links = patients.into_iter().map(|patient_id| {
        let id = patient_id.to_string();
        let name = names.get(&patient_id).cloned();
        let name = name.unwrap_or_else(|| texts::unnamed_patient(&id));
        view! {
            <li>
                <a href=format!("{AUDIT_PATH}?{AUDIT_PATIENT}={id}")>
                    <Isolated text=name />
                </a>
            </li>
        }
    });
    let links = view! { <ul class="whose">{links.collect_view()}</ul> };
    match count {
        0 => ().into_any(),
        1..=NAMED_MAX => links.into_any(),
        _ => view! {
            <details class="fold fold--small">
                <summary class="fold__title">{texts::several_patients(count)}</summary>
                {links}
            </details>
        }
        .into_any(),
    }
}
