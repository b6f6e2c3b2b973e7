//! Putting right what one has sent: changing it, or taking it back.

use app::functions::patient::{Observation, WithdrawObservation};
use app::widgets::{
    ErrorSummary, Faults, Icon, Loaded, MeasuredValue, NothingHere, ObservationTime, PageHeading,
    PageTitle, PostForm, Posting, SubmitButton, Symbol, TextField, TimeStyle,
};
use app::wire::{BlankForm, ObservationItem, ObservationReceipt};
use leptos::prelude::*;

use super::send::ObservationForm;
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
    match receipt.correction {
        Some(start) => view! { <PutRight item=receipt.item start /> }.into_any(),
        // Somebody else has sent it, or it was withdrawn.
        None => view! { <NothingHere /> }.into_any(),
    }
}

#[component]
fn PutRight(item: ObservationItem, start: BlankForm) -> impl IntoView {
    let kind = item.measurement.kind();
    let id = item.observation_id.to_string();
    let time = item.clone();
    view! {
        <a class="back" href=format!("/sent/{id}")>
            <Icon symbol=Symbol::Back />
            {texts::BACK}
        </a>
        <PageHeading>{texts::CORRECT_TITLE}</PageHeading>
        <p class="lead">
            {texts::kind_name(kind)}": "<MeasuredValue measurement=item.measurement />", "
            <ObservationTime item=time style=TimeStyle::Words />
        </p>
        <p>{texts::CORRECT_TEXT}</p>
        <ObservationForm kind start correcting=Some(item) />
        <Withdraw id />
    }
}

/// Takes an observation back. Folded away: it is the rarer wish, and ends it.
#[component]
fn Withdraw(id: String) -> impl IntoView {
    let posting = Posting::to::<WithdrawObservation>();
    let faults = Faults::of_refusal(posting.refusal(), &["reason"]);
    let busy = posting.is_busy();
    let is_unsent = posting.is_unsent().get_untracked();
    view! {
        <details class="fold fold--apart" open=move || is_unsent || !faults.is_empty()>
            <summary class="fold__title">{texts::WITHDRAW_TITLE}</summary>
            <p>{texts::WITHDRAW_TEXT}</p>
            <ErrorSummary faults title=texts::WITHDRAW_FAULT />
            <PostForm posting class=Some("form")>
                <input type="hidden" name="observation_id" value=id />
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
