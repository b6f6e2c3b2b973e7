//! The warning itself.

use leptos::ev::Event;
use leptos::html;
use leptos::prelude::*;

use super::time_up::TimeUp;
use super::watch::Watch;
use crate::widgets::account::{texts, visitor_role};
use crate::widgets::texts::SIGN_OUT;

/// Signs out whoever does nothing for a while, after a warning that any key can answer. It is
/// there once, beside the pages, for as long as somebody is signed in.
#[component]
pub fn AutomaticLogOff() -> impl IntoView {
    visitor_role().map(|_| view! { <LogOffDialog /> })
}

#[component]
fn LogOffDialog() -> impl IntoView {
    let watch = Watch::new();
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || watch.start());
    let because = Memo::new(move |_| watch.warning.get().map(|(because, _)| because));
    // `showModal` moves the focus into the dialog, `close` moves it back to where it was.
    Effect::new(move || {
        let Some(dialog) = dialog.get() else { return };
        match because.get() {
            // A dialog that is not on the page cannot be shown: then the page is left without.
            Some(_) if !dialog.open() => drop(dialog.show_modal()),
            None if dialog.open() => dialog.close(),
            _ => {}
        }
    });
    let words = move || texts::warning(because.get().unwrap_or(TimeUp::Idle));
    let stay = move || match because.get() {
        Some(TimeUp::Whole) => texts::GO_ON,
        _ => texts::STAY,
    };
    let time_left = move || {
        let left_s = watch.warning.get().map(|(_, left_s)| left_s);
        left_s.map(texts::time_left).unwrap_or_default()
    };
    let on_cancel = move |event: Event| {
        // The answer closes it, once the server has heard it.
        event.prevent_default();
        watch.answer();
    };
    view! {
        <dialog
            class="dialog"
            node_ref=dialog
            aria-labelledby="log-off-title"
            aria-describedby="log-off-text"
            on:cancel=on_cancel
        >
            <h2 class="dialog__title" id="log-off-title">
                {move || words().0}
            </h2>
            <p id="log-off-text">{move || words().1}</p>
            <p class="dialog__left" aria-live="polite">
                {Memo::new(move |_| time_left())}
            </p>
            <div class="dialog__buttons">
                <button
                    class="button button--primary"
                    type="button"
                    on:click=move |_| watch.answer()
                >
                    {stay}
                </button>
                <button class="button" type="button" on:click=move |_| watch.leave(None)>
                    {SIGN_OUT}
                </button>
            </div>
        </dialog>
    }
}
