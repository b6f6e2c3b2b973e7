//! The audit log of the clinic, for its auditor.

use app::functions::clinician::AuditLog;
use app::widgets::{Asked, EmptyState, Icon, Loaded, PageHeading, PageTitle, Paging, Symbol};
use app::wire;
use leptos::prelude::*;

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
            <AuditFilter />
            <Loaded question show=|asked, page| listing(&asked, page) rows=8 />
        </Frame>
    }
}

fn question(asked: Asked) -> AuditLog {
    AuditLog {
        who: asked.text("who"),
        patient: asked.text("patient"),
        action: asked.text("action"),
        from: asked.text("from"),
        to: asked.text("to"),
        denied: asked.text("denied"),
        cursor: asked.cursor,
    }
}

fn listing(asked: &Asked, page: wire::AuditPage) -> AnyView {
    let wire::AuditPage { clinic_id, entries, patients, next_cursor } = page;
    let list = match (entries.is_empty(), &next_cursor) {
        (false, _) => view! { <AuditTable clinic_id entries patients /> }.into_any(),
        (true, None) => nothing(texts::NO_ENTRIES_TITLE, texts::NO_ENTRIES_TEXT),
        (true, Some(_)) => nothing(texts::NONE_SO_FAR_TITLE, texts::NONE_SO_FAR_TEXT),
    };
    view! {
        <Exports of=asked.at_newest("/api/audit/export") />
        {list}
        <Paging
            path=asked.at_newest("/audit")
            label=texts::PAGING
            next_cursor=Signal::stored(next_cursor)
            older=asked.cursor.is_some()
        />
    }
    .into_any()
}

fn nothing(title: &'static str, text: &'static str) -> AnyView {
    view! { <EmptyState symbol=Symbol::Log title text /> }.into_any()
}

/// All that is found, as files.
#[component]
fn Exports(of: String) -> impl IntoView {
    let joint = if of.contains('?') { '&' } else { '?' };
    let links = [("csv", texts::EXPORT_CSV), ("ndjson", texts::EXPORT_NDJSON)];
    let links = links.map(|(format, label)| {
        // The router leaves links with `download` to the browser.
        view! {
            <a class="button button--small" href=format!("{of}{joint}format={format}") download="">
                <Icon symbol=Symbol::Download />
                {label}
            </a>
        }
    });
    view! {
        <div class="exports" role="group" aria-label=texts::EXPORT>
            <p class="quiet">{texts::AUDIT_SCOPE}</p>
            {links.into_iter().collect_view()}
        </div>
    }
}
