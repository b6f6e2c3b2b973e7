//! Putting right what one has sent: changing it, or taking it back.

use app::error::AppError;
use app::functions::patient::{
    CorrectObservation, FormStart, Observation, SubmitObservation, WithdrawObservation,
};
use app::widgets::{
    Changes, ErrorSummary, FaultLine, Faults, Icon, Loaded, MeasuredValue, NothingHere,
    ObservationTime, PageHeading, PageTitle, PostForm, Posting, SubmitButton, Symbol, TextField,
};
use app::wire::{BlankForm, ObservationItem, ObservationReceipt};
use domain::vital::ObservationKind;
use leptos::prelude::*;

use super::present::{ChangedMeanwhile, Present, WhichVersion};
use super::send::ObservationForm;
use super::send_fields::FIELDS;
use crate::frame::{Frame, Tab};
use crate::texts;

/// The page of one observation.
#[component]
pub(crate) fn CorrectPage() -> impl IntoView {
    view! {
        <Frame tab=Tab::History>
            <PageTitle text=texts::CORRECT_TITLE />
            <Loaded
                question=|asked| Observation { observation_id: asked.id }
                show=|_, receipt| corrected(receipt)
                rows=3
                heading=texts::CORRECT_TITLE
            />
        </Frame>
    }
}

fn corrected(receipt: ObservationReceipt) -> AnyView {
    let ObservationReceipt { item, correction, .. } = receipt;
    match correction {
        Some(start) => view! { <PutRight item start /> }.into_any(),
        None if item.withdrawn.is_some() => view! { <TakenBack item /> }.into_any(),
        // Somebody else has sent it.
        None => view! { <NothingHere /> }.into_any(),
    }
}

#[component]
fn PutRight(item: ObservationItem, start: BlankForm) -> impl IntoView {
    let kind = item.measurement.kind();
    let id = item.observation_id.to_string();
    let present = Present::new(item);
    view! {
        <a class="back" href=format!("/sent/{id}")>
            <Icon symbol=Symbol::Back />
            {texts::BACK}
        </a>
        <PageHeading>{texts::CORRECT_TITLE}</PageHeading>
        {move || view! { <WhatItSays item=present.item().get() /> }}
        <p>{texts::CORRECT_TEXT}</p>
        <ObservationForm kind start correcting=Some(present) />
        <Withdraw present />
    }
}

#[component]
fn WhatItSays(item: ObservationItem) -> impl IntoView {
    let kind = item.measurement.kind();
    let time = item.clone();
    view! {
        <p class="lead">
            {texts::kind_name(kind)}": "<MeasuredValue measurement=item.measurement />", "
            <ObservationTime item=time />
        </p>
    }
}

/// It was withdrawn, perhaps while somebody filled in how to put it right: what they entered goes as
/// a new value.
#[component]
fn TakenBack(item: ObservationItem) -> impl IntoView {
    let kind = item.measurement.kind();
    let [correcting, sending] =
        [Posting::to::<CorrectObservation>(), Posting::to::<SubmitObservation>()];
    let is_lost = correcting.has_come_back(&[]);
    let entered = FIELDS
        .iter()
        .filter_map(|field| Some(((*field).to_owned(), correcting.typed_before(field)?)))
        .collect::<Vec<_>>();
    let faults = Faults::new(move || {
        let refused = is_lost.then(|| FaultLine::General(AppError::Withdrawn.to_string()));
        refused.into_iter().collect()
    });
    let begins_anew =
        (is_lost || sending.has_come_back(&[])).then(|| view! { <SendAnew kind begun=entered /> });
    view! {
        <a class="back" href=format!("/sent/{}", item.observation_id)>
            <Icon symbol=Symbol::Back />
            {texts::BACK}
        </a>
        <PageHeading>{texts::WITHDRAWN_TITLE}</PageHeading>
        <ErrorSummary faults />
        <WhatItSays item=item.clone() />
        <Changes history=item.history withdrawn=item.withdrawn />
        {begins_anew}
    }
}

#[component]
fn SendAnew(kind: ObservationKind, begun: Vec<(String, String)>) -> impl IntoView {
    let form =
        move |_, start| view! { <ObservationForm kind start begun=begun.clone() /> }.into_any();
    view! {
        <h2 class="section-heading">{texts::SEND_AS_NEW}</h2>
        <Loaded question=|_| FormStart {} show=form rows=2 />
    }
}

/// Takes an observation back. Folded away: it is the rarer wish, and ends it.
#[component]
fn Withdraw(present: Present) -> impl IntoView {
    let posting = Posting::to::<WithdrawObservation>();
    let faults = Faults::of_refusal(posting.refusal(), &["reason"]);
    let busy = posting.is_busy();
    let is_back = posting.has_come_back(&[]);
    view! {
        <details class="fold fold--apart" open=move || is_back || !faults.is_empty()>
            <summary class="fold__title">{texts::WITHDRAW_TITLE}</summary>
            <p>{texts::WITHDRAW_TEXT}</p>
            <ErrorSummary faults title=texts::WITHDRAW_FAULT />
            <ChangedMeanwhile present posting />
            <PostForm posting class=Some("form")>
                <WhichVersion present posting />
                <TextField
                    name="reason"
                    label=texts::WITHDRAW_REASON
                    hint=texts::WITHDRAW_REASON_HINT
                    error=faults.of("reason")
                />
                <SubmitButton label=texts::WITHDRAW busy_label=texts::WITHDRAWING busy />
            </PostForm>
        </details>
    }
}
