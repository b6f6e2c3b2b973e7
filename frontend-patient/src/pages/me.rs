//! The account.

use app::widgets::{Account, PageHeading, PageTitle, Symbol};
use leptos::prelude::*;

use super::today::ActionCard;
use crate::frame::{Frame, Tab};
use crate::texts;

/// Who is signed in, their password and their sessions.
#[component]
pub(crate) fn MePage() -> impl IntoView {
    view! {
        <Frame tab=Tab::Me>
            <PageTitle text=texts::ME />
            <PageHeading>{texts::ME}</PageHeading>
            <ActionCard
                href="/access"
                symbol=Symbol::Eye
                title=texts::ACCESS_TITLE
                text=texts::ACCESS_TEXT
                class="action"
            />
            <Account note=texts::SIGN_OUT_TEXT />
        </Frame>
    }
}
