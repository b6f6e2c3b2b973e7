//! Choosing what to send.

use app::error::AppError;
use app::functions::session::current_user;
use app::widgets::{Icon, PageHeading, PageTitle, Problem, Skeleton, Symbol};
use domain::vital::ObservationKind;
use leptos::prelude::*;

use crate::frame::{Frame, Tab};
use crate::texts;

/// Offers every kind.
#[component]
pub(crate) fn SendChoicePage() -> impl IntoView {
    let user = Resource::new_blocking(|| (), |()| current_user());
    view! {
        <Frame tab=Tab::Today>
            <PageTitle text=texts::CHOOSE_TITLE />
            <a class="back" href="/">
                <Icon symbol=Symbol::Back />
                {texts::TODAY}
            </a>
            <PageHeading>{texts::CHOOSE_TITLE}</PageHeading>
            <Suspense fallback=|| {
                view! { <Skeleton rows=8 /> }
            }>
                {move || Suspend::new(async move {
                    match user.await {
                        Ok(Some(_)) => view! { <Kinds /> }.into_any(),
                        Ok(None) => view! { <Problem error=AppError::SignInRequired /> }.into_any(),
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Suspense>
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
