//! What is found in the audit log, as files.

use app::widgets::{Icon, PageOf, Symbol};
use app::wire::AuditQuery;
use leptos::prelude::*;

use crate::texts;

/// All that is found, as files. It is a form, because a link would carry names in its address.
#[component]
pub(super) fn Exports(
    /// What is looked for.
    of: AuditQuery,
) -> impl IntoView {
    let fields = of.fields().map(|(name, value)| {
        view! { <input type="hidden" name=name value=value.to_owned() /> }
    });
    let formats = [("csv", texts::EXPORT_CSV), ("ndjson", texts::EXPORT_NDJSON)];
    let buttons = formats.map(|(format, label)| {
        view! {
            <button class="button button--small" type="submit" name="format" value=format>
                <Icon symbol=Symbol::Download />
                {label}
            </button>
        }
    });
    view! {
        <form
            class="exports"
            method="post"
            action="/api/audit/export"
            aria-label=texts::EXPORT
        >
            <p class="quiet">{texts::AUDIT_SCOPE}</p>
            <PageOf />
            {fields.into_iter().collect_view()}
            {buttons.into_iter().collect_view()}
        </form>
    }
}
