//! The receipt.

use app::functions::patient::Observation;
use app::widgets::{
    Icon, Isolated, Loaded, LocalTime, MeasuredValue, PageHeading, PageTitle, Symbol, TimeStyle,
};
use app::wire::ObservationItem;
use domain::alert_limits::AlertPolicy;
use leptos::prelude::*;

use crate::frame::{Frame, Tab};
use crate::texts;

/// What was sent, and what happens now.
#[component]
pub(crate) fn SentPage() -> impl IntoView {
    view! {
        <Frame tab=Tab::Today>
            <PageTitle text=texts::SENT_TITLE />
            <Loaded
                question=|asked| Observation { observation_id: asked.id }
                show=|_, item| view! { <Receipt item /> }.into_any()
                rows=2
                heading=texts::SENT_TITLE
            />
        </Frame>
    }
}

#[component]
fn Receipt(item: ObservationItem) -> impl IntoView {
    let kind = item.measurement.kind();
    let dangerous = AlertPolicy::default().assess(&item.measurement).is_some();
    view! {
        <div class="receipt">
            <span class="receipt__mark">
                <Icon symbol=Symbol::Check />
            </span>
            <PageHeading>{texts::SENT_TITLE}</PageHeading>
            <p class="lead">{texts::SENT_TEXT}</p>
            <div class="card receipt__card">
                <p class="card__title">
                    <Icon symbol=Symbol::of_kind(kind) />
                    {texts::kind_name(kind)}
                </p>
                <MeasuredValue measurement=item.measurement />
                <p class="card__time">
                    <LocalTime at=item.effective_at style=TimeStyle::Words />
                </p>
                {item
                    .note
                    .map(|note| {
                        view! {
                            <p class="receipt__note">
                                <span class="quiet">{texts::YOUR_NOTE}": "</span>
                                <Isolated text=note />
                            </p>
                        }
                    })}
            </div>
            {dangerous.then(|| view! { <WhatToDo /> })}
            <div class="receipt__ways">
                <a class="button button--primary" href="/">
                    {texts::DONE}
                </a>
                <a class="button" href="/send">
                    {texts::SEND_ANOTHER}
                </a>
            </div>
        </div>
    }
}

/// What to do after sending a dangerous value.
#[component]
fn WhatToDo() -> impl IntoView {
    view! {
        <div class="notice notice--high">
            <Icon symbol=Symbol::Triangle />
            <div>
                <h2 class="notice__title">{texts::ALERTED_TITLE}</h2>
                <p>{texts::ALERTED_TEXT}</p>
            </div>
        </div>
    }
}
