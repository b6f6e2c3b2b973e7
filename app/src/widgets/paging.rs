//! The way to the older and back to the newest part of a list.

use leptos::prelude::*;

use super::texts;

/// Links to the other parts of the list at `path`.
#[component]
pub fn Paging(
    /// The address of the newest part.
    #[prop(into)]
    path: String,
    /// What the list is called.
    label: &'static str,
    /// Where the next part begins; `None` at the end.
    #[prop(into)]
    next_cursor: Signal<Option<String>>,
    /// Whether the part shown is not the newest.
    #[prop(optional)]
    older: bool,
) -> impl IntoView {
    let newest = path.clone();
    let joint = if path.contains('?') { '&' } else { '?' };
    let next = move || next_cursor.get().map(|cursor| format!("{path}{joint}cursor={cursor}"));
    view! {
        <nav class="paging" aria-label=label>
            {older
                .then(|| {
                    view! {
                        <a class="button" href=newest>
                            {texts::TO_NEWEST}
                        </a>
                    }
                })}
            {move || {
                next()
                    .map(|href| {
                        view! {
                            <a class="button" href=href>
                                {texts::SHOW_OLDER}
                            </a>
                        }
                    })
            }}
        </nav>
    }
}
