//! The account.

use app::widgets::{Account, PageHeading, PageTitle, SignOutForm};
use leptos::prelude::*;

use crate::frame::{Frame, Tab};
use crate::texts;

/// Who is signed in, and the way out.
#[component]
pub(crate) fn MePage() -> impl IntoView {
    view! {
        <Frame tab=Tab::Me>
            <PageTitle text=texts::ME />
            <PageHeading>{texts::ME}</PageHeading>
            <Account note=texts::SIGN_OUT_TEXT>
                <SignOutForm button="button" />
            </Account>
        </Frame>
    }
}
