//! What one patient sent.

use app::functions::clinician::PatientObservations;
use app::widgets::{
    Changes, EmptyState, Icon, Isolated, Loaded, MeasuredValue, ObservationTime, PageHeading,
    PageTitle, Paging, SeverityChip, Symbol, isolated,
};
use app::wire::{ObservationItem, RecordPart};
use leptos::prelude::*;

use super::emergency_banner::EmergencyBanner;
use super::table_head::{Column, TableHead};
use crate::frame::{Frame, Part};
use crate::texts;

/// The page of a patient.
#[component]
pub(crate) fn PatientPage() -> impl IntoView {
    view! {
        <Frame part=Part::Alerts>
            <a class="back" href="/">
                <Icon symbol=Symbol::Back />
                {texts::ALERTS}
            </a>
            <Loaded
                question=|asked| PatientObservations {
                    patient_id: asked.id,
                    cursor: asked.cursor,
                }
                show=|asked, part| listing(part, &asked.id, asked.cursor.is_some())
                rows=6
                heading=texts::PATIENT
            />
        </Frame>
    }
}

fn listing(part: RecordPart, id: &str, older: bool) -> AnyView {
    let RecordPart { observations: page, open_until } = part;
    let name = page.items.first().map(|item| item.patient_login.clone());
    let name = name.unwrap_or_else(|| texts::PATIENT.to_owned());
    let (next_cursor, path) = (Signal::stored(page.next_cursor), format!("/patients/{id}"));
    view! {
        {open_until.map(|until| view! { <EmergencyBanner until /> })}
        <PageTitle text=isolated(&name) />
        <PageHeading>
            <Isolated text=name />
        </PageHeading>
        <p class="lead">{texts::OBSERVATIONS}</p>
        <Observations items=page.items older />
        <Paging path label=texts::PAGING next_cursor older />
    }
    .into_any()
}

const COLUMNS: [Column; 5] = [
    (texts::COLUMN_WHEN, Some("table__when")),
    (texts::COLUMN_WHAT, Some("table__what")),
    (texts::COLUMN_VALUE, Some("table__value")),
    (texts::COLUMN_JUDGEMENT, Some("table__severity")),
    (texts::COLUMN_NOTE, Some("table__why")),
];

#[component]
fn Observations(items: Vec<ObservationItem>, older: bool) -> impl IntoView {
    if items.is_empty() {
        let (title, text) = if older {
            (texts::NOTHING_OLDER_TITLE, texts::NO_OLDER_OBSERVATIONS_TEXT)
        } else {
            (texts::NO_OBSERVATIONS_TITLE, texts::NO_OBSERVATIONS_TEXT)
        };
        return view! { <EmptyState symbol=Symbol::Clock title text /> }.into_any();
    }
    let rows = items.into_iter().map(|item| view! { <ObservationRow item /> });
    view! {
        <table role="table" class="table table--observations">
            <TableHead columns=&COLUMNS />
            <tbody role="rowgroup">{rows.collect_view()}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn ObservationRow(item: ObservationItem) -> impl IntoView {
    let kind = item.measurement.kind();
    let time = item.clone();
    let is_withdrawn = item.withdrawn.is_some();
    let sent_by = item.submitted_by.map(|sender| {
        view! {
            <p class="quiet">
                {texts::SENT_BY}" "<Isolated text=sender.login />
            </p>
        }
    });
    view! {
        <tr role="row" class:row--withdrawn=is_withdrawn>
            <td role="cell" class="table__when">
                <ObservationTime item=time />
            </td>
            <th scope="row" role="rowheader" class="table__what">
                <Icon symbol=Symbol::of_kind(kind) />
                {kind.label()}
            </th>
            <td role="cell" class="table__value">
                <MeasuredValue measurement=item.measurement />
            </td>
            <td role="cell" class="table__severity">
                {item.severity.map(|severity| view! { <SeverityChip severity=Some(severity) /> })}
            </td>
            <td role="cell" class="table__why">
                {item.note.map(|note| view! { <Isolated text=note /> })}
                {sent_by}
                <Changes history=item.history withdrawn=item.withdrawn by_whom=true />
            </td>
        </tr>
    }
}
