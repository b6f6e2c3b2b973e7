//! Fields for a few sentences.

use leptos::prelude::*;

use super::field::{Description, FieldShell};
use super::texts;
use super::typed_form::typed_before;

/// A few sentences.
#[component]
pub fn TextAreaField(
    /// The field's name.
    name: &'static str,
    /// What it asks for.
    label: &'static str,
    /// What helps to answer.
    hint: &'static str,
    /// What is wrong with the answer.
    error: Signal<Option<String>>,
) -> impl IntoView {
    let described = Description { name, has_unit: false, has_hint: true, error };
    // Leptos writes the text of a `textarea` as it is; so it is escaped here.
    let typed = typed_before(name).map(|text| html_escape::encode_text(&text).into_owned());
    view! {
        <FieldShell name label hint error>
            <textarea
                class="input"
                id=name
                name=name
                rows="3"
                aria-describedby=move || described.ids()
                aria-invalid=move || described.invalid()
                inner_html=typed
            ></textarea>
        </FieldShell>
    }
}

/// A note beside a value, folded away until somebody wants to write one.
#[component]
pub fn NoteField(
    /// What is wrong with the note.
    error: Signal<Option<String>>,
) -> impl IntoView {
    let has_text = typed_before("note").is_some_and(|note| !note.is_empty());
    view! {
        <details class="fold" open=move || has_text || error.with(Option::is_some)>
            <summary class="fold__title">{texts::ADD_NOTE}</summary>
            <TextAreaField name="note" label=texts::NOTE hint=texts::NOTE_HINT error />
        </details>
    }
}
