//! What an auditor looks for: a form that leads to what is found.

use app::access_words::ACCESS_WORDS;
use app::error::AppError;
use app::functions::clinician::FindInAudit;
use app::places::AUDIT_PATH;
use app::widgets::{ErrorSummary, Faults, PostForm, Posting, SubmitButton, TextField, fault_lines};
use app::wire::AuditQuery;
use domain::field_error::FieldError;
use leptos::prelude::*;

use crate::texts;

const FIELDS: [&str; 6] = ["who", "patient", "action", "from", "to", "denied"];

/// The form, filled in with what the page shows.
#[component]
pub(super) fn AuditFilter(
    /// What is looked for.
    query: AuditQuery,
    /// What is wrong with it.
    faults: Option<Vec<FieldError>>,
) -> impl IntoView {
    let posting = Posting::to::<FindInAudit>();
    let faults = Faults::new(move || {
        let error = posting.refusal().get().or_else(|| faults.clone().map(AppError::Invalid));
        let words = |fault: &FieldError| fault.message.clone();
        error.map(|error| fault_lines(&error, &FIELDS, words)).unwrap_or_default()
    });
    view! {
        <ErrorSummary faults title=texts::FILTER_FAULT />
        <div role="search" aria-label=texts::FILTER>
            <PostForm posting class=Some("filter")>
                // Each answer brings fields of its own: those that somebody has changed would not
                // follow it.
                {move || view! { <Fields query=query.clone() faults /> }}
                <div class="filter__buttons">
                    <SubmitButton
                        label=texts::FIND
                        busy_label=texts::FINDING
                        busy=posting.is_busy()
                    />
                    <a class="button" href=AUDIT_PATH>
                        {texts::FIND_ALL}
                    </a>
                </div>
            </PostForm>
        </div>
    }
}

#[component]
fn Fields(query: AuditQuery, faults: Faults) -> impl IntoView {
    let AuditQuery { who, patient, action, from, to, denied } = query;
    let actions = ACCESS_WORDS.iter().map(|words| {
        let is_chosen = words.name == action;
        view! {
            <option value=words.name selected=is_chosen>
                {words.for_staff}
            </option>
        }
    });
    let actions = actions.collect_view();
    view! {
        <TextField name="who" label=texts::FILTER_WHO value=who error=faults.of("who") />
        <TextField
            name="patient"
            label=texts::FILTER_PATIENT
            value=patient
            error=faults.of("patient")
        />
        <div class="field">
            <label class="field__label" for="action">
                {texts::FILTER_ACTION}
            </label>
            <select class="input" id="action" name="action" autocomplete="off">
                <option value="">{texts::ANY_ACTION}</option>
                {actions}
            </select>
        </div>
        <TextField
            name="from"
            label=texts::FILTER_FROM
            value=from
            kind="date"
            error=faults.of("from")
        />
        <TextField name="to" label=texts::FILTER_TO value=to kind="date" error=faults.of("to") />
        <label class="tick">
            <input
                type="checkbox"
                name="denied"
                value="true"
                checked=denied == "true"
                autocomplete="off"
            />
            {texts::ONLY_DENIED}
        </label>
    }
}
