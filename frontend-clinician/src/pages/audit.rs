//! The audit log of the clinic, for its auditor.

use app::functions::clinician::AuditLog;
use app::places::{AUDIT_PATH, AUDIT_PATIENT, AUDIT_QUERY};
use app::widgets::{Asked, EmptyState, Loaded, PageHeading, PageTitle, Paging, Symbol};
use app::wire::{AuditFindings, AuditPage as Entries};
use leptos::prelude::*;

use super::audit_export::Exports;
use super::audit_filter::AuditFilter;
use super::audit_table::AuditTable;
use crate::frame::{Frame, Part};
use crate::texts;

/// Who opened whose data.
#[component]
pub(crate) fn AuditPage() -> impl IntoView {
    view! {
        <Frame part=Part::Audit>
            <PageTitle text=texts::AUDIT_LOG />
            <PageHeading>{texts::AUDIT_LOG}</PageHeading>
            <p class="lead">{texts::AUDIT_LEAD}</p>
            <Loaded question show=|asked, findings| listing(&asked, findings) rows=8 />
        </Frame>
    }
}

fn question(asked: Asked) -> AuditLog {
    let (query, patient_id) = (asked.query.get(AUDIT_QUERY), asked.query.get(AUDIT_PATIENT));
    AuditLog { query, patient_id, cursor: asked.cursor }
}

fn listing(asked: &Asked, findings: AuditFindings) -> AnyView {
    let AuditFindings { query, found } = findings;
    let faults = found.as_ref().err().cloned();
    let found = found.ok().map(|entries| {
        view! {
            <Exports of=query.clone() />
            <Found asked=asked.clone() entries />
        }
    });
    view! {
        <AuditFilter query faults />
        {found}
    }
    .into_any()
}

#[component]
fn Found(asked: Asked, entries: Entries) -> impl IntoView {
    let Entries { clinic_id, entries, patients, next_cursor } = entries;
    let list = match (entries.is_empty(), &next_cursor) {
        (false, _) => view! { <AuditTable clinic_id entries patients /> }.into_any(),
        (true, None) => nothing(texts::NO_ENTRIES_TITLE, texts::NO_ENTRIES_TEXT),
        (true, Some(_)) => nothing(texts::NONE_SO_FAR_TITLE, texts::NONE_SO_FAR_TEXT),
    };
    view! {
        {list}
        <Paging
            path=asked.with_only(AUDIT_PATH, &[AUDIT_QUERY, AUDIT_PATIENT])
            label=texts::PAGING
            next_cursor=Signal::stored(next_cursor)
            older=asked.cursor.is_some()
        />
    }
}

fn nothing(title: &'static str, text: &'static str) -> AnyView {
    view! { <EmptyState symbol=Symbol::Log title text /> }.into_any()
}
