//! What one patient sent.

use app::error::AppError;
use app::functions::clinician::patient_observations;
use app::widgets::{
    EmptyState, Icon, LocalTime, MeasuredValue, PageHeading, PageTitle, Problem, SeverityChip,
    Skeleton, Symbol,
};
use app::wire::{ObservationItem, Page};
use domain::alert_limits::AlertPolicy;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::paging::Paging;
use crate::frame::{Frame, Part};
use crate::texts;

/// The page of a patient.
#[component]
pub(crate) fn PatientPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let cursor = Memo::new(move |_| query.with(|query| query.get("cursor")));
    let sent = Resource::new_blocking(
        move || (id.get(), cursor.get()),
        |(id, cursor)| patient_observations(id, cursor),
    );
    view! {
        <Frame part=Part::Alerts>
            <a class="back" href="/">
                <Icon symbol=Symbol::Back />
                {texts::ALERTS}
            </a>
            <Transition fallback=|| {
                view! { <Skeleton rows=6 /> }
            }>
                {move || {
                    let older = cursor.get().is_some();
                    let id = id.get();
                    Suspend::new(async move { listing(sent.await, &id, older) })
                }}
            </Transition>
        </Frame>
    }
}

fn listing(sent: Result<Page<ObservationItem>, AppError>, id: &str, older: bool) -> AnyView {
    let page = match sent {
        Ok(page) => page,
        Err(error) => {
            return view! {
                <PageTitle text=texts::PATIENT />
                <PageHeading>{texts::PATIENT}</PageHeading>
                <Problem error />
            }
            .into_any();
        }
    };
    let name = page.items.first().map(|item| item.patient_login.clone());
    let name = name.unwrap_or_else(|| texts::PATIENT.to_owned());
    let (next_cursor, path) = (Signal::stored(page.next_cursor), format!("/patients/{id}"));
    view! {
        <PageTitle text=name.clone() />
        <PageHeading>{name}</PageHeading>
        <p class="lead">{texts::OBSERVATIONS}</p>
        <Observations items=page.items older />
        <Paging path next_cursor older />
    }
    .into_any()
}

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
            <thead role="rowgroup">
                <tr role="row">
                    <th scope="col" role="columnheader" class="table__when">{texts::COLUMN_WHEN}</th>
                    <th scope="col" role="columnheader" class="table__what">{texts::COLUMN_WHAT}</th>
                    <th scope="col" role="columnheader" class="table__value">{texts::COLUMN_VALUE}</th>
                    <th scope="col" role="columnheader" class="table__severity">{texts::COLUMN_JUDGEMENT}</th>
                    <th scope="col" role="columnheader" class="table__why">{texts::COLUMN_NOTE}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows.collect_view()}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn ObservationRow(item: ObservationItem) -> impl IntoView {
    let kind = item.measurement.kind();
    let finding = AlertPolicy::default().assess(&item.measurement);
    view! {
        <tr role="row">
            <td role="cell" class="table__when">
                <LocalTime at=item.effective_at />
            </td>
            <th scope="row" role="rowheader" class="table__what">
                <Icon symbol=Symbol::of_kind(kind) />
                {kind.label()}
            </th>
            <td role="cell" class="table__value">
                <MeasuredValue measurement=item.measurement />
            </td>
            <td role="cell" class="table__severity">
                {finding.map(|found| view! { <SeverityChip severity=Some(found.severity) /> })}
            </td>
            <td role="cell" class="table__why">{item.note}</td>
        </tr>
    }
}
