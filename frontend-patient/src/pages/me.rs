//! The account.

use app::widgets::{Account, PageHeading, PageTitle};
use leptos::prelude::*;

use crate::frame::{Frame, Tab};
use crate::texts;

/// Who is signed in, their password and their sessions.
#[component]
pub(crate) fn MePage() -> impl IntoView {
    view! {
        <Frame tab=Tab::Me>
            <PageTitle text=texts::ME />
            <PageHeading>{texts::ME}</PageHeading>
            <Account note=texts::SIGN_OUT_TEXT />
        </Frame>
    }
}
