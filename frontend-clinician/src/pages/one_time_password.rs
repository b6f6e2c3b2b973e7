//! A password that is shown once.

use app::widgets::browser::focus_soon;
use app::wire::OneTimePassword;
use leptos::prelude::*;

use crate::texts;

const HEADING_ID: &str = "one-time-password";

/// Shows the password that was made last, until it is hidden. It takes the focus.
#[component]
pub(super) fn OneTimePasswordPanel(
    /// The password.
    made: RwSignal<Option<OneTimePassword>>,
) -> impl IntoView {
    Effect::new(move || {
        if made.with(Option::is_some) {
            focus_soon(HEADING_ID);
        }
    });
    move || {
        made.get().map(|made_for| {
            view! {
                <section class="secret" aria-labelledby=HEADING_ID>
                    <h2 class="section-heading" id=HEADING_ID tabindex="-1">
                        {texts::one_time_password(&made_for.login)}
                    </h2>
                    <p class="secret__text">{made_for.password}</p>
                    <p>{texts::ONE_TIME_HINT}</p>
                    <button class="button" type="button" on:click=move |_| made.set(None)>
                        {texts::ONE_TIME_DONE}
                    </button>
                </section>
            }
        })
    }
}
