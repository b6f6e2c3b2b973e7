//! The receipt.

use std::time::Duration;

use app::functions::patient::Observation;
use app::widgets::{
    Changes, Icon, Isolated, Loaded, MeasuredValue, ObservationTime, PageHeading, PageTitle, Symbol,
};
use app::wire::{AlertProgress, ObservationReceipt};
use leptos::prelude::*;

use crate::frame::{Frame, Tab};
use crate::texts;

/// What was sent, and what happens now.
#[component]
pub(crate) fn SentPage() -> impl IntoView {
    let looks = RwSignal::new(0);
    view! {
        <Frame tab=Tab::Today>
            <PageTitle text=texts::SENT_TITLE />
            <Loaded
                question=|asked| Observation { observation_id: asked.id }
                show=move |_, receipt| view! { <Receipt receipt looks /> }.into_any()
                rows=2
                heading=texts::SENT_TITLE
                version=looks.into()
            />
        </Frame>
    }
}

#[component]
fn Receipt(receipt: ObservationReceipt, looks: RwSignal<u32>) -> impl IntoView {
    let ObservationReceipt { item, alert, correction } = receipt;
    let kind = item.measurement.kind();
    look_again(alert, looks);
    let title = match (&item.withdrawn, item.history.is_empty()) {
        (Some(_), _) => texts::WITHDRAWN_TITLE,
        (None, false) => texts::CORRECTED_TITLE,
        (None, true) => texts::SENT_TITLE,
    };
    let correct = correction.map(|_| {
        let href = format!("/correct/{}", item.observation_id);
        view! {
            <a class="button" href=href>
                {texts::CORRECT_THIS}
            </a>
        }
    });
    let time = item.clone();
    view! {
        <div class="receipt">
            <span class="receipt__mark">
                <Icon symbol=Symbol::Check />
            </span>
            <PageHeading>{title}</PageHeading>
            <p class="lead">{texts::SENT_TEXT}</p>
            <div class="card receipt__card">
                <p class="card__title">
                    <Icon symbol=Symbol::of_kind(kind) />
                    {texts::kind_name(kind)}
                </p>
                <MeasuredValue measurement=item.measurement />
                <p class="card__time">
                    <ObservationTime item=time />
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
                <Changes history=item.history withdrawn=item.withdrawn />
            </div>
            {(alert != AlertProgress::NotNeeded).then(|| view! { <WhatToDo alert /> })}
            <div class="receipt__ways">
                <a class="button button--primary" href="/">
                    {texts::DONE}
                </a>
                <a class="button" href="/send">
                    {texts::SEND_ANOTHER}
                </a>
                {correct}
            </div>
        </div>
    }
}

/// How long after one look the next one follows.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// So often it is looked; a page that is open for hours need not know.
const LOOKS_MAX: u32 = 30;

/// Looks again, for as long as the clinic has not got what it must see.
fn look_again(alert: AlertProgress, looks: RwSignal<u32>) {
    Effect::new(move || {
        if alert == AlertProgress::OnItsWay && looks.get_untracked() < LOOKS_MAX {
            let timer = set_timeout_with_handle(
                move || {
                    looks.try_update(|looks| *looks += 1);
                },
                LOOK_EVERY,
            );
            on_cleanup(move || {
                if let Ok(timer) = timer {
                    timer.clear();
                }
            });
        }
    });
}

/// How far the alert has come, and what to do after sending a dangerous value.
#[component]
fn WhatToDo(alert: AlertProgress) -> impl IntoView {
    view! {
        <div class="notice notice--high" role="status">
            <Icon symbol=Symbol::Triangle />
            <div>
                <h2 class="notice__title">{texts::alert_progress(alert)}</h2>
                <p>{texts::ALERTED_TEXT}</p>
            </div>
        </div>
    }
}
