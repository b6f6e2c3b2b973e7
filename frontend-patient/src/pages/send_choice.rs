//! Choosing what to send.

use app::functions::session::CurrentUser;
use app::widgets::{Icon, Loaded, PageHeading, PageTitle, Symbol};
use domain::vital::ObservationKind;
use leptos::prelude::*;

use crate::frame::{Frame, Tab};
use crate::texts;

/// Offers every kind.
#[component]
pub(crate) fn SendChoicePage() -> impl IntoView {
    let kinds = |_, _| view! { <Kinds /> }.into_any();
    view! {
        <Frame tab=Tab::Today>
            <PageTitle text=texts::CHOOSE_TITLE />
            <a class="back" href="/">
                <Icon symbol=Symbol::Back />
                {texts::TODAY}
            </a>
            <PageHeading>{texts::CHOOSE_TITLE}</PageHeading>
            <Loaded question=|_| CurrentUser {} show=kinds rows=8 />
        </Frame>
    }
}

#[component]
fn Kinds() -> impl IntoView {
    let kinds = ObservationKind::ALL.into_iter().map(|kind| {
        view! {
            <li>
                <a class="choice-link" href=format!("/send/{}", kind.wire_name())>
                    <span class="row__icon">
                        <Icon symbol=Symbol::of_kind(kind) />
                    </span>
                    {texts::kind_name(kind)}
                    <Icon symbol=Symbol::Forward />
                </a>
            </li>
        }
    });
    view! { <ul class="choice-links">{kinds.collect_view()}</ul> }
}
